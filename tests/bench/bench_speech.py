"""What speech costs and how right it is on this machine: prints one JSON table with the machine's load.

    .venv/bin/python tests/bench/bench_speech.py [ANSWERS] [--workers N]

On the recordings of VOICEBOT_TESTSET (or ../shared/testset), else on answers synthesised here.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import json
import os
import re
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from voicebot.speech.audio import duration_ms, silence  # noqa: E402 - the repository need not be installed
from voicebot.speech.cache import PromptCache  # noqa: E402
from voicebot.speech.choose import AsrEngine, choose_recogniser  # noqa: E402
from voicebot.speech.listener import Listener, Utterance  # noqa: E402
from voicebot.speech.pool import RecogniserPool  # noqa: E402
from voicebot.speech.rhvoice import FREE_VOICES, RHVoice  # noqa: E402
from voicebot.speech.vad import SileroDetector  # noqa: E402
from voicebot.speech.wav import read_wav  # noqa: E402

LOCAL = ROOT / ".local"
TESTSET = Path(os.environ.get("VOICEBOT_TESTSET") or ROOT.parent / "shared/testset")
PHRASES = ("да", "нет", "да, приду", "не приду", "не звоните мне больше", "перезвоните позже", "кто это", "оператор")
PROMPT = "Напоминаю, завтра в десять тридцать вас ждёт доктор Иванова по адресу улица Ленина, дом пять. Вы придёте?"


@dataclass(frozen=True)
class Answer:
    text: str
    condition: str
    pcm: bytes


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("answers", type=int, nargs="?", default=120)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    engine = RHVoice(LOCAL / "rhvoice")
    answers = _answers(engine, options.answers)
    table = {
        "load_average": os.getloadavg(),
        "cores": os.cpu_count(),
        "source": str(TESTSET) if (TESTSET / "manifest.csv").is_file() else "synthesised",
        "synthesis": _synthesis(engine),
        "listening": _listening(answers),
        "recognition": asyncio.run(_recognition(answers, options.workers)),
        "prompts": asyncio.run(_prompts(engine)),
        "load_average_after": os.getloadavg(),
    }
    engine.close()
    print(json.dumps(table, ensure_ascii=False, indent=2))


def _answers(engine: RHVoice, count: int) -> list[Answer]:
    manifest = TESTSET / "manifest.csv"
    if not manifest.is_file():
        made = [(text, voice) for text in PHRASES for voice in FREE_VOICES[1:]]
        return [
            Answer(text, f"synthesised {voice}", silence(500, 8000) + engine.speak(text, voice) + silence(800, 8000))
            for text, voice in made
        ]
    with manifest.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if not row["file"].startswith("noise")]
    rows = rows[:: max(1, len(rows) // count)][:count]
    return [
        Answer(row["text"], row["condition"], read_wav(TESTSET / row["file"]).at(8000) + silence(800, 8000))
        for row in rows
    ]


def _synthesis(engine: RHVoice) -> dict[str, object]:
    found: dict[str, object] = {}
    for voice in FREE_VOICES:
        engine.speak("раз", voice)  # the first use reads the voice from the disk
        began = time.perf_counter()
        spoken = engine.speak(PROMPT, voice)
        took = time.perf_counter() - began
        found[voice] = {"ms": round(took * 1000), "real_time_factor": round(took * 1000 / duration_ms(spoken, 8000), 4)}
    return found


def _utterances(pcm: bytes) -> list[Utterance]:
    listener = Listener(SileroDetector())
    events = []
    for at in range(0, len(pcm), 320):
        piece = pcm[at : at + 320]
        events += listener.feed(piece, (at + len(piece)) // 16)
    return [event for event in events if isinstance(event, Utterance)]


def _listening(answers: list[Answer]) -> dict[str, object]:
    began, seconds, missed, waits = time.process_time(), 0.0, 0, []
    for answer in answers:
        seconds += len(answer.pcm) / 16000
        said = _utterances(answer.pcm)
        missed += not said
        waits += [u.at_ms - u.ended_ms for u in said]
    cpu_ms = (time.process_time() - began) * 1000
    return {
        "cpu_ms_per_second_of_audio": round(cpu_ms / seconds, 2),
        "answers": len(answers),
        "not_noticed": missed,
        "end_of_speech_to_decision_ms": _percentiles([float(wait) for wait in waits]),
    }


async def _recognition(answers: list[Answer], workers: int) -> dict[str, object]:
    choice = choose_recogniser(AsrEngine.AUTO, LOCAL / "models")
    began = time.perf_counter()
    async with RecogniserPool(choice, workers=workers, timeout_s=30) as pool:
        started = time.perf_counter() - began
        memory = [_resident_mb(pid) for pid in pool.pids]
        sounds = [b"".join(utterance.pcm for utterance in _utterances(answer.pcm)) for answer in answers]
        alone = [await _ask(pool, pcm) for pcm in sounds]
        lags: list[float] = []
        watcher = asyncio.create_task(_watch(lags))
        began = time.perf_counter()
        together = await asyncio.gather(*(_ask(pool, pcm) for pcm in sounds))
        rate = len(together) / (time.perf_counter() - began)
        watcher.cancel()
    return {
        "engine": pool.engine,
        "why": choice.why,
        "start_s": round(started, 2),
        "worker_memory_mb": memory,
        "one_at_a_time_ms": _percentiles([ms for ms, _ in alone]),
        "utterances_per_second_all_workers": round(rate, 1),
        "loop_lag_ms_while_busy": _percentiles(lags),
        "text": _accuracy([(answer, text) for answer, (_, text) in zip(answers, alone, strict=True)]),
    }


def _resident_mb(pid: int) -> int:
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 // 1_000_000


async def _ask(pool: RecogniserPool, pcm: bytes) -> tuple[float, str]:
    began = time.perf_counter()
    result = await pool.recognise(pcm, 8000)
    return (time.perf_counter() - began) * 1000, result.text


async def _watch(lags: list[float]) -> None:
    while True:
        before = time.perf_counter()
        await asyncio.sleep(0.005)
        lags.append((time.perf_counter() - before - 0.005) * 1000)


async def _prompts(engine: RHVoice) -> dict[str, object]:
    with TemporaryDirectory() as folder:
        async with PromptCache(Path(folder), engine) as cache:
            times = []
            for _ in range(21):
                began = time.perf_counter()
                await cache.speak(PROMPT, "anna")
                times.append((time.perf_counter() - began) * 1000)
    return {"rendered_ms": round(times[0], 1), "from_disk_ms": _percentiles(times[1:])}


def _accuracy(pairs: list[tuple[Answer, str]]) -> dict[str, object]:
    by_condition: dict[str, list[tuple[int, int, bool]]] = defaultdict(list)
    for answer, text in pairs:
        truth, written = _words(answer.text), _words(text)
        by_condition[answer.condition].append((_distance(truth, written), len(truth), truth == written))
    return {
        condition: {
            "answers": len(found),
            "word_error_rate": round(sum(wrong for wrong, _, _ in found) / sum(words for _, words, _ in found), 3),
            "wholly_right": round(sum(right for _, _, right in found) / len(found), 3),
        }
        for condition, found in sorted(by_condition.items())
    }


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", text.lower().replace("ё", "е"))


def _distance(truth: list[str], written: list[str]) -> int:
    row = list(range(len(written) + 1))
    for i, word in enumerate(truth, 1):
        before, row[0] = row[0], i
        for j, other in enumerate(written, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (word != other))
    return row[-1]


def _percentiles(values: list[float]) -> dict[str, float]:
    ordered = sorted(values) or [0.0]
    return {f"p{p}": round(ordered[min(len(ordered) - 1, len(ordered) * p // 100)], 1) for p in (50, 95, 99)}


if __name__ == "__main__":
    main()
