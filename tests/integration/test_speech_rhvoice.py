"""RHVoice as it is installed: level, band, speed, texts that cannot be spoken, several threads."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from voicebot.speech.audio import duration_ms, speech_level, to_samples
from voicebot.speech.cache import PromptCache
from voicebot.speech.port import ModelMissing, SpeechError
from voicebot.speech.rhvoice import FREE_VOICES, RHVoice

PREFIX = Path(__file__).resolve().parents[2] / ".local/rhvoice"
PHRASE = "Здравствуйте! Завтра в десять тридцать вас ждёт врач."


@pytest.fixture(scope="module")
def engine() -> Iterator[RHVoice]:
    if not PREFIX.is_dir():
        pytest.skip(f"RHVoice is not in {PREFIX}: run `make setup`")
    voice = RHVoice(PREFIX)
    yield voice
    voice.close()


def test_only_free_voices_are_offered(engine: RHVoice) -> None:
    assert tuple(engine.voices()) == FREE_VOICES
    assert engine.version.startswith("1.")


@pytest.mark.parametrize("voice", FREE_VOICES)
@pytest.mark.parametrize("hz", [8000, 16000])
def test_every_voice_speaks_at_telephone_level_without_clipping(engine: RHVoice, voice: str, hz: int) -> None:
    pcm = engine.speak(PHRASE, voice, hz=hz)
    samples = to_samples(pcm)
    assert 2000 < duration_ms(pcm, hz) < 6000
    assert -21.5 < speech_level(samples, hz) < -18.5
    assert np.abs(samples).max() < 0.95


def test_nothing_lies_outside_the_telephone_band(engine: RHVoice) -> None:
    power = np.abs(np.fft.rfft(to_samples(engine.speak(PHRASE, "anna")))) ** 2
    hz = np.fft.rfftfreq(len(power) * 2 - 1, 1 / 8000)
    assert power[(hz < 100) | (hz > 3700)].sum() < 0.001 * power.sum()


def test_rate_makes_it_faster_and_slower(engine: RHVoice) -> None:
    slow, usual, fast = (len(engine.speak(PHRASE, "anna", rate)) for rate in (-1.0, 0.0, 1.0))
    assert slow > 1.2 * usual > 1.2 * 1.2 * fast


@pytest.mark.parametrize("text", ["", "   ", "\n\t", "...", "—", "!?", "\x00\x01", "\ud800"])
def test_what_cannot_be_spoken_is_an_error_and_not_silence(engine: RHVoice, text: str) -> None:
    with pytest.raises(SpeechError):
        engine.speak(text, "anna")


def test_markup_is_only_characters(engine: RHVoice) -> None:
    for text in ("Клиника <Ромашка> & Ко", 'скажите "да"', "<speak>да</speak>", "<break time='9s'/>да", "</b", "&amp;"):
        assert 100 < duration_ms(engine.speak(text, "anna"), 8000) < 8000
    assert len(engine.speak("да <break time='5s'/> да", "anna")) < 2 * 8000 * 8


def test_an_unknown_voice_names_those_that_are_there(engine: RHVoice) -> None:
    with pytest.raises(ModelMissing, match=r"vasya.*anna, irina, elena, aleksandr, aleksandr-hq"):
        engine.speak("да", "vasya")
    with pytest.raises(ModelMissing):
        engine.speak("да", "tatiana")  # installed with the package, but its licence forbids what we do


def test_a_rate_in_hz_that_no_line_has_is_refused(engine: RHVoice) -> None:
    with pytest.raises(SpeechError, match="44100"):
        engine.speak("да", "anna", hz=44100)


def test_several_threads_get_each_their_own_sound(engine: RHVoice) -> None:
    texts = [f"Номер {word}" for word in ("один", "два", "три", "четыре")] * 3
    alone = {text: engine.speak(text, "anna") for text in set(texts)}
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(lambda text: engine.speak(text, "anna"), texts))
    assert together == [alone[text] for text in texts]


def test_a_closed_engine_and_a_missing_one_say_so(tmp_path: Path, engine: RHVoice) -> None:
    other = RHVoice(PREFIX)
    other.close()
    other.close()
    with pytest.raises(SpeechError):
        other.speak("да", "anna")
    with pytest.raises(ModelMissing, match="make setup"):
        RHVoice(tmp_path)


async def test_prompts_of_a_call_come_from_the_cache(tmp_path: Path, engine: RHVoice) -> None:
    async with PromptCache(tmp_path, engine) as cache:
        first = await cache.speak(PHRASE, "anna")
        assert await cache.speak(PHRASE, "anna") == first == engine.speak(PHRASE, "anna")
        assert (cache.rendered, cache.hits) == (1, 1)
