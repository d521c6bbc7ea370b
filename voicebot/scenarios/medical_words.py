"""Plain words that give a visit away: a speciality, a diagnosis, a procedure, «у вас приём у …».

Whoever picks up the phone may hear a text with none of them. Names of clinics («Доктор Плюс») say nothing yet.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from voicebot.language.morphology import parses
from voicebot.language.templates import blanks


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SPECIALITIES = _words(
    "терапевт хирург окулист ортодонт ортопед акушер лор логопед пародонтист гигиенист массажист остеопат гомеопат "
    "мануальщик анестезиолог реаниматолог узист диагност фельдшер реабилитолог психотерапевт"
)
#: «гинеколог», «педиатр», «нейрохирург» …; what ends so and is nobody
_SPECIALITY = re.compile(r"(олог|иатр|терапевт|хирург|донт|метрист)$")
_NOBODY = _words("технолог биолог геолог пролог эколог филолог социолог некролог монолог антолог археолог зоолог")
_DEPARTMENT = re.compile(r"(?<!стомат)(?<!техн)(?<!эк)(ология|иатрия|терапия|хирургия)$")
_DIAGNOSES = _words(
    "диагноз болезнь заболевание онкология рак опухоль новообразование метастаз диабет гипертония беременность "
    "беременный беременная аборт выкидыш бесплодие эко вич спид сифилис гонорея хламидиоз гепатит "
    "туберкулёз инсульт инфаркт "
    "ишемия аритмия стенокардия грипп ковид коронавирус ангина пневмония бронхит астма аллергия гастрит язва цистит "
    "простатит импотенция геморрой варикоз тромбоз киста миома эндометриоз молочница климакс перелом вывих грыжа "
    "артрит артроз остеохондроз сколиоз остеопороз кариес пульпит пародонтит периодонтит гингивит депрессия "
    "шизофрения эпилепсия невроз деменция алкоголизм наркомания катаракта глаукома псориаз дерматит "
    "экзема меланома герпес инфекция воспаление анемия лейкоз мигрень аппендицит панкреатит холецистит"
)
_PROCEDURES = _words(
    "анализ узи мрт кт экг ээг фгдс фгс рентген рентгенография флюорография маммография томография эндоскопия "
    "гастроскопия колоноскопия кольпоскопия цистоскопия биопсия пункция операция прививка вакцинация вакцина осмотр "
    "медосмотр диспансеризация лечение пломба пломбирование имплант имплантация протезирование коронка брекет "
    "отбеливание капельница укол инъекция перевязка химиотерапия обследование диагностика скрининг "
    "мазок процедура госпитализация стационар роды наркоз анестезия физиотерапия массаж гемодиализ шунтирование "
    "стентирование удаление чистка гигиена"
)
_DOCTORS = frozenset({"врач", "доктор"})
_INSTITUTIONS = _words(
    "клиника поликлиника стоматология центр медцентр больница госпиталь институт кабинет лаборатория сеть "
    "диспансер санаторий"
)
_VISITS = frozenset({"визит", "приём", "консультация", "запись"})
_ABOUT_A_VISIT = _words("о об на с про перед после вместо до от")
_YOURS = frozenset({"ваш", "ваша", "свой", "его", "её", "их"})
_CONDITIONS = _words("если ли нет без")
_BOOKED = frozenset({"записать", "записаться", "записанный"})
_DAYS = _words("сегодня завтра послезавтра понедельник вторник среда четверг пятница суббота воскресенье")
_AWAIT = frozenset({"ждать", "ожидать", "принять", "принимать", "просить", "попросить", "назначить", "направить",
                    "рекомендовать", "посоветовать"})  # fmt: skip
_WORD = re.compile(r"[а-яё]+|\d+|[.!?…]", re.IGNORECASE)
_QUOTED = re.compile(r"[«\"“„][^«»\"“”„]{0,60}[»\"”“]")
_STOP = frozenset(".!?…")


@dataclass(frozen=True, slots=True)
class _Word:
    """said: in lower case; lemmas: what it may be the form of."""

    said: str
    lemmas: frozenset[str]


def medical_words(text: str) -> str:
    """The words of a text (with facts in braces or without) that tell strangers of a visit or of health, or ''.

    About 20 µs a word that was not seen before.
    """
    return _first(text, _told)


def health_words(text: str) -> str:
    """The same for a text that tells of a visit anyway, as an SMS does: specialities, diagnoses, procedures."""
    return _first(text, _health)


def diagnosis_told(text: str) -> str:
    """What somebody is said to suffer from («у вас гастрит»), or ''. A question or a condition says nothing."""
    pieces = (piece for piece in re.split(r"(?<=[.!?…])", _without_facts(text)) if not piece.rstrip().endswith("?"))
    return next((found for piece in pieces if (found := _first(piece, _suffers))), "")


def _first(text: str, told: Callable[[Sequence[_Word], int], str]) -> str:
    sentences = _sentences(_without_names(_without_facts(text)))
    return next((found for words in sentences for n in range(len(words)) if (found := told(words, n))), "")


def _suffers(words: Sequence[_Word], n: int) -> str:
    before = words[max(0, n - 4) : n]
    if not words[n].lemmas & _DIAGNOSES or any(w.said in _CONDITIONS for w in words):
        return ""
    whose = next((i for i, w in enumerate(before) if w.lemmas & _YOURS or _at_you(before, i)), None)
    return "" if whose is None else " ".join(w.said for w in (*before[whose:], words[n]))


def _at_you(words: Sequence[_Word], n: int) -> bool:
    return words[n].said == "у" and n + 1 < len(words) and words[n + 1].said in ("вас", "тебя", "него", "неё", "них")


def _told(words: Sequence[_Word], n: int) -> str:
    """What the word at n gives away, with its neighbours where it takes them."""
    if found := _health(words, n):
        return found
    if words[n].lemmas & _DOCTORS and not _of_an_institution(words, n):
        return _doctor(words, n)
    return _visit(words, n)


def _health(words: Sequence[_Word], n: int) -> str:
    word = words[n]
    of_an_institution = _of_an_institution(words, n)
    if word.lemmas & _DIAGNOSES or any(_speciality(lemma) for lemma in word.lemmas):
        return "" if of_an_institution else word.said
    if word.lemmas & _PROCEDURES:
        return "" if of_an_institution or _of_the_call(words, n) else word.said
    before = words[n - 1] if n else None
    if any(_DEPARTMENT.search(lemma) for lemma in word.lemmas) and before is not None and before.said in ("в", "на"):
        return f"{before.said} {word.said}"
    return ""


def _of_an_institution(words: Sequence[_Word], n: int) -> bool:
    """«центр хирургии», «клиника Доктор Плюс»: a name says nothing yet."""
    return any(w.lemmas & _INSTITUTIONS for w in words[max(0, n - 2) : n])


def _speciality(lemma: str) -> bool:
    return lemma in _SPECIALITIES or (_SPECIALITY.search(lemma) is not None and lemma not in _NOBODY)


def _doctor(words: Sequence[_Word], n: int) -> str:
    """«вас ждёт доктор», «к врачу», «ваш лечащий врач»; not «нужен ли вам врач»."""
    if n and words[n - 1].said in ("к", "у"):
        return f"{words[n - 1].said} {words[n].said}"
    near = words[max(0, n - 4) : n + 4]
    if any(w.lemmas & _AWAIT for w in near) or any(w.lemmas & _YOURS for w in words[max(0, n - 2) : n]):
        return words[n].said
    return ""


def _visit(words: Sequence[_Word], n: int) -> str:
    """«приём у …», «о вашем визите», «вы записаны», «ждём вас завтра»."""
    word, before, after = words[n], words[max(0, n - 3) : n], words[n + 1 : n + 4]
    dated = any(w.lemmas & _DAYS for w in words)
    if word.lemmas & _VISITS and not _of_the_call(words, n):
        leads = any(w.said in _ABOUT_A_VISIT for w in before[-2:]) or any(w.lemmas & _YOURS for w in before)
        belongs = any(w.said in ("вас", "вам", "вы", "него", "неё") for w in before)
        follows = bool(after) and after[0].said in ("у", "к", "на", "в")
        if leads or belongs or follows or dated or "визит" in word.lemmas:
            return " ".join(w.said for w in (*before[-1:], word, *(after[:2] if follows else ())))
    if word.lemmas & _BOOKED and any(w.said in ("на", "к", "в") for w in after):
        return " ".join(w.said for w in (word, *after[:2]))
    timed = dated or any(w.said.isdigit() for w in words)
    if word.lemmas & {"ждать", "ожидать"} and timed and any(w.said == "вас" for w in (*before, *after)):
        return f"{word.said} вас"
    return ""


def _of_the_call(words: Sequence[_Word], n: int) -> bool:
    """«запись разговора», «приём звонков», «консультация специалиста»: no visit of anybody's."""
    after = {lemma for w in words[n + 1 : n + 3] for lemma in w.lemmas}
    return bool(after & {"разговор", "звонок", "голос", "заявка", "обращение", "вызов", "данные"}) or (
        "консультация" in words[n].lemmas and "специалист" in after
    )


def _without_facts(text: str) -> str:
    for blank in blanks(text):
        text = text[: blank.offset] + " " * blank.length + text[blank.offset + blank.length :]
    return text.replace("\u0301", "").replace("+", "")


def _without_names(text: str) -> str:
    """A clinic's own name in quotes is left out: «клиники „Доктор Плюс“»."""
    left, at = "", 0
    for name in _QUOTED.finditer(text):
        before = _WORD.findall(text[: name.start()].lower())[-3:]
        if any(_lemmas(word) & _INSTITUTIONS for word in before):
            left += text[at : name.start()]
            at = name.end()
    return left + text[at:]


def _sentences(text: str) -> Iterator[list[_Word]]:
    here: list[_Word] = []
    for found in _WORD.finditer(text):
        said = found[0].lower()
        if said in _STOP:
            yield here
            here = []
        else:
            here.append(_Word(said, _lemmas(said)))
    yield here


@lru_cache(maxsize=8192)
def _lemmas(word: str) -> frozenset[str]:
    return frozenset({word, *(p.normal_form for p in parses(word))})
