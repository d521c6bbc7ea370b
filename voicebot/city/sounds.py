"""Everything that the persons say, rendered before the first call: lines, answering machines, noise behind a voice."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from voicebot.city.ear import RATE, THRESHOLD_DB, level_db, samples_of
from voicebot.city.people import Noise, NoiseKind, People, Talk, Voicemail

#: A stretch of noise long enough that its repetition is not noticed.
NOISE_S = 12
BEEP_HZ = 1000
BEEP_DB = -14.0
BEFORE_BEEP_MS = 400
#: Stands before and behind the speech of every line: attacks and releases below the threshold. Exactly so much, so
#: that the times of the words are known.
MARGIN_MS = 20
#: RHVoice is silent for 400 ms at every comma; people who say «да, приду» are not. Shorter than this, the splice is
#: heard: at 200 ms a recogniser writes «да, сприду».
LONGEST_PAUSE_MS = 260
#: Level of the voices that noise is measured against, dBFS RMS; what RHVoice's adapter gives.
VOICE_DB = -20.0
_BABBLE = (
    ("aleksandr", "Вчера на рынке продавали такую крупную вишню, что мы купили сразу два ведра на варенье."),
    ("elena", "А потом мы поехали на дачу и весь день сажали картошку, устали, конечно, но погода была чудесная."),
    ("irina", "В автобусе было так тесно, что я проехала свою остановку и шла обратно пешком через парк."),
    ("aleksandr-hq", "Матч закончился вничью, хотя во втором тайме у наших было три прекрасных момента."),
)


@dataclass(frozen=True, slots=True)
class Sounds:
    """Rendered speech by (voice, text), trimmed so that its first and last samples are speech; and noise by kind."""

    lines: Mapping[tuple[str, str], bytes]
    noises: Mapping[NoiseKind, bytes] = field(default_factory=dict)

    def line(self, voice: str, text: str) -> bytes:
        return self.lines[voice, text]

    def noise(self, noise: Noise) -> bytes:
        """A loop of noise at its level below the voice."""
        gain = 10 ** (-noise.snr_db / 20)
        return _pcm(samples_of(self.noises[noise.kind]) * gain)


#: Text and voice -> PCM at 8 kHz, such as PromptCache.speak.
Speak = Callable[[str, str], Awaitable[bytes]]


async def render(people: People, speak: Speak, progress: Callable[[int, int], None]) -> Sounds:
    """Render all lines; progress(done, of). Raises what speak raises."""
    wanted = wanted_lines(people)
    kinds = {talk.noise.kind for talk in _talks(people) if talk.noise is not None}
    total = len(wanted) + len(kinds)
    lines: dict[tuple[str, str], bytes] = {}
    for voice, text in wanted:
        progress(len(lines), total)
        lines[voice, text] = trim(await speak(text, voice))
    noises: dict[NoiseKind, bytes] = {}
    for kind in sorted(kinds):
        progress(len(lines) + len(noises), total)
        noises[kind] = await _make_noise(kind, speak)
    progress(total, total)
    return Sounds(lines, noises)


def wanted_lines(people: People) -> list[tuple[str, str]]:
    """Every (voice, text) that may be said in the city, each once."""
    return list(
        dict.fromkeys(
            (person.voice, text)
            for person in people.persons.values()
            for talk in person.talks()
            for text in talk.texts()
        )
    )


def trim(pcm: bytes) -> bytes:
    """With exactly MARGIN_MS before and behind what is audible, and no longer pauses inside than people make."""
    samples = samples_of(pcm)
    step = RATE // 100
    steps = [samples[i : i + step] for i in range(0, len(samples), step)]
    loud = [i for i, part in enumerate(steps) if level_db(part) >= THRESHOLD_DB]
    if not loud:
        return pcm
    half = LONGEST_PAUSE_MS // 10 // 2
    kept = [steps[loud[0]]]
    for before, after in pairwise(loud):
        gap = range(before + 1, after)
        short = gap if len(gap) <= 2 * half else [*gap[:half], *gap[-half:]]
        kept += [steps[i] for i in (*short, after)]
    margin = np.zeros(RATE * MARGIN_MS // 1000, dtype="<i2")
    return bytes(np.concatenate([margin, *kept, margin]).astype("<i2").tobytes())


def clipped(pcm: bytes, clip_ms: int) -> bytes:
    """A line of `trim` of which the first clip_ms of speech were not sent: the telephone woke up too late."""
    silent = min(len(pcm), RATE * (MARGIN_MS + clip_ms) // 1000 * 2)
    return bytes(silent) + pcm[silent:]


def mixed(voice: bytes, noise: bytes, offset: int) -> bytes:
    """The voice with noise behind it, which goes on from its sample number `offset` in its loop."""
    speech = samples_of(voice)
    behind = looped(noise, offset, len(speech))
    return _pcm(speech.astype(np.float64) + samples_of(behind))


def looped(noise: bytes, offset: int, count: int) -> bytes:
    """count samples of an endless loop of noise from sample number offset on."""
    return np.take(samples_of(noise), np.arange(offset, offset + count), mode="wrap").astype("<i2").tobytes()


def answering_machine(greeting: bytes, voicemail: Voicemail) -> tuple[bytes, int]:
    """Greeting, pause and beep in one piece, and the ms at which the beep begins in it."""
    time = np.arange(RATE * voicemail.beep_ms // 1000) / RATE
    beep = np.sin(2 * np.pi * BEEP_HZ * time) * 32768 * 10 ** (BEEP_DB / 20) * np.sqrt(2)
    pause = bytes(RATE * BEFORE_BEEP_MS // 1000 * 2)
    return greeting + pause + _pcm(beep), len(greeting) // 2 * 1000 // RATE + BEFORE_BEEP_MS


def pink(seconds: float, seed: int = 1) -> bytes:
    """Pink noise (equal power per octave) in the telephone band, the same every time, at the level of a voice."""
    count = int(RATE * seconds)
    spectrum = np.fft.rfft(np.random.default_rng(seed).standard_normal(count))
    frequencies = np.fft.rfftfreq(count, 1 / RATE)
    shape = np.where((frequencies >= 100) & (frequencies <= 3400), 1 / np.sqrt(np.maximum(frequencies, 1)), 0)
    return _levelled(np.fft.irfft(spectrum * shape, count))


async def _make_noise(kind: NoiseKind, speak: Speak) -> bytes:
    if kind is NoiseKind.PINK:
        return pink(NOISE_S)
    return babble([trim(await speak(text, voice)) for voice, text in _BABBLE])


def babble(voices: Sequence[bytes]) -> bytes:
    """Several people talking at once, twice each at different places of the loop."""
    count = RATE * NOISE_S
    mix = np.zeros(count)
    for i, pcm in enumerate([*voices, *voices]):
        samples = samples_of(pcm)[:count].astype(np.float64)
        places = (np.arange(len(samples)) + i * count * 3 // 7) % count
        np.add.at(mix, places, samples)
    return _levelled(mix)


def _levelled(samples: np.ndarray) -> bytes:
    rms = max(float(np.sqrt(np.mean(np.square(samples)))), 1e-9)
    return _pcm(samples / rms * 32768 * 10 ** (VOICE_DB / 20))


def _pcm(samples: np.ndarray) -> bytes:
    return bytes(np.clip(np.rint(samples), -32768, 32767).astype("<i2").tobytes())


def _talks(people: People) -> list[Talk]:
    return [b for person in people.persons.values() for b in person.calls if isinstance(b, Talk)]
