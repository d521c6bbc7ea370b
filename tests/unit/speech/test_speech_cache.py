"""The prompt cache over a synthesiser that counts: what is rendered when, and what the disk may do to it."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Sequence
from pathlib import Path

import pytest

from voicebot.speech.cache import PromptCache
from voicebot.speech.port import ModelMissing, SpeechError


class Counting:
    """Speaks a text as its bytes and remembers what it was asked."""

    name = "counting"

    def __init__(self, version: str = "1") -> None:
        self.version = version
        self.asked: list[str] = []
        self.threads: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()

    def voices(self) -> Sequence[str]:
        return ("anna",)

    def speak(self, text: str, voice: str, rate: float = 0.0, hz: int = 8000) -> bytes:
        self.gate.wait(5)
        self.threads.add(threading.get_ident())
        self.asked.append(text)
        if voice != "anna":
            raise ModelMissing("нет голоса")
        if not text:
            raise SpeechError("пусто")
        return f"{text}|{rate}|{hz}|".encode() * 50

    def close(self) -> None:
        pass


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_prompt_is_rendered_once_and_off_the_loop(tmp_path: Path) -> None:
    engine = Counting()
    async with PromptCache(tmp_path, engine) as cache:
        first = await cache.speak("Здравствуйте", "anna")
        assert await cache.speak("Здравствуйте", "anna") == first
        assert (cache.rendered, cache.hits) == (1, 1)
    async with PromptCache(tmp_path, engine) as again:
        assert await again.speak("Здравствуйте", "Anna") == first
    assert engine.asked == ["Здравствуйте"]
    assert threading.get_ident() not in engine.threads


async def test_whatever_changes_the_sound_is_another_prompt(tmp_path: Path) -> None:
    async with PromptCache(tmp_path, Counting()) as cache, PromptCache(tmp_path, Counting("2")) as newer:
        sounds = [
            await cache.speak("да", "anna"),
            await cache.speak("да.", "anna"),
            await cache.speak("да", "anna", 0.5),
            await cache.speak("да", "anna", hz=16000),
        ]
        await newer.speak("да", "anna")
        assert newer.rendered == 1
    assert len(set(sounds)) == 4 and len(files(tmp_path)) == 5


async def test_asked_twice_at_once_is_rendered_once(tmp_path: Path) -> None:
    engine = Counting()
    engine.gate.clear()
    async with PromptCache(tmp_path, engine) as cache:
        both = asyncio.gather(cache.speak("да", "anna"), cache.speak("да", "anna"))
        await asyncio.sleep(0)
        engine.gate.set()
        first, second = await both
    assert first == second and engine.asked == ["да"]


async def test_a_caller_that_goes_away_does_not_spoil_it_for_the_other(tmp_path: Path) -> None:
    engine = Counting()
    engine.gate.clear()
    async with PromptCache(tmp_path, engine) as cache:
        gone, stays = (asyncio.create_task(cache.speak("да", "anna")) for _ in range(2))
        await asyncio.sleep(0)
        gone.cancel()
        engine.gate.set()
        assert await stays
        with pytest.raises(asyncio.CancelledError):
            await gone


@pytest.mark.parametrize("damage", [b"", b"garbage", None])
async def test_a_damaged_file_is_made_again(tmp_path: Path, damage: bytes | None) -> None:
    async with PromptCache(tmp_path, Counting()) as cache:
        good = await cache.speak("да", "anna")
        (path,) = files(tmp_path)
        data = path.read_bytes()
        path.write_bytes(data[:-7] if damage is None else damage)
        assert await cache.speak("да", "anna") == good
        assert cache.rendered == 2 and path.read_bytes() == data


async def test_errors_come_through_and_are_not_remembered(tmp_path: Path) -> None:
    async with PromptCache(tmp_path, Counting()) as cache:
        with pytest.raises(SpeechError):
            await cache.speak("", "anna")
        with pytest.raises(ModelMissing):
            await cache.speak("да", "vasya")
        assert files(tmp_path) == []


async def test_a_disk_that_refuses_costs_time_and_not_the_prompt(tmp_path: Path) -> None:
    async with PromptCache(tmp_path / "cache", Counting()) as cache:
        key = cache.key("да", "anna", 0.0, 8000)
        (tmp_path / "cache" / key[:2]).write_text("a file where a folder should be")
        assert await cache.speak("да", "anna")


async def test_the_longest_unused_go_first_and_the_old_go_anyway(tmp_path: Path) -> None:
    async with PromptCache(tmp_path, Counting()) as cache:
        for day, text in enumerate(["а", "б", "в"]):
            await cache.speak(text, "anna")
            path = tmp_path / cache.key(text, "anna", 0.0, 8000)[:2] / f"{cache.key(text, 'anna', 0.0, 8000)}.pcm"
            os.utime(path, (1_000_000 + day, 1_000_000 + day))
        await cache.speak("б", "anna")  # used now
    size = max(path.stat().st_size for path in files(tmp_path))
    ancient = 10**12
    async with PromptCache(tmp_path, Counting(), max_bytes=2 * size, max_age_s=ancient) as bounded:
        assert bounded.trim() == 1
        await bounded.speak("б", "anna")
        await bounded.speak("в", "anna")
        assert bounded.rendered == 0
    async with PromptCache(tmp_path, Counting(), max_age_s=-1) as forgetful:
        forgetful.trim()
    assert files(tmp_path) == []


async def test_names_of_patients_are_for_the_owner_only(tmp_path: Path) -> None:
    async with PromptCache(tmp_path / "prompts", Counting()) as cache:
        await cache.speak("Мария Ивановна", "anna")
    (path,) = files(tmp_path)
    assert path.stat().st_mode & 0o077 == 0 and (tmp_path / "prompts").stat().st_mode & 0o077 == 0
    assert "Мария" not in str(path)
