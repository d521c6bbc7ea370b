"""The city as a child process of the demo, the benchmark or a test."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

from voicebot.city.journal import CallLog, What, read_run
from voicebot.ending import end
from voicebot.errors import OurFault
from voicebot.outliving import born, claim, end_other, gone, lives, read_private, write_private

#: Rendering all voices without a cache takes 3 s on two idle cores, Asterisk 1 s; generous for a loaded machine.
START_S = 60.0
#: From SIGTERM to SIGKILL.
POLITE_S = 6.0


class CityFailed(OurFault):
    """The city did not start, or ended by itself."""

    code = "city-failed"


class CityProcess:
    """Use as `async with`: entering starts the city and waits until it takes calls, leaving ends it.

    file:       the persons (YAML)
    run_dir:    its calls folder must be empty or missing
    clinic_sip: host:port of the clinic's exchange
    sip:        host:port to which the clinic's trunk sends its calls; known after entering
    keep:       a file: the city then outlives us when we are killed, and who comes after us with the same file, book
                and clinic finds it there, with the calls that are under way
    """

    def __init__(
        self,
        *,
        file: Path,
        run_dir: Path,
        asterisk: Path,
        rhvoice: Path,
        cache: Path,
        clinic_sip: str = "127.0.0.1:9",
        keep: Path | None = None,
    ) -> None:
        self.run_dir = run_dir
        self.sip = ""
        self.pid = 0
        self._keep, self._born = keep, 0
        self._owner = keep.with_name(f"{keep.stem}.owner.json") if keep else None
        self._book, self._clinic_sip = file, clinic_sip
        self._command = [
            sys.executable, "-m", "voicebot.city", "--file", str(file), "--run-dir", str(run_dir),
            "--asterisk", str(asterisk), "--rhvoice", str(rhvoice), "--cache", str(cache), "--clinic-sip", clinic_sip,
            *(["--owner", str(self._owner)] if self._owner else ["--with-parent"]),
        ]  # fmt: skip
        self._process: asyncio.subprocess.Process | None = None

    @property
    def calls_dir(self) -> Path:
        """Journals and recordings of the calls."""
        return self.run_dir / "calls"

    def logs(self) -> Sequence[CallLog]:
        """The journals of all calls so far, by the time of their begin."""
        return read_run(self.run_dir)

    async def quiet(self, timeout_s: float = 10.0) -> Sequence[CallLog]:
        """Wait until every call is over and written down; the journals. What is still under way then is included."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                while any(log.first(What.GONE) is None for log in self.logs()):  # noqa: ASYNC110 - another process
                    await asyncio.sleep(0.1)
        return self.logs()

    async def died(self) -> CityFailed:
        """Wait for the end of the process."""
        if self._process is None:
            await gone(self.pid)
        status = await self._process.wait() if self._process else None
        return CityFailed(f"Учебный город завершился с кодом {status}.", f"Подробности в {self._errors}.")

    async def __aenter__(self) -> CityProcess:
        if self._keep is not None and self._owner is not None and await self._found(self._keep, self._owner):
            return self
        self.run_dir.mkdir(parents=True, exist_ok=True)
        with self._errors.open("wb") as errors:
            # its own session: Ctrl-C is for the robot, which ends its calls first and the city after them
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
        try:
            await self._wait_until_ready(self._process)
        except BaseException:
            await self._stop()
            raise
        if self._keep is not None:
            write_private(self._keep, {**self._made_of(), "pid": self.pid, "born": born(self.pid), "sip": self.sip,
                                       "run_dir": str(self.run_dir)})  # fmt: skip
        return self

    def _made_of(self) -> dict[str, str]:
        book = hashlib.sha256(self._book.read_bytes()).hexdigest() if self._book.is_file() else ""
        return {"book": book, "clinic": self._clinic_sip}

    async def _found(self, keep: Path, owner: Path) -> bool:
        """Take over a city that outlived who had started it; end one that is not ours to use."""
        there = read_private(keep)
        pid, since = int(there.get("pid", 0)), int(there.get("born", 0))
        fits = lives(pid, since) and self._made_of().items() <= dict(there).items()
        if fits:
            self.pid, self._born = pid, since
            self.sip, self.run_dir = str(there["sip"]), Path(str(there["run_dir"]))
        else:
            await asyncio.to_thread(end_other, pid, since, POLITE_S)
        claim(owner)
        return fits

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self._stop()

    @property
    def _errors(self) -> Path:
        return self.run_dir / "city.err"

    async def _wait_until_ready(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        try:
            async with asyncio.timeout(START_S):
                line = await process.stdout.readline()
        except TimeoutError:
            raise CityFailed(f"Учебный город не готов за {START_S:.0f} с.", f"Подробности в {self._errors}.") from None
        try:
            said = json.loads(line)
        except ValueError:
            raise CityFailed("Учебный город не запустился.", f"Подробности в {self._errors}.") from None
        if not said["ready"]:
            raise CityFailed(f"Учебный город не запустился: {said['message']}")
        self.sip, self.pid = said["sip"], said["pid"]

    async def _stop(self) -> None:
        if self._process is None:
            await asyncio.to_thread(end_other, self.pid, self._born, POLITE_S)
        await end(self._process, POLITE_S)
