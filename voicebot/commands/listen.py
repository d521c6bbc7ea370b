"""`voicebot listen`: recordings through the whole hearing of a call, for admins, for scripts and for a judge.

One JSON object a line with --json; the names of its fields are stable and described in `listen --help`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from voicebot.judging.path import Listened, Said
    from voicebot.judging.question import Asked
    from voicebot.judging.recordings import Recording

_HELP = """Показать, что робот слышит в записях: слова, ухо, понятое и на чём оно основано, время.

Годятся WAV (PCM 16 бит, A-law, µ-law, любая частота) и файлы без заголовка (.raw, .sln, .ulaw, .alaw).

С --json — по одному объекту на строку: file, ms, hz, remarks (что не так с записью), at (заданный вопрос);
decided — понятый ответ или null (робот переспросит), value — его значение, speech — была ли речь;
intents — кандидаты: intent, score (0…1, с 0.5 робот действует), value, evidence (текст и ухо); values — числа, даты;
utterances — фразы: started_ms, ended_ms (голос), at_ms (конец замечен), ready_ms (понято), text, confidence,
no_speech, alternatives, choices, ear (вероятности классов), intents, recognition_ms, ear_ms;
latency_ms — от конца голоса до понимания; machine — признак автоответчика или null; engine — распознаватель.
Вместо этого у негодного файла, и у того, на котором распознавание отказало: file, error (code, message, remedy);
код возврата тогда 2. После пяти отказов распознавания подряд остальные файлы не проверяются.
"""


def register(app: typer.Typer) -> None:
    app.command(help=_HELP)(listen)


def listen(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Записи.")],
    as_json: Annotated[bool, typer.Option("--json", help="Вывести JSON для программ.")] = False,
    at: Annotated[str, typer.Option("--at", metavar="SCENARIO.STEP", help="Какой вопрос был задан.")] = "",
    rate: Annotated[int, typer.Option("--rate", help="Частота файлов без заголовка, Гц.")] = 8000,
    text_only: Annotated[bool, typer.Option("--text-only", help="Без уха, по одному тексту.")] = False,
    config: Annotated[Path | None, typer.Option("--config", help="Файл настроек вместо voicebot.yaml.")] = None,
) -> None:
    from voicebot.errors import VoicebotError
    from voicebot.judging.enduring import Enduring
    from voicebot.judging.question import USUAL
    from voicebot.judging.recordings import read_recording
    from voicebot.judging.room import hearing_room
    from voicebot.settings import load
    from voicebot.terminal import BAD_INPUT, OK, complain, run_to_end

    settings = load(config)

    async def work() -> bool:
        bad = False
        async with hearing_room(settings, workers=1, ear=not text_only) as room:
            asked, enduring = room.asked(at or USUAL), Enduring(room.path)
            for file in files:
                try:
                    recording = read_recording(file, rate)
                    found = as_object(recording, await enduring.listen(recording, asked), asked, room.engine)
                except VoicebotError as error:
                    bad = True
                    found = {"file": str(file), "error": _told(error)}
                    if not as_json:
                        complain(str(error))
                        continue
                sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n" if as_json else _readable(found))
                sys.stdout.flush()
        return bad

    raise typer.Exit(BAD_INPUT if run_to_end(work) else OK)


def _told(error: Any) -> Mapping[str, str]:
    return {"code": error.code, "message": error.message, "remedy": error.remedy}


def as_object(recording: Recording, heard: Listened, asked: Asked, engine: str) -> dict[str, Any]:
    """What --json prints of one recording."""
    last = heard.said[-1] if heard.said else None
    return {
        "file": recording.name,
        "ms": recording.ms,
        "hz": recording.hz,
        "remarks": list(recording.remarks),
        "at": asked.at,
        "decided": heard.decided.intent.value if heard.decided else None,
        "value": heard.decided.value if heard.decided else "",
        "speech": heard.meaning.speech,
        "text": " ".join(s.sound.recognised.text for s in heard.said).strip(),
        "intents": _intents(heard.meaning),
        "values": [{"kind": v.kind.value, "value": v.value, "text": v.text} for v in heard.meaning.values],
        "utterances": [_utterance(said) for said in heard.said],
        "latency_ms": last.ready_ms - last.ended_ms if last else None,
        "machine": heard.machine.sign.value if heard.machine else None,
        "engine": engine,
    }


def _utterance(said: Said) -> dict[str, Any]:
    written = said.sound.recognised
    return {
        "started_ms": said.started_ms,
        "ended_ms": said.ended_ms,
        "at_ms": said.at_ms,
        "ready_ms": said.ready_ms,
        "capped": said.capped,
        "text": written.text,
        "confidence": round(written.confidence, 3),
        "no_speech": round(written.no_speech, 3),
        "alternatives": list(written.alternatives),
        "words": [[w.word, w.start_ms, w.end_ms, round(w.confidence, 3)] for w in written.words],
        "choices": [{"phrase": c.phrase, "share": c.share, "fit": c.fit} for c in written.choices],
        "ear": dict(sorted(said.sound.ear.items(), key=lambda item: -item[1])) if said.sound.ear else None,
        "intents": _intents(said.meaning),
        "recognition_ms": said.recognition_ms,
        "ear_ms": said.sound.ear_ms,
        "guesses": said.guesses,
    }


def _intents(meaning: Any) -> list[dict[str, Any]]:
    return [
        {"intent": c.intent.value, "score": c.score, "value": c.value, "evidence": c.evidence}
        for c in meaning.candidates
    ]


def _readable(found: Mapping[str, Any]) -> str:
    return "\n".join([*_lines(found), ""])


def _lines(found: Mapping[str, Any]) -> Iterator[str]:
    decided = found["decided"] or ("переспросит" if found["speech"] else "не речь")
    value = f" = {found['value']}" if found["value"] else ""
    yield f"{found['file']}  →  {decided}{value}"
    for remark in found["remarks"]:
        yield f"    запись: {remark}"
    for said in found["utterances"]:
        yield (
            f"    {said['started_ms'] / 1000:.2f}–{said['ended_ms'] / 1000:.2f} с  «{said['text']}»"
            f"  (уверенность {said['confidence']:.2f}, понято через {said['ready_ms'] - said['ended_ms']} мс)"
        )
    for intent in found["intents"]:
        yield f"    {intent['score']:4.2f}  {intent['intent']:15} {intent['evidence']}"
