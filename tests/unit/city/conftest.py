"""Virtual time: a loop that never waits, and sounds made of tones so that no synthesiser is needed."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from typing import Any

import numpy as np
import pytest


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
    def runner(coroutine: Coroutine[Any, Any, Any]) -> Any:
        with asyncio.Runner(loop_factory=VirtualLoop) as loop:
            return loop.run(asyncio.wait_for(coroutine, 600))

    return runner


def tone(ms: int, hz: float = 300.0, db: float = -20.0) -> bytes:
    """Something audible of a length."""
    time = np.arange(8 * ms) / 8000
    return bytes((np.sin(2 * np.pi * hz * time) * 32768 * 10 ** (db / 20)).astype("<i2").tobytes())


def murmur(ms: int, seed: int) -> bytes:
    """Noise bursts that are like no other: a stand-in for a voice line."""
    samples = np.random.default_rng(seed).standard_normal(8 * ms) * 3000
    return bytes(np.clip(samples, -32768, 32767).astype("<i2").tobytes())


@pytest.fixture(name="tone")
def _tone() -> Callable[..., bytes]:
    return tone


@pytest.fixture(name="murmur")
def _murmur() -> Callable[..., bytes]:
    return murmur
