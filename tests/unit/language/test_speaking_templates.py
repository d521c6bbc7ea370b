"""What an admin may ask of a fact, what is wrong with a template, and whatever else may be typed."""

from __future__ import annotations

import re
import string
from datetime import UTC, date, datetime, time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicebot.contacts.model import Appointment, ClinicBranch, Doctor, Patient, Sex
from voicebot.language.facts import Extras, Offer, Person, choices_of, facts_of
from voicebot.language.names import name_in, named
from voicebot.language.speaking import MissingFact, TimeStyle, spoken, spoken_text, unspeakable
from voicebot.language.templates import CASE_WORDS, template_problems
from voicebot.language.values import Money
from voicebot.language.writing import message_text

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NAMES = ("visit.doctor", "visit.time", "patient.name", "visits.total")
VISIT = Appointment(
    "v", "1", "p", datetime(2026, 11, 24, 12, 0, tzinfo=UTC), Doctor("d", "Кох", sex=Sex.FEMALE, speciality="Хирург"),
    ClinicBranch("b", "Центр", "ул. Белая, 1"),
)  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "", "Без фактов", "{visit.doctor}", "{ visit.doctor : к кому }", "{visit.time:часы:чего}",
        "{patient:записан|записана}", "{person:он|она|вы}", "{visits.total:визит|визита|визитов}",
    ],
)  # fmt: skip
def test_good_templates(text):
    assert template_problems(text, NAMES) == []


@pytest.mark.parametrize(
    ("text", "offset", "length", "words"),
    [
        ("к {visit.doctr:кому}", 2, 18, "Может быть, «visit.doctor»?"),
        ("{visit.doctor:каму}", 0, 19, "Может быть, «кому»?"),
        ("{visit.doctor:|}", 0, 16, "русских слов"),
        ("{visits.total:визит|visits}", 0, 27, "«visits»"),
        ("{visits.total:а|б|в|г}", 0, 22, "две"),
        ("да {patient}", 3, 9, "для мужчины и женщины"),
        ("да {}", 3, 2, "нет имени"),
        ("да {visit.time", 3, 1, "без пары"),
        ("да visit.time}", 13, 1, "без пары"),
    ],
)
def test_problems_are_told_with_their_place(text, offset, length, words):
    (found,) = template_problems(text, NAMES)
    assert found[:2] == (offset, length) and words in found[2]


def test_all_problems_are_told_at_once_in_order():
    assert [p[0] for p in template_problems("{a} } {visit.time:b}", NAMES)] == [0, 4, 6]


@pytest.mark.parametrize("nothing", ["None", "null", "nan", "N/A", "<b></b>"])
def test_nothing_is_never_spoken(nothing):
    if nothing != "<b></b>":
        with pytest.raises(MissingFact):
            spoken("{a}", {"a": nothing}, NOW, {})
    assert spoken_text(f"до {nothing} после", {}) == "до после"


def test_times_by_setting_and_by_template():
    facts = {"t": time(15, 0)}
    assert spoken("в {t}, в 9:00", facts, NOW, {}, TimeStyle.CLOCK) == "в три часа дня, в девять часов утра"
    assert spoken("в {t:цифры}", facts, NOW, {}, TimeStyle.CLOCK) == "в пятнадцать ноль ноль"


def test_the_stress_of_the_dictionary_is_carried_into_other_cases():
    doctor = named("Улюкаев", sex=Sex.MALE, title="доктор")
    words = {"Улюкаев": "Улюка\u0301ев", "УЗИ": "у-зэ-и"}
    assert spoken("к {d:кому}", {"d": doctor}, NOW, words) == "к доктору Улюка\u0301еву"
    words["Улюкаеву"] = "Улюкае\u0301ву"  # the clinic's own word wins
    assert spoken("к {d:кому}", {"d": doctor}, NOW, words) == "к доктору Улюкае\u0301ву"


def test_facts_of_a_child_with_a_representative_and_an_offer():
    child = Patient("p", "Ким", "Алина", birth_date=date(2019, 5, 1))
    extras = Extras(Person("Ким", "Олег"), clinic_phone="+78881002030", slots=(VISIT.start,),
                    offer=Offer("осмотр", until=date(2026, 12, 1)))  # fmt: skip
    facts = facts_of(child, VISIT, "Здоровье", 1, 1, NOW, extras)
    assert spoken("{person.name}, {patient:записан|записана} {patient.given_name} к {visit.specialist:кому}", facts,
                  NOW, {}) == "Олег, записана Алина к хирургу Кох"  # fmt: skip
    chosen = choices_of(facts)
    assert chosen["person.is_representative"] == chosen["patient.is_child"] == "да"
    assert chosen["slot.1"] == VISIT.start.isoformat() and chosen["slot.2"] == ""
    assert message_text("{slot.1}, {offer.until}, {visit.doctor:кому}", facts, NOW) == (
        "24.11 в 12:00, до 01.12, доктору Кох"
    )


def test_the_sex_of_the_books_wins_over_names():
    odd = Patient("p", "Иванова", "Анна", "Ивановна", sex=Sex.MALE)
    facts = facts_of(odd, VISIT, "Здоровье", 1, 1, NOW)
    assert spoken("{patient:записан|записана}", facts, NOW, {}) == "записан"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Приём {visit.doctor:кому} Ёлкина в 9:00", []),
        ("Услуга Smile в Dr. Blesk", ["Smile"]),
        ("век XX, info@klinika.ru, www.klinika.ru", []),
        ("смайл 🙂 и ∆, None", ["🙂", "∆", "None"]),
        ("Cтоматолог", []),
        ("ქართული", ["ქართული"]),
    ],
)
def test_unknown_tokens_are_reported(text, found):
    assert unspeakable(text, {"Dr. Blesk": "доктор Блеск"}) == found


@pytest.mark.parametrize("text", ["Клиника Здоровье", "улица Ленина", "УЗИ", "", "а б в г", "Центральный"])
def test_what_is_no_person(text):
    assert name_in(text) is None


def _clean(words: str) -> bool:
    return not re.search(r"[0-9A-Za-z{}<>\n\t\ue000-\uf8ff№%]", words)


TOKENS = (
    "1 250", "руб.", "5", "до", "г.", "ул.", "21-й", "24.11", "9:00", "2026", "XX", "II", "{a}", "<b>", "None", "к",
    "врачам", "на", "этаже", "½", "мин.", "тыс.", "1,5", "доб.", "a@b.ru", "+7888", "№", "пн-пт", "\u0301", "\ue001",
    "99999999999999999", "1-5", "0", "между", "и", "31.02", "40-летие", "в", "С",
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.one_of(
    st.text(max_size=60),
    st.text(alphabet="0123456789.,:-–/+% ", max_size=40),
    st.lists(st.sampled_from(TOKENS), max_size=12).map(" ".join),
))  # fmt: skip
def test_any_text_is_spoken_in_russian_letters(text):
    assert _clean(spoken_text(text, {"ул": "улица", "a": "а\u0301"}))
    unspeakable(text, {"ул": "улица"})


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=string.punctuation + "абв. :|{}кому", max_size=40),
       st.one_of(st.text(max_size=20), st.integers(), st.dates(), st.times(), st.booleans(), st.none(),
                 st.builds(Money, st.integers(0, 10**13)), st.builds(named, st.text(max_size=9), st.text(max_size=9))),
       st.sampled_from(sorted(CASE_WORDS)))  # fmt: skip
def test_any_template_is_spoken_or_refused(text, value, case):
    template_problems(text, ["a"])
    for template in ("{a:" + case + "}" + text, "{a:раз|два|три}", "{a:раз|два}" + text):
        try:
            assert _clean(spoken(template, {"a": value}, NOW, {}))
            message_text(template, {"a": value}, NOW)
        except MissingFact:
            pass


def test_long_texts_cost_time_in_proportion():
    assert _clean(spoken_text("до 5 врачей, " * 4_000, {}))
    assert _clean(spoken_text("9" * 30_000 + " 1," * 500 + "9" * 5000 + " руб.", {}))
