"""What the robot can only guess at is reported, and what it knows is not."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.scenarios.test_unreadable_files import GOOD
from voicebot.language.speaking import spoken_text, unspeakable
from voicebot.scenarios.checking import check
from voicebot.scenarios.loading import parse

SAID = GOOD.replace("{visit.day}.", "{visit.day}. SAID")


@pytest.mark.parametrize(
    ("text", "odd"),
    [
        ("Приём в 25:61.", ["25:61"]), ("счёт 1:0", ["1:0"]), ("в 9:5", ["9:5"]), ("99:99:99", ["99:99:99"]),
        ("до 31.02.2026 года", ["31.02.2026 года"]), ("00.00.0000", ["00.00.0000"]), ("29.02.2027", ["29.02.2027"]),
        ("приём 31 февраля", ["31 февраля"]), ("с 30 по 31 апреля", ["30 по 31 апреля"]),
        ("строение 3к2с1", ["3к2с1"]), ("код а1б2", ["а1б2"]), ("И.И. Соснов", ["И.И."]), ("Соснов Б. В.", ["Б. В."]),
        ("Вы записан(а)", ["записан(а)"]), ("вы записан/а", ["записан/а"]), ("буква I", []), ("I", ["I"]),
        ("ежедн. с 9 до 18", ["ежедн."]), ("вес в кг", ["кг"]), ("к.п.н. Соснов", ["к.п.н."]),
        ("25:61 и 1:0, 25:61", ["25:61", "1:0"]),
    ],
)  # fmt: skip
def test_what_is_reported(text, odd):
    assert unspeakable(text, {}) == odd
    assert not re.search(r"[\d:/()]|\.\w", spoken_text(text, {}))


@pytest.mark.parametrize(
    "text",
    ["до 24:00", "29 февраля", "29.02", "01.12.2026г.", "20 кв.м", "60 км/ч", "$5", "1990-е", "Пётр I", "XXI век",
     "с. Ивановка", "и т. п.", "т.д.", "дом 3к2", "д. 5к2", "9ч30мин", "группа А. Приходите", "Хм, понятно.",
     "5 кг муки", "в 9:05", "12.05.1985", "сло́н", "Ждём в клинике. приходите"],
)  # fmt: skip
def test_what_is_known_is_not(text):
    assert unspeakable(text, {}) == []


def test_a_word_of_the_dictionary_is_known():
    assert unspeakable("Запишись в ежедн. приём", {"ежедн.": "ежедневный"}) == []


@pytest.mark.parametrize("said", ["Приём в 25:61.", "Вы записан(а).", "Врач И.И. Соснов."])
def test_check_reports_it_too(said):
    draft = parse(SAID.replace("SAID", said).encode(), "s.yaml")
    assert [m.rule for m in check(draft.scenario, draft)] == ["unspeakable"]


@given(st.text(st.sampled_from("0123456789:./()-$€ абвкстгИПX²I\u0301"), max_size=40))
def test_it_never_raises_and_never_speaks_a_digit(text):
    unspeakable(text, {})
    assert not re.search(r"[0-9A-Za-z/$€{}]", spoken_text(text, {}))
