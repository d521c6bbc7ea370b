"""What speaking costs on this machine: start-up of its libraries and milliseconds a phrase; prints one JSON table.

    .venv/bin/python tests/bench/bench_speaking.py

Targets: a phrase 5 ms after warm-up, start-up 1 s and only where words are made.
"""

from __future__ import annotations

import importlib.util
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from voicebot.language import morphology, names, numerals  # noqa: E402 - need not be installed
from voicebot.language.speaking import spoken, spoken_text  # noqa: E402

GOLDEN = ROOT / "tests/unit/language"
PHRASE_MS, START_S = 5.0, 1.0
_START = """
import sys, time
start = time.perf_counter()
import voicebot.language.speaking as s
imported = time.perf_counter()
lazy = not {"pymorphy3", "num2words", "pytrovich"} & set(sys.modules)
s.spoken_text("до 5 врачей на 3 этаже", {})
from voicebot.language.names import named
from voicebot.language.cases import Case
named("Улюкаева", "Анна", title="детский хирург").in_case(Case.DATIVE)
print(imported - start, time.perf_counter() - imported, lazy)
"""


def main() -> int:
    texts, templates = _lines("texts"), _lines("templates")
    facts = _facts()
    dictionary = {**facts.PRONUNCIATIONS, **{f"слово{n}": "слово" for n in range(500)}}
    imported_s, first_s, lazy = _start()
    as_text = _timed([lambda t=t: spoken_text(t, dictionary) for t in texts])
    as_template = _timed([lambda t=t: spoken(t, facts.FACTS, facts.NOW, dictionary) for t in templates])
    cold = _timed([lambda t=t: spoken(t, facts.FACTS, facts.NOW, dictionary) for t in templates], forget=True)
    table = {
        "load": round(os.getloadavg()[0], 2),
        "start": {"import_s": round(imported_s, 3), "first_words_s": round(first_s, 3), "lazy": lazy,
                  "target_s": START_S},
        "texts_ms": _summary(as_text),
        "templates_ms": _summary(as_template),
        "templates_never_seen_ms": _summary(cold),
        "target_ms": PHRASE_MS,
    }  # fmt: skip
    print(json.dumps(table, ensure_ascii=False, indent=2))
    slow = max(table["texts_ms"]["p99"], table["templates_ms"]["p99"]) > PHRASE_MS
    return 1 if slow or first_s > START_S or not lazy else 0


def _lines(name: str) -> list[str]:
    lines = (GOLDEN / "golden" / f"{name}.txt").read_text("utf-8").splitlines()
    return [line.split("=>")[0].strip() for line in lines if line.strip() and not line.startswith("#")]


def _facts():  # type: ignore[no-untyped-def]
    spec = importlib.util.spec_from_file_location("golden_facts", GOLDEN / "golden_facts.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _start() -> tuple[float, float, bool]:
    here = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-c", _START], cwd=ROOT, env=here, capture_output=True, text=True, check=True, timeout=60
    )
    imported, first, lazy = done.stdout.split()
    return float(imported), float(first), lazy == "True"


def _timed(calls: Sequence[Callable[[], str]], *, forget: bool = False) -> list[float]:
    """Milliseconds of each call after warm-up; forget empties what is remembered of words before each."""
    for call in calls:
        call()
    took: list[float] = []
    for call in calls:
        if forget:
            for cached in (morphology.parses, morphology.noun_phrase, morphology.counted, names._in_case,
                           numerals.cardinal, numerals.ordinal):  # fmt: skip
                cached.cache_clear()
        start = time.perf_counter()
        call()
        took.append((time.perf_counter() - start) * 1000)
    return took


def _summary(took: list[float]) -> dict[str, float]:
    took = sorted(took)
    p99 = took[int(len(took) * 0.99)]
    mean = statistics.fmean(took)
    return {"phrases": len(took), "mean": round(mean, 3), "p99": round(p99, 3), "max": round(took[-1], 3)}


if __name__ == "__main__":
    sys.exit(main())
