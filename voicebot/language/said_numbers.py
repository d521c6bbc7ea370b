"""Numbers within a written text -> words: amounts, ordinals, ranges, houses, fractions."""

from __future__ import annotations

import re
from collections.abc import Mapping

from voicebot.language.abbreviations import NOUNS, place_case
from voicebot.language.around import Match, text_after, text_before, with_stop
from voicebot.language.cases import DIRECT, Case, Gender
from voicebot.language.context import governed, last_word, number_between, preposition_cases
from voicebot.language.latin import letter_name
from voicebot.language.measures import (
    PER,
    SCALES,
    UNITS,
    amount,
    half,
    money_words,
    part_amount,
    scaled,
    unit_gender,
)
from voicebot.language.morphology import noun_phrase, nouns
from voicebot.language.numerals import (
    LARGEST,
    LARGEST_ORDINAL,
    cardinal,
    decimal_words,
    digit_by_digit,
    digits,
    ordinal,
)
from voicebot.language.templates import TimeStyle

_ENDINGS: Mapping[str, tuple[Case, Gender]] = {
    "й": (Case.NOMINATIVE, Gender.MASCULINE), "я": (Case.NOMINATIVE, Gender.FEMININE),
    "ю": (Case.ACCUSATIVE, Gender.FEMININE), "е": (Case.NOMINATIVE, Gender.NEUTER),
    "го": (Case.GENITIVE, Gender.MASCULINE), "му": (Case.DATIVE, Gender.MASCULINE),
    "м": (Case.PREPOSITIONAL, Gender.MASCULINE), "х": (Case.GENITIVE, Gender.PLURAL),
    "ми": (Case.INSTRUMENTAL, Gender.PLURAL),
}  # fmt: skip


_CARDINAL_ENDINGS = {"х": Case.GENITIVE, "ух": Case.GENITIVE, "ёх": Case.GENITIVE, "ех": Case.GENITIVE,
                     "ти": Case.GENITIVE, "и": Case.GENITIVE, "мя": Case.INSTRUMENTAL}  # fmt: skip


def _number(text: str) -> int:
    return int(text.replace(" ", ""))


def said_measure(m: Match, style: TimeStyle) -> str:
    per = PER.get((m["per_one"] or "").rstrip(".").lower(), "")
    words = _measured(m)
    return f"{words.rstrip('.')} {per}{'.' if words.endswith('.') else ''}" if per else words


def said_per(m: Match, _: TimeStyle) -> str:
    """«ударов/мин» -> «ударов в минуту»."""
    return " " + with_stop(m, PER[m["per_unit"].lower()])


def said_square(m: Match, _: TimeStyle) -> str:
    """«за кв. м», without a number."""
    return with_stop(m, noun_phrase("квадратный метр", place_case(text_before(m))))


def _measured(m: Match) -> str:
    unit, scale = _unit(m["unit"] or m["unit2"] or ""), SCALES.get((m["scale"] or "").rstrip(".").lower(), "")
    whole, fraction = m["whole"].replace(" ", ""), m["fraction"] or ""
    if max(len(whole), len((m["upto"] or "").replace(" ", ""))) > 12:
        return with_stop(m, f"{digit_by_digit(whole)} {noun_phrase(unit or scale, Case.GENITIVE)}")
    if unit == "рубль" and (m["per_one"] or "").rstrip(".").lower() in _TIMES_PER and int(m["upto"] or whole) < 11:
        unit = "раз"  # «2 р/день»
    case = _measure_case(m)
    if m["upto"]:
        top, low = _number(m["upto"]), int(whole)
        if top - low > 5 and case is Case.NOMINATIVE:
            case = Case.GENITIVE
            high = scaled(str(top), "", scale, unit, case) if scale else amount(top, unit, case)
            return with_stop(m, f"от {cardinal(low, case, unit_gender(scale or unit))} до {high}")
        high = scaled(str(top), "", scale, unit, case) if scale else amount(top, unit, case)
        return with_stop(m, f"{cardinal(int(whole), case, unit_gender(scale or unit))}-{high}")
    if scale:
        return with_stop(m, scaled(whole, fraction, scale, unit, case))
    if unit == "рубль" and len(fraction) == 2:
        return with_stop(m, money_words(int(whole), int(fraction), case))
    if unit in ("доллар", "евро") and len(fraction) == 2:
        return with_stop(m, f"{amount(int(whole), unit, case)} {amount(int(fraction), 'цент', case)}")
    return with_stop(m, part_amount(whole, fraction, unit, case) if fraction else amount(int(whole), unit, case))


_TIMES_PER = ("день", "дн", "сут", "нед", "мес", "год")


def _unit(written: str) -> str:
    bare = written.rstrip(".")
    return UNITS.get(bare) or UNITS.get(bare.lower().replace(" ", ""), "")


def _measure_case(m: Match) -> Case:
    roubles = re.search(r"([а-яё]+)\s+\d[\d ]*\s*(?:руб[а-я]*\.?|р\.|₽)\s*$", text_before(m), re.IGNORECASE)
    if last_word(text_before(m)) == "в" and re.match(r"\s+(?:от|ходьбы|езды|пешком)\b", text_after(m)):
        return Case.PREPOSITIONAL  # «в ста метрах от метро»
    if last_word(text_before(m)) == "по":  # «по одной таблетке», «по две таблетки»
        return Case.DATIVE if m["whole"] == "1" else Case.ACCUSATIVE
    return governed(roubles[1] if roubles else text_before(m))  # kopecks follow the case of their roubles


def said_ordinal(m: Match, _: TimeStyle) -> str:
    number, ending = int(m["nth_number"]), m["nth_ending"].lower()
    if ending in _CARDINAL_ENDINGS and (number in (2, 3, 4) or ending in ("ти", "и")):
        return cardinal(number, _CARDINAL_ENDINGS[ending])
    short = next((e for e in ("ми", "му", "го", "й", "я", "ю", "е", "м", "х") if ending.endswith(e)), "й")
    case, gender = _ENDINGS[short]
    following = re.match(r"\s+([а-яё-]+)", text_after(m), re.IGNORECASE)
    tags = [p.tag for p in nouns(following[1])] if following else []
    if short == "й" and tags and all(t.gender == "femn" for t in tags if t.number == "sing"):
        case, gender = Case.GENITIVE, Gender.FEMININE  # «в 3-й поликлинике»
    if short == "м" and ending not in ("ом", "ем"):
        placed = Case.PREPOSITIONAL in preposition_cases(text_before(m)) or any(t.case == "loct" for t in tags)
        case = Case.PREPOSITIONAL if placed else Case.INSTRUMENTAL
    if short == "е" and tags and tags[0].number == "plur":
        gender = Gender.PLURAL
    if not tags and number % 10 == 0 and (30 < number < 100 or 1100 < number < 2100) and short in ("е", "м"):
        gender = Gender.PLURAL  # «1990-е», «к 1990-м»: no day or page has such a number
        case = Case.DATIVE if short == "м" and governed(text_before(m)) is Case.DATIVE else case
    return ordinal(number, case, gender) if number <= LARGEST_ORDINAL else cardinal(number)


def said_joined(m: Match, _: TimeStyle) -> str:
    """«5-летний» -> «пятилетний», «24-часовой» -> «двадцатичетырёхчасовой»."""
    number = int(m["joined_number"])
    if number > 999:
        return f"{cardinal(number)} {m['joined_word']}"
    special = {1: "одно", 90: "девяносто", 100: "сто"}
    return (special.get(number) or cardinal(number, Case.GENITIVE).replace(" ", "")) + m["joined_word"].lower()


def said_range(m: Match, _: TimeStyle) -> str:
    low, high = (int(p) for p in re.split(r"\s*[-–—]\s*", m[0]))
    how = number_between(high, text_before(m), text_after(m))
    free = not preposition_cases(text_before(m)) and re.match(r"\s+[а-яё]", text_after(m))
    if free and high - low > 5 and high < 1000:
        return f"от {cardinal(low, Case.GENITIVE, how.gender)} до {cardinal(high, Case.GENITIVE, how.gender)}"
    if high > LARGEST or (how.ordinal and high > LARGEST_ORDINAL):
        return f"{digit_by_digit(str(low))}-{digit_by_digit(str(high))}"
    say = ordinal if how.ordinal else cardinal
    return f"{say(low, how.case, how.gender)}-{say(high, how.case, how.gender)}"


def said_house(m: Match, _: TimeStyle) -> str:
    if m[0] == "24/7":
        return "круглосуточно"
    letter = letter_name(m[0][-1]) if m[0][-1].isalpha() else ""
    numbers = " дробь ".join(digits(n) if n[0] == "0" else cardinal(int(n)) for n in re.findall(r"\d+", m[0]))
    return f"{numbers} {letter}".strip()


def said_decimal(m: Match, _: TimeStyle) -> str:
    noun = m["decimal_noun"] or ""
    whole, fraction = re.split(r"[.,]", m[0].split(" ")[0])[:2]
    if len(whole) > 12:
        return f"{digit_by_digit(whole)} запятая {digit_by_digit(fraction)} {noun}".strip()
    readings = [p for p in nouns(noun) if p.tag.number in ("sing", "plur")] if noun else []
    case = governed(text_before(m))
    if fraction == "5" and readings and int(whole) > 0:
        gender = Gender(readings[0].tag.gender or "masc")
        number = half(case, gender) if whole == "1" else f"{cardinal(int(whole), case, gender)} с половиной"
        form = readings[0].inflect({"plur", case.value}) if case not in DIRECT else None
        return f"{number} {form.word if form is not None else noun}"  # «в течение полутора часов»
    return f"{decimal_words(whole, fraction, case)} {noun}".strip()


def said_floor(m: Match, _: TimeStyle) -> str:
    """«на 2 эт.» -> «на второй этаж»."""
    noun = NOUNS[m["floor_noun"].lower()]
    case = place_case(text_before(m))
    return f"{ordinal(int(m['floor_number']), case)} {noun_phrase(noun, case)}"


def said_number(m: Match, _: TimeStyle) -> str:
    bare = m[0].replace(" ", "")
    if len(bare) > 12 or (bare[0] == "0" and len(bare) > 1):
        return digit_by_digit(bare) if len(bare) > 3 else digits(bare)
    n = int(bare)
    how = number_between(n, text_before(m), text_after(m))
    if how.ordinal and n <= LARGEST_ORDINAL:
        return ordinal(n, how.case, how.gender)
    return cardinal(n, how.case, how.gender, how.animate)


def said_version(m: Match, _: TimeStyle) -> str:
    return " точка ".join(digits(p) for p in m[0].split("."))
