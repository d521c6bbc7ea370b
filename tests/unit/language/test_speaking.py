"""Facts and texts -> the words that the voice reads."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicebot.contacts.model import Appointment, ClinicBranch, Doctor, Patient
from voicebot.language.cases import Case, Gender
from voicebot.language.facts import choices_of, facts_of, name_words, patient_facts
from voicebot.language.numerals import cardinal, digits, ordinal, plural
from voicebot.language.speaking import day_words, spoken, spoken_text, time_words
from voicebot.language.templates import MissingFact
from voicebot.language.writing import message_text
from voicebot.scenarios.facts import FACTS

MSK = timezone(timedelta(hours=3))
PATIENT = Patient("p1", "Погосян", "Иван", "Аркадьевич")
VISIT = Appointment(
    "v1", "1", "p1", datetime(2026, 11, 24, 12, 0, tzinfo=UTC), Doctor("d1", "Улюкаева", speciality="Стоматолог"),
    ClinicBranch("b1", "Центр", "ул. Ленина, д. 5, к. 2", "Europe/Moscow", "+78881002030"), service="гигиена",
)  # fmt: skip
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=MSK)
FACT = facts_of(PATIENT, VISIT, "Здоровье", 1, 2, NOW)


@pytest.mark.parametrize(
    ("template", "words"),
    [
        ("{visit.day}", "завтра, во вторник, двадцать четвёртого ноября"),
        ("в {visit.time}", "в пятнадцать ноль ноль"),
        ("{visit.date}", "во вторник, двадцать четвёртого ноября"),
        ("Вас ждёт {visit.doctor}.", "Вас ждёт доктор Улюка\u0301ева."),
        ("{ patient.name }?", "Иван Аркадьевич?"),
        ("{patient.full_name}", "Погосян Иван Аркадьевич"),
        ("Клиника «{clinic.name}».", "Клиника Здоровье."),
        ("{branch.address}", "улица Ленина, дом пять, корпус два"),
        ("{branch.phone}", "плюс семь, восемь восемь восемь, один ноль ноль, два ноль, три ноль"),
        ("{visit.nth} из {visits.total}", "первый визит из два"),
        ("{visit.speciality}", "стоматолог"),
    ],
)
def test_templates(template, words):
    assert spoken(template, FACT, NOW, {"Улюкаева": "Улюка\u0301ева"}) == words


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2026, 11, 24, 0, 5, tzinfo=MSK), "сегодня, во вторник"),
        (datetime(2026, 11, 23, 21, 5, tzinfo=UTC), "сегодня, во вторник"),  # already Tuesday in Moscow
        (datetime(2026, 11, 22, 23, 0, tzinfo=MSK), "послезавтра, во вторник"),
        (datetime(2026, 11, 20, 12, 0, tzinfo=MSK), "во вторник"),
    ],
)
def test_tomorrow_is_worked_out_when_it_is_spoken_by_the_clock_of_the_branch(now, expected):
    assert spoken("{visit.day}", FACT, now, {}) == f"{expected}, двадцать четвёртого ноября"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("в 9:05", "в девять ноль пять"),
        ("15:30", "пятнадцать тридцать"),
        ("24.11", "двадцать четвёртого ноября"),
        ("03.12.2026", "третьего декабря две тысячи двадцать шестого года"),
        ("8 (888) 100-20-30", "восемь, восемь восемь восемь, один ноль ноль, два ноль, три ноль"),
        ("+7 888 005 00 07", "плюс семь, восемь восемь восемь, ноль ноль пять, ноль ноль, ноль семь"),
        ("пр-т Мира, д. 12/3", "проспект Мира, дом двенадцать дробь три"),
        ("ул. 1-я Советская, 5а", "улица первая Советская, пять а"),
        ("г. Томск, пер. Тихий, кв. 7", "город Томск, переулок Тихий, квартира семь"),
        ("3-й этаж, каб. 301", "третий этаж, кабинет триста один"),
        ("№ 5", "номер пять"),
        ("10%", "десять процентов"),
        ("д-р Иванов", "доктор Иванов"),
        ("1234567", "один миллион двести тридцать четыре тысячи пятьсот шестьдесят семь"),
        ("УЗИ и узи", "у-зэ-и и у-зэ-и"),
        ("УЗИст", "УЗИст"),
        ("Dr. Blesk, 5", "доктор Блеск, пять"),
    ],
)
def test_texts(text, words):
    assert spoken_text(text, {"УЗИ": "у-зэ-и", "Dr. Blesk": "доктор Блеск"}) == words


@pytest.mark.parametrize("facts", [{}, {"a": None}, {"a": ""}, {"a": "  "}, {"a": "{}"}])
def test_a_fact_that_says_nothing_refuses_the_launch(facts):
    for write in (lambda: spoken("{a}", facts, NOW, {}), lambda: message_text("{a}", facts, NOW)):
        with pytest.raises(MissingFact) as caught:
            write()
        assert caught.value.name == "a" and "«a»" in caught.value.message


def test_messages_are_written_with_digits():
    assert message_text("{clinic.name}: {visit.day} в {visit.time}, {branch.address}", FACT, NOW) == (
        "Здоровье: 24.11 в 15:00, ул. Ленина, д. 5, к. 2"
    )
    assert message_text("{visit.day}", FACT, datetime(2025, 12, 31, tzinfo=MSK)) == "24.11.2026"


def test_the_facts_are_those_that_scenarios_may_name():
    assert set(FACT) >= set(FACTS)
    assert set(patient_facts(PATIENT, "Здоровье")) <= set(FACT)
    assert all(fact.example and fact.meaning for fact in FACTS.values())


def test_facts_for_choices_are_texts():
    chosen = choices_of(FACT)
    assert chosen["visit.is_first"] == "да" and chosen["visit.is_last"] == "нет" and chosen["visit.when"] == "tomorrow"
    assert all(isinstance(v, str) for v in chosen.values())


def test_what_the_books_lack_is_empty_and_cannot_be_spoken():
    bare = Appointment("v", "1", "p", VISIT.start, Doctor("d", ""), ClinicBranch("b", "", ""))
    facts = facts_of(Patient("p", "Погосян", ""), bare, "Здоровье", 1, 1, NOW)
    for name in ("visit.doctor", "patient.name", "branch.address"):
        with pytest.raises(MissingFact):
            spoken("{" + name + "}", facts, NOW, {})


def test_an_unknown_zone_leaves_the_time_as_it_is():
    visit = Appointment("v", "1", "p", VISIT.start, VISIT.doctor, ClinicBranch("b", "", "", "Mars/Base"))
    assert facts_of(PATIENT, visit, "Здоровье", 1, 1, NOW)["visit.time"] == time(12, 0)


def test_name_words():
    assert name_words(Patient("p", "Ёлкина-Мороз", "Алёна")) == {"елкина", "мороз", "алена"}


@pytest.mark.parametrize(
    ("n", "words"),
    [(0, "ноль"), (1, "один"), (11, "одиннадцать"), (21, "двадцать один"), (100, "сто"), (2000, "две тысячи"),
     (21_001, "двадцать одна тысяча один"), (1_000_000, "один миллион"), (5_000_000_000, "пять миллиардов")],
)  # fmt: skip
def test_cardinals(n, words):
    assert cardinal(n) == words


def test_ordinals_digits_plurals():
    assert [ordinal(n, Case.GENITIVE) for n in (1, 3, 20, 23, 31)] == [
        "первого", "третьего", "двадцатого", "двадцать третьего", "тридцать первого",
    ]  # fmt: skip
    assert [ordinal(n) for n in (1, 2, 3, 6, 40)] == ["первый", "второй", "третий", "шестой", "сороковой"]
    assert (ordinal(3, gender=Gender.FEMININE), ordinal(3, gender=Gender.NEUTER)) == ("третья", "третье")
    assert ordinal(2000, Case.GENITIVE) == "двухтысячного"
    assert [digits(t) for t in ("00", "05", "045")] == ["ноль ноль", "ноль пять", "ноль сорок пять"]
    assert [plural(n, "визит", "визита", "визитов") for n in (1, 2, 5, 11, 21, 112)] == [
        "визит", "визита", "визитов", "визитов", "визит", "визитов",
    ]  # fmt: skip
    assert cardinal(2, gender=Gender.FEMININE) == "две" and cardinal(1000) == "тысяча"


def test_days_and_times():
    assert day_words(date(2026, 11, 25)) == "в среду, двадцать пятого ноября"
    assert time_words(time(0, 0)) == "ноль ноль ноль" and time_words(time(21, 10)) == "двадцать один десять"


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(max_size=80), st.text(alphabet="0123456789.:-/+ дкул№%{}ая()", max_size=40)))
def test_any_text_can_be_spoken(text):
    words = spoken_text(text, {"ул": "улица", "а": "а\u0301"})
    assert not re.search(r"[0-9{}\n\t№%]", words)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40), st.dictionaries(st.sampled_from(["a", "b.c"]), st.one_of(st.none(), st.text(max_size=9))))
def test_a_template_is_spoken_or_refused(text, facts):
    try:
        words = spoken(text + "{a} {b.c}", facts, NOW, {})
    except MissingFact:
        return
    assert "{" not in words and "None" not in words.replace("None", "", (text + str(facts.values())).count("None"))
