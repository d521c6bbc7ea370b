"""Audio as numbers: level, companding, mixing, WAV of every kind."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from voicebot.speech import audio
from voicebot.speech.wav import parse_wav, promised_bytes, read_wav

HZ = 8000


def tone(hz: float, ms: int, dbfs: float = -20.0, rate: int = HZ) -> audio.Samples:
    n = np.arange(ms * rate // 1000)
    return np.asarray(np.sqrt(2) * 10 ** (dbfs / 20) * np.sin(2 * np.pi * hz * n / rate), np.float32)


def test_pcm_survives_the_way_to_numbers_and_back() -> None:
    pcm = np.array([-32768, -1, 0, 1, 32767], "<i2").tobytes()
    assert audio.to_pcm(audio.to_samples(pcm)) == pcm
    assert audio.to_pcm(audio.to_samples(pcm + b"\x07")) == pcm


def test_too_loud_clips_and_does_not_wrap() -> None:
    assert np.frombuffer(audio.to_pcm(np.array([1.5, -1.5], np.float32)), "<i2").tolist() == [32767, -32768]


def test_level_leaves_pauses_out() -> None:
    speech = np.concatenate([tone(440, 500), np.zeros(HZ * 5, np.float32), tone(440, 500)])
    assert audio.speech_level(speech, HZ) == pytest.approx(-20.0, abs=0.3)
    assert audio.speech_level(np.zeros(0, np.float32), HZ) == audio.SILENCE_DBFS


def test_normalising_reaches_the_level_and_never_full_scale() -> None:
    assert audio.speech_level(audio.normalise(tone(440, 300, -38), HZ, -20), HZ) == pytest.approx(-20, abs=0.2)
    peaky = tone(440, 300, -40)
    peaky[100] = 0.5
    assert np.abs(audio.normalise(peaky, HZ, -20)).max() <= 0.9
    assert not audio.normalise(np.zeros(800, np.float32), HZ, -20).any()


def test_band_limit_keeps_the_middle_and_takes_the_edges() -> None:
    def gain(hz: float) -> float:
        out = audio.band_limit(tone(hz, 500), HZ, 200, 3400)
        return audio.speech_level(out[400:-400], HZ) + 20

    assert abs(gain(1000)) < 0.2
    assert gain(50) < -10
    assert gain(3900) < -30


@pytest.mark.parametrize("rate", [16000, 24000])
def test_resampling_keeps_length_pitch_and_level(rate: int) -> None:
    back = audio.to_samples(audio.resample(audio.to_pcm(tone(1000, 1000, rate=rate)), rate, HZ))
    assert len(back) == HZ
    assert int(np.abs(np.fft.rfft(back)).argmax()) == 1000
    assert audio.speech_level(back, HZ) == pytest.approx(-20, abs=0.2)


def test_mulaw_goes_both_ways_within_its_own_error() -> None:
    pcm = audio.to_pcm(tone(500, 200, -12))
    back = audio.to_samples(audio.ulaw_decode(audio.ulaw_encode(pcm)))
    error = back - audio.to_samples(pcm)
    assert audio.speech_level(back, HZ) - audio.speech_level(error, HZ) > 35


def test_mulaw_codes_are_those_of_g711() -> None:
    assert np.frombuffer(audio.ulaw_decode(bytes([0x00, 0x80, 0xFF, 0x7F])), "<i2").tolist() == [-32124, 32124, 0, 0]
    assert audio.ulaw_encode(bytes(2)) == b"\xff"


def test_alaw_codes_are_those_of_g711() -> None:
    assert np.frombuffer(audio.alaw_decode(bytes([0x55, 0xD5, 0x2A, 0xAA])), "<i2").tolist() == [-8, 8, -32256, 32256]


def test_mixing_adds_and_is_as_long_as_the_longer() -> None:
    a, b = np.array([1000, 1000], "<i2").tobytes(), np.array([500, 500, 500], "<i2").tobytes()
    assert np.frombuffer(audio.mix(a, b), "<i2").tolist() == [1500, 1500, 500]


def test_durations() -> None:
    assert audio.duration_ms(audio.silence(1230, HZ), HZ) == 1230


def test_wav_written_is_read_back(tmp_path: Path) -> None:
    pcm = audio.to_pcm(tone(700, 100))
    audio.write_wav(tmp_path / "a.wav", pcm, HZ)
    sound = read_wav(tmp_path / "a.wav")
    assert (sound.pcm, sound.hz) == (pcm, HZ)
    assert audio.duration_ms(sound.at(16000), 16000) == 100


def wav(kind: int, channels: int, bits: int, body: bytes, before: bytes = b"") -> bytes:
    fmt = struct.pack("<HHIIHH", kind, channels, HZ, HZ * channels * bits // 8, channels * bits // 8, bits)
    chunks = b"fmt " + struct.pack("<I", 16) + fmt + before + b"data" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WAVE" + chunks


def test_wav_in_mulaw_behind_other_chunks_and_in_stereo() -> None:
    pcm = audio.to_pcm(tone(500, 40))
    extra = b"LIST" + struct.pack("<I", 3) + b"abc\0"
    assert parse_wav(wav(7, 1, 8, audio.ulaw_encode(pcm), extra)).pcm == audio.ulaw_decode(audio.ulaw_encode(pcm))
    stereo = np.array([[100, 300], [-100, -300]], "<i2").tobytes()
    assert np.frombuffer(parse_wav(wav(1, 2, 16, stereo)).pcm, "<i2").tolist() == [200, -200]


@pytest.mark.parametrize(
    "data", [b"", b"not a wav at all", wav(1, 1, 24, b"abc"), wav(3, 1, 32, b"abcd"), b"RIFF0000WAVE"]
)
def test_what_is_no_readable_wav_is_said_with_its_name(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "b.wav").write_bytes(data)
    with pytest.raises(audio.AudioFault, match=r"b\.wav"):
        read_wav(tmp_path / "b.wav")


def test_a_missing_wav_is_said_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(audio.AudioFault, match=r"c\.wav"):
        read_wav(tmp_path / "c.wav")


@pytest.mark.parametrize(
    ("kind", "bits", "told"),
    [(1, 24, "PCM 24 бит"), (1, 8, "PCM 8 бит"), (1, 32, "PCM 32 бит"), (3, 32, "float"), (3, 64, "float"),
     (0x31, 0, "GSM"), (0x55, 0, "MP3"), (99, 16, "формат 99")],
)  # fmt: skip
def test_a_wav_of_another_format_is_told_with_what_is_needed(tmp_path: Path, kind: int, bits: int, told: str) -> None:
    (tmp_path / "b.wav").write_bytes(wav(kind, 1, bits, bytes(960)))
    with pytest.raises(audio.AudioFault, match=rf"{told}.*нужен PCM 16 бит") as caught:
        read_wav(tmp_path / "b.wav")
    assert "не похож" not in caught.value.message


def test_a_header_cut_short_is_told_in_russian(tmp_path: Path) -> None:
    (tmp_path / "b.wav").write_bytes(b"RIFF\0\0\0\0WAVEfmt \4\0\0\0\1\0\1\0data\4\0\0\0abcd")
    with pytest.raises(audio.AudioFault, match="описание формата обрезано"):
        read_wav(tmp_path / "b.wav")


@pytest.mark.parametrize("size", [0, 0x7FFFFFFF, 0xFFFFFFFF])
def test_a_recording_that_was_not_closed_is_read_to_its_end(size: int) -> None:
    pcm = audio.to_pcm(tone(700, 100))
    whole = wav(1, 1, 16, pcm)
    unclosed = whole.replace(b"data" + struct.pack("<I", len(pcm)), b"data" + struct.pack("<I", size))
    assert unclosed != whole and parse_wav(unclosed).pcm == pcm and promised_bytes(unclosed) is None


def test_an_empty_sound_before_other_chunks_is_empty() -> None:
    whole = wav(1, 1, 16, b"") + b"LIST" + struct.pack("<I", 4) + b"abcd"
    assert parse_wav(whole).pcm == parse_wav(wav(1, 1, 16, b"")).pcm == b""
