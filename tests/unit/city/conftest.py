"""Sounds made of tones, so that no synthesiser is needed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest


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
