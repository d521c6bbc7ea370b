"""One stream of telephone audio turned into events: somebody began to speak, paused, said this.

Synchronous and cheap (about 4 ms of CPU per second of audio): called from the event loop with every frame.
"""

from __future__ import annotations

from dataclasses import dataclass

from voicebot.speech import endpoint as ep
from voicebot.speech.echo import EchoJudge
from voicebot.speech.machine import MachineHeard, MachineJudge
from voicebot.speech.nearness import Nearness
from voicebot.speech.port import SpeechDetector

# audio kept while nobody speaks: pre-roll, the frames that a start needs with gaps between them, and room
_KEEP_IDLE_MS = 1000
# audio that comes later than this after the audio before it has a gap of silence in front; less is jitter
GAP_MS = 100
# after this much silence without frames what the detector remembers of the sound is stale
_FORGET_MS = 500


@dataclass(frozen=True, slots=True)
class SpeechBegan:
    """Somebody speaks; noticed at at_ms, the voice began at started_ms."""

    at_ms: int
    started_ms: int


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """Perhaps the end. pcm is the utterance so far, with pre-roll: recognition may start on speculation."""

    at_ms: int
    started_ms: int
    pcm: bytes


@dataclass(frozen=True, slots=True)
class SpeechResumed:
    """Not the end: throw away what was recognised since SpeechPaused."""

    at_ms: int


@dataclass(frozen=True, slots=True)
class Utterance:
    """What was said: 8 kHz PCM with pre-roll and trailing silence; the voice lies between started_ms and ended_ms."""

    at_ms: int
    pcm: bytes
    started_ms: int
    ended_ms: int
    capped: bool = False


ListenerEvent = SpeechBegan | SpeechPaused | SpeechResumed | Utterance | MachineHeard


class Listener:
    """Listens to one stream of 8 kHz audio. Times are ms on the caller's clock, never going back.

    machine: a judge of answering machines, or None; set `listener.machine = None` once a person has spoken to us.
    """

    def __init__(
        self,
        detector: SpeechDetector,
        rules: ep.EndpointRules | None = None,
        machine: MachineJudge | None = None,
    ) -> None:
        self.machine = machine
        self._detector = detector
        self._frame_bytes = detector.frame_samples * 2
        self._bytes_per_ms = detector.rate * 2 // 1000
        self._endpoint = ep.Endpoint(rules)
        self._nearness, self._echo = Nearness(), EchoJudge()
        self._audio = bytearray()  # what is kept; its first byte was heard at _audio_from_ms
        self._audio_from_ms = 0
        self._judged = 0  # bytes of _audio that the detector has seen
        self._heard_anything = False
        self._open_from = self._open_started = 0  # of the open utterance, ms

    @property
    def speaking(self) -> bool:
        """Whether somebody is in the middle of an utterance."""
        return self._endpoint.speaking

    def be_alert(self, alert: bool, eager: bool = False) -> None:
        """alert: tell a beginning sooner, while the robot speaks. eager: tell pauses sooner, during the greeting."""
        self._endpoint.eager = eager
        self._endpoint.alert = alert and not self._echo.known  # an echo takes a moment to be told

    def plays(self, pcm: bytes, at_ms: int) -> None:
        """The robot says this from now on (8 kHz): its echo is nobody's speech."""
        self._echo.plays(pcm, at_ms)

    def stops(self, at_ms: int) -> None:
        """The robot was silenced."""
        self._echo.stops(at_ms)

    def feed(self, pcm: bytes, at_ms: int) -> list[ListenerEvent]:
        """Audio of any length (odd bytes are held back) that has just arrived, its last sample heard at at_ms."""
        begins_ms = at_ms - len(pcm) // self._bytes_per_ms
        events = self.advance(begins_ms)
        self._align(begins_ms)
        self._audio += pcm
        while len(self._audio) - self._judged >= self._frame_bytes:
            events += self._judge_frame()
        self._forget_old()
        return events

    def advance(self, at_ms: int) -> list[ListenerEvent]:
        """Time went by, with or without audio. To be called every 20–50 ms, after whatever audio is waiting."""
        return self._translate(self._endpoint.advance(at_ms))

    def wait(self, ms: int) -> list[ListenerEvent]:
        """The words of the last SpeechPaused are known: a silence of ms ends the utterance. Nothing after a resume."""
        return self._translate(self._endpoint.wait(ms))

    def reset(self) -> None:
        """Forget an open utterance and what is kept; for when the stream was not ours for a while (transfer)."""
        self._endpoint = ep.Endpoint(self._endpoint.rules)
        self._nearness, self._echo = Nearness(), EchoJudge()
        self._audio.clear()
        self._judged = 0
        self._heard_anything = False
        self._detector.reset()

    def _align(self, begins_ms: int) -> None:
        """Keep the audio's own time near the caller's: silence is put where nothing came."""
        gap = begins_ms - self._time_of(len(self._audio))
        if not self._heard_anything or (gap > _FORGET_MS and not self._endpoint.speaking):
            self._heard_anything = True
            self._audio.clear()
            self._audio_from_ms, self._judged = begins_ms, 0
            self._detector.reset()
        elif gap > GAP_MS:
            self._audio += bytes(gap * self._bytes_per_ms + (len(self._audio) & 1))
        elif not self._endpoint.speaking:
            # clocks drift, and what was late has come after all behind the silence put in its place: between
            # utterances the audio's time follows ours, else a lag would stay and frames would look overdue
            self._audio_from_ms += gap

    def _judge_frame(self) -> list[ListenerEvent]:
        frame = bytes(self._audio[self._judged : self._judged + self._frame_bytes])
        start_ms = self._time_of(self._judged)
        self._judged += self._frame_bytes
        end_ms = self._time_of(self._judged)
        probability = self._detector.probability(frame)
        echo = self._echo.is_echo(frame, end_ms, probability >= self._endpoint.rules.silence)
        near = 0.0 if echo or self._is_far(frame, probability) else probability
        events = self._translate(self._endpoint.process(near, start_ms, end_ms))
        if self.machine is not None:
            heard = self.machine.process(frame, 0.0 if echo else probability, start_ms, end_ms)
            events += [heard] if heard else []
        return events

    def _is_far(self, frame: bytes, probability: float) -> bool:
        return self._nearness.far(frame, probability >= self._endpoint.rules.speech, self._endpoint.speaking)

    def _translate(self, decisions: list[ep.EndpointEvent]) -> list[ListenerEvent]:
        return [self._as_event(decision) for decision in decisions]

    def _as_event(self, decision: ep.EndpointEvent) -> ListenerEvent:
        match decision:
            case ep.SpeechStarted(at_ms, started_ms, keep_from):
                self._open_from, self._open_started = keep_from, started_ms
                return SpeechBegan(at_ms, started_ms)
            case ep.SpeechPaused(at_ms, _):
                return SpeechPaused(at_ms, self._open_started, self._cut(self._open_from, at_ms))
            case ep.SpeechResumed(at_ms):
                return SpeechResumed(at_ms)
            case ep.SpeechEnded(at_ms, started_ms, until_ms, keep_from, capped):
                return Utterance(at_ms, self._cut(keep_from, at_ms), started_ms, until_ms, capped)

    def _cut(self, from_ms: int, to_ms: int) -> bytes:
        first = max(0, (from_ms - self._audio_from_ms) * self._bytes_per_ms)
        last = max(0, (to_ms - self._audio_from_ms) * self._bytes_per_ms)
        return bytes(self._audio[first : min(last, len(self._audio)) & ~1])

    def _forget_old(self) -> None:
        wanted_ms = self._open_from if self._endpoint.speaking else self._time_of(self._judged) - _KEEP_IDLE_MS
        surplus_ms = wanted_ms - self._audio_from_ms
        if surplus_ms > _KEEP_IDLE_MS:  # in strides, not with every frame
            del self._audio[: surplus_ms * self._bytes_per_ms]
            self._judged -= surplus_ms * self._bytes_per_ms
            self._audio_from_ms += surplus_ms

    def _time_of(self, offset: int) -> int:
        return self._audio_from_ms + offset // self._bytes_per_ms
