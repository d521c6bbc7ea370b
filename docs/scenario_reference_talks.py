"""Two parts of docs/ru/scenario-reference.md: what may be asked of a fact after a colon, and the files of tests.

Made from the code, like the rest: a key or a patient that is missing here stops the generator.
"""

from __future__ import annotations

from collections.abc import Iterator

from voicebot.language.cases import CASE_WORDS, Case
from voicebot.language.speaking import spoken
from voicebot.scenarios.conversations import CONVERSATION_KEYS, NOTHING, NOW, Kind
from voicebot.scenarios.examples import EXAMPLES, NAMES, UNKNOWN, example_facts
from voicebot.scenarios.expressions import MAX_EXPRESSION

CASES = {
    Case.NOMINATIVE: "Вас ждёт {visit.doctor:кто}",
    Case.GENITIVE: "Приём у {visit.doctor:кого}",
    Case.DATIVE: "Вы записаны к {visit.doctor:кому}",
    Case.ACCUSATIVE: "Запись на {visit.service:на что}",
    Case.INSTRUMENTAL: "Встреча с {visit.doctor:кем}",
    Case.PREPOSITIONAL: "Расскажите о {visit.doctor:о ком}",
}
OTHER_FORMS = {
    "Вы {patient:записан|записана}": "по полу пациента: слово для мужчины и для женщины; с `person` — того, с "
    "кем говорим",
    "{visits.total:визит|визита|визитов}": "число со словом: один визит, два визита, пять визитов",
    "в {visit.time:цифры}": "время по цифрам; так робот говорит и без двоеточия",
    "в {visit.time:часы}": "время, как в разговоре",
}
KEYS = {
    "title": "Название разговора, **обязательно**: по нему его находят в отчёте.",
    "patient": "Кто у телефона: придуманный пациент из списка ниже. Без этого — первый из списка.",
    "patients": "Вместо `patient`: несколько визитов в одном звонке, `[ivan, ivan_later]`.",
    "facts": 'Поправки к фактам: `{visit.doctor: ""}` — врач неизвестен, `{visit.time: "09:30"}`. Можно и один раз на '
    "весь файл.",
    "now": "Который сейчас час: `2026-11-23 10:00` (Москва). Можно один раз на весь файл.",
    "inbound": "`true` — пациент звонит нам (разговор начинается с шага `inbound`).",
    "administrator": "`false` — администратор не берёт трубку.",
    "talk": "Сам разговор, строка за строкой, **обязательно**.",
    "outcome": "Каким итогом он кончится, **обязательно**. Для нескольких визитов: `[confirmed, declined]`.",
    "answer": f"Что запишут в МИС; `{NOTHING}` — ничего.",
    "task": f"Часть слов задачи администратору; `{NOTHING}` — задачи нет.",
    "sms": f"Имя СМС; `{NOTHING}` — не посылают.",
    "values": 'Что ответили на `ask`: `{mark: "5"}`.',
    "transferred": "`true`, если пациента соединили с администратором.",
    "callback": "На какое время просили перезвонить: начало вида `2026-11-23T12:0`.",
    "identified": "`true`, если человек ответил «да» на «Это …?».",
}
MOVES = {
    Kind.ROBOT: ("robot: Ждём вас", "Это робот должен сказать до следующей реплики пациента: часть слов, **как они "
                 "звучат** («в пятнадцать ноль ноль», а не 15:00); регистр и «ё» не важны. Между косыми чертами — "
                 f"регулярное выражение, не длиннее {MAX_EXPRESSION} знаков: `/завтра.*в девять/`."),
    Kind.NEVER: ("never: визит", "Этого робот сказать не должен."),
    Kind.PATIENT: ("patient: да, приду", "Говорит пациент, дослушав робота."),
    Kind.INTERRUPTS: ("interrupts: не звоните", "Пациент говорит, перебивая робота."),
    Kind.KEYS: ('keys: "2"', "Пациент нажимает клавиши: 0–9, * и #."),
    Kind.SILENCE: ("silence", "Пациент молчит."),
    Kind.HANGS_UP: ("hangs_up", "Пациент кладёт трубку."),
}  # fmt: skip


def forms() -> Iterator[str]:
    """What may be written after a colon, with how it sounds."""
    (facts,) = example_facts(["ivan"], NOW)
    yield "## После двоеточия: в какой форме сказать факт"
    yield ""
    yield "Робот сам склоняет имена, специальности и услуги: после двоеточия пишут падежный вопрос."
    yield ""
    yield "| что писать | пример | как звучит |"
    yield "| --- | --- | --- |"
    for case, example in CASES.items():
        words = ", ".join(f"`{word}`" for word, of in CASE_WORDS.items() if of is case)
        yield f"| {words} | `{example}` | {spoken(example, facts, NOW, {})} |"
    for example, meaning in OTHER_FORMS.items():
        shown = example.replace("|", "\\|")
        yield f"| {meaning} | `{shown}` | {spoken(example, facts, NOW, {})} |"
    yield ""


def talks() -> Iterator[str]:
    """The format of NAME.test.yaml."""
    yield "## Проверочные разговоры: `ИМЯ.test.yaml`"
    yield ""
    yield "Файл лежит рядом со сценарием. Их проводят `voicebot check` и публикация: без разговоров и с разговором,"
    yield "который идёт не так, сценарий не опубликовать. Вверху файла бывают `now` и `facts`, потом `conversations:` —"
    yield "список разговоров. [Пример](scenario.md#4-напишите-разговоры-для-проверки)."
    yield ""
    yield "| имя | что значит |"
    yield "| --- | --- |"
    yield from (f"| `{key}` | {KEYS[key]} |" for key in CONVERSATION_KEYS)
    yield ""
    yield "Строки `talk`:"
    yield ""
    yield "| строка | что значит |"
    yield "| --- | --- |"
    yield from (f"| `- {MOVES[kind][0]}` | {MOVES[kind][1]} |" for kind in Kind)
    yield ""
    yield "Придуманные пациенты:"
    yield ""
    yield "| `patient` | кто это |"
    yield "| --- | --- |"
    yield from (f"| `{name}` | {_who(name)} |" for name in NAMES)
    yield ""


def _who(name: str) -> str:
    if name == UNKNOWN:
        return "номер, которого нет в картотеке"
    one = EXAMPLES[name]
    days = f"через {one.days} дн." if one.days > 1 else "завтра" if one.days == 1 else f"{-one.days} дн. назад"
    person = one.patient.representative
    by = f"; отвечает {person.given_name} {person.patronymic}" if person is not None else ""
    full = f"{one.patient.surname} {one.patient.given_name} {one.patient.patronymic}"
    return f"{full}{by}; визит {days} в {one.at:%H:%M}, {one.doctor.speciality} {one.doctor.surname}"
