"""One worker process as its parent sees it: start, ask, wait for its death, kill."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import voicebot
from voicebot.speech.choose import RecogniserChoice
from voicebot.speech.port import Capability, SpeechError
from voicebot.speech.worker import decode_error, encode_choice

#: A recogniser without an ear; the composition root knows one with it.
PROGRAM = ("voicebot.speech.worker",)

# an answer is one line of JSON: text, words, alternatives
_MAX_LINE = 1_000_000
# SIGKILL needs no consent: longer means that the kernel itself is stuck
_KILL_TIMEOUT_S = 5.0


class WorkerDied(Exception):
    """The process ended or broke the protocol: a new one is needed. Never leaves the pool."""


class WorkerProcess:
    """A started worker with its model loaded. One request at a time."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin and process.stdout  # both are pipes
        self._process = process
        self._requests, self._answers = process.stdin, process.stdout
        self._serial = 0
        self._asking = False  # a request is out and its answer is not in: after a cancelled one it stays so
        self.ear, self.can = False, Capability.NONE  # what it says of itself when it is ready

    @classmethod
    async def start(cls, choice: RecogniserChoice, program: Sequence[str] = PROGRAM) -> WorkerProcess:
        """program: the module that is run, and its further arguments. Raises ModelMissing or SpeechError; when it is
        cancelled no process stays."""
        module, *further = program
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, encode_choice(choice), str(os.getpid()), *further,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, limit=_MAX_LINE,
            env=_environment(), start_new_session=True,  # Ctrl-C is for the parent: calls end politely first
        )  # fmt: skip
        worker = cls(process)
        try:
            first = await worker._answer()
            if "error" in first:
                raise decode_error(first["error"])
            worker.ear, worker.can = bool(first.get("ear")), Capability(first.get("can", 0))
        except WorkerDied as error:
            await worker.kill()
            raise SpeechError(
                f"Процесс распознавания с моделью {choice.model} умер, не начав работать: модель повреждена или "
                "не хватило памяти.",
                "Распакуйте модель в эту папку заново; voicebot doctor проверит её.",
            ) from error
        except BaseException:
            await worker.kill()
            raise
        return worker

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def usable(self) -> bool:
        """Whether it lives and has answered all that it was asked."""
        return self._process.returncode is None and not self._asking

    async def ask(self, op: str, pcm: bytes, rate: int, phrases: Sequence[str] | None, session: int = 0) -> Any:
        """The result of one request, see worker.py. Raises SpeechError from the engine, WorkerDied.
        After a cancellation the worker is of no more use."""
        self._serial += 1
        self._asking = True
        request = {
            "id": self._serial, "op": op, "rate": rate,
            "phrases": list(phrases) if phrases else None, "bytes": len(pcm), "session": session,
        }  # fmt: skip
        try:
            self._requests.write(json.dumps(request, ensure_ascii=False).encode() + b"\n" + pcm)
            await self._requests.drain()
        except OSError as error:
            raise WorkerDied from error
        answer = await self._answer()
        if answer.get("id") != self._serial:
            raise WorkerDied
        self._asking = False
        if "error" in answer:
            raise decode_error(answer["error"])
        return answer["result"]

    async def wait(self) -> None:
        """Until the process is dead."""
        await self._process.wait()

    async def kill(self) -> None:
        """End it at once. A dead process is a success."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_KILL_TIMEOUT_S):
                await self._process.wait()

    async def _answer(self) -> dict[str, Any]:
        try:
            line = await self._answers.readline()
            answer = json.loads(line)
        except (ValueError, OSError) as error:  # nothing at all, half a line, or no JSON
            raise WorkerDied from error
        if not isinstance(answer, dict):
            raise WorkerDied
        return answer


def _environment() -> dict[str, str]:
    """The parent's, with this very package in front, and one thread for each library that would take more."""
    root = str(Path(voicebot.__file__).resolve().parent.parent)
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH", "")]))
    return {**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
