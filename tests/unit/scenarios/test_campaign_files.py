"""Campaigns as a clinic writes them: the shipped examples, and mistakes told by file, line and column."""

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path

import pytest

from voicebot.contacts.campaign import Trigger, TriggerKind
from voicebot.contacts.model import Sex
from voicebot.scenarios.campaign_file import CampaignFault, Known, read_campaign
from voicebot.scenarios.mistakes import ScenarioFault

EXAMPLES = Path(__file__).parents[3] / "examples" / "campaigns"
KNOWN = Known({"b1": "На Садовой", "b2": "Центр"}, {"d1": "Улюкаева Мария Ивановна, стоматолог", "d2": "Орлов Пётр"})
GOOD = """id: recall
title: Осмотр
scenario: recall
trigger: no_visit_for
months: 6
only:
  branch: На Садовой
  doctor: [улюкаева, d2]
  service: [Чистка, Осмотр]
  age: 18-65
  sex: female
  last_visit: {from: 01.02.2024, to: 2026-05-31}
starts: 24.11.2026
ends: 31.12.2026
hours: {weekdays: "10:00-17:00"}
lines: 2
priority: 50
hold_out: 10%
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "campaign.yaml"
    path.write_text(text, "utf-8")
    return path


def test_every_key_is_read(tmp_path: Path) -> None:
    campaign = read_campaign(written(tmp_path, GOOD), KNOWN)
    assert (campaign.id, campaign.title, campaign.scenario_id) == ("recall", "Осмотр", "recall")
    assert campaign.trigger == Trigger(TriggerKind.NO_VISIT_FOR, months=6)
    segment = campaign.segment
    assert (segment.branches, segment.doctors, segment.services) == (("b1",), ("d1", "d2"), ("Чистка", "Осмотр"))
    assert (segment.age_from, segment.age_to, segment.sex) == (18, 65, Sex.FEMALE)
    assert (segment.last_visit_from, segment.last_visit_to) == (date(2024, 2, 1), date(2026, 5, 31))
    assert (campaign.starts_on, campaign.ends_on) == (date(2026, 11, 24), date(2026, 12, 31))
    assert campaign.hours is not None and campaign.hours.weekdays == ((time(10), time(17)),)
    assert (campaign.lines, campaign.priority, campaign.hold_out) == (2, 50, 0.1)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_examples_are_well(path: Path) -> None:
    campaign = read_campaign(path, Known({}, {}))
    assert campaign.id == path.stem
    if campaign.trigger.kind is TriggerKind.AFTER_VISIT:
        assert campaign.trigger.spans == (timedelta(hours=2),)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("trigger: no_visit_for", "trigger: no_visits", "campaign.yaml:4:10: Неизвестное значение «no_visits». Может"),
        ("months: 6", "months: many", "campaign.yaml:5:9: «months»: нужно целое число от 1 до 60"),
        ("months: 6", "after: 2h", "campaign.yaml:5:1: «after» при trigger: no_visit_for не нужно"),
        ("months: 6\n", "", "campaign.yaml:4:10: Не хватает «months»: сколько месяцев не был, 6"),
        ("На Садовой", "На Садавой", "campaign.yaml:7:11: В картотеке нет «На Садавой». Может быть, `На Садовой`?"),
        ("age: 18-65", "age: взрослые", "campaign.yaml:10:8: Возраст пишут так: 18-65"),
        ("age: 18-65", "age: 65-18", "campaign.yaml:10:8: Возраст от 65 до 18: начало больше конца"),
        ("ends: 31.12.2026", "ends: 31.13.2026", "campaign.yaml:14:7: Дату пишут так: 24.11.2026"),
        ("hold_out: 10%", "hold_out: 200%", "campaign.yaml:18:11: Контрольная группа — доля в процентах"),
        ("lines: 2", "line: 2", "campaign.yaml:16:1: Неизвестное имя «line». Может быть, `lines`?"),
        ("id: recall", "id: Осмотр", "campaign.yaml:1:5: id — имя латинскими буквами"),
        ("title: Осмотр\n", "", "Не хватает «title»"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_with_its_place(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert old in GOOD
    with pytest.raises(CampaignFault) as fault:
        read_campaign(written(tmp_path, GOOD.replace(old, new)), KNOWN)
    assert told in str(fault.value)
    assert "voicebot campaign preview" in fault.value.remedy


def test_all_mistakes_come_at_once(tmp_path: Path) -> None:
    wrong = GOOD.replace("lines: 2", "lines: 0").replace("sex: female", "sex: ж").replace("priority: 50", "prio: 1")
    with pytest.raises(CampaignFault) as fault:
        read_campaign(written(tmp_path, wrong), KNOWN)
    assert [m.place.line for m in fault.value.mistakes] == [11, 16, 17]


@pytest.mark.parametrize("text", ["", "- recall\n", "id: [1, 2]\n", "id: !x recall\n", "\x00\x01"])
def test_what_is_no_campaign_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ScenarioFault):
        read_campaign(written(tmp_path, text), KNOWN)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ScenarioFault, match="Файл не читается"):
        read_campaign(tmp_path / "nothing.yaml", KNOWN)
