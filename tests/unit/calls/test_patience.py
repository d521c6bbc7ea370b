"""How long the robot waits for more, by what was said so far."""

from __future__ import annotations

from dataclasses import replace

import pytest

from voicebot.calls import patience as p
from voicebot.calls.patience import patience_ms
from voicebot.dialogue.call import Phase, new_call
from voicebot.dialogue.intents import Intent, Meaning, Scored, ValueKind
from voicebot.dialogue.scenario import About, AskValue, End, Listen, Purpose, Reaction, Scenario, Step, Unclear
from voicebot.hearing.ear.classes import EarClass
from voicebot.language.unfinished import agrees_plainly, bare, unfinished

_UNCLEAR = Unclear("Да или нет?", "bye")
SCENARIO = Scenario(
    "s", "1", "", Purpose.SERVICE, About.APPOINTMENT, "anna", "who",
    {s.id: s for s in [
        Step("who", Listen({Intent.YES: Reaction("ask")}, _UNCLEAR), say="Это Анна?", identifies=True),
        Step("ask", Listen({Intent.YES: Reaction("bye")}, _UNCLEAR), say="Вы придёте?"),
        Step("mark", AskValue(ValueKind.NUMBER, "mark", "bye", _UNCLEAR), say="Ваша оценка?"),
        Step("bye", End(), say="До свидания."),
    ]},
    {},
)  # fmt: skip


def waits(text: str, *intents: Intent, at: str = "ask", phase: Phase = Phase.LISTENING, value: str = "") -> int:
    meaning = Meaning(tuple(Scored(i, 0.95, value) for i in intents), text)
    return patience_ms(meaning, replace(new_call(SCENARIO, ({},)), step_id=at, phase=phase))


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("нет, не смогу", Intent.NO),
        ("Да, конечно, приду.", Intent.YES),
        ("не звоните мне больше", Intent.STOP),
        ("Соедините с оператором.", Intent.OPERATOR),
        ("А во сколько?", Intent.QUESTION),
    ],
)
def test_a_complete_sentence_is_answered_at_once(text: str, intent: Intent) -> None:
    assert waits(text, intent) == p.COMPLETE_MS


@pytest.mark.parametrize("text", ["да, но", "не", "ну", "нет, потому что...", "приду в", "да, но я не", "э-э"])
def test_nobody_ends_a_sentence_so(text: str) -> None:
    assert waits(text, Intent.YES) == p.OPEN_MS


@pytest.mark.parametrize("text", ["да нет", "нет", "Нет!", "да, нет"])
def test_a_bare_no_may_still_be_turned(text: str) -> None:
    assert waits(text, Intent.NO) == p.NO_MS


def test_a_no_that_the_ear_hears_as_a_whole_is_accepted_early_and_a_yes_never() -> None:
    def heard(intent: Intent, **ear: float) -> int:
        call = replace(new_call(SCENARIO, ({},)), step_id="ask", phase=Phase.LISTENING)
        meaning = Meaning((Scored(intent, 0.95),), "нет" if intent is Intent.NO else "да")
        return patience_ms(meaning, call, {EarClass(name): score for name, score in ear.items()})

    assert heard(Intent.NO, no=0.95) == 300 < p.NO_MS
    assert heard(Intent.NO, no=0.7) == heard(Intent.NO, no=0.9, incomplete=0.2) == heard(Intent.NO, yes=0.99) == p.NO_MS
    assert heard(Intent.YES, yes=0.99) == p.WORD_MS


def test_a_bare_yes_waits_longer_where_a_visit_depends_on_it() -> None:
    assert waits("да", Intent.YES) == p.WORD_MS > waits("да", Intent.YES, at="who") == p.NAME_MS > p.COMPLETE_MS


def test_a_word_alone_may_be_followed_by_another_unless_it_is_stop() -> None:
    assert waits("повторите", Intent.REPEAT) == waits("приду", Intent.YES) == p.WORD_MS
    assert waits("стоп", Intent.STOP) == p.COMPLETE_MS


def test_two_meanings_none_and_numbers_may_go_on() -> None:
    assert waits("погода хорошая") == waits("да нет приду", Intent.YES, Intent.NO) == p.VAGUE_MS
    assert waits("двадцать", Intent.NUMBER, at="mark") == p.VALUE_MS
    assert waits("перезвоните", Intent.CALLBACK_LATER) > waits("через час", Intent.CALLBACK_LATER, value="in 60m")


def test_a_nod_or_a_cough_does_not_keep_the_robot_silent() -> None:
    assert waits("угу", Intent.BACKCHANNEL, phase=Phase.PAUSED) == p.COMPLETE_MS
    assert waits("", phase=Phase.PAUSED) == p.COMPLETE_MS < waits("")


def test_the_greeting() -> None:
    assert waits("алло", Intent.HELLO, phase=Phase.GREETING, at="") == p.GREETING_MS
    assert waits("да", Intent.YES, phase=Phase.GREETING, at="") == p.GREETING_MS
    for formal in ("Здравствуйте.", "добрый день"):  # an answering machine goes on, and is told nothing
        assert waits(formal, Intent.HELLO, phase=Phase.GREETING, at="") == p.FORMAL_MS


def test_how_sentences_end() -> None:
    assert unfinished("да, но") and unfinished("Нет, не") and unfinished("приду…") and unfinished("ну")
    assert not unfinished("это я") and not unfinished("не могу") and not unfinished("") and not unfinished("А что?")
    assert bare("Да, да.") and bare("да нет") and not bare("да, приду") and not bare("")


def test_a_plain_agreement_says_nothing_else() -> None:
    assert agrees_plainly("да") and agrees_plainly("Да, всё верно.") and agrees_plainly("к сожалению, да")
    assert not any(agrees_plainly(text) for text in ("нет", "да нет", "да не", "да, приду", ""))
