"""A recogniser in a process of its own: `python -m voicebot.speech.worker CHOICE PARENT_PID`, asked over a pipe.

A request is a line of JSON and its PCM: {"id", "op": "recognise", "rate", "phrases", "bytes"}, bytes of sound.
An answer is a line of JSON: {"id", "result"} or {"id", "error"}; the first line says {"ready": name} or {"error"}.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from voicebot.errors import VoicebotError
from voicebot.speech.choose import AsrEngine, RecogniserChoice
from voicebot.speech.port import ModelMissing, Recognised, Recogniser, SpeechError, Word

_PR_SET_PDEATHSIG = 1
# a second of faint noise: the first recognition takes longer than the others, so it happens before the first call
_WARM_UP = bytes(range(256)) * 62


def encode_choice(choice: RecogniserChoice) -> str:
    return json.dumps({"engine": choice.engine.value, "model": str(choice.model)})


def encode_error(error: VoicebotError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "remedy": error.remedy}


def decode_error(data: dict[str, str]) -> VoicebotError:
    kind = ModelMissing if data["code"] == ModelMissing.code else SpeechError
    return kind(data["message"], data["remedy"])


def decode_result(data: dict[str, Any]) -> Recognised:
    words = tuple(Word(**word) for word in data.pop("words"))
    return Recognised(**{**data, "words": words, "alternatives": tuple(data["alternatives"])})


def main(arguments: list[str]) -> int:
    """The worker's life: load, warm up, answer until the pipe closes. Dies with its parent, whatever kills that."""
    data, parent = json.loads(arguments[0]), int(arguments[1])
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return 0  # the parent died before the line above
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # libraries that print must not break the protocol
    try:
        recogniser = RecogniserChoice(AsrEngine(data["engine"]), Path(data["model"]), "").load()
        _recognise(recogniser, _WARM_UP, 8000, None)
    except VoicebotError as error:
        _send(answers, {"error": encode_error(error)})
        return 1
    _send(answers, {"ready": recogniser.name})
    _serve(recogniser, sys.stdin.buffer, answers)
    return 0


def _serve(recogniser: Recogniser, requests: IO[bytes], answers: IO[bytes]) -> None:
    while line := requests.readline():
        request = json.loads(line)
        pcm = requests.read(request["bytes"])
        if len(pcm) < request["bytes"]:
            return
        try:
            result = _recognise(recogniser, pcm, request["rate"], request["phrases"])
            _send(answers, {"id": request["id"], "result": asdict(result)})
        except VoicebotError as error:
            _send(answers, {"id": request["id"], "error": encode_error(error)})


def _recognise(recogniser: Recogniser, pcm: bytes, rate: int, phrases: list[str] | None) -> Recognised:
    session = recogniser.open(rate, phrases)
    session.feed(pcm)
    return session.final()


def _send(answers: IO[bytes], message: dict[str, Any]) -> None:
    answers.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
