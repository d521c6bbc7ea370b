"""Recordings for choosing the thresholds of fusion: own sentences, all voices of this machine, all kinds of lines.

    .venv/bin/python tests/bench/tuning_set.py FOLDER [--count 700] [--seed 1]

Writes FOLDER/*.wav and FOLDER/manifest.csv (columns of a manifest, with the speaker). Nothing of testset/ is used.
"""

from __future__ import annotations

import argparse
import csv
import itertools
import sys
import wave
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from voicebot.hearing.ear.line import SPEECH_RMS, Line, draw, through, to_level  # noqa: E402
from voicebot.hearing.ear.sounds import RATE, Noise, Sound, noise, sound  # noqa: E402
from voicebot.hearing.ear.voices import FESTVOX, Speakers, Voice, draw_manner, read_wav  # noqa: E402
from voicebot.language.words import split  # noqa: E402

SENTENCES = Path(__file__).with_name("tuning.ru.yaml")
BEFORE_MS, AFTER_MS = 700, 900  # of the line around the speech
#: condition -> its share; the names are those that testset uses, `line` is anything that a telephone does
CONDITIONS = {"clean": 0.3, "pink15": 0.1, "babble15": 0.1, "pink5": 0.1, "babble5": 0.1, "clip": 0.1, "line": 0.2}
NON_SPEECH = 60
UNRELATED_HUMAN = 80


@dataclass(frozen=True)
class Made:
    text: str
    label: str
    voice: str
    speaker: str
    condition: str
    samples: np.ndarray
    begins: int
    ends: int


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--count", type=int, default=700)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(options.seed)
    speakers = Speakers(ROOT / ".local/rhvoice")
    try:
        made = [*spoken(speakers, options.count, rng), *people(rng), *nothing_said(rng)]
    finally:
        speakers.close()
    with (options.folder / "manifest.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["file", "text", "intent", "voice", "condition", "speech_start_ms", "speech_end_ms", "speaker"])
        for number, one in enumerate(made):
            name = f"{number:04d}_{one.label}_{one.voice}_{one.condition}.wav"
            write(options.folder / name, one.samples)
            begins, ends = one.begins * 1000 // RATE, one.ends * 1000 // RATE
            rows.writerow([name, one.text, one.label, one.voice, one.condition, begins, ends, one.speaker])
    print(f"{len(made)} recordings in {options.folder}")


def spoken(speakers: Speakers, count: int, rng: np.random.Generator) -> list[Made]:
    """Sentences in turn, each time by another voice in another manner on another line."""
    sentences = [(label, text) for label, texts in fresh().items() for text in texts]
    voices = speakers.voices()
    turns = list(itertools.islice(itertools.cycle(sentences), count))
    chosen = [voices[int(rng.choice(len(voices), p=_shares(voices)))] for _ in turns]
    said = speakers.speak([(text, voice, draw_manner(rng)) for (_, text), voice in zip(turns, chosen, strict=True)])
    crowd = [s for s in said if s is not None and len(s) > RATE][:40]
    kinds = rng.choice(list(CONDITIONS), size=count, p=list(CONDITIONS.values()))
    return [
        heard(text, label, voice, str(kind), speech, crowd, rng)
        for (label, text), voice, speech, kind in zip(turns, chosen, said, kinds, strict=True)
        if speech is not None
    ]


def _shares(voices: tuple[Voice, ...]) -> np.ndarray:
    shares = np.array([voice.share for voice in voices])
    return shares / shares.sum()


def fresh() -> dict[str, list[str]]:
    """The sentences that no hold-out has, single words excepted: everybody says those."""
    yaml = YAML(typ="safe")
    held = yaml.load((ROOT / "scenarios/phrases.ru.holdout.yaml").read_text("utf-8"))["sentences"]
    known = {tuple(split(row["say"])) for row in held}
    found = yaml.load(SENTENCES.read_text("utf-8"))
    return {label: [t for t in texts if len(split(t)) == 1 or tuple(split(t)) not in known]
            for label, texts in found.items()}  # fmt: skip


def heard(
    text: str,
    label: str,
    voice: Voice,
    condition: str,
    speech: np.ndarray,
    crowd: list[np.ndarray],
    rng: np.random.Generator,
) -> Made:
    """One answer on one line, the noise of the place before and after it."""
    line = line_of(condition, rng, len(speech) * 1000 // RATE)
    lost = min(line.start_cut_ms * RATE // 1000, len(speech) - 1)
    said = to_level(speech, SPEECH_RMS)[lost:]
    begins = int(BEFORE_MS * rng.uniform(0.6, 1.6)) * RATE // 1000
    scene = np.zeros(begins + len(said) + AFTER_MS * RATE // 1000, np.float32)
    scene[begins : begins + len(said)] = said
    if line.noise is not None:
        scene += noise(line.noise, len(scene), rng, crowd) * np.float32(SPEECH_RMS * 10 ** (-line.snr_db / 20))
    scene += rng.standard_normal(len(scene)).astype(np.float32) * np.float32(10 ** (rng.uniform(-75, -55) / 20))
    out = through(scene, line, rng)
    return Made(text, label, voice.name, voice.speaker, condition, out, begins, begins + len(said))


def line_of(condition: str, rng: np.random.Generator, speech_ms: int) -> Line:
    if condition == "line":
        return draw(rng, speech_ms)
    if condition == "clip":
        return Line(start_cut_ms=120)
    if condition == "clean":
        return Line(gain_db=float(rng.uniform(-12, 6)))
    kind = Noise.PINK if condition.startswith("pink") else Noise.BABBLE
    return Line(noise=kind, snr_db=float(condition[-2:].lstrip("kbe")), start_cut_ms=0)


def people(rng: np.random.Generator) -> list[Made]:
    """Human sentences that are no answer: recordings of festvox-ru, without those that are kept for judging."""
    kept = YAML(typ="safe").load((ROOT / "voicebot/hearing/ear/kept_recordings.yaml").read_text("utf-8"))["festvox"]
    files = [f for f in sorted(FESTVOX.glob("**/ru_*.wav")) if int(f.stem.rpartition("_")[2]) not in set(kept)]
    made = []
    for file in rng.permutation(np.array(files, dtype=object))[:UNRELATED_HUMAN] if files else []:
        found = read_wav(file)
        if found is None or found[1] != 16_000:
            continue
        speech = _halved(found[0])
        length = int(rng.uniform(0.3, 2.5) * RATE)  # a word or a part of a sentence, as between pauses
        at = int(rng.integers(0, max(1, len(speech) - length)))
        voice = Voice("human-festvox", "festvox", "festvox", 0.0)  # type: ignore[arg-type]
        made.append(heard("", "unrelated", voice, "clean", speech[at : at + length], [], rng))
    return made


def _halved(samples: np.ndarray) -> np.ndarray:
    import soxr

    return np.asarray(soxr.resample(samples, 16_000, RATE, "HQ"), np.float32)


def nothing_said(rng: np.random.Generator) -> list[Made]:
    """Noises and sounds of a telephone, 3 s each."""
    made = []
    kinds: list[Noise | Sound] = [k for k in (*Noise, *Sound) if k not in (Noise.BABBLE, Noise.TELEVISION)]
    for number in range(NON_SPEECH):
        kind = kinds[number % len(kinds)]
        level = np.float32(10 ** (rng.uniform(-45, -15) / 20))
        raw = noise(kind, 3 * RATE, rng) if isinstance(kind, Noise) else sound(kind, 3 * RATE, rng)
        out = through(raw * level, replace(draw(rng, 1000), noise=None), rng)
        made.append(Made("", "noise", "none", "none", kind.value, out, 0, len(out)))
    return made


def write(path: Path, samples: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


if __name__ == "__main__":
    main()
