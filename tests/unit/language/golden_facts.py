"""The facts that the golden templates are spoken with. Fictional people."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone

from voicebot.contacts.model import Appointment, ClinicBranch, Doctor, Patient, Sex
from voicebot.language.facts import Extras, Offer, Person, facts_of
from voicebot.language.names import Name, named
from voicebot.language.values import Money

MSK = timezone(timedelta(hours=3))
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=MSK)
PRONUNCIATIONS = {"Улюкаева": "Улюка\u0301ева", "УЗИ": "у-зэ-и\u0301"}
PATIENT = Patient("p1", "Погосян", "Иван", "Аркадьевич")
VISIT = Appointment(
    "v1", "1", "p1", datetime(2026, 11, 24, 12, 0, tzinfo=UTC),
    Doctor("d1", "Улюкаева", "Анна", "Петровна", speciality="Стоматолог"),
    ClinicBranch("b1", "Центр", "ул. Ленина, д. 5, к. 2", "Europe/Moscow", "+78881002030"),
    service="Профессиональная гигиена полости рта",
)  # fmt: skip
EXTRAS = Extras(
    person=Person("Погосян", "Мария", "Ильинична"),
    clinic_phone="8 (888) 100-20-40",
    slots=(datetime(2026, 11, 25, 10, 30, tzinfo=MSK), datetime(2026, 12, 2, 9, 0, tzinfo=MSK)),
    recall_reason="плановый осмотр",
    last_visit=date(2025, 5, 10),
    offer=Offer("скидка 10% на чистку зубов", "Имеются противопоказания, необходима консультация специалиста",
                date(2026, 12, 10)),
)  # fmt: skip
FACTS: Mapping[str, object] = {
    **facts_of(PATIENT, VISIT, "Здоровье", 1, 2, NOW, EXTRAS),
    "doctor.man": named("Цой", title="детский хирург", sex=Sex.MALE),
    "doctor.kokh_f": named("Кох", title="стоматолог", sex=Sex.FEMALE),
    "doctor.kokh_m": named("Кох", title="стоматолог", sex=Sex.MALE),
    "doctor.kokh_unknown": named("Кох", title="стоматолог"),
    "doctor.text": "доктор Шевченко Пётр Ильич",
    "doctor.belyh": named("Белых", title="врач-терапевт", sex=Sex.MALE),
    "doctor.multi": "врач ультразвуковой диагностики",
    "service.uzi": "УЗИ брюшной полости",
    "service.exam": "Первичный приём терапевта",
    "service.consult": "консультация кардиолога",
    "service.removal": "удаление зуба",
    "service.analyses": "общие анализы крови",
    "unknown.name": Name(named("", "Саша").words),
    "child.name": named("", "Асель"),
    **{f"t.{h}": time(h, 0) for h in (9, 1, 13, 0, 12, 4, 21)},
    "t.1330": time(13, 30), "t.1715": time(17, 15), "t.905": time(9, 5),
    **{f"n.{n}": n for n in (1, 2, 5, 11, 21, 112)},
    "price.1": Money(1250), "price.2": Money(21, 50), "price.3": Money(2000), "yes": True,
}  # fmt: skip
