"""A recogniser in a process of its own: `python -m voicebot.speech.worker CHOICE PARENT_PID`, asked over a pipe.

A request is a line of JSON and its PCM: {"id", "op", "rate", "phrases", "bytes", "session"}, bytes of sound.
op: recognise (text), hear (text and ear); begin, feed, final and drop (of a streaming session).
An answer is a line of JSON: {"id", "result"} or {"id", "error"}; the first line says {"ready": name, "ear": …,
"can": capabilities} or {"error"}.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from voicebot.errors import VoicebotError
from voicebot.speech.choose import AsrEngine, RecogniserChoice
from voicebot.speech.port import (
    AcousticEar,
    Choice,
    HeardSound,
    ModelMissing,
    Recognised,
    Recogniser,
    RecogniserSession,
    SpeechError,
    Word,
)

#: Makes the ear that hears beside a recogniser; None where it cannot.
EarFor = Callable[[Recogniser], AcousticEar | None]

_PR_SET_PDEATHSIG = 1
# a second of faint noise: the first recognition takes longer than the others, so it happens before the first call
_WARM_UP = bytes(range(256)) * 62
# silence that the ear is given after an utterance: recognition begins at the first pause, and to the ear what ends
# without one is a phrase that goes on (57 % of the tuning answers right in place of 44)
AFTER_MS = 250
# streaming sessions that a worker keeps: more than calls can speak at once; the oldest was forgotten by its caller
_MAX_SESSIONS = 200


def encode_choice(choice: RecogniserChoice) -> str:
    return json.dumps({"engine": choice.engine.value, "model": str(choice.model)})


def encode_error(error: VoicebotError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "remedy": error.remedy}


def decode_error(data: dict[str, str]) -> VoicebotError:
    kind = ModelMissing if data["code"] == ModelMissing.code else SpeechError
    return kind(data["message"], data["remedy"])


def decode_result(data: dict[str, Any]) -> Recognised:
    words = tuple(Word(**word) for word in data.pop("words"))
    choices = tuple(Choice(**choice) for choice in data.pop("choices", ()))
    return Recognised(**{**data, "words": words, "choices": choices, "alternatives": tuple(data["alternatives"])})


def decode_heard(data: dict[str, Any]) -> HeardSound:
    return HeardSound(decode_result(data["recognised"]), data["ear"], data["ear_ms"])


def deaf(recogniser: Recogniser) -> AcousticEar | None:
    """No ear: text alone."""
    return None


def main(arguments: list[str], ear_for: EarFor = deaf) -> int:
    """The worker's life: load, warm up, answer until the pipe closes. Dies with its parent, whatever kills that."""
    data, parent = json.loads(arguments[0]), int(arguments[1])
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        return 0  # the parent died before the line above
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # libraries that print must not break the protocol
    try:
        recogniser = RecogniserChoice(AsrEngine(data["engine"]), Path(data["model"]), "").load()
        desk = _Desk(recogniser, ear_for(recogniser))
        desk.hear(_WARM_UP, 8000, None)
    except VoicebotError as error:
        _send(answers, {"error": encode_error(error)})
        return 1
    can = recogniser.capabilities
    _send(answers, {"ready": recogniser.name, "ear": desk.ear is not None, "can": can.value})
    _serve(desk, sys.stdin.buffer, answers)
    return 0


class _Desk:
    """What the worker does with one request's sound."""

    def __init__(self, recogniser: Recogniser, ear: AcousticEar | None) -> None:
        self.recogniser, self.ear = recogniser, ear
        self._sessions: dict[int, RecogniserSession] = {}

    def answer(self, request: dict[str, Any], pcm: bytes) -> object:
        rate, phrases, session = request["rate"], request["phrases"], request.get("session", 0)
        match request["op"]:
            case "hear":
                return asdict(self.hear(pcm, rate, phrases))
            case "begin":
                while len(self._sessions) >= _MAX_SESSIONS:
                    del self._sessions[next(iter(self._sessions))]
                self._sessions[session] = self.recogniser.open(rate, phrases)
                return self._fed(session, pcm).partial()
            case "feed":
                return self._fed(session, pcm).partial()
            case "final":
                done = self._fed(session, pcm)
                del self._sessions[session]
                return asdict(done.final())
            case "drop":
                return self._sessions.pop(session, None) is not None
            case _:
                return asdict(self._recognise(pcm, rate, phrases))

    def prepare(self, request: dict[str, Any]) -> None:
        """After the answer: what was used up is made anew, so that the next patient does not wait for it."""
        if request["op"] in ("recognise", "hear", "begin"):
            with contextlib.suppress(VoicebotError):  # the next open() will tell somebody who waits
                self.recogniser.prepare(request["rate"], request["phrases"])

    def hear(self, pcm: bytes, rate: int, phrases: list[str] | None) -> HeardSound:
        recognised = self._recognise(pcm, rate, phrases)
        began = time.perf_counter()
        scores = None
        if self.ear is not None:
            try:
                scores = self.ear.hear(pcm[: len(pcm) & ~1] + bytes(AFTER_MS * rate // 500), rate)
            except VoicebotError as error:  # the text is still worth something
                print(f"ear: {error}", file=sys.stderr, flush=True)
        return HeardSound(recognised, scores, round((time.perf_counter() - began) * 1000))

    def _recognise(self, pcm: bytes, rate: int, phrases: list[str] | None) -> Recognised:
        session = self.recogniser.open(rate, phrases)
        session.feed(pcm)
        return session.final()

    def _fed(self, number: int, pcm: bytes) -> RecogniserSession:
        if number not in self._sessions:
            raise SpeechError("Начало фразы потеряно вместе с прежним процессом распознавания.")
        self._sessions[number].feed(pcm)
        return self._sessions[number]


def _serve(desk: _Desk, requests: IO[bytes], answers: IO[bytes]) -> None:
    while line := requests.readline():
        request = json.loads(line)
        pcm = requests.read(request["bytes"])
        if len(pcm) < request["bytes"]:
            return
        try:
            _send(answers, {"id": request["id"], "result": desk.answer(request, pcm)})
            desk.prepare(request)
        except VoicebotError as error:
            _send(answers, {"id": request["id"], "error": encode_error(error)})


def _send(answers: IO[bytes], message: dict[str, Any]) -> None:
    answers.write(json.dumps(message, ensure_ascii=False).encode() + b"\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
