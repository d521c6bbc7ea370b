"""The figures of an evaluation as a page for docs/figures/ear.md, and as plain data for --json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from voicebot.hearing.ear.classes import EarClass
from voicebot.hearing.ear.evaluating import (
    CONDITIONS,
    SURE,
    SURE_YES,
    Judged,
    confusions,
    false_answers,
    false_yes,
    in_condition,
    is_answer,
    is_human,
    is_sound,
    rate,
)
from voicebot.hearing.ear.recipes import Source

_NAMES = {"clean": "clean", "pink15": "15 dB pink", "babble15": "15 dB babble", "pink5": "5 dB pink",
          "babble5": "5 dB babble", "clip": "start cut 120 ms"}  # fmt: skip


_HOW = """## How to repeat it
```
pip install 'voicebot[train]'
apt-get install festival festvox-ru espeak-ng asterisk-core-sounds-{en,es,fr,it}-wav   # optional: more voices, people
voicebot ear make        # clips and features; goes on where it was interrupted
voicebot ear train       # var/ear/head.onnx, which the robot then prefers to the shipped head
voicebot ear evaluate --page docs/figures/ear.md
voicebot ear enrol yes "загляну непременно"   # heard at once, without training
```

""".splitlines()


def as_data(parts: Sequence[Judged]) -> dict[str, Any]:
    """left out -> figures; shares in 0…1."""
    return {part.left_out: _figures(part) for part in parts}


def as_page(parts: Sequence[Judged], epochs: int, clips: int, seed: int, load: str) -> str:
    """Markdown."""
    voices = [p for p in parts if p.left_out != "phrases"]
    phrases = [p for p in parts if p.left_out == "phrases"]
    pages = [
        "# The ear: figures",
        "",
        f"Made by `voicebot ear evaluate` (seed {seed}, {clips} clips, {epochs} epochs a head; {load}). "
        "The shipped head is trained on all voices and phrases; these heads are not.",
        "Right: the best class is the true one (`other`, `non_speech` and `incomplete` all mean: no answer). "
        f"Sure: what the ear alone would act upon, p ≥ {SURE} (yes ≥ {SURE_YES}). No question masks anything here.",
        "",
        *_HOW,
        "## Voices left out",
        "Each voice judged by a head that never heard it (aleksandr and aleksandr-hq are one speaker). `festvox` "
        "is cut out of a man's recordings, `espeak` is a formant synthesiser, far from a human voice.",
        "",
        *_table(voices),
        "",
        "## Phrases left out",
        "A fifth of the phrases, in all voices, judged by a head that never heard them (the voices it did).",
        "",
        *_table(phrases),
        "",
        "## What is no answer",
        "",
        *_nothing(parts),
        "",
        "## Classes, voices left out",
        "",
        *_classes([v for v in voices if v.left_out != "espeak"]),
        "",
        "## What is taken for what (voices left out, without espeak, without 5 dB babble)",
        "",
        "| true | heard | clips |",
        "| --- | --- | --- |",
        *(
            f"| {true} | {heard} | {n} |"
            for true, heard, n in confusions([v for v in voices if v.left_out != "espeak"])
        ),
    ]
    return "\n".join(pages) + "\n"


def _figures(part: Judged) -> dict[str, Any]:
    answers = part.only(is_answer)
    return {
        "clips": len(part),
        "answers_right": {c.value: _round(rate(answers.only(in_condition(c)))) for c in CONDITIONS},
        "false_yes": _round(false_yes(part)),
        "false_answers_speech": _round(false_answers(part.only(lambda r: r.source is Source.PHRASE))),
        "false_answers_human": _round(false_answers(part.only(is_human))),
        "false_answers_sounds": _round(false_answers(part.only(is_sound))),
    }


def _table(parts: Sequence[Judged]) -> list[str]:
    """Answers (not `other`) right in each condition, and what goes wrong."""
    names = [_NAMES[c.value] for c in CONDITIONS]
    head = ["left out", "answers", *names, "false yes, sure", "other taken for an answer, sure"]
    lines = [f"| {' | '.join(head)} |", f"|{' --- |' * len(head)}"]
    for part in parts:
        answers = part.only(is_answer)
        cells = [f"{100 * rate(answers.only(in_condition(c))):.0f} %" for c in CONDITIONS]
        spoken = part.only(lambda r: r.source is Source.PHRASE)
        wrong = [f"{100 * false_yes(spoken):.2f} %", f"{100 * false_answers(spoken):.1f} %"]
        lines.append(f"| {' | '.join([part.left_out, str(len(answers)), *cells, *wrong])} |")
    return lines


def _nothing(parts: Sequence[Judged]) -> list[str]:
    lines = ["| clips (head without unseen phrases) | clips | best class is an answer | sure answer | sure yes |",
             "| --- | --- | --- | --- | --- |"]  # fmt: skip
    for part in (p for p in parts if p.left_out == "phrases"):
        for name, keep in (("human speech that it never heard, all conditions", is_human), ("sounds", is_sound)):
            clips = part.only(keep)
            if len(clips):
                wrong = 100 * (1 - rate(clips))
                sure, yes = 100 * false_answers(clips), 100 * false_yes(clips)
                lines.append(f"| {name} | {len(clips)} | {wrong:.1f} % | {sure:.1f} % | {yes:.1f} % |")
    return lines


def _classes(voices: Sequence[Judged]) -> list[str]:
    names = [_NAMES[c.value] for c in CONDITIONS]
    lines = [f"| class | {' | '.join(names)} |", f"|{' --- |' * (len(names) + 1)}"]
    for label in EarClass:
        mine = [v.only(lambda r, label=label: r.label is label and not is_human(r)) for v in voices]  # type: ignore[misc]
        row = [_share([m.only(in_condition(condition)) for m in mine]) for condition in CONDITIONS]
        if any(cell != "–" for cell in row):
            lines.append(f"| {label.value} | {' | '.join(row)} |")
    return lines


def _share(clips: Sequence[Judged]) -> str:
    count = sum(map(len, clips))
    return f"{100 * sum(int(c.right.sum()) for c in clips if len(c)) / count:.0f} %" if count else "–"


def _round(share: float) -> float | None:
    return None if share != share else round(share, 4)
