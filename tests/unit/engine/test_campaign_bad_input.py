"""Wrong and odd input of campaigns: each has its reason in the preview, and none stops the others."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from campaign_desk import AWAY, BEFORE, MISSED, NOW, RECALL, WHO, Desk, empty, opened
from sqlalchemy import insert

from voicebot.contacts.campaign import Segment
from voicebot.contacts.decisions import RuleId
from voicebot.dialogue.scenario import Hours
from voicebot.engine.campaigning import CampaignRefused
from voicebot.mis.registry import models

DAY = timedelta(days=1)
LONG_AGO = NOW - 400 * DAY
TODAY = date(2026, 11, 23)
LATE = ((time(21), time(23)),)


@pytest.fixture(scope="module")
def bare() -> Path:
    return empty()


@pytest.fixture
async def desk(tmp_path: Path, bare: Path) -> AsyncIterator[Desk]:
    """With one patient in order, who has not been here for long: whatever else is wrong, this one is called."""
    async with opened(tmp_path, bare) as made:

        async def references(connection) -> None:
            for id_, zone in (("b1", "Europe/Moscow"), ("nowhere", "")):
                branch = {"id": id_, "name": id_, "address": "", "zone": zone, "phone": ""}
                await connection.execute(insert(models.BranchRow).values(**branch))
            doctor = {"id": "d1", "surname": "Улюкаева", "given_name": "", "patronymic": "", "speciality": ""}
            await connection.execute(insert(models.DoctorRow).values(**doctor, sex="female"))

        await made.mis.database.write(references)
        await made.patient("good", "+78880000001")
        await made.visit("v-good", "good", LONG_AGO, "done")
        yield made


async def odd(desk: Desk, id_: str, *phones: str, **more: object) -> None:
    """One more patient who has been away for long."""
    await desk.patient(id_, *phones, **more)
    await desk.visit(f"v-{id_}", id_, LONG_AGO, "done")


async def only_the_good_one(desk: Desk, rule: RuleId, words: str, count: int = 1) -> None:
    preview = await desk.previewed(AWAY)
    assert (preview.called, dict(preview.suppressed)) == (1, {rule: count})
    assert words in "; ".join(preview.examples[rule])
    done = await desk.campaigns.release(AWAY.id, WHO)
    assert done.counts() == preview.counts()
    assert [c.patient_id for c in await desk.store.contacts()] == ["good"]


async def test_an_empty_segment(desk: Desk) -> None:
    preview = await desk.previewed(replace(AWAY, segment=Segment(branches=("b9",))))
    assert preview.found == 0
    assert "Сегмент пуст" in preview.remarks[0]


async def test_a_schedule_in_the_past(desk: Desk) -> None:
    over = replace(AWAY, starts_on=date(2026, 10, 1), ends_on=date(2026, 10, 31))
    preview = await desk.previewed(over)
    assert preview.suppressed == {RuleId.SCHEDULE: 1}
    assert "закончилась 31.10.2026" in preview.faults[0].reason
    with pytest.raises(CampaignRefused, match="расписание в прошлом"):
        await desk.campaigns.release(over.id, WHO)


async def test_a_scenario_without_a_published_version(desk: Desk) -> None:
    preview = await desk.previewed(replace(AWAY, scenario_id="birthday"))
    assert [f.reason for f in preview.faults] == ["у сценария «birthday» нет опубликованной версии"]
    with pytest.raises(CampaignRefused, match="нет опубликованной версии"):
        await desk.campaigns.release(AWAY.id, WHO)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"segment": Segment(age_from=60, age_to=18)}, "возраст от 60 до 18"),
        ({"segment": Segment(last_visit_from=TODAY, last_visit_to=TODAY - DAY)}, "последний визит с 23.11.2026"),
        ({"starts_on": TODAY + DAY, "ends_on": TODAY}, "расписание противоречит себе"),
        ({"lines": 0}, "ни одной линии"),
        ({"hours": Hours(LATE, LATE)}, "часы кампании"),
        ({"scenario_id": "missed"}, "говорит о визите, а кампания — о пациенте"),
    ],
)  # fmt: skip
async def test_contradictory_limits(desk: Desk, changes: dict[str, object], words: str) -> None:
    preview = await desk.previewed(replace(AWAY, **changes))
    assert any(words in fault.reason for fault in preview.faults), preview.faults
    with pytest.raises(CampaignRefused, match="не выпущена"):
        await desk.campaigns.release(AWAY.id, WHO)


async def test_a_patient_without_a_phone(desk: Desk) -> None:
    await odd(desk, "mute")
    await only_the_good_one(desk, RuleId.NO_PHONE, "нет телефона")


async def test_a_foreign_number(desk: Desk) -> None:
    await odd(desk, "riga", "+37126000001")
    await odd(desk, "astana", "+76000000001")
    await only_the_good_one(desk, RuleId.BAD_NUMBER, "вне разрешённых направлений", 2)


async def test_a_short_number(desk: Desk) -> None:
    await odd(desk, "short", "+7888123")
    await odd(desk, "local", "223322")
    await only_the_good_one(desk, RuleId.BAD_NUMBER, "не одиннадцать цифр", 2)


async def test_a_shared_number_is_one_call(desk: Desk) -> None:
    for n in range(5):
        await odd(desk, f"child{n}", "+78880000002", surname=f"Волков{n}")
    preview = await desk.previewed(AWAY)
    assert (preview.called, preview.calls) == (6, 2)
    assert any("Общий номер у нескольких карт: 5" in remark for remark in preview.remarks)


async def test_two_records_of_one_person_are_called_once(desk: Desk) -> None:
    for id_ in ("card1", "card2"):
        await odd(desk, id_, "+78880000003", surname="Семёнов" if id_ == "card1" else "Семенов", born=date(1980, 1, 1))
    preview = await desk.previewed(AWAY)
    assert (preview.called, preview.suppressed) == (2, {RuleId.SAME_PERSON: 1})
    assert "звоним по карте card1" in preview.examples[RuleId.SAME_PERSON][0]


async def test_a_visit_without_a_zone(desk: Desk) -> None:
    await desk.patient("far", "+78880000004")
    await desk.visit("v-far", "far", LONG_AGO, "done", branch="nowhere")
    preview = await desk.previewed(AWAY)
    assert preview.called == 2
    assert any("Часовой пояс не известен у 1" in remark for remark in preview.remarks)
    await desk.campaigns.release(AWAY.id, WHO)
    far = next(c for c in await desk.store.contacts() if c.patient_id == "far")
    assert "пояс пациента не известен" in far.reason
    assert 7 <= far.due_at.hour < 8  # 9:00 in Kaliningrad to 20:00 in Kamchatka: what all share


async def test_a_cancelled_visit_and_one_that_was_deleted(desk: Desk) -> None:
    for id_, lifecycle in (("kept", "booked"), ("gone", "booked"), ("off", "cancelled")):
        await desk.visit(f"v-{id_}", "good", NOW + 2 * DAY + timedelta(hours=len(id_)), lifecycle)
    preview = await desk.previewed(BEFORE)
    assert (preview.called, preview.suppressed) == (2, {RuleId.VISIT: 1})
    assert preview.examples[RuleId.VISIT] == ("визит: отменён в МИС",)
    await desk.campaigns.release(BEFORE.id, WHO)
    await desk.delete_visit("v-gone")
    again = await desk.campaigns.preview(BEFORE)
    assert again.suppressed == {RuleId.VISIT: 1, RuleId.KNOWN: 1}


async def test_a_status_that_nobody_knows_stops_its_own_record(desk: Desk) -> None:
    await desk.patient("typo", "+78880000005")
    await desk.visit("v-typo", "typo", NOW - timedelta(hours=5), "заболел")
    await desk.visit("v-missed", "good", NOW - timedelta(hours=5), "no_show")
    preview = await desk.previewed(MISSED)
    assert preview.called == 1
    assert any("«заболел» неизвестен" in remark for remark in preview.remarks)


async def test_a_booking_to_come_excludes_also_somebody_who_was_never_here(desk: Desk) -> None:
    await desk.patient("new", "+78880000006", recall_on=TODAY)
    await desk.visit("v-new", "new", NOW + 9 * DAY)
    preview = await desk.previewed(RECALL)
    assert preview.suppressed == {RuleId.BOOKED: 1}
    assert preview.examples[RuleId.BOOKED] == ("пациент уже записан на 02.12.2026",)
