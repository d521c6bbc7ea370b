"""How well and how fast sentences are understood: python tests/bench/bench_language.py. Prints JSON, no sentences.

right:      the first meaning with a score from 0.5 on is (one of) the expected; for `none` there is no such meaning
false_yes:  yes is the first meaning, from 0.5 on, of a sentence that is no yes
asked_again: nothing reaches 0.5, though something was meant
table_alone: the same without the model of samples (voicebot/language/likeness.py)

--folds: also judges the samples themselves, each by a model that was learnt without it (three minutes).
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import numpy as np
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from voicebot.language.learning import learn  # noqa: E402
from voicebot.language.likeness import shipped  # noqa: E402
from voicebot.language.sample_sentences import read_samples  # noqa: E402
from voicebot.language.table import PhraseTable, Question  # noqa: E402
from voicebot.language.understanding import Understanding  # noqa: E402
from voicebot.scenarios.phrases import load_phrases  # noqa: E402

SURE = 0.5
MSK = timezone(timedelta(hours=3))
NOW = datetime(2026, 11, 27, 10, tzinfo=MSK)
VISIT = datetime(2026, 11, 28, 15, tzinfo=MSK)  # what the authors were told: tomorrow, Saturday, at three
CORPUS_NAMES = frozenset({"иван", "ивана", "аркадьевич"})  # whom the corpus asks for; the hold-out names nobody


@dataclass(frozen=True, slots=True)
class Expected:
    """One sentence, the question that it answers, and the meanings that are right."""

    say: str
    question: Question
    means: frozenset[str]


def read(path: Path) -> Any:
    return YAML(typ="safe", pure=True).load(path.read_text("utf-8"))


def corpus(path: Path) -> list[Expected]:
    tree = YAML(typ="safe", pure=True)
    tree.version = (1, 2)  # yes and no are words
    return [
        Expected(str(say), Question(question), frozenset({str(intent)}))
        for question, intents in tree.load(path.read_text("utf-8")).items()
        for intent, sentences in intents.items()
        for say in sentences
    ]


def holdout(path: Path) -> list[Expected]:
    found = []
    for one in read(path)["sentences"]:
        means = one["means"] if isinstance(one["means"], list) else [one["means"]]
        question = Question.IDENTITY if one["at"] == "identity" else Question.ANY
        found.append(Expected(str(one["say"]), question, frozenset(map(str, means))))
    return found


def first(understanding: Understanding, one: Expected, names: frozenset[str], visit: datetime | None) -> str:
    now = NOW if visit else None
    candidates = understanding.understand(one.say, question=one.question, names=names, now=now, visit=visit).candidates
    return candidates[0].intent.value if candidates and candidates[0].score >= SURE else "none"


def figures(
    understanding: Understanding, sentences: Sequence[Expected], names: frozenset[str], visit: datetime | None = None
) -> dict[str, Any]:
    got = [(one.means, first(understanding, one, names, visit)) for one in sentences]
    stops = [heard for means, heard in got if "stop" in means]
    return {
        "sentences": len(got),
        "right": sum(heard in means for means, heard in got),
        "right_percent": round(100 * sum(heard in means for means, heard in got) / len(got), 1),
        "false_yes": sum(heard == "yes" and "yes" not in means for means, heard in got),
        "stop_found": f"{stops.count('stop')}/{len(stops)}",
        "asked_again": sum(heard == "none" and "none" not in means for means, heard in got),
        "false_stop": sum(heard == "stop" and "stop" not in means for means, heard in got),
    }


def values(understanding: Understanding, path: Path) -> dict[str, int]:
    data = read(path)
    now = datetime.fromisoformat(str(data["now"])).replace(tzinfo=MSK)
    right = 0
    for one in data["sentences"]:
        heard = understanding.understand(str(one["say"]), now=now).values
        by_kind = {v.kind.value: v.value for v in reversed(heard)}  # the first of each kind counts
        right += all(by_kind.get(kind) == str(one[kind]) for kind in ("number", "date", "time") if kind in one)
    return {"sentences": len(data["sentences"]), "right": right}


def speed(understanding: Understanding, sentences: Sequence[Expected]) -> dict[str, float]:
    """Microseconds a sentence, alternatives and values included, after one round of warm-up."""
    took = []
    for round_ in range(3):
        for one in sentences:
            started = time.perf_counter_ns()
            understanding.understand(one.say, question=one.question, now=NOW)
            if round_:
                took.append((time.perf_counter_ns() - started) / 1000)
    cuts = statistics.quantiles(took, n=100)
    return {"p50_us": round(cuts[49], 1), "p95_us": round(cuts[94], 1), "p99_us": round(cuts[98], 1)}


def folds(table: PhraseTable) -> dict[str, Any]:
    """The fresh samples (the table was not written by them), each fifth judged by a model of the other four."""
    samples = read_samples()
    fresh = [i for i, sample in enumerate(samples) if sample.fresh]
    fold = dict(zip(fresh, np.random.default_rng(7).permutation(len(fresh)) % 5, strict=True))
    total: Counter[str] = Counter()
    for k in range(5):
        model = learn([s for i, s in enumerate(samples) if fold.get(i) != k], table)
        judged = [Expected(s.say, s.question, frozenset(s.labels)) for i, s in enumerate(samples) if fold.get(i) == k]
        found = figures(Understanding(table, model), judged, frozenset(), VISIT)
        total.update({name: value for name, value in found.items() if isinstance(value, int)})
    return dict(total)


def main() -> None:
    folder = ROOT / "scenarios"
    started = time.perf_counter()
    understanding = Understanding(load_phrases(folder / "phrases.ru.yaml"), shipped())
    loaded = time.perf_counter() - started
    tuned = corpus(folder / "phrases.ru.test.yaml")
    result: dict[str, Any] = {"load_s": round(loaded, 2), "phrases": len(understanding.table.phrases)}
    alone = Understanding(understanding.table, None)
    result["corpus"] = figures(understanding, tuned, CORPUS_NAMES)
    unseen = holdout(folder / "phrases.ru.holdout.yaml")
    result["holdout"] = figures(understanding, unseen, frozenset())
    result["holdout, table alone"] = figures(alone, unseen, frozenset(), VISIT)
    result["holdout, visit known"] = figures(understanding, unseen, frozenset(), VISIT)
    if (folder / "values.ru.holdout.yaml").exists():
        result["holdout_values"] = values(understanding, folder / "values.ru.holdout.yaml")
    if "--folds" in sys.argv:
        result["samples_five_fold"] = folds(understanding.table)
    result["speed"] = speed(understanding, tuned)
    result["load_average"] = [round(x, 2) for x in os.getloadavg()]
    print(json.dumps(result, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
