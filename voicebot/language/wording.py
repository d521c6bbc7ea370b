"""Written text -> words: what every number, date, address and abbreviation in it becomes. Never raises."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from voicebot.language.abbreviations import FIXED, MARKS, NOUNS, NUMBERED, SETTLEMENTS, SIGNS, full_word, place_case
from voicebot.language.around import Match, text_after, text_before
from voicebot.language.days import MONTHS
from voicebot.language.latin import as_sounds, letter_by_letter
from voicebot.language.measures import PER, SCALES, UNITS
from voicebot.language.morphology import noun_phrase
from voicebot.language.numerals import digit_by_digit
from voicebot.language.phones import address_words, phone_words
from voicebot.language.said_dates import (
    said_date,
    said_month_day,
    said_odd_clock,
    said_time,
    said_times,
    said_weekdays,
    said_year,
)
from voicebot.language.said_letters import said_ending, said_initials, said_latin, said_settlement
from voicebot.language.said_numbers import (
    said_decimal,
    said_floor,
    said_house,
    said_joined,
    said_measure,
    said_number,
    said_ordinal,
    said_per,
    said_range,
    said_square,
    said_version,
)
from voicebot.language.templates import TimeStyle
from voicebot.language.written import VOWELS


def worded(text: str, style: TimeStyle = TimeStyle.DIGITS) -> str:
    """The words of a prepared text. Afterwards it has no digits, no Latin letters and no signs."""
    done = TOKEN.sub(lambda m: _HOW[str(m.lastgroup)](m, style), text)
    return _only_speakable(done)


def _numbered(m: Match, _: TimeStyle) -> str:
    noun = NUMBERED.get(m["numbered_short"].lower(), "")
    if noun == "добавочный" or not place_case(text_before(m)):
        return noun + " "
    return noun_phrase(noun, place_case(text_before(m))) + " "


def _short(m: Match, _: TimeStyle) -> str:
    word = full_word(m[0], text_before(m))
    return word + " " if m["dotted"] and re.match(r"\w", text_after(m)) else word  # «г.Томск»


def euphonic(text: str) -> str:
    """«с второго» -> «со второго», «о Иване» -> «об Иване»."""
    text = re.sub(r"(?<!\w)([СсКкВв]) (?=втор(?:о|н|ы|у))", r"\1о ", text)
    text = re.sub(r"(?<!\w)([Сс]) (?=ста(?:\s|$)|ста [а-я])", r"\1о ", text)
    return re.sub(r"(?<!\w)([Оо]) (?=[аоиэуАОИЭУ])", r"\1б ", text)


def _only_speakable(text: str) -> str:
    """The last net: nothing passes that a Russian voice would stumble over."""
    text = re.sub(r"\d+", lambda m: f" {digit_by_digit(m[0])} ", text)
    text = re.sub(r"[A-Za-z]+", lambda m: as_sounds(m[0]), text)
    kept = "".join(c if _russian(c) or c == " " or c in MARKS else SIGNS.get(c, " ") for c in text)
    kept = re.sub(r"(?<=[а-яё])\((?=[а-яё])", " (", kept, flags=re.IGNORECASE)
    kept = re.sub(r"\(\s*\)|(?<!\w)'|'(?!\w)", " ", kept)
    kept = re.sub(r"(?<=[а-яё])([.,:;!?])(?=[а-яё])", r"\1 ", kept, flags=re.IGNORECASE)  # «Ждём.Приходите»
    return re.sub(r"\s+([,.!?;:…)])", r"\1", " ".join(kept.split()))


def _russian(char: str) -> bool:
    return "а" <= char <= "я" or "А" <= char <= "Я" or char in "ёЁ" or "\ue000" <= char <= "\uf8ff"


def _any(words: Mapping[str, object]) -> str:
    return "|".join(re.escape(w).replace(r"\ ", " ") for w in sorted(words, key=len, reverse=True))


_N = r"(?:\d{1,3}(?: \d{3})+(?!\d)|\d+)"
_DASH = r"\s?[-–—]\s?"
_TIME_RE = r"(?:(?:[01]?\d|2[0-3]):[0-5]\d|24:00)"
_DAYS = "пн|вт|ср|чт|пт|сб|вс"
_DOTTED = r"(?:(?:[01]?\d|2[0-3])\.(?:[03]0|15|45)|24\.00)"
_YEAR = r"(?:18|19|20)?\d\d"
_PER = "|".join(re.escape(u).replace(r"\ ", " ") for u in sorted(PER, key=len, reverse=True))
_END = r"(?![а-яёa-z\d])"
_KINDS: tuple[tuple[str, str, Callable[[Match, TimeStyle], str]], ...] = (
    ("email", r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,20}){1,4}", lambda m, _: address_words(m[0])),
    ("site", r"(?:https?://)?(?:www\.)?[a-zа-я0-9-]{1,60}(?:\.[a-zа-я0-9-]{1,60}){0,3}\.(?:ru|рф|com|org|net|su|info)"
             r"(?:/[\w./?=&%-]{0,80})?(?!\w)", lambda m, _: address_words(m[0])),
    ("phone", r"(?<![\d\w])(?:\+7|8)[ (-]{0,2}\d{3}[ )-]{0,2}\d{3}[ -]?\d{2}[ -]?\d{2}(?!\d)"
              r"|(?<![\d\w])\(?\d{3}\)?[ -]?\d{3}-\d{2}-\d{2}(?!\d)|(?<![\d\w-])\d{2,3}-\d{2}-\d{2}(?![\d-])",
     lambda m, _: phone_words(m[0])),
    ("code",
     r"(?<![\d\w])\d{4}(?: \d{4}){2,5}(?![ \d]\d|\d)", lambda m, _: ", ".join(map(digit_by_digit, m[0].split()))),
    ("initials", r"(?-i:(?<![\w.])[А-ЯЁ]\.(?: ?[А-ЯЁ]\.){0,2})", said_initials),
    ("ending", r"(?<![\w-])(?P<ending_stem>[а-яё]{2,40})(?:\((?P<ending_tail>-?[а-яё]{1,4})\)"
               r"|/(?P<ending_tail2>-?(?:а|ая|ла|на)))(?!\w)", said_ending),
    ("version", r"(?<![\d.])\d{1,4}(?:\.\d{1,4}){3,6}(?![\d.]\d)", said_version),
    ("days", rf"(?<!\w)(?:{_DAYS})\.?{_DASH}(?:{_DAYS})(?!\w)", said_weekdays),
    ("times", rf"(?<![\d:.]){_TIME_RE}{_DASH}{_TIME_RE}(?![\d:])"
              rf"|(?<![\d:.,]){_DOTTED}{_DASH}{_DOTTED}(?![\d:.]\d|\d)", said_times),
    ("time", rf"(?<![\d:.]){_TIME_RE}(?=:[0-5]\d(?!\d)|(?![\d:]))(?::[0-5]\d)?"
             r"(?: ?(?:час(?:ов|ам|а)?(?!\w)|ч(?!\w)\.?))?"
             r"|(?<![\d:.,])(?:24\.00|(?:[01]?\d|2[0-3])\.(?:00|1[3-9]|[2-5]\d))"
             r"(?![\d.]\d|\d| ?(?:руб|р\.|₽|%|кг|мг|м[лм]))", said_time),
    ("clock", r"(?<![\d:])\d+(?::\d+)+(?![\d:])", said_odd_clock),
    ("date", rf"(?<![\d.])(?:\d{{1,2}}\.\d{{1,2}}\.(?:\d{{4}}|\d\d)(?!\d|\.\d| ?(?:руб|р\.|₽|%))"
             rf"|\d{{1,2}}/(?:0?\d|1[0-2])/{_YEAR}(?!\d)|20\d\d-\d\d-\d\d(?!\d))"
             r"(?P<date_year> ?(?:года(?!\w)|г\. ?р\.|г\.|г(?![\w.])))?"
             r"|(?<![\d.])\d{1,2}\.(?:0\d|1[0-2])(?!\d|\.\d| ?(?:руб|р\.|₽|%))", said_date),
    ("triple", r"(?<![\d.])\d{1,4}(?:\.\d{1,4}){2}(?![\d.]\d|\d)", said_version),
    ("month_day", rf"(?<![\d\w])(?P<first_day>\d{{1,2}})(?:(?:{_DASH}| по |(?P<and> и ))(?P<last_day>\d{{1,2}}))? "
                  rf"(?P<month>{'|'.join(MONTHS)})(?!\w)", said_month_day),
    ("year", r"(?<![\d\w])(?P<year_number>(?:1[89]|20)\d\d) ?(?P<year_noun>год(?:а|у|ом|е)?(?!\w)"
             r"|г\. ?р\.(?!\w)|г\.|г(?![\w.]))", said_year),
    ("measure", rf"(?<![\d\w])(?P<whole>{_N})(?:[.,](?P<fraction>\d{{1,3}})|{_DASH}(?P<upto>{_N}))? ?"
                rf"(?:(?P<scale>(?:{_any(SCALES)})(?!\w)\.?)(?: ?(?P<unit2>(?:руб|р)(?!\w)\.?|[₽$€]))?"
                rf"|(?P<unit>(?:(?:{_any({u: 0 for u in UNITS if u not in ('г', 'м', 'л', 'р', 'час')})}){_END}\.?)"
                rf"|[гмл](?!\w)(?!(?-i:\. ?[А-ЯЁ]))\.?|р\.|р(?![\w.])|час\.))"
                rf"(?:/(?P<per_one>{_PER})(?!\w)\.?)?", said_measure),
    ("per", rf"(?<=[а-яё.])(?<=\S\S)/(?P<per_unit>{_PER})(?!\w)", said_per),
    ("square", r"(?<!\w)кв\. ?(?-i:м)(?!\w)\.?", said_square),
    ("floor",
     r"(?<![\d\w])(?P<floor_number>\d{1,3})(?:-?й)? ?(?P<floor_noun>(?:эт|каб|под|отд)\.)(?! ?\d)", said_floor),
    ("nth", r"(?<![\d\w])(?P<nth_number>\d{1,6})-(?P<nth_ending>ый|ой|ий|й|ая|я|ую|юю|ю|ое|ее|е|ого|его|го|ому|ему|му"
            r"|ым|им|ом|ем|м|ых|их|ух|ёх|ех|х|ыми|ими|ми|мя|ти|и)(?!\w)", said_ordinal),
    ("joined", r"(?<![\d\w])(?P<joined_number>\d{1,6})-(?P<joined_word>[а-яё]{3,})", said_joined),
    ("numbered", rf"(?<!\w)(?P<numbered_short>{_any(NUMBERED)})\s*(?=\d)", _numbered),
    ("place", rf"(?-i:(?<!\w)(?P<settlement>{_any(SETTLEMENTS)})(?=\s?[А-ЯЁ][а-яё]))", said_settlement),
    ("short", rf"(?<!\w)(?:(?P<dotted>{_any({a: 0 for a in NOUNS | FIXED if a.endswith('.')})})"
              rf"|(?:{_any({a: 0 for a in NOUNS | FIXED if not a.endswith('.')})})(?!\w))", _short),
    ("house",
     r"(?<![\d\w/])\d{1,4}(?:/\d{1,4})(?:[а-яА-Я](?!\w))?(?![\d/])|(?<![\d\w])\d{1,4}[а-яА-Я](?!\w)", said_house),
    ("range", rf"(?<![\d\w.,-])\d{{1,12}}{_DASH}\d{{1,12}}(?![\d.,]\d|\d)", said_range),
    ("decimal", r"(?<![\d\w])\d+[.,]\d+(?!\d|[.,]\d)(?: (?P<decimal_noun>[а-яё]{2,}))?", said_decimal),
    ("plain", _N, said_number),
    ("latin", r"[A-Za-z]+", said_latin),
    ("consonants",
     rf"(?-i:(?<![\w-])(?:(?![{VOWELS}])[А-ЯЁ]){{2,6}}(?!\w))", lambda m, _: letter_by_letter(m[0])),
)  # fmt: skip
_HOW = {name: how for name, _, how in _KINDS}
TOKEN = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern, _ in _KINDS), re.IGNORECASE)
