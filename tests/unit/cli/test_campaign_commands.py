"""Campaigns, tasks, suppressions and reports as an admin types them."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from openpyxl import load_workbook

from voicebot.contacts.model import Task
from voicebot.scenarios.versions import draft_of
from voicebot.settings import shipped
from voicebot.store.database import SqlStore

HEAD = (
    "ФИО;Телефон;Дата;Время;Врач;Филиал;Адрес;Статус;Дата профосмотра;"
    "Согласие на рекламу;Дата согласия;Текст согласия;Способ согласия"
)
TEXT = "Согласен получать рекламу по телефону"
WHO = "Орлова Нина"


def row(name: str, phone: str, consent: str = ";;;") -> str:
    """A patient who was here long ago, and whose preventive date has come."""
    day = datetime.now(UTC) - timedelta(days=300)
    recall = datetime.now(UTC) - timedelta(days=5)
    return (
        f"{name};{phone};{day:%d.%m.%Y};10:30;Улюкаева М. И.;На Садовой;Садовая, 1;завершен;{recall:%d.%m.%Y};{consent}"
    )


@pytest.fixture
def clinic(data: Path, voicebot, tmp_path: Path):
    """Three patients in the registry, one of them with consent; two scenarios published."""
    rows = (
        row("Соколова Анна Петровна", "+7 888 000 01 01", f"да;12.05.2026;{TEXT};анкета"),
        row("Орлов Пётр Ильич", "+7 888 000 01 02"),
        row("Зайцев Олег Ильич", "+7 888 000 01 03"),
    )
    (tmp_path / "визиты.csv").write_text("\n".join((HEAD, *rows)), "utf-8")
    assert voicebot("import", "визиты.csv").status == 0

    async def publish(store: SqlStore) -> None:
        for name in ("recall", "recall_offer"):
            now = datetime.now(UTC)
            await store.publish_scenario(draft_of(shipped("scenarios") / f"{name}.yaml", now))

    with_store(data, publish)
    return data


def with_store(data: Path, work):
    async def run():
        store = SqlStore(f"sqlite:///{data / 'voicebot.db'}")
        try:
            return await work(store)
        finally:
            await store.close()

    return asyncio.run(run())


def campaign(folder: Path, scenario: str = "recall", **more: str) -> str:
    lines = {"id": scenario, "title": "Осмотр", "scenario": scenario, "trigger": "recall_date", **more}
    path = folder / f"{scenario}.yaml"
    path.write_text("\n".join(f"{key}: {value}" for key, value in lines.items()), "utf-8")
    return str(path)


def test_a_campaign_from_its_file_to_its_end(clinic: Path, voicebot, tmp_path: Path) -> None:
    ran = voicebot("campaign", "preview", campaign(tmp_path))
    assert ran.status == 0
    assert "Найдено: 3. Позвоним: 3, звонков: 3." in ran.out
    released = json.loads(voicebot("campaign", "release", "recall", "--by", WHO, "--json").out)
    assert (released["called"], released["calls"]) == (3, 3)
    assert "выпущена" in voicebot("campaign", "list").out
    assert "приостановлена" in voicebot("pause", "recall", "--why", "планёрка").out
    status = voicebot("campaign", "status", "recall").out
    assert "ждёт звонка 3" in status and "кампания приостановлена: планёрка" in status and WHO in status
    assert voicebot("resume", "recall").status == 0
    assert "Отменено дел: 3" in voicebot("stop", "recall").out
    found = json.loads(voicebot("campaign", "status", "recall", "--json").out)
    assert found["contacts"] == {"cancelled": 3} and found["waiting"] == 0


def test_advertising_is_released_by_name_and_calls_those_who_agreed(clinic: Path, voicebot, tmp_path: Path) -> None:
    ran = voicebot("campaign", "preview", campaign(tmp_path, "recall_offer"), "--json")
    found = json.loads(ran.out)
    assert (found["called"], found["suppressed"][0]["rule"], found["suppressed"][0]["count"]) == (1, "consent", 2)
    refused = voicebot("campaign", "release", "recall_offer")
    assert refused.status == 2 and "под своим именем" in refused.err
    assert json.loads(voicebot("campaign", "release", "recall_offer", "--by", WHO, "--json").out)["called"] == 1


def test_a_file_with_a_mistake_names_its_place(clinic: Path, voicebot, tmp_path: Path) -> None:
    ran = voicebot("campaign", "preview", campaign(tmp_path, lines="никто"))
    assert ran.status == 2
    assert "recall.yaml:5:8: «lines»: нужно целое число" in ran.err


def test_a_campaign_that_may_not_be_released_says_why(clinic: Path, voicebot, tmp_path: Path) -> None:
    ran = voicebot("campaign", "preview", campaign(tmp_path, ends="01.02.2024"))
    assert ran.status == 2
    assert "Выпустить нельзя: расписание в прошлом" in ran.out
    assert voicebot("campaign", "release", "recall", "--by", WHO).status == 2
    assert "Кампании «other» нет" in voicebot("campaign", "status", "other").err


def test_pausing_everything_closes_the_lane_of_all(clinic: Path, voicebot) -> None:
    assert "Все звонки приостановлены" in voicebot("pause", "--why", "линия").out
    lanes = with_store(clinic, lambda store: store.lanes())
    assert lanes["*"].closed == "звонки приостановлены сотрудником — линия"
    assert voicebot("resume").status == 0
    assert with_store(clinic, lambda store: store.lanes())["*"].closed == ""
    assert voicebot("stop").status == 2  # of everything, and for good: not without --yes
    assert voicebot("stop", "--yes").status == 0


def test_reminders_are_paused_by_their_name_and_shown(clinic: Path, voicebot, tmp_path: Path) -> None:
    assert "Напоминания о визитах" in voicebot("campaign", "list").out
    paused = voicebot("pause", "reminders", "--why", "планёрка", "--by", WHO)
    assert paused.status == 0 and "Напоминания приостановлены" in paused.out
    lanes = with_store(clinic, lambda store: store.lanes())
    assert lanes[""].closed == f"напоминания приостановлены сотрудником — {WHO} — планёрка" and "*" not in lanes
    assert lanes[""].closed in voicebot("campaign", "list").out
    status = voicebot("campaign", "status", "reminders")
    assert status.status == 0 and lanes[""].closed in status.out and WHO in status.out
    found = json.loads(voicebot("campaign", "list", "--json").out)
    assert found["reminders"] == {"status": "paused", "closed": lanes[""].closed}
    assert voicebot("resume", "reminders").status == 0
    assert with_store(clinic, lambda store: store.lanes())[""].closed == ""
    assert "не отменены" in voicebot("stop", "reminders").out
    assert with_store(clinic, lambda store: store.lanes())[""].closed.startswith("напоминания остановлены")
    taken = campaign(tmp_path, id="reminders")
    assert "Имя «reminders» занято" in voicebot("campaign", "preview", taken).err


def test_tasks_are_listed_and_done(clinic: Path, voicebot) -> None:
    now = datetime.now(UTC)

    async def add(store: SqlStore) -> None:
        from sqlalchemy import insert

        from voicebot.store.models import TaskRow
        from voicebot.store.repository import flat

        task = Task("t1", "c1", "p1", "Позвонить в день визита", now, now)
        await store._database.write(lambda c: c.execute(insert(TaskRow).values(**flat(task))))

    with_store(clinic, add)
    assert "t1" in (listed := voicebot("tasks", "list").out) and "Позвонить в день визита" in listed
    assert voicebot("tasks", "done", "t1").status == 0
    assert "Открытых задач нет" in voicebot("tasks", "list").out
    assert "Открытой задачи «t1» нет" in voicebot("tasks", "done", "t1").err


def test_who_is_suppressed_is_called_by_no_campaign(clinic: Path, voicebot, tmp_path: Path) -> None:
    assert "Не звоним на +78880000101" in voicebot("suppress", "8 888 000-01-01").out
    found = json.loads(voicebot("campaign", "preview", campaign(tmp_path), "--json").out)
    assert found["called"] == 2
    assert [(s["rule"], s["count"]) for s in found["suppressed"]] == [("opted_out", 1)]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["suppress", "nobody"], "Нет ни телефона, ни карты «nobody»"),
        (["suppress", "+7 888 000-01-01", "--until", "завтра"], "День «завтра» не разобран"),
        (["suppress", "+7 888 000-01-01", "--until", "01.02.2024"], "уже прошёл"),
        (["suppress", "+7 888 00"], "короче номера"),
        (["report", "--from", "01.02.2026", "--to", "01.01.2026"], "Период"),
    ],
)  # fmt: skip
def test_wrong_words_are_told_in_one_sentence(data: Path, voicebot, arguments: list[str], told: str) -> None:
    ran = voicebot(*arguments)
    assert ran.status == 2 and told in ran.err, ran


def test_a_report_is_a_book_of_four_sheets(clinic: Path, voicebot, tmp_path: Path) -> None:
    ran = voicebot("report", "--xlsx", "отчёт.xlsx")
    assert ran.status == 0 and "Записано: отчёт.xlsx" in ran.out
    book = load_workbook(tmp_path / "отчёт.xlsx")
    assert book.sheetnames == ["Сводка", "Звонки", "Итоги", "Позвонить людям"]
    assert dict(book["Сводка"].iter_rows(min_row=2, values_only=True))["Звонков"] == 0
