"""The doctor's preventive date and consents to advertising, out of a table into the registry."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from registry_kit import HEADERS, ROW, all_patients, csv_file, opened
from sqlalchemy import select

from voicebot.mis.registry.importing import ImportPreview, RegistryImport
from voicebot.mis.registry.models import PatientRow
from voicebot.mis.registry.registry import Registry

HEAD = (*HEADERS, "Дата профосмотра", "Согласие на рекламу", "Дата согласия", "Текст согласия", "Способ согласия")
TEXT = "Согласен получать рекламу по телефону"


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    async with opened(tmp_path) as made:
        yield made


async def load(registry: Registry, folder: Path, *rows: tuple[str, ...], head: tuple[str, ...] = HEAD) -> ImportPreview:
    importer = RegistryImport(registry)
    found = await importer.preview(csv_file(folder / "visits.csv", head, *rows))
    await importer.apply(found)
    return found


async def recall_on(registry: Registry) -> date | None:
    async with registry.database.reading() as connection:
        found: date | None = await connection.scalar(select(PatientRow.recall_on))
        return found


async def anna(registry: Registry) -> str:
    return next(iter((await all_patients(registry)).values())).id


async def test_the_preventive_date_and_a_whole_consent_are_kept(registry: Registry, tmp_path: Path) -> None:
    found = await load(registry, tmp_path, (*ROW, "01.03.2027", "да", "12.05.2026", TEXT, "анкета"))
    assert found.bad == found.remarks == ()
    assert await recall_on(registry) == date(2027, 3, 1)
    id_ = await anna(registry)
    consent = (await registry.consents([id_]))[id_]
    assert (consent.text, consent.channel, consent.withdrawn_at) == (TEXT, "анкета", None)
    assert consent.at == datetime(2026, 5, 12, tzinfo=UTC)


async def test_a_consent_that_lacks_something_is_told(registry: Registry, tmp_path: Path) -> None:
    found = await load(registry, tmp_path, (*ROW, "", "да", "", "", ""))
    assert [r.problem for r in found.remarks] == [
        "согласие на рекламу без дня, текста, способа: с рекламой этому пациенту не звоним"
    ]
    assert await registry.consents([await anna(registry)]) == {}


async def test_a_consent_is_withdrawn_and_the_same_line_changes_nothing(registry: Registry, tmp_path: Path) -> None:
    given = (*ROW, "01.03.2027", "да", "12.05.2026", TEXT, "анкета")
    await load(registry, tmp_path, given)
    await load(registry, tmp_path, (*ROW, "01.04.2027", "нет", "", "", ""))
    id_ = await anna(registry)
    assert (await registry.consents([id_]))[id_].withdrawn_at is not None
    assert await recall_on(registry) == date(2027, 4, 1)
    found = await load(registry, tmp_path, (*ROW, "01.04.2027", "нет", "", "", ""))
    assert found.visits.unchanged == 1


async def test_a_file_without_these_columns_leaves_them_alone(registry: Registry, tmp_path: Path) -> None:
    await load(registry, tmp_path, (*ROW, "01.03.2027", "да", "12.05.2026", TEXT, "анкета"))
    await load(registry, tmp_path, ROW, head=HEADERS)
    id_ = await anna(registry)
    assert await recall_on(registry) == date(2027, 3, 1)
    assert (await registry.consents([id_]))[id_].withdrawn_at is None


async def test_consent_to_something_else_is_no_consent_to_advertising(registry: Registry, tmp_path: Path) -> None:
    found = await load(registry, tmp_path, (*ROW, "да"), head=(*HEADERS, "Согласие"))
    assert found.ignored == ("Согласие",)
    assert await registry.consents([await anna(registry)]) == {}


async def test_what_is_no_consent_is_told_by_line(registry: Registry, tmp_path: Path) -> None:
    found = await load(registry, tmp_path, (*ROW, "", "наверное", "", "", ""))
    assert [r.problem for r in found.bad] == ["согласие «наверное» не разобрано, нужно «да», «нет» или дата"]
