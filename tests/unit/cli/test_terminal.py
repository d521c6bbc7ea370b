"""What commands share: polite ends, and one sentence for whatever goes wrong."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from voicebot.complaints import BriefAboutOthers
from voicebot.errors import InputFault, NetworkFault
from voicebot.terminal import BAD_INPUT, FAILED, INTERRUPTED, OK, TERMINATED, explained, progress, run_to_end


def raising(error: BaseException):
    def command() -> None:
        raise error

    return command


def test_statuses() -> None:
    assert explained(lambda: None) == OK
    assert explained(lambda: 5) == 5
    assert explained(raising(InputFault("Плохо.", "Исправьте."))) == BAD_INPUT
    assert explained(raising(NetworkFault("Не отвечает."))) == FAILED
    assert explained(raising(KeyboardInterrupt())) == INTERRUPTED


def test_a_fault_is_its_sentence_and_its_remedy(capsys) -> None:
    explained(raising(InputFault("Плохо.", "Исправьте.")))
    assert capsys.readouterr().err == "Ошибка: Плохо. Исправьте.\n"


def test_what_the_system_refuses_names_the_file(capsys) -> None:
    assert explained(lambda: Path("/nowhere/at/all").read_text()) == FAILED
    assert capsys.readouterr().err.startswith("Ошибка: /nowhere/at/all: нет такого файла или папки. Проверьте")


def test_a_defect_of_ours_shows_no_traceback_and_keeps_it_in_a_private_file(capsys) -> None:
    assert explained(raising(ZeroDivisionError("деление"))) == FAILED
    said = capsys.readouterr().err
    assert "ZeroDivisionError: деление" in said and "Traceback" not in said and said.count("\n") == 1
    kept = Path(re.search(r"(\S+voicebot-error-\S+\.txt)", said)[1])  # type: ignore[index]
    assert "Traceback" in kept.read_text() and "raise error" in kept.read_text()
    assert kept.stat().st_mode & 0o777 == 0o600
    kept.unlink()


def test_the_result_and_the_cause_inside_groups() -> None:
    async def seven() -> int:
        return 7

    async def broken() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(seven())
            raise InputFault("Плохо.")

    assert run_to_end(seven) == 7
    with pytest.raises(InputFault, match="Плохо"):
        run_to_end(broken)


@pytest.mark.parametrize(
    ("sign", "terminated", "status"),
    [(signal.SIGINT, TERMINATED, INTERRUPTED), (signal.SIGTERM, TERMINATED, 143), (signal.SIGTERM, OK, OK)],
)
def test_a_signal_ends_the_work_politely(capsys, sign: int, terminated: int, status: int) -> None:
    ended = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), sign)
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            ended.append("вежливо")

    with pytest.raises(typer.Exit) as caught:
        run_to_end(work, terminated)
    assert caught.value.exit_code == status
    assert ended == ["вежливо"]
    assert capsys.readouterr().out == "Остановлено.\n"


def test_an_impatient_second_signal_does_not_cut_the_polite_end(capsys) -> None:
    ended = []

    async def work() -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
            await asyncio.Event().wait()
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.sleep(0.01)
            ended.append("вежливо")

    with pytest.raises(typer.Exit) as caught:
        run_to_end(work)
    assert (caught.value.exit_code, ended) == (INTERRUPTED, ["вежливо"])
    assert capsys.readouterr().out == "Уже останавливаемся, ещё несколько секунд…\nОстановлено.\n"


def test_a_thread_of_a_library_does_not_hold_up_the_end() -> None:
    waits = "threading.Thread(target=threading.Event().wait, name='waits').start()"
    code = f"import threading; from voicebot import terminal as t; t.LINGER_S = 0.2; {waits}; t.leave(3)"
    ended = subprocess.run([sys.executable, "-c", code], timeout=60, check=False, capture_output=True, text=True)
    assert ended.returncode == 3 and "are cut: waits" in ended.stderr


def test_progress_of_work_of_unknown_length() -> None:
    with progress() as tell:
        tell("Чтение", 5, 0)
        tell("Чтение", 10, 10)


def logged(name: str, level: int = logging.WARNING) -> str:
    try:
        raise ConnectionError("нет\nсвязи")
    except ConnectionError:
        record = logging.getLogger(name).makeRecord(name, logging.ERROR, "", 1, "не вышло: %s", ("x",), sys.exc_info())
    root = logging.getLogger()
    before = root.level
    root.setLevel(level)
    try:
        return BriefAboutOthers("%(name)s %(message)s").format(record)
    finally:
        root.setLevel(before)


def test_tracebacks_of_libraries_stay_out_of_the_log() -> None:
    assert logged("dbos") == "dbos не вышло: x ConnectionError: нет связи"
    assert "Traceback" in logged("voicebot.engine.ticks")
    assert "Traceback" in logged("dbos", logging.DEBUG)
