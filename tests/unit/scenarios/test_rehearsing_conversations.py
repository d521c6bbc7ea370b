"""The runner of test conversations: what is as written passes; what is not is told with its place and the talk."""

from __future__ import annotations

import pytest

from voicebot.language.understanding import Understanding
from voicebot.scenarios.conversations import parse_conversations
from voicebot.scenarios.loading import parse
from voicebot.scenarios.mistakes import ScenarioFault
from voicebot.scenarios.phrases import parse_phrases
from voicebot.scenarios.rehearsing import rehearse, run_tests
from voicebot.scenarios.talk import Language

SCENARIO = """
id: s
title: Проба
purpose: service
about: appointment
voice: anna
everywhere: {stop: stopped, operator: admin}
keys: {9: stop}
start: who
inbound: who
steps:
  who:
    say: "Здравствуйте, это робот. Это {person.name}?"
    identifies: true
    listen: {yes: ask, no: wrong}
    unclear: {say: "Не расслышала.", then: wrong}
  ask:
    say: "Вас ждут {visit.day} в {visit.time}. Придёте?"
    for_each: visits
    listen: {yes: thanks, no: {answer: declined, go: admin}}
    keys: {1: yes}
    unclear: {say: "Да или нет?", then: admin}
  thanks: {say: "Спасибо, ждём.", outcome: confirmed}
  admin: {say: "Соединяю.", transfer: reception, failed: sorry}
  sorry: {say: "Перезвоним.", outcome: transferred, task: "Перезвонить пациенту"}
  wrong: {say: "Извините.", outcome: wrong_person}
  stopped: {say: "Больше не позвоним.", outcome: opted_out}
"""
PHRASES = "intents: {yes: {full: [да, приду]}, no: {full: [нет]}, stop: {full: [не звоните]}}"
DRAFT = parse(SCENARIO.encode(), "s.yaml")
LANGUAGE = Language(Understanding(parse_phrases(PHRASES.encode(), "phrases.ru.yaml"), None), {})


def found(talk: str, rest: str = "outcome: confirmed") -> list[str]:
    text = f'now: "2026-11-23 10:00"\nconversations:\n  - title: Т\n    talk: {talk}\n' + "".join(
        f"    {line}\n" for line in rest.split("\n")
    )
    return [str(m) for m in rehearse(DRAFT.scenario, parse_conversations(text.encode(), "s.test.yaml"), LANGUAGE)]


@pytest.mark.parametrize(
    ("talk", "rest"),
    [
        ("[{patient: да}, {robot: придёте?}, {patient: приду}, {robot: СПАСИБО}]", "outcome: confirmed"),
        ("[{robot: /это .* Иван/}, {patient: да}, {robot: '/завтра, во вторник/'}, {keys: '1'}]", "answer: confirmed\n"
         "outcome: confirmed\nidentified: true\ntask: none"),
        ("[{patient: да}, {interrupts: не звоните}, {robot: Больше}]", "outcome: opted_out\nanswer: none"),
        ("[{patient: да}, {patient: нет}]", "outcome: declined\ntransferred: true"),
        ("[{patient: да}, silence, {robot: Да или нет}, silence, {robot: Перезвоним}]",
         "administrator: false\noutcome: transferred\ntask: Перезвонить\ntransferred: false"),
        ("[{patient: да}, hangs_up]", "outcome: hung_up"),
        ("[{patient: да}, {patient: да}, {patient: нет}]",
         "patients: [ivan, ivan_later]\noutcome: [confirmed, declined]\nanswer: [confirmed, declined]"),
        ("[{patient: да}, {robot: в девять ноль ноль}, {patient: да}]",
         "facts: {visit.time: '09:00'}\noutcome: confirmed"),
        ("[{patient: да}, {patient: да}]", "inbound: true\noutcome: confirmed"),
    ],
)  # fmt: skip
def test_what_is_as_written_passes(talk, rest):
    assert found(talk, rest) == []


@pytest.mark.parametrize(
    ("talk", "rest", "told"),
    [
        (
            "[{patient: да}, {robot: Пока}]",
            "outcome: confirmed",
            "s.test.yaml:4:35: Разговор «Т»: робот должен был сказать «Пока», а сказал: «Вас ждут завтра",
        ),
        ("[{patient: нет}, {never: Извините}]", "outcome: wrong_person", "робот не должен был говорить «Извините»"),
        ("[{patient: да}, {patient: нет}]", "outcome: confirmed", "ждали outcome: confirmed, вышло: declined."),
        ("[{patient: да}, {patient: да}]", "answer: none\noutcome: confirmed", "ждали answer: none, вышло: confirmed."),
        ("[{patient: да}, {patient: да}]", "task: Звонить\noutcome: confirmed", "ждали task: Звонить, вышло: none."),
        ("[{patient: нет}, {patient: да}]", "outcome: wrong_person", "разговор уже кончился"),
        ("[{patient: да}, {patient: нет}]", "transferred: false\noutcome: declined", "ждали transferred: false"),
        ("[{patient: да}]", "facts: {visit.time: ''}\noutcome: hung_up", "должен был назвать {visit.time}"),
        ("[{patient: да}, {patient: да}]", "values: {x: '1'}\noutcome: confirmed", "ждали values: x=1, вышло: none"),
    ],
)
def test_what_came_out_otherwise_is_told(talk, rest, told):
    mistakes = found(talk, rest)
    assert mistakes and told in mistakes[0]


def test_the_talk_so_far_is_shown_with_what_was_understood():
    (told,) = found("[{patient: да}, {robot: Пока}]")
    assert "\n    робот: Здравствуйте, это робот. Это Иван Аркадьевич?\n    пациент: «да»  → yes 0.9" in told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("conversations: []", "здесь ждут разговоры"),
        ("conversations:\n  - {title: Т, talk: [{patient: да}]}", "Не хватает «outcome»"),
        ("conversations:\n  - {title: Т, talk: [{pacient: да}], outcome: unclear}", "Может быть, `patient`?"),
        ("conversations:\n  - {title: Т, talk: [да], outcome: unclear}", "Строка разговора — это одно из"),
        ("conversations:\n  - {title: Т, talk: [{robot: '/(/'}], outcome: unclear}", "не читается"),
        ("conversations:\n  - {title: Т, patient: ivn, talk: [silence], outcome: unclear}", "Может быть, `ivan`?"),
        ("conversations:\n  - {title: Т, talk: [silence], outcome: [unclear, confirmed]}", "нужно по одному"),
        ("conversations:\n  - {title: Т, talk: [{keys: 1a}], outcome: unclear}", "клавиши"),
        ("conversations:\n  - {title: Т, talk: [silence], outcome: conf}", "Неизвестное значение"),
        ("now: вчера\nconversations:\n  - {title: Т, talk: [silence], outcome: unclear}", "Время пишут так"),
    ],
)
def test_a_test_file_with_mistakes_is_refused_with_places(text, told):
    with pytest.raises(ScenarioFault) as fault:
        parse_conversations(text.encode(), "s.test.yaml")
    assert told in str(fault.value) and "s.test.yaml:" in str(fault.value)


def test_files_are_found_beside_each_other_and_missing_tests_are_a_warning(tmp_path):
    file = tmp_path / "s.yaml"
    file.write_text(SCENARIO, "utf-8")
    (missing,) = run_tests(file, LANGUAGE)
    assert missing.warning and missing.rule == "no-tests"
    tests = tmp_path / "s.test.yaml"
    tests.write_text("conversations:\n  - {title: Т, talk: [{patient: нет}], outcome: unclear}\n", "utf-8")
    (mistake,) = run_tests(file, LANGUAGE)
    assert mistake.place.file == str(tests) and not mistake.warning
    tests.write_text("conversations: {}", "utf-8")
    assert {m.rule for m in run_tests(file, LANGUAGE)} == {"shape"}
    (tmp_path / "phrases.ru.yaml").write_text(PHRASES, "utf-8")
    assert run_tests(file)  # the table beside it is used
