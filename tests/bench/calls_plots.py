"""The plots of the calls bench. Without matplotlib (it is no run-time dependency) there are none."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from calls_people import LOSSES, NOISE

from voicebot.city.measuring import percentile

Round = dict[str, Any]
RESULTS = {"right": "#3b8f5a", "asked_again": "#e0b040", "unheard": "#9aa5b1", "wrong": "#c0392b"}
TARGETS_MS = {400: "p50 wanted", 650: "p95 wanted"}


def plots(kept: Mapping[str, dict[str, Any]], folder: Path) -> dict[str, list[str]]:
    """Draws a picture for each part; part -> file names."""
    try:
        import matplotlib
    except ImportError:
        print("no plots: matplotlib is not installed (pip install -e '.[dev]')", file=sys.stderr)
        return {}
    matplotlib.use("Agg")
    from matplotlib import pyplot

    folder.mkdir(parents=True, exist_ok=True)
    drawers: dict[str, Callable[[Any, Sequence[Round]], None]] = {
        "response": _response, "barge": _barge, "noise": _noise, "loss": _loss, "load": _load,
    }  # fmt: skip
    drawn: dict[str, list[str]] = {}
    for part, draw in drawers.items():
        if part not in kept:
            continue
        figure, axes = pyplot.subplots(figsize=(8, 3.6), layout="constrained")
        draw(axes, kept[part]["rounds"])
        figure.savefig(folder / f"{part}.png", dpi=110)
        pyplot.close(figure)
        drawn[part] = [f"{part}.png"]
    return drawn


def _took(rounds: Sequence[Round], measure: str) -> list[tuple[str, int]]:
    return [(t.get("kind", ""), t["took_ms"]) for r in rounds for t in r["timings"] if t["measure"] == measure]


def _response(axes: Any, rounds: Sequence[Round]) -> None:
    """Each answer a dot, by kind."""
    found: dict[str, list[int]] = {}
    for kind, ms in _took(rounds, "response"):
        found.setdefault(kind or "?", []).append(ms)
    names = sorted(found, key=lambda name: percentile(found[name], 50))
    axes.boxplot([found[n] for n in names], orientation="horizontal", whis=(5, 95), widths=0.6)
    axes.set_yticks(range(1, len(names) + 1), [f"{n} ({len(found[n])})" for n in names])
    for ms, words in TARGETS_MS.items():
        axes.axvline(ms, color="#888", linestyle="--", linewidth=0.8)
        axes.text(ms, len(names) + 0.6, words, fontsize=7, color="#666")
    axes.set_xlabel("end of speech → robot's sound at the ear, ms (box: quarters, whiskers: 5–95 %)")
    axes.set_xlim(left=0)


def _barge(axes: Any, rounds: Sequence[Round]) -> None:
    ms = sorted(v for _, v in _took(rounds, "interruption"))
    if ms:
        axes.step(ms, [100 * (i + 1) / len(ms) for i in range(len(ms))], where="post")
    axes.axvline(250, color="#888", linestyle="--", linewidth=0.8)
    axes.text(250, 2, " p95 wanted", fontsize=7, color="#666")
    axes.set_xlabel("first word over the robot's speech → silence at the ear, ms")
    axes.set_ylabel("% of them")
    axes.set_xlim(left=0)


def _bars(axes: Any, rounds: Sequence[Round], conditions: Sequence[str]) -> None:
    bottom = [0.0] * len(conditions)
    for result, colour in RESULTS.items():
        heights = []
        for condition in conditions:
            mine = [a for r in rounds for a in r["answers"] if a["condition"] == condition and a["label"] != "other"]
            heights.append(100 * sum(a["result"] == result for a in mine) / max(1, len(mine)))
        axes.bar(conditions, heights, bottom=bottom, color=colour, label=result.replace("_", " "), width=0.7)
        bottom = [b + h for b, h in zip(bottom, heights, strict=True)]
    axes.set_ylabel("% of answers")
    axes.legend(fontsize=7, ncols=4, loc="lower left")


def _noise(axes: Any, rounds: Sequence[Round]) -> None:
    _bars(axes, rounds, list(NOISE))


def _loss(axes: Any, rounds: Sequence[Round]) -> None:
    _bars(axes, rounds, [f"{loss} % lost" for loss in LOSSES])


def _load(axes: Any, rounds: Sequence[Round]) -> None:
    talking = [r["lines"] for r in rounds]
    for name, marker in (("ear", "o"), ("robot", "s")):
        share = [100 * r["streams"][name]["late"] / max(1, r["streams"][name]["frames"]) for r in rounds]
        axes.plot(talking, share, marker=marker, label=f"late frames, {name}")
    axes.axhline(1, color="#888", linestyle="--", linewidth=0.8)
    axes.set_xlabel("people talking at once")
    axes.set_ylabel("% of frames")
    axes.set_ylim(bottom=0)
    other = axes.twinx()
    for percent, style in ((50, ":"), (95, "-")):
        took = [[ms for _, ms in _took([r], "response")] for r in rounds]
        points = [percentile(t, percent) if t else float("nan") for t in took]
        other.plot(talking, points, style, marker=".", color="#a0522d", label=f"response p{percent}")
    other.set_ylabel("response, ms")
    other.set_ylim(bottom=0)
    axes.legend(fontsize=7, loc="upper left")
    other.legend(fontsize=7, loc="lower right")
