"""`voicebot bench hearing`: how right and how quick the hearing is on labelled recordings. One JSON on stdout."""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from voicebot.judging.enduring import Enduring
    from voicebot.judging.recordings import Recording
    from voicebot.judging.room import HearingRoom
    from voicebot.judging.score import Verdict
    from voicebot.judging.truth import Truth

_HELP = """Измерить слух на размеченных записях: понял ли робот ответ, как быстро, сколько это стоит.

Столбцы таблицы: file, text, intent, voice, condition, speech_start_ms, speech_end_ms. Каждая запись проходит весь
путь звонка: детектор речи, конец фразы, распознавание, ухо, решение. Числа спрашиваются там, где ждут число.

Один JSON на stdout: right_or_rightly_asked_again; answers, answers_clean, numbers… — n, right_pct, asked_again_pct,
wrong_pct; false_yes, stop_found_clean/noisy, unrelated_answered, non_speech_answered, asked_again_clean — n, found,
pct; latency_ms — p50…p99 от конца голоса; by_intent, by_condition, by_voice; cpu; mistakes. Ход работы — на stderr.
unread — записи, которые не прочитаны или на которых распознавание отказало (file, error), их нет в остальном;
given_up — отказало пять раз подряд, остальные записи не проверены. Код возврата: 0; 2 — не проверено ни одной или
таблица негодная; 1 — given_up.
"""

bench_app = typer.Typer(help="Измерения.", no_args_is_help=True, rich_markup_mode=None)


def register(app: typer.Typer) -> None:
    app.add_typer(bench_app, name="bench")


@bench_app.command(help=_HELP)
def hearing(
    manifest: Annotated[Path, typer.Option("--manifest", help="Таблица CSV.")],
    at: Annotated[str, typer.Option("--at", metavar="SCENARIO.STEP", help="Вопрос; для чисел он свой.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=0, help="Не больше стольких записей; 0 — все.")] = 0,
    every: Annotated[int, typer.Option("--every", min=1, help="Каждая N-я запись.")] = 1,
    workers: Annotated[int, typer.Option("--workers", min=1, max=16, help="Записей сразу.")] = 1,
    text_only: Annotated[bool, typer.Option("--text-only", help="Без уха, по одному тексту.")] = False,
    head: Annotated[Path | None, typer.Option("--head", help="Папка с другим ухом.")] = None,
    config: Annotated[Path | None, typer.Option("--config", help="Файл настроек вместо voicebot.yaml.")] = None,
) -> None:
    from voicebot.judging.room import hearing_room
    from voicebot.judging.truth import read_manifest
    from voicebot.settings import load
    from voicebot.terminal import run_to_end

    settings = load(config)
    rows = read_manifest(manifest)[::every]
    rows = rows[:limit] if limit else rows

    async def work() -> dict[str, Any]:
        async with hearing_room(settings, workers, ear=not text_only, head=head) as room:
            return await judged(room, rows, at, workers)

    found = {"manifest": str(manifest), **run_to_end(work)}
    print(json.dumps(found, ensure_ascii=False, indent=1), flush=True)
    raise typer.Exit(_status(found))


def _status(found: dict[str, Any]) -> int:
    """Single recordings that could not be judged stand under `unread`; figures of none, or of what was left when
    recognition had given up, are a failure."""
    from voicebot.terminal import BAD_INPUT, FAILED, OK, complain

    if found["given_up"]:
        complain(f"распознавание отказывает раз за разом, проверено записей: {found['n']}. Выполните voicebot doctor.")
        return FAILED
    if not found["n"]:
        complain(f"ни одной записи не проверено, негодных {len(found['unread'])}. {found['unread'][0]['error']}")
        return BAD_INPUT
    return OK


async def judged(room: HearingRoom, rows: Sequence[Truth], at: str, workers: int) -> dict[str, Any]:
    """The figures of these recordings, with the machine's load."""
    from voicebot.judging.enduring import Enduring
    from voicebot.judging.question import USUAL
    from voicebot.judging.score import summary

    room.asked(at or USUAL)  # a question that does not exist is said before anything is heard
    before, cpu, own = os.getloadavg(), room.worker_cpu_s(), time.process_time()
    began = time.monotonic()
    enduring = Enduring(room.path)
    verdicts, unread, sound_ms = await _all(room, enduring, rows, at or USUAL, workers)
    robot = time.process_time() - own
    recognition = max(0.0, room.worker_cpu_s() - cpu)  # what a dead worker had used is not known
    return {
        "engine": room.engine,
        "ear": room.ear,
        "at": at or USUAL,
        **summary(verdicts),
        "unread": unread,
        "given_up": enduring.given_up,
        "cpu": {
            "robot_s": round(robot, 2),
            "recognition_s": round(recognition, 2),
            "per_recording_s": round((robot + recognition) / max(1, len(verdicts)), 3),
            "workers_replaced": room.pool.restarts,
            "sound_s": round(sound_ms / 1000, 1),
            "took_s": round(time.monotonic() - began, 1),
            "cores": os.cpu_count(),
            "load_before": before,
            "load_after": os.getloadavg(),
        },
    }


async def _all(
    room: HearingRoom, enduring: Enduring, rows: Sequence[Truth], at: str, workers: int
) -> tuple[list[Verdict], list[dict[str, str]], int]:
    """The verdicts in the order of the rows, files that could not be read or heard, and ms of sound."""
    from voicebot.judging.enduring import GivenUp, Unheard
    from voicebot.judging.recordings import read_recording
    from voicebot.speech.audio import AudioFault

    verdicts: dict[int, Verdict] = {}
    unread: list[dict[str, str]] = []
    sound_ms = 0
    waiting = iter(enumerate(rows))
    tell = _teller(len(rows))

    async def one_after_another() -> None:
        nonlocal sound_ms
        for number, truth in waiting:
            try:
                recording = read_recording(truth.file)
                verdicts[number] = await _verdict(room, enduring, truth, recording, at)
                sound_ms += recording.ms
            except (AudioFault, Unheard, GivenUp) as fault:
                unread.append({"file": str(truth.file), "error": str(fault)})
            tell(len(verdicts) + len(unread))

    async with asyncio.TaskGroup() as group:
        for _ in range(workers):
            group.create_task(one_after_another())
    return [verdicts[n] for n in sorted(verdicts)], unread, sound_ms


async def _verdict(room: HearingRoom, enduring: Enduring, truth: Truth, recording: Recording, at: str) -> Verdict:
    from voicebot.hearing.deciding import decided
    from voicebot.judging.question import MARKS
    from voicebot.judging.score import Verdict, judge
    from voicebot.judging.truth import Kind
    from voicebot.speech.port import HeardSound, Recognised

    asked = room.asked(MARKS, range(0, 11)) if truth.asks_number else room.asked(at)
    heard = await enduring.listen(recording, asked)
    result = judge(truth, heard.decided)
    latency = None
    if heard.ready_ms is not None and truth.speech_end_ms is not None:
        latency = heard.ready_ms - truth.speech_end_ms
    own = None
    if truth.kind is Kind.UNRELATED:
        words = HeardSound(Recognised(truth.text, 1.0, 0.0))
        own = decided(room.mind.understand(words, asked.call), asked.expects)
    return Verdict(
        truth, heard.decided, result, " ".join(s.sound.recognised.text for s in heard.said).strip(),
        heard.meaning.speech, latency, heard.decided.evidence if heard.decided else _hint(heard.meaning),
        own is not None and heard.decided is not None and own.intent is heard.decided.intent,
    )  # fmt: skip


def _hint(meaning: Any) -> str:
    best = meaning.candidates[0] if meaning.candidates else None
    return f"{best.intent.value} {best.score}: {best.evidence}" if best else ""


def _teller(of: int) -> Callable[[int], None]:
    """Progress on stderr: on a terminal each recording, else each tenth of them."""
    step = 1 if sys.stderr.isatty() else max(1, of // 10)
    end = "\r" if sys.stderr.isatty() else "\n"

    def tell(done: int) -> None:
        if done % step == 0 or done == of:
            print(f"{done} из {of}", end=end, file=sys.stderr, flush=True)

    return tell
