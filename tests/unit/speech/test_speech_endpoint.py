"""Endpointing on made-up probabilities and made-up time."""

from __future__ import annotations

import random

import pytest

from voicebot.speech.endpoint import (
    Endpoint,
    EndpointEvent,
    EndpointRules,
    SpeechEnded,
    SpeechPaused,
    SpeechResumed,
    SpeechStarted,
)

FRAME = 32
RULES = EndpointRules()


class Stream:
    """Frames of 32 ms from a moment on."""

    def __init__(self, endpoint: Endpoint, at_ms: int = 0) -> None:
        self.endpoint, self.now = endpoint, at_ms
        self.events: list[EndpointEvent] = []

    def frames(self, *runs: tuple[int, float]) -> Stream:
        """runs: (how many frames, their probability)."""
        for count, probability in runs:
            for _ in range(count):
                self.events += self.endpoint.process(probability, self.now, self.now + FRAME)
                self.now += FRAME
        return self

    def nothing(self, ms: int, step: int = 20) -> Stream:
        for _ in range(0, ms, step):
            self.now += step
            self.events += self.endpoint.advance(self.now)
        return self

    def of(self, kind: type) -> list[EndpointEvent]:
        return [event for event in self.events if isinstance(event, kind)]


def test_speech_starts_after_three_frames_and_ends_after_the_silence() -> None:
    stream = Stream(Endpoint()).frames((20, 0.0), (10, 0.9), (20, 0.0))
    started, paused, ended = stream.events
    assert started == SpeechStarted(640 + 96, 640, 640 - RULES.preroll_ms)
    assert isinstance(paused, SpeechPaused) and paused.spoken_until_ms == 960
    assert isinstance(ended, SpeechEnded)
    assert (ended.started_ms, ended.spoken_until_ms, ended.keep_from_ms) == (640, 960, 340)
    assert RULES.end_ms <= ended.at_ms - 960 < RULES.end_ms + FRAME
    assert not ended.capped


def test_two_frames_are_no_speech() -> None:
    assert Stream(Endpoint()).frames((10, 0.1), (2, 0.99), (30, 0.1), (2, 0.99), (30, 0.1)).events == []


def test_while_the_robot_speaks_two_frames_are_enough() -> None:
    endpoint = Endpoint()
    endpoint.alert = True
    assert Stream(endpoint).frames((10, 0.0), (2, 0.9)).events == [SpeechStarted(384, 320, 20)]


def test_in_the_greeting_pauses_are_told_sooner() -> None:
    endpoint = Endpoint()
    endpoint.eager = True
    (_, paused) = Stream(endpoint).frames((10, 0.9), (2, 0.0)).events
    assert isinstance(paused, SpeechPaused)


def test_a_stop_consonant_does_not_undo_a_start() -> None:
    stream = Stream(Endpoint()).frames((10, 0.0), (2, 0.9), (2, 0.1), (1, 0.9))
    assert stream.events == [SpeechStarted(320 + 5 * FRAME, 320, 20)]


def test_a_short_pause_is_told_and_taken_back() -> None:
    stream = Stream(Endpoint()).frames((10, 0.9), (6, 0.0), (10, 0.9), (15, 0.0))
    assert [type(e) for e in stream.events] == [SpeechStarted, SpeechPaused, SpeechResumed, SpeechPaused, SpeechEnded]


def test_a_fading_voice_holds_the_utterance_open() -> None:
    middle = (RULES.silence + RULES.speech) / 2
    assert Stream(Endpoint()).frames((10, 0.9), (30, middle)).of(SpeechEnded) == []


def test_silence_without_frames_ends_the_utterance() -> None:
    stream = Stream(Endpoint()).frames((10, 0.9)).nothing(600)
    (ended,) = stream.of(SpeechEnded)
    assert isinstance(ended, SpeechEnded)
    assert ended.spoken_until_ms == 320
    assert RULES.end_ms <= ended.at_ms - 320 <= RULES.end_ms + 20


def test_late_frames_are_not_silence() -> None:
    stream = Stream(Endpoint()).frames((10, 0.9))
    late = stream.endpoint.advance(stream.now + RULES.no_frames_ms - 1)
    assert late == []
    assert stream.frames((5, 0.9)).of(SpeechPaused) == []


def test_silence_partly_with_frames_and_partly_without_counts_once() -> None:
    stream = Stream(Endpoint()).frames((10, 0.9), (5, 0.0)).nothing(400)
    (ended,) = stream.of(SpeechEnded)
    assert isinstance(ended, SpeechEnded)
    assert ended.spoken_until_ms == 320
    assert RULES.end_ms <= ended.at_ms - 320 <= RULES.end_ms + 20


def test_an_endless_speaker_is_cut_at_the_cap_and_loses_nothing() -> None:
    stream = Stream(Endpoint()).frames((600, 0.9))
    ends = stream.of(SpeechEnded)
    starts = stream.of(SpeechStarted)
    assert len(ends) == 600 * FRAME // RULES.cap_ms
    for end, start in zip(ends, starts[1:], strict=False):
        assert isinstance(end, SpeechEnded) and isinstance(start, SpeechStarted)
        assert end.capped and end.at_ms - end.started_ms <= RULES.cap_ms + FRAME
        assert start.keep_from_ms == end.at_ms


def test_preroll_does_not_reach_into_the_utterance_before() -> None:
    stream = Stream(Endpoint()).frames((10, 0.9), (14, 0.0), (5, 0.9))
    first, second = stream.of(SpeechEnded)[0], stream.of(SpeechStarted)[1]
    assert isinstance(first, SpeechEnded) and isinstance(second, SpeechStarted)
    assert second.keep_from_ms >= first.spoken_until_ms


def test_words_that_are_complete_end_it_at_once_and_words_that_may_go_on_later() -> None:
    for wait_ms, ends_after in ((100, 128), (200, 224), (600, 608)):
        stream = Stream(Endpoint()).frames((10, 0.9), (4, 0.0))
        stream.events += stream.endpoint.wait(wait_ms)
        stream.frames((30, 0.0))
        (ended,) = stream.of(SpeechEnded)
        assert ended.at_ms - 320 == ends_after


def test_what_was_known_of_the_words_is_forgotten_when_speech_goes_on() -> None:
    stream = Stream(Endpoint()).frames((10, 0.9), (4, 0.0))
    stream.endpoint.wait(250)
    stream.frames((5, 0.9), (10, 0.0))
    assert stream.of(SpeechEnded) == []
    assert stream.endpoint.wait(200) != []
    assert stream.endpoint.wait(200) == [] == Endpoint().wait(0)


@pytest.mark.parametrize("seed", range(40))
def test_whatever_comes_starts_and_ends_alternate_in_order_of_time(seed: int) -> None:
    dice = random.Random(seed)
    stream = Stream(Endpoint(), at_ms=dice.randrange(100_000))
    for _ in range(60):
        if dice.random() < 0.3:
            stream.nothing(dice.randrange(0, 900))
        else:
            stream.frames((dice.randrange(1, 30), dice.random()))
    stream.nothing(1000)
    turns = [event for event in stream.events if isinstance(event, SpeechStarted | SpeechEnded)]
    assert [type(e) for e in turns] == [SpeechStarted, SpeechEnded] * (len(turns) // 2)
    assert [e.at_ms for e in stream.events] == sorted(e.at_ms for e in stream.events)
    for event in turns:
        assert event.keep_from_ms <= event.started_ms <= event.at_ms
        if isinstance(event, SpeechEnded):
            assert event.started_ms <= event.spoken_until_ms <= event.at_ms
