"""Calls ordered without the engine: many short questions in one call, or the real reminder."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from calls_people import Caller

from voicebot.app import Robot
from voicebot.contacts.model import Appointment, ClinicBranch, Doctor, Patient, Sex
from voicebot.dialogue.scenario import Scenario
from voicebot.engine.caller import CallOrder
from voicebot.scenarios.loading import read
from voicebot.store.port import CallRow

ZONE = "Europe/Moscow"
PATIENT = Patient("bench", "Пробный", "Иван", "Аркадьевич", Sex.MALE)
DOCTOR = Doctor("bench", "Улюкаева", "Мария", "Ивановна", "стоматолог", Sex.FEMALE)
BRANCH = ClinicBranch("bench", "Здоровье", "улица Ленина, 5", ZONE)
#: Whatever is answered, the next question follows: so every answer is heard at the same question.
_ANSWERS = ("yes", "no", "cancel", "change", "late", "stop", "operator", "repeat", "who_is_this", "wrong_person",
            "busy_now", "callback_later", "question")  # fmt: skip
#: Its id is that of the reminder, whose language (phrases, pronunciations) is meant.
_HEAD = """id: visit_reminder
title: Вопросы для измерений
purpose: service
about: appointment
voice: anna
everywhere: {stop: over, operator: over, repeat: again}
start: who
steps:
  who:
    say: "Здравствуйте! Вас приветствует голосовой робот. Это {person.name}?"
    identifies: true
    listen: {LISTEN}
    unclear: {say: "Простите, это {person.name}?", then: q1}
"""
_QUESTION = """  q{number}:
    say: "{text} Вы придёте завтра?"
    listen: {{{listen}}}
    unclear: {{say: "Простите, не поняла. Вы придёте?", then: {after}}}
"""
_OVER = """  over:
    say: "Спасибо, до свидания!"
    outcome: confirmed
"""


def questions(folder: Path, count: int) -> Scenario:
    """So many questions, each of which takes any answer."""
    text = _HEAD.replace("LISTEN", ", ".join(f"{answer}: q1" for answer in _ANSWERS))
    for number in range(1, count + 1):
        after = f"q{number + 1}" if number < count else "over"
        listen = ", ".join(f"{answer}: {after}" for answer in _ANSWERS)
        text += _QUESTION.format(number=number, text=f"Вопрос {number}.", listen=listen, after=after)
    path = folder / "visit_reminder.yaml"
    path.write_text(text + _OVER, "utf-8")
    return read(path).scenario


async def ring(robot: Robot, caller: Caller, scenario: Scenario) -> str:
    """One call, to its end; the id under which the probes know it."""
    now = robot.clock.now()
    call_id = f"bench-{caller.phone[1:]}"
    await robot.store.add_call(CallRow(call_id, "", caller.phone, scenario.id, scenario.version, started_at=now))
    await robot.caller.call(CallOrder(call_id, caller.phone, PATIENT, (_visit(now),), scenario))
    return call_id


def _visit(now: datetime) -> Appointment:
    at = (now.astimezone(ZoneInfo(ZONE)) + timedelta(days=1)).replace(hour=15, minute=0, second=0, microsecond=0)
    return Appointment("bench", "1", PATIENT.id, at, DOCTOR, BRANCH)
