"""Russian numerals as words: cardinals, ordinals, digits in groups. Pure arithmetic, no library."""

from __future__ import annotations

_UNITS = ("", "один", "два", "три", "четыре", "пять", "шесть", "семь", "восемь", "девять", "десять", "одиннадцать",
          "двенадцать", "тринадцать", "четырнадцать", "пятнадцать", "шестнадцать", "семнадцать", "восемнадцать",
          "девятнадцать")  # fmt: skip
_TENS = ("", "", "двадцать", "тридцать", "сорок", "пятьдесят", "шестьдесят", "семьдесят", "восемьдесят", "девяносто")
_HUNDREDS = ("", "сто", "двести", "триста", "четыреста", "пятьсот", "шестьсот", "семьсот", "восемьсот", "девятьсот")
_SCALES = (
    ("", "", "", False),
    ("тысяча", "тысячи", "тысяч", True),
    ("миллион", "миллиона", "миллионов", False),
    ("миллиард", "миллиарда", "миллиардов", False),
)
_FEMININE = {"один": "одна", "два": "две"}

#: Stems of ordinals; «третий» and «-ой» stressed endings are told apart below.
_ORDINALS = ("нулев", "перв", "втор", "трет", "четвёрт", "пят", "шест", "седьм", "восьм", "девят", "десят",
             "одиннадцат", "двенадцат", "тринадцат", "четырнадцат", "пятнадцат", "шестнадцат", "семнадцат",
             "восемнадцат", "девятнадцат")  # fmt: skip
_ORDINAL_TENS = ("", "", "двадцат", "тридцат", "сороков", "пятидесят", "шестидесят", "семидесят", "восьмидесят",
                 "девяност")  # fmt: skip
_STRESSED = {"нулев", "втор", "шест", "седьм", "восьм", "сороков"}

#: The largest number that is spoken as a number; longer ones are spoken digit by digit.
LARGEST = 999_999_999_999


def plural(n: int, one: str, few: str, many: str) -> str:
    """The form of a noun after a number: «визит», «визита», «визитов»."""
    if n % 100 in (11, 12, 13, 14):
        return many
    return one if n % 10 == 1 else few if n % 10 in (2, 3, 4) else many


def cardinal(n: int, feminine: bool = False) -> str:
    """«двадцать один» / «двадцать одна». n is in 0…LARGEST."""
    if not 0 <= n <= LARGEST:
        raise ValueError(f"cardinal of {n}: 0…{LARGEST} expected")
    if n == 0:
        return "ноль"
    words: list[str] = []
    for power in range(len(_SCALES) - 1, -1, -1):
        part = n // 1000**power % 1000
        if part:
            one, few, many, female = _SCALES[power]
            words += _below_thousand(part, female or (power == 0 and feminine))
            words += [plural(part, one, few, many)] if power else []
    return " ".join(words)


def _below_thousand(n: int, feminine: bool) -> list[str]:
    words = [_HUNDREDS[n // 100]]
    rest = n % 100
    words += [_UNITS[rest]] if rest < 20 else [_TENS[rest // 10], _UNITS[rest % 10]]
    return [_FEMININE.get(w, w) if feminine else w for w in words if w]


def ordinal(n: int, ending: str = "й") -> str:
    """An ordinal of 0…99 and of years 2000…2099. ending: й (m), я (f), е (n), го (genitive), му (dative)."""
    if 2000 <= n <= 2099:
        rest = n - 2000
        return f"две тысячи {ordinal(rest, ending)}" if rest else "двухтысячн" + _ending("двухтысячн", ending)
    if not 0 <= n <= 99:
        raise ValueError(f"ordinal of {n}: 0…99 or a year of this century expected")
    if n < 20:
        return _ORDINALS[n] + _ending(_ORDINALS[n], ending)
    if n % 10 == 0:
        stem = _ORDINAL_TENS[n // 10]
        return stem + _ending(stem, ending)
    return f"{_TENS[n // 10]} {ordinal(n % 10, ending)}"


def _ending(stem: str, ending: str) -> str:
    if stem == "трет":
        return {"й": "ий", "я": "ья", "е": "ье", "го": "ьего", "му": "ьему"}[ending]
    masculine = "ой" if stem in _STRESSED else "ый"
    return {"й": masculine, "я": "ая", "е": "ое", "го": "ого", "му": "ому"}[ending]


def digits(text: str) -> str:
    """A group of digits as it is dictated: «045» -> «ноль сорок пять», «00» -> «ноль ноль»."""
    rest = text.lstrip("0")
    zeros = ["ноль"] * (len(text) - len(rest))
    if len(rest) > 3:
        return " ".join([*zeros, *(cardinal(int(d)) for d in rest)])
    return " ".join([*zeros, cardinal(int(rest))] if rest else zeros)
