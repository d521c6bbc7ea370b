"""What the commands share: work that ends politely on Ctrl-C, progress bars, JSON, and errors as one clear sentence."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, NoReturn, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from voicebot.complaints import keep_traceback, russian, usage
from voicebot.errors import InputFault, VoicebotError

log = logging.getLogger(__name__)

T = TypeVar("T")

OK, FAILED, BAD_INPUT, INTERRUPTED, TERMINATED = 0, 1, 2, 130, 143
LINGER_S = 5.0  # what threads of libraries may take after all of ours is closed


def run_to_end(work: Callable[[], Coroutine[Any, Any, T]], terminated: int = TERMINATED) -> T:
    """Run to the end. The first Ctrl-C or SIGTERM ends it politely: calls say good-bye, nothing is left behind.
    More of them change nothing: the end is bounded by its own time limits, and cutting it would leave processes.

    terminated: the exit status after SIGTERM; OK for a service, which is stopped that way.
    """
    status = INTERRUPTED

    def end(task: asyncio.Task[T], code: int) -> None:
        nonlocal status
        if task.cancelling():
            return say("Уже останавливаемся, ещё несколько секунд…")
        status = code
        task.cancel()
        return None

    async def guarded() -> T:
        task = asyncio.create_task(work())
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGINT, end, task, INTERRUPTED)
        loop.add_signal_handler(signal.SIGTERM, end, task, terminated)
        return await task

    try:
        return asyncio.run(guarded())
    except asyncio.CancelledError:
        say("Остановлено.")
        raise typer.Exit(status) from None
    except BaseExceptionGroup as group:
        raise _first(group) from None


def leave(status: int) -> NoReturn:
    """End the process, within LINGER_S: all of ours is closed by now, and a library's thread that still waits for a
    database must not hold it up."""
    with contextlib.suppress(OSError):  # nobody reads any more
        sys.stdout.flush()
    timer = threading.Timer(LINGER_S, _cut, (status,))
    timer.daemon = True
    timer.start()
    sys.exit(status)


def _cut(status: int) -> None:
    names = ", ".join(t.name for t in threading.enumerate() if not t.daemon and t is not threading.main_thread())
    log.warning("threads did not end within %g s and are cut: %s", LINGER_S, names)
    os._exit(status)


def _first(error: BaseException) -> BaseException:
    """The cause inside a group of one."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def explained(command: Callable[[], Any]) -> int:
    """Run a command; its exit status. Whatever goes wrong becomes one clear sentence on stderr, never a traceback."""
    try:
        status = command()
    except VoicebotError as error:
        complain(str(error))
        return BAD_INPUT if isinstance(error, InputFault) else FAILED
    except KeyboardInterrupt:
        return INTERRUPTED
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        complain(f"{place}{russian(error)}. Проверьте путь, права и место на диске.")
        return FAILED
    except Exception as error:
        if (wrong := usage(error)) is not None:
            complain(wrong)
            return BAD_INPUT
        file = keep_traceback(error)
        complain(
            f"в программе: {type(error).__name__}: {error}. Это наша ошибка: пришлите разработчикам файл {file}, "
            "если в нём нет личных данных."
        )
        return FAILED
    return status if isinstance(status, int) else OK


def complain(text: str) -> None:
    """One sentence on stderr."""
    print(f"Ошибка: {text}", file=sys.stderr, flush=True)


def say(text: str) -> None:
    """A line that is seen at once, also in a log file."""
    print(text, flush=True)


def print_json(data: object) -> None:
    print(json.dumps(data, ensure_ascii=False, indent=2, default=str))


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on the terminal for work that tells (stage, done, of)."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    terminal = Console(stderr=True)
    with Progress(*columns, console=terminal, transient=True, disable=not terminal.is_terminal) as bar:
        stages: dict[str, TaskID] = {}

        def tell(stage: str, done: int, of: int) -> None:
            if stage not in stages:
                stages[stage] = bar.add_task(stage, total=of or None)
            bar.update(stages[stage], completed=done, total=of or None)

        yield tell
