"""The model card that lies beside a head: what it is, of what it was made, what it must not be trusted with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from voicebot.hearing.ear.head_file import HeadCard
from voicebot.hearing.ear.recipes import Recipe
from voicebot.hearing.ear.training import counts

_CARD = """# Model card: head.onnx

A classifier of short Russian telephone answers on the frozen encoder of Whisper base (OpenAI, MIT). It hears the last
4 s and tells {classes} classes (voicebot/hearing/ear/classes.py) with probabilities, and a 128-number embedding.

| | |
| --- | --- |
| version, size, SHA-256 | {version}, {size} bytes, `{sha256}` |
| trained | {trained}, {clips} clips, {epochs} epochs, seed {seed}, temperature {temperature} |
| right on clips kept from training, of the same voices and phrases | {accuracy:.1f} % (see docs/figures/ear.md) |
| licence | that of voicebot; no recording of a patient was used |

## Made of
`voicebot ear make && voicebot ear train`. Synthetic speech: RHVoice (Anna, Irina, Elena, Aleksandr, Aleksandr-hq, free
licences), festvox-ru by festival (BSD-like), espeak-ng (GPL; its output is not). Recordings of people, only as
`other`: festvox-ru (BSD-like; the numbers in kept_recordings.yaml left out), Asterisk's prompts in English, Spanish
and Italian (CC BY). Noises, music, tones, coughs are computed. Speakers: {voices}.

| class | clips |
| --- | --- |
{counts}

## For
A second opinion beside recognised text, masked by what the question allows (voicebot/hearing/fusion.py). The ear alone
needs p ≥ 0.9, a lone "yes" ≥ 0.97.

## Not for
Deciding alone where a visit or a consent hangs on it; other languages; answers longer than 4 s (their end is heard);
telling who speaks. It heard no real patients, no children, no accents, no anger. Short human syllables and unrelated
human speech are taken for answers more often than noise is.
"""


def write_card(
    folder: Path, card: HeadCard, recipes: Sequence[Recipe], accuracy: float, seed: int, epochs: int
) -> None:
    """MODEL_CARD.md beside the head. recipes: what it learnt from. accuracy: 0…1."""
    lines = "\n".join(f"| {name} | {n} |" for name, n in counts(recipes).items())
    folder.joinpath("MODEL_CARD.md").write_text(
        _CARD.format(
            classes=len(card.classes), version=card.version, size=card.size, sha256=card.sha256, trained=card.trained,
            clips=card.clips, epochs=epochs, seed=seed, temperature=card.temperature, accuracy=100 * accuracy,
            voices=", ".join(card.voices), counts=lines,
        )
    )  # fmt: skip
