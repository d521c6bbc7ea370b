"""The shipped reminder as patients would talk with it: their words, our understanding, the machine, what it led to."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from voicebot.dialogue.actions import Finish
from voicebot.dialogue.outcome import Answer, Outcome
from voicebot.dialogue.rehearsal import Rehearsal
from voicebot.language.likeness import shipped
from voicebot.language.understanding import Understanding, question_at
from voicebot.scenarios.loading import load
from voicebot.scenarios.phrases import load_phrases

ROOT = Path(__file__).resolve().parents[3]
SCENARIO = load(ROOT / "scenarios/visit_reminder.yaml")
UNDERSTANDING = Understanding(load_phrases(ROOT / "scenarios/phrases.ru.yaml"), shipped())
NAMES = frozenset({"иван", "аркадьевич"})
KNOWN = {"visit.doctor": "доктор Улюкаева", "branch.address": "улица Ленина, дом пять"}


@dataclass
class Talk:
    visits: int = 1
    administrator: bool = True
    rehearsal: Rehearsal = field(init=False)

    def __post_init__(self) -> None:
        facts = tuple({"visit.number": str(n), **KNOWN} for n in range(1, self.visits + 1))
        self.rehearsal = Rehearsal(SCENARIO, facts, administrator=self.administrator)
        self.rehearsal.answer()

    def say(self, *lines: str) -> Talk:
        for line in lines:
            self.rehearsal.listen_out()
            question = question_at(SCENARIO, self.rehearsal.call.step_id)
            self.rehearsal.utter(UNDERSTANDING.understand(line, question=question, names=NAMES))
        return self

    def end(self) -> Finish:
        return self.rehearsal.to_the_end()

    @property
    def heard(self) -> list[str]:
        return [p.template for p in self.rehearsal.said]


@pytest.mark.parametrize(
    ("lines", "outcome", "answer"),
    [
        (["да, слушаю", "да, приду"], Outcome.CONFIRMED, Answer.CONFIRMED),
        (["это я", "да нет, приду"], Outcome.CONFIRMED, Answer.CONFIRMED),
        (["да", "не отменяйте"], Outcome.CONFIRMED, Answer.CONFIRMED),
        (["да", "повторите", "угу"], Outcome.CONFIRMED, Answer.CONFIRMED),
        (["да", "а во сколько?", "приду"], Outcome.CONFIRMED, Answer.CONFIRMED),
        (["кто это", "да", "кто это", "буду"], Outcome.CONFIRMED, Answer.CONFIRMED),
        (["да", "и приду", "да, приду"], Outcome.CONFIRMED, Answer.CONFIRMED),
        (["да", "нет"], Outcome.DECLINED, Answer.DECLINED),
        (["да", "да… ой, нет, не смогу"], Outcome.DECLINED, Answer.DECLINED),
        (["да", "отмените запись"], Outcome.DECLINED, Answer.DECLINED),
        (["да", "я не приду, перенесите"], Outcome.WANTS_CHANGE, Answer.WANTS_CHANGE),
        (["да", "оператора"], Outcome.TRANSFERRED, None),
        (["оператора"], Outcome.TRANSFERRED, None),
        (["да", "не знаю", "ну может быть"], Outcome.TRANSFERRED, None),
        (["не звоните мне больше"], Outcome.OPTED_OUT, None),
        (["да", "да, приду, но больше не звоните"], Outcome.OPTED_OUT, None),
        (["нет, это его жена"], Outcome.WRONG_PERSON, None),
        (["вы ошиблись номером"], Outcome.WRONG_PERSON, None),
        (["нет"], Outcome.WRONG_PERSON, None),
        (["да", "перезвоните через час"], Outcome.CALLBACK_LATER, None),
        (["я занят"], Outcome.CALLBACK_LATER, None),
        (["абракадабра", "ещё абракадабра"], Outcome.UNCLEAR, None),
    ],
)
def test_what_a_talk_leads_to(lines, outcome, answer):
    (conclusion,) = Talk().say(*lines).end().conclusions
    assert (conclusion.outcome, conclusion.answer) == (outcome, answer)


def test_nobody_to_transfer_to_is_said_and_becomes_a_task():
    talk = Talk(administrator=False).say("да", "нет")
    (conclusion,) = talk.end().conclusions
    assert conclusion.answer is Answer.DECLINED
    assert conclusion.task == "Перезвонить: пациент просил администратора"
    assert "администраторы заняты" in talk.heard[-1]


def test_each_visit_is_asked_about_and_only_the_last_says_good_bye():
    talk = Talk(visits=2).say("да", "да", "приду")
    finish = talk.end()
    assert [c.answer for c in finish.conclusions] == [Answer.CONFIRMED, Answer.CONFIRMED]
    assert talk.heard.count(SCENARIO.steps["ask"].say) == 2
    assert talk.heard.count(SCENARIO.steps["goodbye"].say) == 1 and talk.heard[-1] == SCENARIO.steps["goodbye"].say


def test_keys_do_what_words_do():
    talk = Talk().say("да")
    talk.rehearsal.listen_out()
    talk.rehearsal.press("2")
    assert talk.end().conclusions[0].answer is Answer.DECLINED
    talk = Talk()
    talk.rehearsal.press("9")
    assert talk.end().conclusions[0].outcome is Outcome.OPTED_OUT


def test_the_visit_is_not_told_before_the_patient_is_known():
    talk = Talk().say("нет, его нет дома")
    talk.end()
    assert not any("{visit." in text or "{branch." in text for text in talk.heard)


def test_the_time_of_a_callback_is_kept():
    assert Talk().say("да", "перезвоните через два часа").end().conclusions[0].callback == "in 120m"
