"""Values that `ask` steps want: numbers, dates, times, one of the offered slots, and recorded comments."""

from __future__ import annotations

from voicebot.dialogue.intents import HeardValue, Meaning, ValueKind
from voicebot.dialogue.scenario import AskValue
from voicebot.dialogue.turn import COMMENT_SILENCE_MS, Turn


def value_in(turn: Turn, ask: AskValue, meaning: Meaning) -> str:
    """The value that was said, if it is one that the question can take; '' otherwise."""
    for heard in meaning.values:
        if ask.kind is ValueKind.SLOT:
            if slot := _slot(turn, heard):
                return slot
        elif heard.kind is ask.kind and _allowed(ask, heard.value):
            return heard.value
    return ""


def _allowed(ask: AskValue, value: str) -> bool:
    return ask.kind is not ValueKind.NUMBER or (value.isdecimal() and ask.low <= int(value) <= ask.high)


def _slot(turn: Turn, heard: HeardValue) -> str:
    """The one offered slot that was named by its number, its day or its time."""
    facts = turn.call.facts[turn.call.subject]
    slots = {name.removeprefix("slot."): iso for name, iso in facts.items() if name.startswith("slot.") and iso}
    if heard.kind is ValueKind.NUMBER:
        return slots.get(heard.value, "")
    part = {ValueKind.DATE: slice(0, 10), ValueKind.TIME: slice(11, 16)}.get(heard.kind)
    matching = [iso for iso in slots.values() if part is not None and iso[part] == heard.value]
    return matching[0] if len(matching) == 1 else ""


def take_digit(turn: Turn, key: str) -> bool:
    """A digit answers a question for a number or a slot, and # ends a comment. Whether this key did."""
    then = turn.call.step.then if turn.call.step_id else None
    if not isinstance(then, AskValue) or turn.call.leaving:
        return False
    if then.kind is ValueKind.COMMENT and key == "#" and turn.call.recording:
        comment_over(turn)
        return True
    meaning = Meaning(values=(HeardValue(ValueKind.NUMBER, key, key),))
    value = value_in(turn, then, meaning) if key.isdecimal() and key not in then.keys else ""
    if value:
        turn.hush()
        take_value(turn, then, value)
    return bool(value)


def take_value(turn: Turn, ask: AskValue, value: str) -> None:
    turn.change(values={**turn.call.values, ask.name: value})
    turn.enter(ask.then)


def take_comment(turn: Turn, meaning: Meaning) -> None:
    """Words of a comment: kept, nothing in them is a command (but "stop", which was looked for before)."""
    name = turn.call.recording
    text = f"{turn.call.values.get(name, '')} {meaning.text}".strip()
    if text:
        turn.change(values={**turn.call.values, name: text})
    if turn.call.silence_due:
        comment_over(turn)
    else:
        turn.set_timer("no_input", COMMENT_SILENCE_MS)


def comment_over(turn: Turn) -> None:
    """The comment was said, or there was none: both lead on."""
    then = turn.call.step.then if turn.call.step_id else None
    turn.stop_recording()
    if isinstance(then, AskValue):
        turn.enter(then.then)
