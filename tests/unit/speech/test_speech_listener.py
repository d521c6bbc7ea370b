"""The listener on sounds whose speech is where they are loud: bytes, gaps, jitter, memory."""

from __future__ import annotations

import random

import numpy as np
import pytest

from voicebot.speech.endpoint import EndpointRules
from voicebot.speech.listener import (
    Listener,
    ListenerEvent,
    SpeechBegan,
    SpeechPaused,
    Utterance,
)
from voicebot.speech.machine import MachineHeard, MachineJudge, MachineSign


class LoudIsSpeech:
    """A detector for made-up sound. Every 16-bit sample carries its own number, so that cuts can be checked."""

    frame_samples = 256
    rate = 8000

    def probability(self, frame: bytes) -> float:
        assert len(frame) == 512
        return 1.0 if np.mean(np.abs(np.frombuffer(frame, "<i2").astype(float))) > 1000 else 0.0

    def reset(self) -> None:
        pass


def quiet(ms: int) -> bytes:
    return np.full(ms * 8, 5, "<i2").tobytes()


def loud(ms: int, value: int = 8000) -> bytes:
    return np.tile(np.array([value, -value], "<i2"), ms * 4).tobytes()


def feed(listener: Listener, pcm: bytes, from_ms: int = 0, size: int = 320) -> list[ListenerEvent]:
    events: list[ListenerEvent] = []
    for at in range(0, len(pcm), size):
        piece = pcm[at : at + size]
        events += listener.feed(piece, from_ms + (at + len(piece)) // 16)
    return events


def utterances(events: list[ListenerEvent]) -> list[Utterance]:
    return [event for event in events if isinstance(event, Utterance)]


def test_an_utterance_comes_with_preroll_and_all_its_sound() -> None:
    listener = Listener(LoudIsSpeech())
    events = feed(listener, quiet(1000) + loud(600) + quiet(600))
    (said,) = utterances(events)
    assert abs(said.started_ms - 1000) <= 32 and abs(said.ended_ms - 1600) <= 32
    samples = np.frombuffer(said.pcm, "<i2")
    assert int((np.abs(samples) == 8000).sum()) == 600 * 8
    assert int((np.abs(samples) == 8000).argmax()) >= (EndpointRules().preroll_ms - 32) * 8


@pytest.mark.parametrize("size", [2, 7, 160, 319, 640, 16000])
def test_the_size_of_frames_changes_nothing(size: int) -> None:
    sound = quiet(800) + loud(500) + quiet(900)
    (said,) = utterances(feed(Listener(LoudIsSpeech()), sound, size=size))
    (usual,) = utterances(feed(Listener(LoudIsSpeech()), sound))
    assert abs(said.started_ms - usual.started_ms) <= 1
    assert abs(len(said.pcm) - len(usual.pcm)) <= 32


def test_began_is_told_within_128_ms_of_voice() -> None:
    events = feed(Listener(LoudIsSpeech()), quiet(500) + loud(400))
    (began,) = events
    assert isinstance(began, SpeechBegan) and began.at_ms - 500 <= 128


def test_paused_carries_the_sound_so_far() -> None:
    events = feed(Listener(LoudIsSpeech()), quiet(500) + loud(400) + quiet(600))
    (paused,) = [event for event in events if isinstance(event, SpeechPaused)]
    (said,) = utterances(events)
    assert said.pcm.startswith(paused.pcm) and len(paused.pcm) >= (300 + 400) * 16


def test_silence_without_frames_ends_by_the_clock() -> None:
    listener = Listener(LoudIsSpeech())
    events = feed(listener, quiet(500) + loud(400))
    for now in range(900, 1600, 20):
        events += listener.advance(now)
    (said,) = utterances(events)
    assert said.at_ms <= 900 + 400
    assert b"\x40\x1f\xc0\xe0" * 1500 in said.pcm  # 8000 as it was heard


def test_frames_that_come_after_a_gap_are_dated_by_the_clock() -> None:
    listener = Listener(LoudIsSpeech())
    feed(listener, quiet(200))
    events = feed(listener, loud(400) + quiet(500), from_ms=60_000)
    (said,) = utterances(events)
    assert abs(said.started_ms - 60_000) <= 32


def test_a_gap_within_speech_ends_it_even_when_nobody_calls_advance() -> None:
    listener = Listener(LoudIsSpeech())
    events = feed(listener, quiet(500) + loud(400))
    events += feed(listener, loud(400) + quiet(600), from_ms=3000)
    first, second = utterances(events)
    assert first.ended_ms <= 932 and abs(second.started_ms - 3000) <= 32


def test_jitter_does_not_cut_speech() -> None:
    listener = Listener(LoudIsSpeech())
    sound = quiet(500) + loud(1000) + quiet(600)
    dice = random.Random(1)
    events: list[ListenerEvent] = []
    now = 0
    for at in range(0, len(sound), 320):
        now = max(now, at // 16 + 20 + dice.randrange(60))
        events += listener.feed(sound[at : at + 320], now)
        events += listener.advance(now)
    (said,) = utterances(events)
    assert int((np.abs(np.frombuffer(said.pcm, "<i2")) == 8000).sum()) == 8000


def test_after_a_stall_the_times_come_back_to_the_clock() -> None:
    listener = Listener(LoudIsSpeech())
    feed(listener, quiet(500))
    for _ in range(25):  # half a second of frames that all come at 1000
        listener.feed(quiet(20), 1000)
    events = feed(listener, quiet(500) + loud(300) + quiet(600), from_ms=1000)
    (said,) = utterances(events)
    assert abs(said.started_ms - 1500) <= 132


def test_ten_minutes_of_quiet_and_an_endless_speaker_do_not_pile_up() -> None:
    listener = Listener(LoudIsSpeech())
    feed(listener, quiet(600_000), size=16000)
    assert len(listener._audio) < 16 * 4000
    events = feed(listener, loud(60_000), from_ms=600_000, size=16000)
    assert len(listener._audio) < 16 * 10_000
    assert all(said.capped and len(said.pcm) <= 16 * 6500 for said in utterances(events))


def test_reset_forgets_an_open_utterance() -> None:
    listener = Listener(LoudIsSpeech())
    feed(listener, quiet(300) + loud(300))
    assert listener.speaking
    listener.reset()
    assert not listener.speaking
    assert feed(listener, quiet(1000), from_ms=90_000) == []


def tone(hz: float, ms: int, amplitude: float = 6000.0) -> bytes:
    n = np.arange(ms * 8)
    return (amplitude * np.sin(2 * np.pi * hz * n / 8000)).astype("<i2").tobytes()


def machine_of(pcm: bytes) -> MachineHeard | None:
    events = feed(Listener(LoudIsSpeech(), machine=MachineJudge()), pcm)
    heard = [event for event in events if isinstance(event, MachineHeard)]
    assert len(heard) <= 1
    return heard[0] if heard else None


def test_what_talks_while_the_line_opens_is_the_surroundings() -> None:
    """A television behind the patient: it was there before anybody could greet."""
    assert machine_of(loud(9000)) is None
    assert machine_of(quiet(400) + loud(9000)) is not None


@pytest.mark.parametrize("hz", [815, 1000, 1400, 2100])
def test_a_beep_is_a_machine(hz: float) -> None:
    heard = machine_of(quiet(500) + tone(hz, 300) + quiet(300))
    assert heard is not None and heard.sign is MachineSign.TONE
    assert 200 <= heard.at_ms - 500 <= 300


def test_ringing_keys_short_clicks_and_sweeps_are_no_beep() -> None:
    assert machine_of(quiet(500) + tone(425, 1000) + quiet(300)) is None
    assert machine_of(quiet(500) + tone(1000, 120) + quiet(300)) is None
    key = (
        (np.frombuffer(tone(941, 400), "<i2") // 2 + np.frombuffer(tone(1336, 400), "<i2") // 2).astype("<i2").tobytes()
    )
    assert machine_of(quiet(500) + key + quiet(300)) is None
    n = np.arange(6400)
    sweep = (6000 * np.sin(2 * np.pi * (900 * n / 8000 + 600 * (n / 8000) ** 2))).astype("<i2").tobytes()
    assert machine_of(quiet(500) + sweep) is None
    assert machine_of(quiet(500) + tone(1000, 1000, amplitude=60)) is None


def test_a_long_greeting_is_a_machine_and_a_patient_is_not() -> None:
    greeting = loud(1500) + quiet(400) + loud(3500)
    heard = machine_of(quiet(700) + greeting)
    assert heard is not None and heard.sign is MachineSign.GREETING
    assert machine_of(quiet(700) + loud(4500) + quiet(2000) + loud(2000)) is None
    assert machine_of(quiet(700) + loud(1500) + quiet(700) + loud(4500)) is None


def test_who_talks_long_later_is_a_person() -> None:
    assert machine_of(quiet(500) + loud(500) + quiet(5000) + loud(5000)) is None


@pytest.mark.parametrize("lag_ms", [-95, -60, 60, 80, 95])
def test_a_line_whose_clock_drifts_away_from_ours_is_still_heard(lag_ms: int) -> None:
    """Frames come a little later (or earlier) than their sound counts, for good; ticks go on between them."""
    listener, events = Listener(LoudIsSpeech()), []
    pcm = quiet(4000) + loud(600) + quiet(800)
    for i in range(len(pcm) // 320):
        arrived = 20 * (i + 1) + (lag_ms * min(i, 100)) // 100 + 100
        events += listener.advance(arrived - 1)
        events += listener.feed(pcm[i * 320 : (i + 1) * 320], arrived)
        events += listener.advance(arrived + 10)
    assert len(utterances(events)) == 1
