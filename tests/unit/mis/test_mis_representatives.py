"""Children and wards (DOMAIN rule 15): who answers for a patient, from the clinic's table to the registry."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from registry_kit import HEADERS, ROW, all_patients, csv_file, opened

from voicebot.contacts.model import Patient, Representative, Sex
from voicebot.mis.registry.importing import ImportPreview, RegistryImport
from voicebot.mis.registry.registry import Registry

MOTHER = "+78880000128"
WARD = (*HEADERS, "Представитель", "Телефон представителя")


@pytest.fixture
async def registry(tmp_path: Path) -> AsyncIterator[Registry]:
    async with opened(tmp_path) as registry:
        yield registry


async def bring(registry: Registry, path: Path) -> ImportPreview:
    importer = RegistryImport(registry)
    preview = await importer.preview(path)
    await importer.apply(preview)
    return preview


def child(phone: str = "", who: str = "Ветрова Ирина Олеговна", theirs: str = "8 (888) 000-01-28") -> tuple[str, ...]:
    return ("Ветров Егор Андреевич", phone, *ROW[2:], who, theirs)


async def test_a_child_is_rung_at_the_mother_s_phone(registry: Registry, tmp_path: Path) -> None:
    preview = await bring(registry, csv_file(tmp_path / "a.csv", WARD, child()))
    assert preview.bad == ()
    patient = (await all_patients(registry))[MOTHER]
    assert patient.given_name == "Егор"
    assert patient.representative == Representative("Ветрова", "Ирина", "Олеговна", Sex.FEMALE, (MOTHER,))
    assert patient.spoken_to is patient.representative


async def test_a_phone_that_is_given_for_the_child_is_the_one_to_ring(registry: Registry, tmp_path: Path) -> None:
    await bring(registry, csv_file(tmp_path / "a.csv", WARD, child("8 888 000 01 77")))
    patient = (await all_patients(registry))["+78880000177"]
    assert patient.phones == ("+78880000177",)
    assert patient.representative is not None
    assert patient.representative.phones == (MOTHER,)


async def test_a_table_of_children_needs_no_column_of_their_own_phones(registry: Registry, tmp_path: Path) -> None:
    drop = HEADERS.index("Телефон")
    header, row = (tuple(c for n, c in enumerate(line) if n != drop) for line in (WARD, child()))
    assert (await bring(registry, csv_file(tmp_path / "a.csv", header, row))).rows == 1
    assert list(await all_patients(registry)) == [MOTHER]


@pytest.mark.parametrize("text", ["мать: Ветрова Ирина Олеговна", "Ветрова Ирина Олеговна (мама)",
                                  "Опекун Ветрова Ирина Олеговна"])  # fmt: skip
async def test_what_they_are_to_each_other_is_no_part_of_the_name(
    registry: Registry, tmp_path: Path, text: str
) -> None:
    await bring(registry, csv_file(tmp_path / "a.csv", WARD, child(who=text)))
    who = (await all_patients(registry))[MOTHER].representative
    assert who is not None
    assert (who.surname, who.given_name, who.patronymic) == ("Ветрова", "Ирина", "Олеговна")


async def test_a_phone_of_nobody_and_a_surname_alone_are_refused_by_line(registry: Registry, tmp_path: Path) -> None:
    path = csv_file(tmp_path / "a.csv", WARD, child(who=""), child(who="Ветрова"), child(theirs="", phone=""))
    preview = await RegistryImport(registry).preview(path)
    assert [(bad.place, bad.problem) for bad in preview.bad] == [
        ("строка 2", "есть телефон представителя, но нет его имени; нет телефона"),
        ("строка 3", "у представителя «Ветрова» нет имени или фамилии; нет телефона"),
        ("строка 4", "нет телефона"),
    ]


async def test_an_import_that_is_silent_of_the_mother_keeps_her(registry: Registry, tmp_path: Path) -> None:
    await bring(registry, csv_file(tmp_path / "a.csv", WARD, child()))
    again = await bring(registry, csv_file(tmp_path / "b.csv", WARD, child()))
    assert (again.patients.unchanged, again.visits.unchanged) == (1, 1)
    await bring(registry, csv_file(tmp_path / "c.csv", HEADERS, ("Ветров Егор Андреевич", MOTHER, *ROW[2:])))
    assert (await all_patients(registry))[MOTHER].representative is not None
    await bring(registry, csv_file(tmp_path / "d.csv", WARD, child(who="Ветров Андрей Ильич")))
    who = (await all_patients(registry))[MOTHER].representative
    assert who is not None
    assert (who.given_name, who.phones) == ("Андрей", (MOTHER,))


def test_a_ward_without_phones_has_those_of_the_representative() -> None:
    mother = Representative("Ветрова", "Ирина", phones=(MOTHER,))
    assert Patient("p", "Ветров", "Егор", representative=mother).phones == (MOTHER,)
    assert Patient("p", "Ветров", "Егор", phones=("+78880000177",), representative=mother).phones == ("+78880000177",)
    assert Patient("p", "Ветров", "Егор").phones == ()
