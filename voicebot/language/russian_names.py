"""Names of the scenario language as an admin might write them in Russian: suggestions that no likeness gives."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

#: The word in lower case without ё -> what it may have meant, likeliest first. Which of them is known decides.
_MEANT: Mapping[str, tuple[str, ...]] = {
    # answers
    "да": ("yes", "true"), "ага": ("yes",), "приду": ("yes",), "согласен": ("yes",), "нет": ("no", "false"),
    "не приду": ("no",), "стоп": ("stop",), "не звонить": ("stop",), "отказ": ("stop", "declined"),
    "оператор": ("operator",), "администратор": ("operator",), "человек": ("operator",), "повтор": ("repeat",),
    "повторить": ("repeat",), "кто это": ("who_is_this",), "не туда": ("wrong_person",),
    "ошиблись": ("wrong_person",), "другой человек": ("wrong_person",), "занят": ("busy_now", "busy"),
    "неудобно": ("busy_now",), "перезвонить": ("callback_later", "callback"), "позже": ("callback_later",),
    "перенос": ("change",), "перенести": ("change",), "отмена": ("cancel", "cancelled"), "отменить": ("cancel",),
    "опаздываю": ("late",), "минутку": ("hold_on",), "спасибо": ("thanks",), "до свидания": ("bye",), "пока": ("bye",),
    "алло": ("hello",), "привет": ("hello",), "вопрос": ("question",), "число": ("number",), "номер": ("number",),
    "дата": ("date", "visit.date"), "время": ("time", "visit.time"), "отзыв": ("comment",), "заново": ("again",),
    # names of fields and their values
    "имя": ("id", "name", "person.name"), "название": ("title", "clinic.name"), "заголовок": ("title",),
    "цель": ("purpose",), "назначение": ("purpose",), "о чем": ("about",), "голос": ("voice",), "начало": ("start",),
    "старт": ("start",), "шаги": ("steps",), "везде": ("everywhere",), "всегда": ("everywhere",), "клавиши": ("keys",),
    "кнопки": ("keys",), "непонятно": ("unclear",), "не понял": ("unclear",), "план": ("plan",),
    "попытки": ("attempts",), "часы": ("hours",), "пределы": ("limits",), "недозвон": ("unreached",),
    "сообщения": ("messages",), "входящий": ("inbound",), "сказать": ("say",), "говорить": ("say",), "текст": ("say",),
    "слушать": ("listen",), "ответ": ("answer", "listen"), "ответы": ("listen",), "спросить": ("ask",),
    "выбрать": ("choose",), "выбор": ("choose",), "иначе": ("otherwise",), "если": ("when",), "когда": ("when",),
    "перевод": ("transfer",), "соединить": ("transfer",), "не удалось": ("failed",), "потом": ("then",),
    "дальше": ("then", "go"), "затем": ("then",), "идти": ("go",), "итог": ("outcome",), "результат": ("outcome",),
    "задача": ("task",), "смс": ("sms",), "будни": ("weekdays",), "выходные": ("weekends",), "сколько": ("max",),
    "сервисный": ("service",), "услуга": ("service", "visit.service"), "рекламный": ("advertising",),
    "реклама": ("advertising",), "визит": ("appointment",), "запись": ("appointment",), "пациент": ("patient",),
    "подтвержден": ("confirmed",), "подтвердил": ("confirmed",), "отказался": ("declined",),
    # facts
    "время визита": ("visit.time",), "время приема": ("visit.time",), "день визита": ("visit.day",),
    "день приема": ("visit.day",), "день": ("visit.day",), "дата визита": ("visit.date",),
    "дата приема": ("visit.date",), "врач": ("visit.doctor",), "доктор": ("visit.doctor",),
    "имя врача": ("visit.doctor",), "специальность": ("visit.speciality",), "специалист": ("visit.speciality",),
    "услуга визита": ("visit.service",), "клиника": ("clinic.name",), "название клиники": ("clinic.name",),
    "имя клиники": ("clinic.name",), "телефон": ("clinic.phone", "branch.phone"), "телефон клиники": ("clinic.phone",),
    "адрес": ("branch.address",), "адрес филиала": ("branch.address",), "адрес клиники": ("branch.address",),
    "филиал": ("branch.name",), "телефон филиала": ("branch.phone",), "фио": ("patient.full_name",),
    "имя пациента": ("patient.given_name",), "имя и отчество": ("person.name",), "имя отчество": ("person.name",),
    "скидка": ("offer.text",), "предложение": ("offer.text",), "предупреждение": ("offer.warning",),
    "последний визит": ("last_visit.date",),
}  # fmt: skip


def meant(word: str, known: Collection[str]) -> str:
    """The known name that a Russian word stands for («время визита» -> «visit.time»), or ''."""
    plain = " ".join(re.split(r"[\s_.-]+", word[:80].lower().replace("ё", "е").strip()))
    return next((name for name in _MEANT.get(plain, ()) if name in known), "")
