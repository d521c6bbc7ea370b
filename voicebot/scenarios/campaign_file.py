"""A campaign as a clinic writes it: a YAML file with places, so that a mistake is told by file, line and column."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from voicebot.contacts.campaign import Campaign, Segment, Trigger, TriggerKind
from voicebot.contacts.model import Sex
from voicebot.scenarios.heading import read_hours
from voicebot.scenarios.loading import read_bytes
from voicebot.scenarios.mistakes import Mistake, ScenarioFault, maybe
from voicebot.scenarios.reading import Fields, Notes, choice, scalar, span
from voicebot.scenarios.yamltree import Node, read_tree

T = TypeVar("T")

_KEYS = ("id", "title", "scenario", "version", "trigger", "before", "after", "months", "only", "starts", "ends",
         "hours", "lines", "priority", "hold_out")  # fmt: skip
_ONLY = ("branch", "doctor", "service", "age", "sex", "last_visit")
_LAST_VISIT = ("from", "to")
_ID = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_AGES = re.compile(r"(\d{1,3})?\s*[-–—]\s*(\d{1,3})?")
_PERCENT = re.compile(r"(\d{1,2})\s*%")
_DATES = ("%d.%m.%Y", "%Y-%m-%d")
#: What each trigger is given beside its name.
_BESIDE = {
    TriggerKind.BEFORE_VISIT: "before",
    TriggerKind.AFTER_VISIT: "after",
    TriggerKind.MISSED_VISIT: "after",
    TriggerKind.NO_VISIT_FOR: "months",
}


@dataclass(frozen=True, slots=True)
class Known:
    """What the clinic's MIS knows, id -> name as people write it: to find branches and doctors by their names."""

    branches: Mapping[str, str]
    doctors: Mapping[str, str]


def read_campaign(path: Path, known: Known) -> Campaign:
    """The campaign of a file, as a draft. Raises ScenarioFault with every mistake at once."""
    notes = Notes()
    file = path.name
    root = read_tree(read_bytes(path), file, notes.mistakes)
    fields = Fields(root, notes, (), _KEYS)
    fields.require("id", "title", "scenario", "trigger")
    campaign = Campaign(
        id=_id(fields),
        title=fields.text("title"),
        scenario_id=fields.text("scenario"),
        trigger=_trigger(fields),
        segment=_segment(fields, known),
        scenario_version=_number(fields, "version", 0, 1, 99_999) or 0,
        starts_on=_optional(fields, "starts", _date),
        ends_on=_optional(fields, "ends", _date),
        lines=_number(fields, "lines", None, 1, 200),
        priority=_number(fields, "priority", 100, 1, 1000) or 100,
        hold_out=_hold_out(fields),
        hours=read_hours(fields),
    )
    if notes.mistakes:
        raise CampaignFault(notes.mistakes)
    return campaign


class CampaignFault(ScenarioFault):
    """A campaign's file cannot be used."""

    code = "campaign-file"

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__(mistakes)
        self.remedy = "Исправьте файл и посмотрите ещё раз: voicebot campaign preview."


def _id(fields: Fields) -> str:
    text = fields.text("id")
    if text and not _ID.fullmatch(text):
        fields.notes.add(fields.at("id"), "id", "id — имя латинскими буквами: recall, feedback_2026.")
    return text


def _trigger(fields: Fields) -> Trigger:
    node = fields.node("trigger")
    kind = choice(node, TriggerKind, fields.notes) if node is not None else None
    beside = _BESIDE.get(kind, "") if kind is not None else ""
    for key in ("before", "after", "months"):
        if key in fields and kind is not None and key != beside:
            fields.notes.add(fields.places(key), "trigger", f"«{key}» при trigger: {kind.value} не нужно.")
    spans: tuple[timedelta, ...] = ()
    if beside in ("before", "after"):
        spans = tuple(s for n in fields.sequence(beside) if (s := _near(n, fields.notes)) is not None)
    if beside and beside not in fields:
        fields.notes.add(fields.at("trigger"), "missing-key", f"Не хватает «{beside}»: {_EXAMPLES[beside]}.")
    months = _number(fields, "months", 0, 1, 60) or 0
    return Trigger(kind or TriggerKind.RECALL_DATE, tuple(sorted(spans, reverse=True)), months)


_EXAMPLES = {"before": "за сколько до визита, [72h, 24h]", "after": "через сколько после визита, 2h",
             "months": "сколько месяцев не был, 6"}  # fmt: skip


def _near(node: Node, notes: Notes) -> timedelta | None:
    found = span(node, notes)
    if found is not None and found > timedelta(days=30):
        notes.add(node.place, "span", "Не больше 30 дней.")
        return None
    return found


def _segment(fields: Fields, known: Known) -> Segment:
    only = Fields(fields.node("only"), fields.notes, ("only",), _ONLY, fields.place)
    last = Fields(only.node("last_visit"), fields.notes, ("only", "last_visit"), _LAST_VISIT, only.place)
    ages = _ages(only)
    sex = only.node("sex")
    return Segment(
        branches=_ids(only, "branch", known.branches),
        doctors=_ids(only, "doctor", known.doctors),
        services=tuple(scalar(node, fields.notes) for node in only.sequence("service")),
        age_from=ages[0],
        age_to=ages[1],
        sex=choice(sex, Sex, fields.notes) if sex is not None else None,
        last_visit_from=_optional(last, "from", _date),
        last_visit_to=_optional(last, "to", _date),
    )


def _ids(fields: Fields, key: str, known: Mapping[str, str]) -> tuple[str, ...]:
    """The ids that these names (or ids) mean: a name may be the beginning of the full one, «Улюкаева»."""
    found: list[str] = []
    for node in fields.sequence(key):
        text = scalar(node, fields.notes)
        wanted = _plain(text)
        meant = [id_ for id_, name in known.items() if text == id_ or _plain(name) == wanted]
        meant = meant or [id_ for id_, name in known.items() if wanted and _plain(name).startswith(wanted)]
        if not meant:
            near = maybe(text, known.values()) or (f" Есть: {', '.join(sorted(known.values())[:10])}." if known else "")
            fields.notes.add(node.place, "unknown-value", f"В картотеке нет «{text[:60]}».{near}")
        found += meant
    return tuple(dict.fromkeys(found))


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("ё", "е").split())


def _ages(fields: Fields) -> tuple[int | None, int | None]:
    node = fields.node("age")
    if node is None:
        return None, None
    found = _AGES.fullmatch(scalar(node, fields.notes))
    if found is None or not (found[1] or found[2]):
        fields.notes.add(node.place, "age", "Возраст пишут так: 18-65, 40- (от сорока) или -17 (до семнадцати).")
        return None, None
    low, high = (int(part) if part else None for part in (found[1], found[2]))
    if low is not None and high is not None and low > high:
        fields.notes.add(node.place, "age", f"Возраст от {low} до {high}: начало больше конца.")
    return low, high


def _hold_out(fields: Fields) -> float:
    node = fields.node("hold_out")
    if node is None:
        return 0.0
    found = _PERCENT.fullmatch(scalar(node, fields.notes))
    if found is None:
        fields.notes.add(node.place, "hold-out", "Контрольная группа — доля в процентах, до 99%: 10%.")
        return 0.0
    return int(found[1]) / 100


def _number(fields: Fields, key: str, default: int | None, low: int, high: int) -> int | None:
    node = fields.node(key)
    if node is None:
        return default
    text = scalar(node, fields.notes)
    if text.isascii() and text.isdecimal() and len(text) < 8 and low <= int(text) <= high:
        return int(text)
    fields.notes.add(node.place, "number", f"«{key}»: нужно целое число от {low} до {high}.")
    return default


def _optional(fields: Fields, key: str, read: Callable[[Node, Notes], T | None]) -> T | None:
    node = fields.node(key)
    return None if node is None else read(node, fields.notes)


def _date(node: Node, notes: Notes) -> date | None:
    text = scalar(node, notes)
    for form in _DATES:
        try:
            return datetime.strptime(text, form).date()
        except ValueError:
            continue
    notes.add(node.place, "date", "Дату пишут так: 24.11.2026.")
    return None
