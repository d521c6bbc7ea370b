"""An open quote is told where it was opened; typographic quotes are told as such."""

from __future__ import annotations

import time

import pytest

from voicebot.scenarios.loading import parse
from voicebot.scenarios.mistakes import ScenarioFault
from voicebot.scenarios.quotes import typographic, unclosed

GOOD = """\
id: s
title: "Проба"
purpose: service
about: appointment
voice: anna
everywhere: {stop: bye, operator: human}
start: who
unclear: {say: "Простите, не поняла.", then: human}
steps:
  who:
    say: "Это робот, «{clinic.name}».
      Это {person.name}?"
    identifies: true
    listen: {yes: day, no: lost}
  day: {say: 'Ждём вас {visit.day}.', outcome: confirmed}
  human: {say: "Соединяю.", transfer: reception, failed: busy}
  busy: {say: "Все заняты.", outcome: transferred, task: "Перезвонить"}
  lost:
    say: >-
      Извините: "не туда
      попали.
    outcome: wrong_person
  bye: {say: "До свидания.", outcome: opted_out}
"""


def first(text):
    with pytest.raises(ScenarioFault) as caught:
        parse(text.encode(), "s.yaml")
    return caught.value.mistakes[0]


def test_the_good_file_is_good():
    assert parse(GOOD.encode(), "s.yaml").scenario.steps["lost"].say == 'Извините: "не туда попали.'
    assert unclosed(GOOD, 999) is None and not list(typographic(GOOD))


@pytest.mark.parametrize(
    ("right", "wrong", "line", "column"),
    [
        ('"Проба"', '"Проба', 2, 8),
        ('{person.name}?"', "{person.name}?", 11, 10),
        ("{visit.day}.'", "{visit.day}.", 15, 14),
        ('"Соединяю."', '"Соединяю.', 16, 16),
        ('task: "Перезвонить"', 'task: "Перезвонить', 17, 58),
        ('"До свидания."', '"До свидания.', 23, 14),
    ],
)
def test_an_open_quote_is_told_where_it_was_opened(right, wrong, line, column):
    mistake = first(GOOD.replace(right, wrong))
    assert (mistake.rule, mistake.place.line, mistake.place.column) == ("yaml-syntax", line, column)
    assert "акрыта" in mistake.text and "авычка" in mistake.text


def test_another_mistake_is_not_laid_on_quotes():
    assert "кавычка" not in first(GOOD.replace("start: who", "start: who: x")).text.lower()


@pytest.mark.parametrize("pair", ["“”", "„“", "«»", "‘’"])
def test_typographic_quotes_around_a_text_with_a_comma(pair):
    mistake = first(GOOD.replace('"До свидания."', f"{pair[0]}Спасибо, ждём вас.{pair[1]}"))
    assert (mistake.place.line, mistake.place.column) == (23, 14)
    assert f"«{pair[0]}»" in mistake.text and "прямые" in mistake.text


def test_typographic_quotes_that_yaml_reads_as_they_are_meant():
    text = GOOD.replace('title: "Проба"', "title: «Проба, первая»")
    assert parse(text.encode(), "s.yaml").scenario.title == "«Проба, первая»"


@pytest.mark.parametrize(
    "bomb",
    ['a: ""\n' * 40_000 + "b: [", '"' * 200_000, "'" * 199_999, '{a: "' * 40_000, "{“," * 60_000, "a: |\n" * 40_000],
    ids=lambda b: b[:6],
)
def test_many_quotes_take_no_time(bomb):
    began = time.process_time()
    unclosed(bomb, 10**6)
    list(zip(typographic(bomb), range(20), strict=False))
    assert time.process_time() - began < 3
