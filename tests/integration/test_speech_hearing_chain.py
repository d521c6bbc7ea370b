"""From sound to words with the real detector and the real recogniser, on speech made here by RHVoice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from voicebot.speech.audio import silence, to_pcm
from voicebot.speech.listener import Listener, ListenerEvent, SpeechBegan, Utterance
from voicebot.speech.machine import MachineHeard, MachineJudge, MachineSign
from voicebot.speech.port import Recogniser, SpeechError
from voicebot.speech.rhvoice import RHVoice
from voicebot.speech.vad import SileroDetector
from voicebot.speech.whisper import WhisperRecogniser

LOCAL = Path(__file__).resolve().parents[2] / ".local"


@pytest.fixture(scope="module")
def synthesiser() -> Iterator[RHVoice]:
    if not (LOCAL / "rhvoice").is_dir():
        pytest.skip("RHVoice is not in .local/rhvoice: run `make setup`")
    engine = RHVoice(LOCAL / "rhvoice")
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def whisper() -> Iterator[WhisperRecogniser]:
    if not (LOCAL / "models/whisper-base/model.bin").is_file():
        pytest.skip("Whisper is not in .local/models/whisper-base: run `make setup`")
    recogniser = WhisperRecogniser(LOCAL / "models/whisper-base")
    yield recogniser
    recogniser.close()


def hear(pcm: bytes, machine: MachineJudge | None = None) -> list[ListenerEvent]:
    listener = Listener(SileroDetector(), machine=machine)
    events: list[ListenerEvent] = []
    for at in range(0, len(pcm), 320):
        piece = pcm[at : at + 320]
        events += listener.feed(piece, (at + len(piece)) // 16)
    return events


def utterances(events: list[ListenerEvent]) -> list[Utterance]:
    return [event for event in events if isinstance(event, Utterance)]


def words(recogniser: Recogniser, pcm: bytes) -> str:
    session = recogniser.open(8000)
    session.feed(pcm)
    return " ".join(re.findall(r"\w+", session.final().text.lower().replace("ё", "е")))


def noise(ms: int, dbfs: float, seed: int = 7) -> bytes:
    random = np.random.default_rng(seed)
    return to_pcm((10 ** (dbfs / 20) * random.standard_normal(ms * 8)).astype(np.float32))


@pytest.mark.parametrize("voice", ["irina", "elena", "aleksandr"])
def test_short_answers_are_found_where_they_are(synthesiser: RHVoice, voice: str) -> None:
    for text in ("да", "нет", "алло", "угу", "да, приду", "соедините с оператором"):
        spoken = synthesiser.speak(text, voice)
        events = hear(silence(1000, 8000) + spoken + silence(1000, 8000))
        said = utterances(events)
        assert len(said) == 1, f"{voice}: {text}: {said}"
        assert 900 <= said[0].started_ms <= 1300
        assert said[0].ended_ms <= 1000 + len(spoken) // 16 + 150


@pytest.mark.parametrize("level", [-70.0, -50.0, -30.0])
def test_noise_starts_nothing(level: float) -> None:
    assert not [e for e in hear(noise(10_000, level)) if isinstance(e, SpeechBegan)]


def test_silence_clicks_and_line_tones_start_nothing() -> None:
    n = np.arange(8000 * 4)
    ringing = to_pcm((0.2 * np.sin(2 * np.pi * 425 * n / 8000)).astype(np.float32))
    clicks = np.zeros(8000 * 4, np.float32)
    clicks[::4000] = 0.9
    for sound in (silence(5000, 8000), ringing, to_pcm(clicks), b"\x00\x80" * 8000, b"\xe8\x03" * 8000):
        assert not [e for e in hear(sound) if isinstance(e, SpeechBegan)]


def test_a_question_of_the_robot_is_one_utterance_for_who_listens_to_it(synthesiser: RHVoice) -> None:
    spoken = synthesiser.speak("Ответьте, пожалуйста, да или нет.", "anna")
    (said,) = utterances(hear(silence(500, 8000) + spoken + silence(800, 8000)))
    assert abs(said.ended_ms - 500 - len(spoken) // 16) < 350


def test_what_was_said_is_written(synthesiser: RHVoice, whisper: WhisperRecogniser) -> None:
    for text in (
        "да приду",
        "не приду",
        "нет не смогу",
        "не звоните мне больше",
        "перезвоните позже",
        "повторите пожалуйста",
    ):
        (said,) = utterances(hear(silence(700, 8000) + synthesiser.speak(text, "elena") + silence(700, 8000)))
        assert words(whisper, said.pcm) == text


def test_recognition_knows_how_sure_it_is(synthesiser: RHVoice, whisper: WhisperRecogniser) -> None:
    session = whisper.open(16000)
    for part in (silence(300, 16000), synthesiser.speak("Не звоните мне больше", "irina", hz=16000)):
        session.feed(part)
    result = session.final()
    assert result.confidence > 0.5 and result.no_speech < 0.3 and result.took_ms > 0
    assert result.text not in result.alternatives and result.engine == "whisper-base"


def test_no_speech_gives_no_text(whisper: WhisperRecogniser) -> None:
    for sound in (b"", b"\x01", silence(50, 8000), silence(3000, 8000), noise(3000, -35), noise(5000, -20)):
        session = whisper.open(8000)
        session.feed(sound)
        result = session.final()
        assert (result.text, result.confidence) == ("", 0.0) and result.no_speech >= 0.5


def test_too_long_clipped_and_shifted_sound_is_only_sound(synthesiser: RHVoice, whisper: WhisperRecogniser) -> None:
    spoken = synthesiser.speak("не приду", "aleksandr")
    for lead_ms in (0, 2000, 5000, 30_000):
        assert words(whisper, silence(lead_ms, 8000) + spoken) == "не приду"
    samples = np.frombuffer(spoken, "<i2").astype(np.float32) / 32768
    assert "не приду" in words(whisper, to_pcm(np.clip(samples * 4, -0.5, 0.5)))
    assert words(whisper, to_pcm(samples * 0.5 + np.float32(0.3))) == "не приду"


def test_a_rate_that_no_line_has_is_refused(whisper: WhisperRecogniser) -> None:
    with pytest.raises(SpeechError, match="44100"):
        whisper.open(44100)


def test_the_city_s_answering_machine_is_told_from_a_patient(synthesiser: RHVoice) -> None:
    def sign(text: str, beep: bool = False) -> MachineSign | None:
        n = np.arange(8000 // 2)
        tone = to_pcm((0.2 * np.sin(2 * np.pi * 1000 * n / 8000)).astype(np.float32)) if beep else b""
        sound = silence(600, 8000) + synthesiser.speak(text, "irina") + silence(700, 8000) + tone + silence(500, 8000)
        heard = [e for e in hear(sound, MachineJudge()) if isinstance(e, MachineHeard)]
        return heard[0].sign if heard else None

    assert (
        sign("Вы позвонили в семью Ивановых. Сейчас нас нет дома. Оставьте сообщение после сигнала.")
        is MachineSign.GREETING
    )
    assert sign("Говорите после сигнала.", beep=True) is MachineSign.TONE
    for greeting in ("Алло", "Да, слушаю вас", "Алло, здравствуйте, кто это?", "Клиника Ромашка, Анна, добрый день"):
        assert sign(greeting) is None, greeting
