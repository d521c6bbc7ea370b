"""Russian cases and genders, and the words by which an admin names them in a template."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Case(StrEnum):
    """The values are the grammemes of OpenCorpora, which pymorphy3 speaks."""

    NOMINATIVE = "nomn"
    GENITIVE = "gent"
    DATIVE = "datv"
    ACCUSATIVE = "accs"
    INSTRUMENTAL = "ablt"
    PREPOSITIONAL = "loct"


class Gender(StrEnum):
    """Of words, not of people; the values are grammemes of OpenCorpora."""

    MASCULINE = "masc"
    FEMININE = "femn"
    NEUTER = "neut"
    PLURAL = "plur"  # «сутки», and adjectives beside a plural


DIRECT = frozenset({Case.NOMINATIVE, Case.ACCUSATIVE})

#: As in {visit.doctor:кому}. «кого» alone is the genitive («у кого»); the accusative is «вижу кого» or «на что».
CASE_WORDS: Mapping[str, Case] = {
    "кто": Case.NOMINATIVE, "что": Case.NOMINATIVE, "именительный": Case.NOMINATIVE,
    "кого": Case.GENITIVE, "чего": Case.GENITIVE, "у кого": Case.GENITIVE, "до чего": Case.GENITIVE,
    "родительный": Case.GENITIVE,
    "кому": Case.DATIVE, "чему": Case.DATIVE, "к кому": Case.DATIVE, "к чему": Case.DATIVE,
    "дательный": Case.DATIVE,
    "вижу кого": Case.ACCUSATIVE, "кого-вин": Case.ACCUSATIVE, "на кого": Case.ACCUSATIVE,
    "на что": Case.ACCUSATIVE, "вижу что": Case.ACCUSATIVE, "что-вин": Case.ACCUSATIVE,
    "винительный": Case.ACCUSATIVE,
    "кем": Case.INSTRUMENTAL, "чем": Case.INSTRUMENTAL, "с кем": Case.INSTRUMENTAL, "с чем": Case.INSTRUMENTAL,
    "творительный": Case.INSTRUMENTAL,
    "о ком": Case.PREPOSITIONAL, "о чём": Case.PREPOSITIONAL, "о чем": Case.PREPOSITIONAL,
    "предложный": Case.PREPOSITIONAL,
}  # fmt: skip
