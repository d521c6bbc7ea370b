"""What the rounds of the calls bench measured, as a table for the terminal and a short one for the documentation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from calls_processes import CLINIC
from calls_stages import STAGES

from voicebot.city.measuring import percentile

Round = dict[str, Any]
MEASURES = {
    "response": "end of the patient's speech -> robot's first sound",
    "interruption": "first word of an interruption -> robot silent",
    "greeting": "end of the patient's greeting -> robot's first word",
}


def table(rounds: Sequence[Round]) -> str:
    """Everything, readable at 120 columns."""
    return "\n".join(
        [
            "Response times at the patient's ear, ms: p50 / p95 / worst (how many)",
            *_columns(rounds, [(words, _times_of(name)) for name, words in MEASURES.items()], also_all=True),
            "",
            "Cost (the city, which plays the patients, apart)",
            *_columns(rounds, _COST),
            *_per_call(rounds),
            "",
            "Outcomes",
            *_columns(rounds, [("right of all calls", _right), ("confirmed falsely", _falsely)], also_all=True),
            *_wrong(rounds),
            "",
            "Where the time goes, ms: p50 / p95",
            *_stages(rounds),
            "",
            "Event loop of the robot, looked at every 5 ms",
            *_columns(rounds, _LOOP),
            *_places(rounds),
        ]
    )


def markdown(rounds: Sequence[Round]) -> str:
    """The table for the documentation."""
    measured = [*((words, _times_of(name)) for name, words in MEASURES.items()), ("outcomes right", _right)]
    costs = [*_COST, ("event loop late by more than 20 ms, times; worst ms", _LOOP[0][1])]
    whole = _together(rounds)
    lines = [f"| | {' | '.join(_head(r) for r in [*rounds, whole])} |", "|---" * (len(rounds) + 2) + "|"]
    lines += [f"| {words} | {' | '.join(tell(r) for r in [*rounds, whole])} |" for words, tell in measured]
    lines += [f"| {words.strip()} | {' | '.join(tell(r) for r in rounds)} | |" for words, tell in costs]
    return "\n".join(["Times in ms: p50 / p95 / worst (how many).", "", *lines, "", *_per_call(rounds), ""])


def _head(one: Round) -> str:
    return f"{one['lines']} line{'s' * (one['lines'] > 1)}" if one["lines"] else "all"


def _per_call(rounds: Sequence[Round]) -> list[str]:
    """What a further simultaneous call takes: the first call also loads voices, models and dictionaries."""
    few, many = (min(rounds, key=_most), max(rounds, key=_most)) if rounds else ({}, {})
    if not rounds or _most(few) == _most(many):
        return []
    more = (many["memory_clinic_peak_mb"] - few["memory_clinic_peak_mb"]) / (_most(many) - _most(few))
    return [f"  A further call at the same time takes {more:.1f} MB."]


def _most(one: Round) -> int:
    return int(one["simultaneous"]["most"])


def _columns(
    rounds: Sequence[Round], rows: Iterable[tuple[str, Callable[[Round], str]]], also_all: bool = False
) -> list[str]:
    shown = [*rounds, _together(rounds)] if also_all and len(rounds) > 1 else list(rounds)
    cells = [["", *map(_head, shown)], *([words, *(tell(r) for r in shown)] for words, tell in rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(shown) + 1)]
    return ["  " + "  ".join([row[0].ljust(widths[0]), *(c.rjust(w) for c, w in zip(row[1:], widths[1:], strict=True))])
            for row in cells]  # fmt: skip


def _together(rounds: Sequence[Round]) -> Round:
    return {
        "lines": 0,
        "timings": [t for r in rounds for t in r["timings"]],
        "outcomes": [o for r in rounds for o in r["outcomes"]],
    }


def _times_of(measure: str) -> Callable[[Round], str]:
    def tell(one: Round) -> str:
        took = [t["took_ms"] for t in one["timings"] if t["measure"] == measure]
        return f"{_p(took)} / {max(took)} ({len(took)})" if took else "-"

    return tell


def _p(values: Sequence[float]) -> str:
    rounded = [round(v) for v in values]
    return f"{percentile(rounded, 50)} / {percentile(rounded, 95)}" if rounded else "-"


def _clinic_cpu(one: Round) -> float:
    return sum(float(one["cpu_s"][name]) for name in CLINIC)


def _beyond_idle(one: Round) -> float:
    return _clinic_cpu(one) - sum(one["idle_cpu_per_s"][name] for name in CLINIC) * float(one["took_s"])


def _cpu_of(group: str) -> Callable[[Round], str]:
    return lambda r: f"{r['cpu_s'][group] / max(1, r['calls']):.2f}"


def _memory_of(group: str) -> Callable[[Round], str]:
    return lambda r: "{:.0f} / {:.0f}".format(*r["memory_peak_mb"][group])


_COST: list[tuple[str, Callable[[Round], str]]] = [
    ("calls; at once: most, mean", lambda r: "{}; {most}, {mean:.1f}".format(r["calls"], **r["simultaneous"])),
    ("CPU s per call", lambda r: f"{_clinic_cpu(r) / max(1, r['calls']):.2f}"),
    ("  robot", _cpu_of("robot")),
    ("    of it rendering prompts", lambda r: f"{r['rendering_cpu_s'] / max(1, r['calls']):.2f}"),
    ("  recognition workers", _cpu_of("recognition")),
    ("  Asterisk", _cpu_of("asterisk")),
    ("CPU s per call without what idling costs", lambda r: f"{_beyond_idle(r) / max(1, r['calls']):.2f}"),
    ("CPU s per minute of call", lambda r: f"{_clinic_cpu(r) / r['simultaneous']['seconds_of_calls'] * 60:.2f}"),
    ("idle robot, share of a core", lambda r: f"{r['idle_cpu_per_s']['robot']:.1%}"),
    ("the city's CPU s per call", _cpu_of("city")),
    ("memory before the first call, MB PSS", lambda r: f"{sum(r['memory_before_mb'][g][0] for g in CLINIC):.0f}"),
    ("memory at the most, MB PSS", lambda r: f"{r['memory_clinic_peak_mb']:.0f}"),
    ("  robot, PSS / RSS", _memory_of("robot")),
    ("  recognition workers, PSS / RSS", _memory_of("recognition")),
    ("  Asterisk, PSS / RSS", _memory_of("asterisk")),
    ("load average before / most during", lambda r: f"{r['load_before'][0]:.1f} / {r['load_during']:.1f}"),
    ("cores; busy with others, stolen", lambda r: "{}; {:.0%}, {:.0%}".format(
        r["cores"], *(r[k] / r["took_s"] / r["cores"] for k in ("others_cpu_s", "stolen_s")))),
]  # fmt: skip


def _ours(one: Round) -> list[dict[str, Any]]:
    """Delays in which the loop's own thread worked."""
    return [late for late in one["late"] if late["cpu_ms"] >= late["late_ms"] / 2]


def _threads(one: Round) -> list[dict[str, Any]]:
    """Delays in which another thread of the robot worked, and perhaps held the interpreter's lock."""
    return [late for late in one["late"] if late not in _ours(one) and late["process_ms"] >= late["late_ms"] / 2]


_LOOP: list[tuple[str, Callable[[Round], str]]] = [
    ("late by more than 20 ms, times; worst ms", lambda r: _worst(r["late"])),
    ("  of them by its own work", lambda r: _worst(_ours(r))),
    ("  of them while other threads of the robot worked", lambda r: _worst(_threads(r))),
]


def _worst(late: Sequence[dict[str, Any]]) -> str:
    return f"{len(late)}; {max(one['late_ms'] for one in late):.0f}" if late else "0"


def _places(rounds: Sequence[Round]) -> list[str]:
    """Where the robot's threads were when a delay was noticed, the worst first."""
    found: dict[str, list[float]] = {}
    for late in (late for r in rounds for late in r["late"]):
        found.setdefault(late["where"] or "(not caught)", []).append(late["late_ms"])
    worst = sorted(found.items(), key=lambda item: -max(item[1]))[:8]
    return [f"    {len(ms)} x, worst {max(ms):.0f} ms: {where}" for where, ms in worst]


def _right(one: Round) -> str:
    known = [o for o in one["outcomes"] if o["got"] is not None]
    return f"{sum(o['got'] == o['meant'] for o in known)} of {len(one['outcomes'])}"


def _falsely(one: Round) -> str:
    return str(sum(o["got"] == "confirmed" != o["meant"] for o in one["outcomes"]))


def _wrong(rounds: Sequence[Round]) -> list[str]:
    wrong = [o for r in rounds for o in r["outcomes"] if o["got"] != o["meant"]]
    return [
        "    «{manner}»: meant {meant}, got {outcome}, was heard as: {words}".format(
            **o, outcome=o["got"] or "cut off", words=" | ".join(word or "…" for word in o["heard"])
        )
        for o in wrong
    ]


def _stages(rounds: Sequence[Round]) -> list[str]:
    lines: list[str] = []
    for measure, words in MEASURES.items():
        here = {name for r in rounds for s in r["splits"] if s["measure"] == measure for name in s["stages"]}
        rows = [(f"  {name}", _stage(measure, name)) for name in STAGES if name in here]
        if measure == "response":
            rows.append(("  (its text lay ready for)", _lay))
        lines += [f"  {words}", *_columns(rounds, rows)]
    return lines + [f"    {name}: {what}" for name, what in STAGES.items()]


def _stage(measure: str, name: str) -> Callable[[Round], str]:
    return lambda r: _p([s["stages"][name] for s in r["splits"] if s["measure"] == measure and name in s["stages"]])


def _lay(one: Round) -> str:
    return _p([s["text_lay_ms"] for s in one["splits"] if s["measure"] == "response" and s["text_lay_ms"] is not None])
