"""Virtual time for unit tests: a loop that never waits; and the same random examples on every run."""

from __future__ import annotations

import asyncio
import gc
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# What passed once passes again: a find of `make explore` becomes an @example, never a red run for somebody else.
settings.register_profile("same", derandomize=True, database=None)
settings.register_profile("explore", suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("same")


def pytest_collection_finish() -> None:
    """The phrase table alone is a million objects: searched for garbage again and again, it doubles the time."""
    gc.collect()
    gc.freeze()


class _Impatient(selectors.DefaultSelector):
    """Reports how long the loop wanted to wait in place of waiting."""

    wanted = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        self.wanted = timeout or 0.0
        return super().select(0)


class VirtualLoop(asyncio.SelectorEventLoop):
    """Time stands still while callbacks run and leaps to the next timer when there is nothing to do."""

    def __init__(self) -> None:
        self._impatient = _Impatient()
        super().__init__(self._impatient)
        self._virtual = 0.0

    def time(self) -> float:
        return self._virtual

    def _run_once(self) -> None:
        super()._run_once()  # type: ignore[misc]
        self._virtual += self._impatient.wanted
        self._impatient.wanted = 0.0


@pytest.fixture
def run() -> Callable[[Coroutine[Any, Any, Any]], Any]:
    """Runs a coroutine to its end in virtual time, at most ten minutes of it."""

    def runner(coroutine: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=VirtualLoop) as loop:
            return loop.run(asyncio.wait_for(coroutine, 600))

    return runner
