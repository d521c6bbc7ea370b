"""What the robot made of each answer and each nod: the city's journals against the robot's events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from calls_people import NODS
from calls_probes import CallTrace

from voicebot.city.acting import Kind
from voicebot.city.journal import CallLog, Entry, What
from voicebot.city.recording import lateness
from voicebot.dialogue.actions import Play
from voicebot.dialogue.events import Heard, PromptStopped
from voicebot.dialogue.intents import Intent, Scored
from voicebot.hearing.deciding import decided
from voicebot.judging.question import Asked
from voicebot.judging.score import HARMLESS, judge
from voicebot.judging.truth import Truth

STOPS_WITHIN_S = 1.5  # after the first word; a later stop has another cause
GOES_ON_WITHIN_S = 12.0
GREETING_WAIT_MS = 1200  # whoever picks up without a word is waited for so long


@dataclass(frozen=True)
class Answer:
    """One sentence said to the robot and what came of it. result: right, asked_again, wrong, or unheard."""

    condition: str
    voice: str
    label: str
    said: str
    text: str
    got: str
    result: str
    false_yes: bool
    answered: bool  # taken for an answer


@dataclass(frozen=True)
class Spoken:
    """Words over a prompt. paused_ms: first word -> the robot gave the order to stop; None: it went on speaking.

    what: resumed (from where it was), repeated (from its beginning), answered (something else was said), silent.
    gap_ms: stopped -> it speaks again.
    """

    said: str
    nod: bool
    voice: str
    paused_ms: int | None
    what: str
    gap_ms: int | None


def answers(log: CallLog, trace: CallTrace, condition: str, voice: str, asked: Asked,
            truths: Mapping[str, Truth]) -> list[Answer]:  # fmt: skip
    """Every sentence of the call that has a truth, in order."""
    said = [e for e in log.all(What.SAID) if e.kind == Kind.LINE]
    began = log.header.started_at.timestamp()
    found = []
    for i, entry in enumerate(said):
        truth = truths.get(entry.text) if i else None  # the first answers «Это Иван?»
        if truth is None:
            continue
        until = began + said[i + 1].at_ms / 1000 if i + 1 < len(said) else float("inf")
        since = began + entry.at_ms / 1000
        heard = [what for at, what in trace.sights if isinstance(what, Heard) and since <= at < until]
        found.append(_answer(truth, heard, condition, voice, asked))
    return found


def _answer(truth: Truth, heard: Sequence[Heard], condition: str, voice: str, asked: Asked) -> Answer:
    action = _acted(heard, asked)
    spoken = [h for h in heard if h.meaning.speech]
    result = judge(truth, action).value if heard else "unheard"
    answered = action is not None and action.intent not in HARMLESS
    yes = action is not None and action.intent is Intent.YES and Intent.YES not in truth.right
    text = " … ".join(h.meaning.text for h in spoken)
    got = action.intent.value if action is not None else ""
    return Answer(condition, voice, truth.label, truth.text, text, got, result, yes, answered)


def _acted(heard: Sequence[Heard], asked: Asked) -> Scored | None:
    """As judging.path does it: the first that can be acted upon, corrected by what followed hard upon it."""
    action: Scored | None = None
    for one in heard:
        whole = decided(one.joined, asked.expects) if one.joined is not None else None
        own = decided(one.meaning, asked.expects)
        if action is None or whole is not None or (own is not None and own.intent is Intent.STOP):
            action = whole or own or action
    return action


def spoken_over(log: CallLog, trace: CallTrace, voice: str) -> list[Spoken]:
    """Every interruption of the call that fell upon the robot's speech."""
    began = log.header.started_at.timestamp()
    found = []
    for entry in log.all(What.SAID):
        over = any(e.at_ms < entry.at_ms < e.end_ms() for e in log.all(What.HEARD))
        if entry.kind == Kind.INTERRUPTION and over:
            found.append(_spoken(entry, began, trace, voice))
    return found


def _spoken(entry: Entry, began: float, trace: CallTrace, voice: str) -> Spoken:
    at = began + entry.at_ms / 1000
    nod = entry.text in NODS
    stops = ((when, what) for when, what in trace.sights if isinstance(what, PromptStopped))
    stop = next(((when, what) for when, what in stops if at <= when < at + STOPS_WITHIN_S), None)
    if stop is None:
        return Spoken(entry.text, nod, voice, None, "went on", None)
    stopped, what = stop
    plays = [(when, play) for when, play in trace.sights if isinstance(play, Play)]
    before = next((play for _, play in plays if play.prompt_id == what.prompt_id), None)
    after = next(((when, play) for when, play in plays if stopped < when < stopped + GOES_ON_WITHIN_S), None)
    paused = round((stopped - at) * 1000)
    if after is None or before is None:
        over = trace.ended and trace.ended < stopped + GOES_ON_WITHIN_S
        return Spoken(entry.text, nod, voice, paused, "call over" if over else "silent", None)
    same = after[1].prompt == before.prompt
    how = "resumed" if same and after[1].from_ms else "repeated" if same else "answered"
    return Spoken(entry.text, nod, voice, paused, how, round((after[0] - stopped) * 1000))


def ungreeted_ms(log: CallLog) -> int | None:
    """Of a call picked up without a word: how long after the 1.2 s the robot's first word came."""
    up, first = log.first(What.ANSWERED), log.first(What.HEARD)
    if up is None or first is None or any(e.kind == Kind.GREETING for e in log.all(What.SAID)):
        return None
    return first.at_ms - up.at_ms - GREETING_WAIT_MS


def streams(logs: Sequence[CallLog], traces: Sequence[CallTrace]) -> dict[str, Any]:
    """Frames too late for a telephone: the robot's sound at the ear, and the patient's sound in the robot."""
    ear = [tuple(map(int, e.detail.split())) for log in logs for e in log.all(What.STREAM)]
    robot = [asdict(lateness(trace.came)) for trace in traces]
    return {
        "ear": {"frames": sum(f for f, _, _ in ear), "late": sum(n for _, n, _ in ear),
                "worst_ms": max((w for _, _, w in ear), default=0)},
        "robot": {"frames": sum(r["frames"] for r in robot), "late": sum(r["late"] for r in robot),
                  "worst_ms": max((r["worst_ms"] for r in robot), default=0)},
    }  # fmt: skip
