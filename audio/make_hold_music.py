"""Write audio/hold/hold.wav: ten seconds of soft chords, 8 kHz mono, made of sine waves and free of any rights.

    python audio/make_hold_music.py
"""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

RATE = 8000
CHORD_S = 2.5
CHORDS = (  # a quiet turn in C major, each chord as frequencies in Hz
    (261.6, 329.6, 392.0),
    (220.0, 261.6, 329.6),
    (174.6, 220.0, 261.6),
    (196.0, 246.9, 293.7),
)
LEVEL = 0.09  # of full scale and per voice: music on hold lies under speech level


def chord(frequencies: tuple[float, ...]) -> np.ndarray:
    """One chord, its notes entering one after another and dying away; float64 samples."""
    time = np.arange(int(CHORD_S * RATE)) / RATE
    sound = np.zeros_like(time)
    for index, frequency in enumerate(frequencies):
        since = time - index * 0.4
        envelope = np.where(since > 0, np.exp(-np.maximum(since, 0) * 1.2) * np.clip(since / 0.03, 0, 1), 0.0)
        sound += LEVEL * envelope * (np.sin(2 * np.pi * frequency * time) + 0.3 * np.sin(4 * np.pi * frequency * time))
    return sound * np.clip((CHORD_S - time) / 0.2, 0, 1)


def main() -> None:
    samples = np.concatenate([chord(each) for each in CHORDS])
    with wave.open(str(Path(__file__).with_name("hold") / "hold.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((samples * 32767).astype("<i2").tobytes())


if __name__ == "__main__":
    main()
