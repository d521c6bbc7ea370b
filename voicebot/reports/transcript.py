"""The conversation of one call as a person reads it: who said what and when, and what was understood."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import get_args

from voicebot.dialogue import codec
from voicebot.dialogue.events import (
    Answered,
    Event,
    Heard,
    HungUp,
    KeyPressed,
    MachineDetected,
    MustEnd,
    PromptStopped,
    RecognitionLost,
    TransferAnswered,
    TransferEnded,
    TransferFailed,
)
from voicebot.dialogue.intents import Intent
from voicebot.store.port import EventRow


class Who(StrEnum):
    ROBOT = "робот"
    PATIENT = "пациент"
    LINE = "—"  # what happened on the line


@dataclass(frozen=True, slots=True)
class Remark:
    """One line of a transcript; at_ms counts from the answer. understood is for the patient's words only."""

    at_ms: int
    who: Who
    text: str
    understood: str = ""


INTENT_WORDS = {
    Intent.YES: "да",
    Intent.NO: "нет",
    Intent.STOP: "не звонить больше",
    Intent.OPERATOR: "просит человека",
    Intent.REPEAT: "повторить",
    Intent.WHO_IS_THIS: "кто звонит",
    Intent.WRONG_PERSON: "не тот человек",
    Intent.BUSY_NOW: "сейчас некогда",
    Intent.CALLBACK_LATER: "перезвонить позже",
    Intent.CHANGE: "перенести",
    Intent.CANCEL: "отменить",
    Intent.LATE: "опоздает",
    Intent.HOLD_ON: "подождать",
    Intent.THANKS: "спасибо",
    Intent.BYE: "до свидания",
    Intent.HELLO: "алло",
    Intent.BACKCHANNEL: "поддакивает",
    Intent.QUESTION: "вопрос",
    Intent.NUMBER: "число",
    Intent.SILENCE: "молчание",
}


def transcript(events: Sequence[EventRow]) -> list[Remark]:
    """The remarks of a call in the order of time."""
    answered = next((e.at_ms for e in events if e.kind == Answered.__name__), 0)
    found = []
    for row in events:
        remark = _remark(row, row.at_ms - answered)
        if remark is not None:
            found.append(remark)
    return sorted(found, key=lambda r: r.at_ms)


def understood_words(heard: Heard) -> str:
    """What was understood of an utterance, in a few Russian words."""
    if not heard.meaning.speech:
        return "не речь"
    best = heard.meaning.candidates[:2]
    if not best:
        return "не понято"
    return ", ".join(f"{INTENT_WORDS[c.intent]} {c.score:.2f}" for c in best)


def _remark(row: EventRow, at_ms: int) -> Remark | None:
    if row.kind == "Said":
        return Remark(at_ms, Who.ROBOT, json.loads(row.body)["text"])
    if row.kind not in _MACHINE_EVENTS:
        return None
    event = codec.decode(row.body)
    if isinstance(event, Heard):
        text = event.meaning.text or "…"
        return Remark(at_ms - (event.at_ms - event.started_ms), Who.PATIENT, text, understood_words(event))
    if isinstance(event, KeyPressed):
        return Remark(at_ms, Who.PATIENT, f"нажал {event.key}")
    words = _LINE_WORDS.get(type(event))
    return Remark(at_ms, Who.LINE, words) if words else None


_MACHINE_EVENTS = frozenset(event.__name__ for event in get_args(Event))
_LINE_WORDS = {
    Answered: "трубку сняли",
    PromptStopped: "робота перебили",
    MachineDetected: "это автоответчик",
    RecognitionLost: "распознавание отказало",
    TransferAnswered: "администратор на линии",
    TransferFailed: "администратор не ответил",
    TransferEnded: "администратор положил трубку",
    MustEnd: "робота останавливают",
    HungUp: "конец связи",
}
