"""Where an utterance begins and ends: probabilities of speech in, decisions out. Pure, with time as an argument.

Times are ms on one clock chosen by the caller; frames come in order, and not at all while some lines are silent.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


@dataclass(frozen=True, slots=True)
class EndpointRules:
    """The thresholds, each with its reason. All in ms, probabilities in 0…1."""

    speech: float = 0.5  # Silero's own working point: no false start on silence, noise and tones
    silence: float = 0.35  # lower than `speech`: a voice that fades at the end of a word is still a voice
    start_ms: int = 96  # three frames: «да» on a telephone gives at least four, a click or a cough onset one or two
    alert_ms: int = 64  # while the robot speaks: to be silent a little too often is better than too late
    start_gap_ms: int = 64  # a stop consonant («от-мените») may interrupt the first syllable for two frames
    preroll_ms: int = 300  # with the first 120 ms cut «не приду» turns into «приду»
    pause_ms: int = 96  # most closures of stop consonants are shorter: here recognition may start on speculation
    eager_ms: int = 64  # in the greeting, whose end is answered soonest: a recognition in vain costs little there
    end_ms: int = 400  # while nothing is known of the words: 300 cuts «нет… не приду» in two too often
    cap_ms: int = 6000  # longer than any answer; with pre-roll and end it fits the recogniser's window of 8 s
    no_frames_ms: int = 200  # a line may be late by this without being silent (jitter, drift, a busy event loop)


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody speaks. started_ms is where it began; audio is wanted from keep_from_ms on (pre-roll)."""

    at_ms: int
    started_ms: int
    keep_from_ms: int


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """Silence of pause_ms within an utterance that may be its end."""

    at_ms: int
    spoken_until_ms: int


@dataclass(frozen=True, slots=True)
class SpeechResumed:
    """It was not the end."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class SpeechEnded:
    """The utterance: voice from started_ms to spoken_until_ms; audio from keep_from_ms to at_ms belongs to it."""

    at_ms: int
    started_ms: int
    spoken_until_ms: int
    keep_from_ms: int
    capped: bool  # cut by cap_ms while the voice went on: the rest comes as the next utterance


EndpointEvent = SpeechStarted | SpeechPaused | SpeechResumed | SpeechEnded


class _Phase(Enum):
    SILENCE = "silence"
    SPEECH = "speech"
    PAUSE = "pause"


class Endpoint:
    """Decides for one stream. An answer that is complete ends earlier, one that may go on later: see `wait`."""

    def __init__(self, rules: EndpointRules | None = None) -> None:
        self.rules = rules or EndpointRules()
        self.eager = False  # pauses are told sooner: the greeting is being spoken
        self.alert = False  # a start is told sooner: the robot speaks, and must stop
        self._phase = _Phase.SILENCE
        self._started = 0  # where the voice began, or may have begun
        self._voiced = 0  # ms of voice collected towards a start
        self._quiet_since: int | None = None  # where the present silence began
        self._keep_from = 0
        self._last_frame = 0  # end of the last frame
        self._free_from: int | None = None  # audio before this belongs to the utterance before
        self._wait_ms: int | None = None  # the silence that ends the utterance, once its words are known

    @property
    def speaking(self) -> bool:
        """Whether an utterance is open (its pauses included)."""
        return self._phase is not _Phase.SILENCE

    def process(self, probability: float, start_ms: int, end_ms: int) -> list[EndpointEvent]:
        """One frame of audio that lies between two moments. At most two events: an end and nothing, or one other."""
        self._last_frame = end_ms
        if self._phase is _Phase.SILENCE:
            return self._wait_for_start(probability, start_ms, end_ms)
        return self._follow(probability, start_ms, end_ms)

    def advance(self, now_ms: int) -> list[EndpointEvent]:
        """Time went by. A line that sends no frames any more is silent since its last one."""
        if now_ms - self._last_frame < self.rules.no_frames_ms:
            return []
        if self._phase is _Phase.SILENCE:
            self._voiced = 0
            return []
        if self._quiet_since is None:
            self._quiet_since = self._last_frame
        return self._judge_silence(now_ms)

    def wait(self, ms: int) -> list[EndpointEvent]:
        """The words before the present pause are known: a silence of ms ends the utterance, if nothing more comes."""
        if self._phase is not _Phase.PAUSE:
            return []
        self._wait_ms = ms
        return self._judge_silence(self._last_frame)

    def _wait_for_start(self, probability: float, start_ms: int, end_ms: int) -> list[EndpointEvent]:
        rules = self.rules
        if probability < rules.speech:
            if self._quiet_since is None:
                self._quiet_since = start_ms
            if end_ms - self._quiet_since > rules.start_gap_ms:
                self._voiced = 0
            return []
        if not self._voiced:
            self._started = start_ms
        self._voiced += end_ms - start_ms
        self._quiet_since = None
        if self._voiced < (rules.alert_ms if self.alert else rules.start_ms):
            return []
        self._phase, self._voiced = _Phase.SPEECH, 0
        self._keep_from = self._started - rules.preroll_ms
        if self._free_from is not None:
            self._keep_from = min(max(self._keep_from, self._free_from), self._started)
        return [SpeechStarted(end_ms, self._started, self._keep_from)]

    def _follow(self, probability: float, start_ms: int, end_ms: int) -> list[EndpointEvent]:
        events: list[EndpointEvent] = []
        if probability >= self.rules.speech:
            self._quiet_since = None
            if self._phase is _Phase.PAUSE:
                self._phase, self._wait_ms = _Phase.SPEECH, None
                events.append(SpeechResumed(end_ms))
        elif probability < self.rules.silence and self._quiet_since is None:
            self._quiet_since = start_ms
        return events + (self._judge_silence(end_ms) or self._judge_length(end_ms))

    def _judge_silence(self, now_ms: int) -> list[EndpointEvent]:
        if self._quiet_since is None:
            return []
        quiet = now_ms - self._quiet_since
        if quiet >= (self.rules.end_ms if self._wait_ms is None else self._wait_ms):
            return [self._end(now_ms, self._quiet_since, capped=False)]
        if quiet >= (self.rules.eager_ms if self.eager else self.rules.pause_ms) and self._phase is _Phase.SPEECH:
            self._phase = _Phase.PAUSE
            return [SpeechPaused(now_ms, self._quiet_since)]
        return []

    def _judge_length(self, now_ms: int) -> list[EndpointEvent]:
        if now_ms - self._started < self.rules.cap_ms:
            return []
        return [self._end(now_ms, now_ms if self._quiet_since is None else self._quiet_since, capped=True)]

    def _end(self, now_ms: int, spoken_until: int, *, capped: bool) -> SpeechEnded:
        self._phase, self._quiet_since, self._voiced, self._wait_ms = _Phase.SILENCE, None, 0, None
        self._free_from = now_ms if capped else spoken_until
        return SpeechEnded(now_ms, self._started, spoken_until, self._keep_from, capped)
