"""A call as a person reads it."""

from __future__ import annotations

import json
from typing import get_args

from voicebot.contacts.model import ContactStatus
from voicebot.dialogue import codec
from voicebot.dialogue.actions import Finish
from voicebot.dialogue.events import (
    Answered,
    Event,
    Heard,
    HungUp,
    KeyPressed,
    PromptStopped,
    SpeechEnded,
    SpeechStarted,
    TransferFailed,
)
from voicebot.dialogue.intents import Intent, Meaning, Scored
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.reports.transcript import _LINE_WORDS, INTENT_WORDS, Remark, Who, transcript, understood_words
from voicebot.reports.words import ANSWERS, DISPOSITIONS, OUTCOMES, STATUSES
from voicebot.store.port import EventRow


def rows(*happened) -> list[EventRow]:
    """Events, and (at_ms, text) for what the robot said."""
    found = []
    for serial, item in enumerate(happened, 1):
        if isinstance(item, tuple):
            body = json.dumps({"prompt_id": 1, "text": item[1]}, ensure_ascii=False)
            found.append(EventRow("a1", serial, item[0], "Said", body))
        else:
            at_ms = getattr(item, "at_ms", 99_000)
            found.append(EventRow("a1", serial, at_ms, codec.kind_of(item), codec.encode(item)))
    return found


def heard(at_ms: int, text: str, *candidates: Scored, started_ms: int, speech: bool = True) -> Heard:
    return Heard(at_ms, Meaning(candidates, text, speech), started_ms)


def test_a_conversation_counts_from_the_answer_in_the_order_of_speaking() -> None:
    yes = heard(9_000, "да", Scored(Intent.YES, 0.95), started_ms=8_000)
    happened = rows(
        Answered(3_000),
        (4_000, "Это Анна?"),
        SpeechStarted(8_000),
        SpeechEnded(8_800),
        (8_900, "Алло?"),
        yes,
        KeyPressed(9_500, "1"),
        HungUp(10_000, Disposition.ANSWERED),
        Finish(Disposition.ANSWERED, True, ()),
    )
    assert transcript(happened) == [
        Remark(0, Who.LINE, "трубку сняли"),
        Remark(1_000, Who.ROBOT, "Это Анна?"),
        Remark(5_000, Who.PATIENT, "да", "да 0.95"),
        Remark(5_900, Who.ROBOT, "Алло?"),
        Remark(6_500, Who.PATIENT, "нажал 1"),
        Remark(7_000, Who.LINE, "конец связи"),
    ]


def test_a_call_that_nobody_answered_has_an_end_only() -> None:
    assert transcript(rows(HungUp(8_000, Disposition.NO_ANSWER))) == [Remark(8_000, Who.LINE, "конец связи")]
    assert transcript([]) == []


def test_what_was_not_understood_or_no_speech_says_so() -> None:
    assert understood_words(heard(1, "кхм", started_ms=0, speech=False)) == "не речь"
    assert understood_words(heard(1, "мяу", started_ms=0)) == "не понято"
    two = heard(1, "да нет", Scored(Intent.NO, 0.7), Scored(Intent.YES, 0.2), Scored(Intent.HELLO, 0.1), started_ms=0)
    assert understood_words(two) == "нет 0.70, да 0.20"
    [remark] = transcript(rows(heard(900, "", started_ms=100)))
    assert (remark.text, remark.at_ms) == ("…", 100)


def test_the_line_speaks_in_words() -> None:
    said = transcript(rows(Answered(0), PromptStopped(100, 1, 50, 90), TransferFailed(200, "занято")))
    assert [r.text for r in said] == ["трубку сняли", "робота перебили", "администратор не ответил"]


def test_every_state_has_a_russian_word() -> None:
    for words, members in (
        (INTENT_WORDS, Intent), (ANSWERS, Answer), (OUTCOMES, Outcome), (DISPOSITIONS, Disposition),
        (STATUSES, ContactStatus),
    ):  # fmt: skip
        assert set(words) == set(members)
        assert len(set(words.values())) == len(words), "two states must not look alike"
    assert set(_LINE_WORDS) <= set(get_args(Event))
