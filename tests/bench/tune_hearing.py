"""Chooses the thresholds of voicebot/hearing/rules.py on the recordings of tuning_set.py. Steps:

    .venv/bin/python tests/bench/tune_hearing.py hear FOLDER OUT.jsonl [--workers 2] [--every N]
    .venv/bin/python tests/bench/tune_hearing.py judge FOLDER OUT.jsonl [--head HEAD] [--speaker NAME] [--text-only]
    .venv/bin/python tests/bench/tune_hearing.py choose FOLDER OUT.jsonl [--head HEAD] [--speaker NAME]

hear: every recording once through detector, endpoint, recogniser and ear. judge: the figures with the rules as they
are. choose: replays fusion over what was heard, one threshold after another, twice over, and prints the cost of each
value. --head with --speaker: a head that never heard this speaker, so that the ear is as unsure as with strangers.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import sys
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path as FilePath
from typing import Any

import numpy as np

ROOT = FilePath(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from voicebot.calls.mind import CallMind  # noqa: E402
from voicebot.clock import SystemClock  # noqa: E402
from voicebot.dialogue.intents import Meaning  # noqa: E402
from voicebot.hearing.ear.features import encode, log_mel, to_window  # noqa: E402
from voicebot.hearing.ear.runtime import Ear  # noqa: E402
from voicebot.hearing.rules import RULES, FusionRules  # noqa: E402
from voicebot.judging.path import Path, Said  # noqa: E402
from voicebot.judging.question import MARKS, USUAL, asked_at, scenarios_in  # noqa: E402
from voicebot.judging.recordings import read_recording  # noqa: E402
from voicebot.judging.room import hearing_room  # noqa: E402
from voicebot.judging.score import Result, Verdict, judge, summary  # noqa: E402
from voicebot.judging.truth import Kind, Truth, read_manifest  # noqa: E402
from voicebot.language.likeness import shipped  # noqa: E402
from voicebot.language.understanding import Understanding  # noqa: E402
from voicebot.scenarios.phrases import load_phrases  # noqa: E402
from voicebot.settings import load  # noqa: E402
from voicebot.speech.whisper import WhisperRecogniser  # noqa: E402
from voicebot.speech.worker import AFTER_MS, decode_heard  # noqa: E402

#: What an error costs, in questions put again to somebody who was clear: EAR.md and issue 4 weigh them like this.
COSTS = {"false_yes": 40.0, "wrong": 6.0, "asked_again": 1.0, "stop_missed": 10.0, "false_stop": 12.0, "noise": 8.0}
GRID = {
    "ear_stop": (0.7, 0.8, 0.9, 0.95),
    "ear_stop_against": (0.7, 0.8, 0.9, 0.95, 0.98),
    "stop_weak": (0.0, 0.7, 0.8, 0.9),
    "stop_unheard": (0.02, 0.05, 0.1),
    "agree": (0.1, 0.2, 0.3, 0.4, 0.5),
    "ear_lone": (0.7, 0.8, 0.85, 0.9, 0.95),
    "ear_lone_yes": (0.9, 0.95, 0.97, 0.98, 0.99),
    "offtopic_confidence": (0.35, 0.45, 0.5, 0.55, 0.6, 0.7, 0.8),
    "offtopic_words": (1, 2, 3, 4),
    "ear_contradicts": (0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
    "ear_contradicts_sure": (0.45, 0.6, 0.7, 0.8, 0.9, 0.95),
    "sure_confidence": (0.5, 0.55, 0.6, 0.65, 0.7, 0.8),
    "ear_rejects": (0.5, 0.6, 0.7, 0.8, 0.9, 0.95),
    "text_yes_confidence": (0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
    "text_confidence": (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7),
    "text_weak": (0.5, 0.75, 0.8, 0.85, 0.9),
    "ear_unheard": (0.0, 0.05, 0.1, 0.2, 0.3),
    "number": (0.5, 0.6, 0.7, 0.8, 0.9),
    "number_floor": (0.005, 0.01, 0.02, 0.05, 0.1),
    "number_fit": (0.0, 0.01, 0.03, 0.1, 0.2, 0.3, 0.5, 0.8),
    "number_ear": (0.1, 0.2, 0.3, 0.4, 0.5, 0.7),
    "ear_hinted": (0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
    "ear_hinted_yes": (0.5, 0.6, 0.7, 0.8, 0.9),
    "alike": (0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8),
    "ear_alike": (0.3, 0.4, 0.5, 0.6, 0.7, 0.8),
    "ear_alike_yes": (0.6, 0.7, 0.8, 0.9, 0.95),
    "number_ear_lone": (0.8, 0.85, 0.9, 0.95),
    "text_doubted": (0.0, 0.3, 0.4, 0.5),
    "ear_lone_doubted": (0.7, 0.75, 0.8, 0.85),
    "non_speech": (0.8, 0.9, 0.95),
}  # fmt: skip


@dataclass(frozen=True)
class Heard:
    truth: Truth
    said: tuple[Said, ...]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("step", choices=("hear", "choose", "judge"))
    parser.add_argument("folder", type=FilePath)
    parser.add_argument("files", type=FilePath, nargs="+")
    parser.add_argument("--head", type=FilePath)
    parser.add_argument("--speaker", default="")
    parser.add_argument("--every", type=int, default=1)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--text-only", action="store_true")
    options = parser.parse_args()
    if options.step == "hear":
        return asyncio.run(hear(options))
    replay = Replay(options.folder, options.files, use_ear=not options.text_only, speaker=options.speaker)
    if options.head is not None:
        replay.heard_by(options.head, options.files[0].with_suffix(".npz"))
    if options.step == "judge":
        print(json.dumps(summary(replay.verdicts(RULES)), ensure_ascii=False, indent=1))
    else:
        choose(replay)


async def hear(options: argparse.Namespace) -> None:
    """Appends one line for each recording: its file, and what was heard in it."""
    waiting = iter(read_manifest(options.folder / "manifest.csv")[:: options.every])
    async with hearing_room(load(None), options.workers, head=options.head) as room:
        print(f"ear: {room.ear}", file=sys.stderr)
        with options.files[0].open("a", encoding="utf-8") as out:

            async def one_after_another() -> None:
                for truth in waiting:
                    asked = room.asked(MARKS, range(11)) if truth.asks_number else room.asked(USUAL)
                    heard = await room.path.listen(read_recording(truth.file).pcm, asked)
                    said = [{**asdict(one), "meaning": None, "pcm": b64encode(one.pcm).decode()} for one in heard.said]
                    out.write(json.dumps({"file": truth.file.name, "said": said}, ensure_ascii=False) + "\n")

            async with asyncio.TaskGroup() as group:
                for _ in range(options.workers):
                    group.create_task(one_after_another())


class Replay:
    """What was heard, to be fused with other rules again and again."""

    def __init__(self, folder: FilePath, files: Sequence[FilePath], *, use_ear: bool = True, speaker: str = "") -> None:
        settings = load(None)
        scenarios = scenarios_in(settings.paths.scenarios)
        self.known = Understanding(load_phrases(settings.paths.scenarios / "phrases.ru.yaml"), shipped())
        self.table = self.known.table
        self.marks, self.usual = asked_at(scenarios, MARKS, range(11)), asked_at(scenarios, USUAL)
        truths = {t.file.name: t for t in read_manifest(folder / "manifest.csv")}
        with (folder / "manifest.csv").open(encoding="utf-8", newline="") as file:
            speakers = {FilePath(row["file"]).name: row.get("speaker", "") for row in csv.DictReader(file)}
        known = [h for h in _read(files, truths) if speaker in ("", speakers[h.truth.file.name])]
        self.heard = known
        self.use_ear = use_ear
        self._told: dict[tuple[str, str], Meaning] = {}
        self._alike: dict[str, Mapping[str, float]] = {}

    def heard_by(self, head: FilePath, kept: FilePath) -> None:
        """The ear's verdicts of another head. kept: what the encoder made of the sounds, for the next time."""
        ear = Ear.load(head)
        features = dict(np.load(kept)) if kept.exists() else {}
        missing = [h for h in self.heard if h.truth.file.name not in features]
        if missing:
            whisper = WhisperRecogniser(ROOT / ".local/models/whisper-base").encoder
            for one in missing:
                after = bytes(AFTER_MS * 16)
                made = [encode(whisper, log_mel(to_window(s.pcm + after, 8000))[None])[0] for s in one.said]
                features[one.truth.file.name] = np.array(made, np.float16)
            np.savez(kept, **features)
        for place, one in enumerate(self.heard):
            verdicts = [ear.judge(f.astype(np.float32)).scores for f in features[one.truth.file.name]]
            named = [{c.value: p for c, p in scores.items()} for scores in verdicts]
            sounds = [replace(s.sound, ear=scores) for s, scores in zip(one.said, named, strict=True)]
            said = tuple(replace(s, sound=sound) for s, sound in zip(one.said, sounds, strict=True))
            self.heard[place] = replace(one, said=said)

    def verdicts(self, rules: FusionRules) -> list[Verdict]:
        mind = CallMind(self, frozenset(), (None,), SystemClock(), rules=rules)  # type: ignore[arg-type]
        path = Path(None, mind, use_ear=self.use_ear)  # type: ignore[arg-type]
        return [self._verdict(path, one) for one in self.heard]

    def understand(self, text: str, expects: object, alternatives: tuple[str, ...] = (), **at: object) -> Meaning:
        """Understanding, remembered: it does not depend on the rules."""
        key = (f"{text}|{alternatives}", str(at.get("wants")))
        if key not in self._told:
            self._told[key] = self.known.understand(text, expects, alternatives, **at)  # type: ignore[arg-type]
        return self._told[key]

    def sounds_like(self, text: str) -> Mapping[str, float]:
        if text not in self._alike:
            self._alike[text] = self.known.sounds_like(text)
        return self._alike[text]

    def _verdict(self, path: Path, one: Heard) -> Verdict:
        asked = self.marks if one.truth.asks_number else self.usual
        said = [replace(s, meaning=path.meaning(s.sound, asked)) for s in one.said]
        listened = path.answer(said, asked)
        text = " ".join(s.sound.recognised.text for s in said)
        latency = said[-1].ready_ms - one.truth.speech_end_ms if said and one.truth.speech_end_ms else None
        evidence = listened.decided.evidence if listened.decided else str(listened.meaning.candidates[:1])
        result = judge(one.truth, listened.decided)
        return Verdict(one.truth, listened.decided, result, text, listened.meaning.speech, latency, evidence)


def _read(files: Sequence[FilePath], truths: dict[str, Truth]) -> Iterator[Heard]:
    for file in files:
        for line in file.read_text("utf-8").splitlines():
            row = json.loads(line)
            said = [Said(**{**one, **_decoded(one)}) for one in row["said"]]
            yield Heard(truths[row["file"]], tuple(said))


def _decoded(one: dict[str, Any]) -> dict[str, Any]:
    return {"sound": decode_heard(one["sound"]), "meaning": Meaning(), "pcm": b64decode(one["pcm"])}


def cost(verdicts: Sequence[Verdict]) -> float:
    """A mean over recordings, in questions put again; every kind of recording has the same say."""
    groups: dict[Kind, list[float]] = {}
    for verdict in verdicts:
        groups.setdefault(verdict.truth.kind, []).append(_cost(verdict))
    return sum(sum(costs) / len(costs) for costs in groups.values())


def _cost(verdict: Verdict) -> float:
    decided = verdict.decided.intent.value if verdict.decided else ""
    stop = "stop" in {intent.value for intent in verdict.truth.right}
    if verdict.false_yes:
        return COSTS["false_yes"]
    if decided == "stop" and not stop:
        return COSTS["false_stop"]
    if stop and decided != "stop":
        return COSTS["stop_missed"]
    if verdict.truth.kind is not Kind.ANSWER:
        return COSTS["noise"] if verdict.answered and verdict.result is Result.WRONG else 0.0
    return {Result.RIGHT: 0.0, Result.ASKED_AGAIN: COSTS["asked_again"], Result.WRONG: COSTS["wrong"]}[verdict.result]


def choose(replay: Replay) -> None:
    """Coordinate descent from the rules as they are; of values that cost the same the present one stays."""
    rules = RULES
    known = {field.name for field in fields(FusionRules)}
    for sweep in (1, 2):
        for name, values in GRID.items():
            if name not in known:
                continue
            now = getattr(rules, name)
            costs = {value: cost(replay.verdicts(replace(rules, **{name: value}))) for value in {*values, now}}
            best = min(costs, key=lambda value: (round(costs[value], 4), value != now))
            rules = replace(rules, **{name: best})
            told = " ".join(f"{value}:{costs[value]:.3f}" for value in sorted(costs))
            print(f"{sweep} {name} {now} -> {best}   {told}", flush=True)
    print(rules)
    print(json.dumps({k: v for k, v in summary(replay.verdicts(rules)).items() if k != "mistakes"}, indent=1))


if __name__ == "__main__":
    main()
