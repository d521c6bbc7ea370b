"""bench/report.md: what the parts of the calls bench measured, against the targets of the product."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from calls_people import LOSSES, NOISE
from calls_plots import plots
from calls_processes import CLINIC

from voicebot.city.measuring import percentile

Round = dict[str, Any]
Kept = Mapping[str, dict[str, Any]]
KINDS = {
    "yes": "yes", "no": "no", "cancel": "cancel", "stop": "do not call again", "operator": "a human, please",
    "repeat": "say it again", "who": "who is this", "wrong": "wrong number", "callback": "call later",
    "busy": "busy now", "change": "another day", "question": "a question", "other": "something else",
}  # fmt: skip


def write_report(kept: Kept, out: Path) -> Path:
    """report.md with its plots in out/plots; its path. kept: part -> what bench_calls kept of it."""
    parts = {"response": _response, "barge": _barge, "noise": _noise, "loss": _loss, "load": _load}
    drawn = plots(kept, out / "plots")
    said = "Made by `make bench`. Times in ms. The voices of the city are among those that the ear was trained on."
    lines = ["# Calls, measured at the patient's ear", "", said, ""]
    for part, tell in parts.items():
        if part in kept:
            what = kept[part]
            lines += ["", f"## {part}", _machine(what), "", *tell(what["rounds"])]
            lines += [f"\n![{part}](plots/{name})" for name in drawn.get(part, ())]
    path = out / "report.md"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def times(values: Iterable[float]) -> str:
    """p50 / p95 / p99 (how many)."""
    found = [round(v) for v in values]
    if not found:
        return "–"
    return f"{percentile(found, 50)} / {percentile(found, 95)} / {percentile(found, 99)} ({len(found)})"


def rows(cells: Sequence[Sequence[str]]) -> list[str]:
    """A table of Markdown; the first row is its head."""
    head, *rest = cells
    return [f"| {' | '.join(head)} |", "|---" * len(head) + "|", *(f"| {' | '.join(row)} |" for row in rest), ""]


def took(rounds: Iterable[Round], measure: str, **wanted: str) -> list[int]:
    """The figures of a measure, of timings with these properties."""
    return [t["took_ms"] for r in rounds for t in r["timings"]
            if t["measure"] == measure and all(t.get(k) == v for k, v in wanted.items())]  # fmt: skip


def _machine(what: dict[str, Any]) -> str:
    rounds = what["rounds"]
    load = ", ".join(f"{r['load_before'][0]:.1f}→{r['load_during']:.1f}" for r in rounds)
    others = sum(r["others_cpu_s"] for r in rounds) / sum(r["took_s"] * r["cores"] for r in rounds)
    return (f"{what['at']}, {what['took_s']} s; {rounds[0]['cores']} cores, of which others had {others:.0%}; "
            f"load before→most: {load}")  # fmt: skip


def _response(rounds: Sequence[Round]) -> list[str]:
    apart = [r for r in rounds if "answers" not in r]  # the whole app; the others are many short questions
    cells = [["p50 / p95 / p99 (how many)", "ms"]]
    cells.append(["end of speech → robot's sound", times(took(rounds, "response"))])
    cells += [[f"· {words}", times(took(rounds, "response", kind=kind))] for kind, words in KINDS.items()]
    cells.append(["end of the greeting → first word", times(took(rounds, "greeting"))])
    cells.append(["1.2 s after a silent pick-up → first word", times(v for r in apart for v in r.get("ungreeted", ()))])
    costs = [["", *(f"{r['lines']} lines" for r in rounds)]]
    for words, tell in _COSTS:
        costs.append([words, *(tell(r) for r in rounds)])
    return [*rows(cells), *rows(costs), *_stages(rounds)]


def _cpu(one: Round, names: Sequence[str], seconds: float) -> str:
    talked = one["simultaneous"]["seconds_of_calls"]
    return f"{sum(one['cpu_s'][n] for n in names) / max(1.0, talked) * seconds:.2f}"


_COSTS: list[tuple[str, Callable[[Round], str]]] = [
    ("calls; at once, mean", lambda r: "{}; {:.1f}".format(r["calls"], r["simultaneous"]["mean"])),
    ("CPU s of robot and recognition per 40 s of call", lambda r: _cpu(r, ("robot", "recognition"), 40)),
    ("· of the robot alone", lambda r: _cpu(r, ("robot",), 40)),
    ("· with Asterisk", lambda r: _cpu(r, CLINIC, 40)),
    ("memory at the most, MB PSS", lambda r: f"{r['memory_clinic_peak_mb']:.0f}"),
]


def _stages(rounds: Sequence[Round]) -> list[str]:
    """Where a response's time goes."""
    found: dict[str, list[float]] = {}
    for split in (s for r in rounds for s in r["splits"] if s["measure"] == "response"):
        for name, ms in split["stages"].items():
            found.setdefault(name, []).append(ms)
    return rows([["of a response", "p50 / p95 / p99 (how many)"], *([n, times(v)] for n, v in found.items())])


def _barge(rounds: Sequence[Round]) -> list[str]:
    spoken = [s for r in rounds for s in r["spoken"]]
    nods, real = [s for s in spoken if s["nod"]], [s for s in spoken if not s["nod"]]
    cells = [["", "nods («угу», «так» …)", "interruptions"]]
    cells.append(["spoken over the robot", str(len(nods)), str(len(real))])
    for words, keeps in (
        ("robot went on without a pause", lambda s: s["paused_ms"] is None),
        ("paused, went on from where it was", lambda s: s["what"] == "resumed"),
        ("paused, began the phrase again", lambda s: s["what"] == "repeated"),
        ("paused, said something else", lambda s: s["what"] == "answered"),
        ("paused, said nothing for 12 s", lambda s: s["what"] == "silent"),
    ):
        cells.append([words, *(_share(map(keeps, group)) for group in (nods, real))])
    orders = [[s["paused_ms"] for s in group if s["paused_ms"] is not None] for group in (nods, real)]
    cells.append(["first word → order to pause", *map(times, orders)])
    gaps = [[s["gap_ms"] for s in group if s["gap_ms"] is not None] for group in (nods, real)]
    cells.append(["order to pause → speaks again", *map(times, gaps)])
    at_ear = times(took(rounds, "interruption"))
    return [*rows(cells), f"First word → silence at the ear, all: {at_ear}", ""]


def _share(found: Iterable[bool]) -> str:
    known = list(found)
    return f"{sum(known)} of {len(known)}" if known else "–"


def _noise(rounds: Sequence[Round]) -> list[str]:
    return _understood(rounds, list(NOISE))


def _loss(rounds: Sequence[Round]) -> list[str]:
    return _understood(rounds, [f"{loss} % lost" for loss in LOSSES])


def _understood(rounds: Sequence[Round], conditions: Sequence[str]) -> list[str]:
    cells = [["", *conditions]]
    by = {c: [a for r in rounds for a in r["answers"] if a["condition"] == c] for c in conditions}
    ends = {c: [e for r in rounds for e in r["ends"] if e["condition"] == c] for c in conditions}
    answers = {c: [a for a in by[c] if a["label"] != "other"] for c in conditions}
    cells.append(["sentences", *(str(len(answers[c])) for c in conditions)])
    for result, words in (("right", "right"), ("asked_again", "asked again"), ("wrong", "wrong"),
                          ("unheard", "not noticed")):  # fmt: skip
        cells.append([words, *(percent([a["result"] == result for a in answers[c]]) for c in conditions)])
    cells.append(["false yes", *(_share(a["false_yes"] for a in by[c]) for c in conditions)])
    stops = {c: [a for a in by[c] if a["label"] == "stop"] for c in conditions}
    cells.append(["stop found", *(_share(a["got"] == "stop" for a in stops[c]) for c in conditions)])
    other = {c: [a for a in by[c] if a["label"] == "other"] for c in conditions}
    cells.append(["what is no answer taken for one", *(_share(a["answered"] for a in other[c]) for c in conditions)])
    cells.append(["calls taken for an answering machine",
                  *(_share(e["disposition"] == "voicemail" for e in ends[c]) for c in conditions)])  # fmt: skip
    cells.append(["response", *(times(took(rounds, "response", condition=c)) for c in conditions)])
    return [*rows(cells), *_mistakes([a for c in conditions for a in by[c]])]


def percent(found: Sequence[bool]) -> str:
    return f"{100 * sum(found) / len(found):.1f} %" if found else "–"


def _mistakes(found: Sequence[dict[str, Any]]) -> list[str]:
    wrong = [a for a in found if a["result"] in ("wrong", "asked_again")]
    lines = [f"- {a['condition']}, {a['voice']}: «{a['said']}» heard «{a['text']}» → {a['got'] or 'asked again'}"
             for a in wrong]  # fmt: skip
    return ["<details><summary>wrong, or asked again</summary>", "", *lines, "", "</details>", ""] if lines else []


def late(stream: Mapping[str, int]) -> float:
    return stream["late"] / max(1, stream["frames"])


def _load(rounds: Sequence[Round]) -> list[str]:
    cells = [["talking at once", *(str(r["lines"]) for r in rounds)]]
    rights = [[a["result"] == "right" for a in r["answers"] if a["label"] != "other"] for r in rounds]
    cells += [
        ["calls through", *(f"{r['calls']} of {r['of']}" for r in rounds)],
        ["late frames at the ear", *(f"{late(r['streams']['ear']):.2%}" for r in rounds)],
        ["late frames in the robot", *(f"{late(r['streams']['robot']):.2%}" for r in rounds)],
        ["response", *(times(took([r], "response")) for r in rounds)],
        ["right", *(percent(right) for right in rights)],
        *([f"{name}, cores", *(f"{r['cpu_s'][name] / r['took_s']:.2f}" for r in rounds)] for name in (*CLINIC, "city")),
        ["CPU s of robot and recognition per 40 s of call", *(_cpu(r, ("robot", "recognition"), 40) for r in rounds)],
        ["others, cores", *(f"{r['others_cpu_s'] / r['took_s']:.2f}" for r in rounds)],
        ["recognition, ms", *(times(a for a, own in r["recognitions"] if own) for r in rounds)],
        ["event loop late by 20 ms", *(f"{len(r['late'])}" for r in rounds)],
    ]
    return [*rows(cells), "A frame is late when it comes more than 60 ms after its turn.", ""]
