"""YAML -> Scenario: the shape, and mistakes told all at once with a suggestion."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path

import pytest

from voicebot.dialogue.intents import Intent
from voicebot.dialogue.outcome import Answer, Outcome
from voicebot.dialogue.scenario import (
    AskValue,
    Attempts,
    Case,
    Choose,
    End,
    Goto,
    Hours,
    Limits,
    Listen,
    Reaction,
    Scenario,
    Transfer,
    Unclear,
    Unreached,
    ValueKind,
)
from voicebot.scenarios.loading import load, load_all, parse, scenario_files
from voicebot.scenarios.mistakes import ScenarioFault

ROOT = Path(__file__).resolve().parents[3]
HEAD = """\
id: s
title: Проба
purpose: service
about: appointment
voice: anna
everywhere: {stop: bye, operator: human}
start: who
unclear: {say: "Простите, не поняла.", then: human}
"""
STEPS = """\
steps:
  who:
    say: "Это робот. Это {patient.name}?"
    identifies: true
    listen: {yes: pick, no: {answer: declined, go: human}, repeat: again}
    keys: {1: yes, "#": no}
  pick:
    choose:
      - {when: visit.is_first, is: да, go: rate}
      - {when: branch.phone, go: bye}
    otherwise: thanks
  rate:
    say: "Оцените от одного до пяти."
    ask: {value: number, name: rating, from: 1, to: 5}
    then: thanks
    unclear: {say: "От одного до пяти.", then: human}
  thanks: {say: "Спасибо.", outcome: confirmed, then: bye}
  human: {say: "Соединяю.", transfer: reception, failed: bye, whisper: "Пациент {patient.name}", timeout: 25s}
  bye: {say: "До свидания.", outcome: opted_out, task: "Позвонить", interruptible: false}
"""


def made(text: str, stem: str = "s") -> Scenario:
    return parse(text.encode(), f"{stem}.yaml", stem=stem).scenario


def mistakes(text: str) -> list[str]:
    with pytest.raises(ScenarioFault) as caught:
        made(text)
    return [str(m) for m in caught.value.mistakes]


def test_every_kind_of_step():
    s = made(HEAD + STEPS)
    who = s.steps["who"]
    assert who.identifies and isinstance(who.then, Listen)
    assert who.then.reactions[Intent.NO] == Reaction("human", Answer.DECLINED)
    assert who.then.reactions[Intent.REPEAT] == Reaction("again")
    assert who.then.keys == {"1": Intent.YES, "#": Intent.NO}
    assert who.then.unclear == Unclear(f"Простите, не поняла. {who.say}", "human"), "the general one, with the question"
    assert s.steps["pick"].then == Choose((Case("visit.is_first", "да", "rate"), Case("branch.phone", None, "bye")),
                                          "thanks")  # fmt: skip
    assert s.steps["rate"].then == AskValue(ValueKind.NUMBER, "rating", "thanks",
                                            Unclear("От одного до пяти.", "human"), 1, 5)  # fmt: skip
    assert s.steps["thanks"].then == Goto("bye") and s.steps["thanks"].outcome is Outcome.CONFIRMED
    assert s.steps["human"].then == Transfer("reception", "bye", "Пациент {patient.name}", 25)
    bye = s.steps["bye"]
    assert bye.then == End() and bye.task == "Позвонить" and not bye.interruptible


def test_the_whole_heading():
    s = made(HEAD + """\
attempts: {max: 3, every: 2h}
hours: {weekdays: 09:00-20:00, weekends: [10:00-13:00, 14:00 – 24:00]}
limits: {asked: 3, misunderstood: 1}
unreached: {answer: unconfirmed, sms: late, task: "Позвонить"}
plan: {before: [72h, 24h], only: {lifecycle: booked, answer: unknown}}
keys: {9: stop}
inbound: rate
messages: {late: "Ждём {visit.day}"}
""" + STEPS)  # fmt: skip
    assert s.attempts == Attempts(3, timedelta(hours=2), timedelta(minutes=10))
    assert s.hours == Hours(((time(9), time(20)),), ((time(10), time(13)), (time(14), time(23, 59, 59))))
    assert s.limits == Limits(3, 1) and s.inbound == "rate" and s.everywhere_keys == {"9": Intent.STOP}
    assert s.unreached == Unreached(Answer.UNCONFIRMED, "late", "Позвонить")
    assert s.plan.before == (timedelta(hours=72), timedelta(hours=24)) and s.plan.answers == (Answer.UNKNOWN,)
    assert made(HEAD + STEPS).hours is None and made(HEAD + STEPS).inbound == ""


def test_values_that_were_asked_are_chosen_by():
    text = (
        STEPS.replace("then: thanks\n", "then: by_mark\n", 1)
        + """\
  by_mark:
    choose:
      - {when: rating, is: [1, 2], go: why}
      - {when: visit.is_last, go: bye}
    otherwise: slot
  why: {say: "Почему? Запись идёт.", ask: {value: comment, name: why}, then: slot}
  slot: {say: "{slot.1} или {slot.2}?", ask: {value: slot, name: chosen}, then: bye}
"""
    )
    s = made(HEAD + text)
    assert s.steps["by_mark"].then == Choose(
        (Case("rating", "1", "why"), Case("rating", "2", "why"), Case("visit.is_last", "да", "bye")), "slot"
    )
    kinds = [then.kind for step in s.steps.values() if isinstance(then := step.then, AskValue)]
    assert kinds == [ValueKind.NUMBER, ValueKind.COMMENT, ValueKind.SLOT]
    assert any("Неизвестный факт «ratng». Может быть, `rating`?" in m
               for m in mistakes(HEAD + text.replace("when: rating", "when: ratng")))  # fmt: skip


def test_asking_back():
    s = made(HEAD + STEPS.replace("    keys: {1: yes", '    ask_back: {yes: "Это вы?"}\n    keys: {1: yes'))
    assert isinstance(then := s.steps["who"].then, Listen) and then.ask_back == {Intent.YES: "Это вы?"}


def test_what_is_asked_of_a_fact_stays_in_the_text():
    s = made(HEAD + STEPS.replace("Это {patient.name}?", "Вы {patient:записан|записана} к {visit.doctor:кому}?"))
    assert s.steps["who"].say.endswith("{patient:записан|записана} к {visit.doctor:кому}?")
    assert "s.yaml:11:26: Непонятно «комы» после двоеточия. Может быть, «кому»? [wording]" in mistakes(
        HEAD + STEPS.replace("{patient.name}?", "{patient.name:комы}?")
    )


def test_durations_in_both_alphabets():
    s = made(HEAD + "attempts: {max: 3, every: 2ч, busy: 90s}\nplan: {before: [3д, 24h]}\n" + STEPS)
    assert s.attempts.every == timedelta(hours=2) and s.attempts.busy == timedelta(seconds=90)
    assert s.plan.before == (timedelta(days=3), timedelta(hours=24))


def test_the_version_follows_the_words_and_the_phrase_table():
    text = (HEAD + STEPS).encode()
    version = parse(text, "s.yaml").scenario.version
    assert parse(b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"), "s.yaml").scenario.version == version
    assert parse(text + b"# x\n", "s.yaml").scenario.version != version
    assert parse(text, "s.yaml", phrases="yes: [a]").scenario.version != version


@pytest.mark.parametrize(
    ("wrong", "right", "expected"),
    [
        ("{patient.nmae}", "{patient.name}",
         "s.yaml:11:26: Неизвестный факт «patient.nmae». Может быть, `patient.name`?"),
        ("yes: pik", "yes: pick", "s.yaml:13:19: Нет шага «pik». Может быть, `pick`?"),
        ("yess: pick", "yes: pick", "s.yaml:13:14: Неизвестный ответ «yess». Может быть, `yes`?"),
        ("answer: decline", "answer: declined",
         "s.yaml:13:38: Неизвестное значение «decline». Может быть, `declined`?"),
        ("outcom: confirmed", "outcome: confirmed", "s.yaml:25:29: Неизвестное имя «outcom». Может быть, `outcome`?"),
        ("when: visit.is_frst", "when: visit.is_first", "s.yaml:17:16: Неизвестный факт «visit.is_frst»."),
        ("Это {patient.name?", "Это {patient.name}?", "s.yaml:11:26: Фигурная скобка без пары."),
        ("timeout: 25 sec", "timeout: 25s", "Длительность пишут так"),
        ("{1: yes, A: no}", '{1: yes, "#": no}', "Нет такой клавиши «A»"),
        ("from: 5, to: 1", "from: 1, to: 5", "Для числа нужны границы"),
        ("voice: anna\nstrat: who", "voice: anna", "Неизвестное имя «strat». Может быть, `start`?"),
    ],
)  # fmt: skip
def test_a_mistake_has_its_place_and_a_suggestion(wrong, right, expected):
    text = HEAD + STEPS
    assert right in text
    assert any(expected in m for m in mistakes(text.replace(right, wrong, 1))), mistakes(text.replace(right, wrong, 1))


def test_all_mistakes_at_once_in_the_order_of_the_file():
    found = mistakes((HEAD + STEPS).replace("service", "servce").replace("yes: pick", "yes: pik").replace("25s", "x"))
    assert len(found) == 3
    assert [int(m.split(":")[1]) for m in found] == [3, 13, 26]


def test_facts_must_fit_what_the_call_is_about():
    found = mistakes((HEAD + STEPS).replace("about: appointment", "about: patient").replace("Соединяю", "{visit.time}"))
    assert any("не известен в сценарии «about: patient»" in m for m in found)


def test_steps_with_two_endings_or_none_of_anything():
    found = mistakes(HEAD + STEPS + "  odd: {say: a, listen: {yes: who}, then: bye}\n  empty: {for_each: visits}\n")
    assert any("«listen» или «then»" in m for m in found) and any("Пустой шаг" in m for m in found)


def test_a_missing_message_and_a_missing_unclear():
    found = mistakes(HEAD.replace("unclear:", "#") + "unreached: {sms: late_sms}\n" + STEPS)
    assert any("Нет сообщения «late_sms»" in m for m in found)
    assert any("что делать, если ответ не понят" in m for m in found)


def test_the_id_is_the_name_of_the_file():
    with pytest.raises(ScenarioFault, match="не совпадает с именем файла"):
        made(HEAD + STEPS, stem="other")


def test_a_folder_is_read_whole(tmp_path):
    (tmp_path / "s.yaml").write_text(HEAD + STEPS, encoding="utf-8")
    (tmp_path / "phrases.ru.yaml").write_text("x", encoding="utf-8")
    (tmp_path / "spoken.ru.yaml").write_text("x", encoding="utf-8")
    (tmp_path / "s.test.yaml").write_text("x", encoding="utf-8")
    assert [p.name for p in scenario_files(tmp_path)] == ["s.yaml"]
    assert set(load_all(tmp_path)) == {"s"}
    (tmp_path / "a.yaml").write_text("id: a", encoding="utf-8")
    (tmp_path / "b.yaml").write_text("a: [", encoding="utf-8")
    with pytest.raises(ScenarioFault) as caught:
        load_all(tmp_path)
    assert {Path(m.place.file).name for m in caught.value.mistakes} == {"a.yaml", "b.yaml"}


def test_no_file_and_no_folder(tmp_path):
    for read in (load, load_all):
        with pytest.raises(ScenarioFault):
            read(tmp_path / "nothing")
