"""The part of a scenario file above its steps: whom to call and when, how often, and what follows in vain."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import time
from itertools import pairwise

from voicebot.dialogue.intents import Intent
from voicebot.dialogue.outcome import Answer
from voicebot.dialogue.scenario import Attempts, Hours, Limits, Plan, Unreached
from voicebot.scenarios.endings import EndingReader
from voicebot.scenarios.grammar import LIFECYCLES
from voicebot.scenarios.known import known_intent
from voicebot.scenarios.mistakes import maybe
from voicebot.scenarios.reading import Fields, scalar
from voicebot.scenarios.templates import read_plain
from voicebot.scenarios.yamltree import Node

_WINDOW = re.compile(r"^(\d{1,2}):(\d\d)\s*[-–—]\s*(\d{1,2}):(\d\d)$")
_ALMOST_MIDNIGHT = time(23, 59, 59)  # a window until 24:00: the day has no such time
Windows = tuple[tuple[time, time], ...]


def read_everywhere(f: Fields, reader: EndingReader) -> Mapping[Intent, str]:
    """What may be said at any moment."""
    found: dict[Intent, str] = {}
    for name, place, node in f.mapping("everywhere"):
        intent = known_intent(name, place, f.notes)
        target = reader.go(node, again=True)
        if intent is not None:
            found[intent] = target
    return found


def read_attempts(f: Fields) -> Attempts:
    a = f.section("attempts", "attempts")
    standard = Attempts()
    every, busy = a.span("every", standard.every), a.span("busy", standard.busy)
    return Attempts(a.number("max", standard.max), every, busy)


def read_unreached(f: Fields) -> Unreached:
    """In vain never means declined: the loader refuses to write anything but `unconfirmed` then."""
    u = f.section("unreached", "unreached")
    answer = u.choice("answer", Answer, Answer.UNCONFIRMED) if "answer" in u else None
    if answer not in (None, Answer.UNKNOWN, Answer.UNCONFIRMED):
        f.notes.add(u.at("answer"), "unreached-answer",
                    "Недозвон ничего не говорит о визите: здесь бывает только unconfirmed.")  # fmt: skip
    return Unreached(answer, u.text("sms"), read_plain(u.node("task"), f.notes))


def read_limits(f: Fields) -> Limits:
    a = f.section("limits", "limits")
    standard = Limits()
    return Limits(a.number("asked", standard.asked), a.number("misunderstood", standard.misunderstood))


def read_hours(f: Fields) -> Hours | None:
    if "hours" not in f:
        return None
    h = f.section("hours", "hours")
    return Hours(_windows(h, "weekdays"), _windows(h, "weekends"))


def _windows(f: Fields, key: str) -> Windows:
    found = [window for node in f.sequence(key) if (window := _window(f, node)) is not None]
    for earlier, later in pairwise(found):
        if later[0] < earlier[1]:
            f.notes.add(f.at(key), "hours", "Часы идут по порядку и не пересекаются: [09:00-13:00, 14:00-20:00].")
    return tuple(found)


def _window(f: Fields, node: Node) -> tuple[time, time] | None:
    found = _WINDOW.match(scalar(node, f.notes))
    if found is not None:
        try:
            begin = time(int(found[1]), int(found[2]))
            end = _ALMOST_MIDNIGHT if found[3] == "24" and found[4] == "00" else time(int(found[3]), int(found[4]))
        except ValueError:
            found = None
        else:
            if begin < end:
                return begin, end
    text = "Начало должно быть раньше конца." if found else "Часы пишут так: 09:00-20:00."
    f.notes.add(node.place, "hours", text)
    return None


def read_plan(f: Fields) -> Plan:
    p = f.section("plan", "plan")
    only = p.section("only", "only")
    standard = Plan()
    lifecycle = only.text("lifecycle", standard.lifecycle)
    if lifecycle not in LIFECYCLES:
        f.notes.add(only.at("lifecycle"), "unknown-value",
                    f"Неизвестное значение «{lifecycle[:60]}».{maybe(lifecycle, LIFECYCLES)} "
                    f"Бывает: {', '.join(LIFECYCLES)}.")  # fmt: skip
    return Plan(p.spans("before"), lifecycle, only.choices("answer", Answer) or standard.answers)
