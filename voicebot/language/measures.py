"""Amounts with units: money, time, weight, percent. «1 250 руб.» -> «тысяча двести пятьдесят рублей»."""

from __future__ import annotations

from voicebot.language.cases import DIRECT, Case, Gender
from voicebot.language.morphology import counted, noun_gender
from voicebot.language.numerals import LARGEST, cardinal, decimal_words, digit_by_digit

#: Units as written (without the full stop) -> the noun.
UNITS = {
    "руб": "рубль", "р": "рубль", "₽": "рубль", "коп": "копейка", "$": "доллар", "€": "евро", "%": "процент",
    "мин": "минута", "ч": "час", "час": "час", "сек": "секунда", "дн": "день", "нед": "неделя", "мес": "месяц",
    "сут": "сутки", "км": "километр", "м": "метр", "см": "сантиметр", "мм": "миллиметр", "кг": "килограмм",
    "гр": "грамм", "г": "грамм", "мг": "миллиграмм", "мкг": "микрограмм", "мл": "миллилитр", "л": "литр",
    "долл": "доллар", "шт": "штука", "таб": "таблетка", "табл": "таблетка", "капс": "капсула", "кап": "капля",
    "чел": "человек", "°": "градус", "°C": "градус", "°С": "градус", "ед": "единица",
    "кв.м": "квадратный метр", "кв. м": "квадратный метр", "м²": "квадратный метр",
}  # fmt: skip
#: What stands after a stroke: «60 км/ч», «300 руб./мин».
PER = {
    "ч": "в час", "час": "в час", "с": "в секунду", "сек": "в секунду", "мин": "в минуту", "сут": "в сутки",
    "дн": "в день", "день": "в день", "нед": "в неделю", "мес": "в месяц", "год": "в год", "кг": "на килограмм",
    "л": "на литр", "мл": "на миллилитр", "чел": "на человека", "шт": "за штуку", "м²": "за квадратный метр",
    "кв.м": "за квадратный метр", "кв. м": "за квадратный метр",
}  # fmt: skip
SCALES = {"тыс": "тысяча", "млн": "миллион", "млрд": "миллиард"}
_INDECLINABLE = {"евро"}
_HALF = {Case.NOMINATIVE: ("полтора", "полторы")} | {c: ("полутора", "полутора") for c in Case if c not in DIRECT}


def amount(n: int, unit: str, case: Case = Case.NOMINATIVE) -> str:
    """«двадцать одна минута», «пяти рублям»: a whole number with its noun."""
    if n > LARGEST:
        return f"{digit_by_digit(str(n))} {counted(5, unit)}"
    return f"{cardinal(n, case, unit_gender(unit))} {_noun(n, unit, case)}"


def part_amount(whole: str, fraction: str, unit: str, case: Case = Case.NOMINATIVE) -> str:
    """«два с половиной часа», «полторы минуты», «ноль целых четыре десятых миллиграмма»."""
    if fraction.rstrip("0") == "5" and len(whole) < 7:
        n = int(whole)
        if n == 1:
            return f"{half(case, unit_gender(unit))} {_noun(2, unit, case) if case in DIRECT else _noun(5, unit, case)}"
        if n > 1:
            return f"{cardinal(n, case, unit_gender(unit))} с половиной {_noun(n if n > 1 else 2, unit, case)}"
    if not fraction.strip("0"):
        return amount(int(whole), unit, case)
    return f"{decimal_words(whole, fraction, case)} {_noun(2, unit, Case.NOMINATIVE)}"


def money_words(roubles: int, kopecks: int = 0, case: Case = Case.NOMINATIVE) -> str:
    """«тысяча двести пятьдесят рублей пятьдесят копеек»."""
    words = amount(roubles, "рубль", case)
    return f"{words} {amount(kopecks, 'копейка', case)}" if kopecks else words


def scaled(whole: str, fraction: str, scale: str, unit: str, case: Case = Case.NOMINATIVE) -> str:
    """«двенадцать тысяч рублей», «полтора миллиона рублей»."""
    words = part_amount(whole, fraction, scale, case) if fraction else amount(int(whole), scale, case)
    return f"{words} {_noun(5, unit, Case.NOMINATIVE)}" if unit else words


def half(case: Case, gender: Gender) -> str:
    """«полтора», «полторы», «полутора»."""
    return _HALF[Case.NOMINATIVE if case in DIRECT else case][gender is Gender.FEMININE]


def unit_gender(unit: str) -> Gender:
    """The gender of the noun of a unit."""
    return Gender.MASCULINE if unit in _INDECLINABLE else noun_gender(unit.rpartition(" ")[2])


def _noun(n: int, unit: str, case: Case) -> str:
    if unit in _INDECLINABLE:
        return unit
    if unit == "квадратный метр":
        one = n % 10 == 1 and n % 100 != 11
        adjective = {Case.NOMINATIVE: "квадратный", Case.ACCUSATIVE: "квадратный"} if one else {}
        return f"{adjective.get(case, 'квадратных')} {counted(n, 'метр', case)}"
    return counted(n, unit, case)
