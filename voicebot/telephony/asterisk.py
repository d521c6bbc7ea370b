"""One Asterisk of our own: configured, started, watched and stopped."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import shutil
import socket
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Literal

import aiohttp

from voicebot.ending import end
from voicebot.errors import PeerFault
from voicebot.outliving import PATIENCE_S, claim, end_other, gone
from voicebot.telephony import keeping
from voicebot.telephony.conf import render_folder, shipped
from voicebot.telephony.install import AsteriskInstall, find_asterisk
from voicebot.telephony.ports import PortLease
from voicebot.telephony.warden import OWNER

_START_S = 20.0  # 0.4 s on an idle machine; generous for a loaded one
_POLITE_S = 3.0  # from SIGTERM to SIGKILL; together with the reaping below the promised 5 s
_PREDECESSOR_POLLS = 60  # of 50 ms
_WARDEN_POLITE_S = 4.5  # the same for a warden, which gives Asterisk 3 s
USER = "voicebot"


class AsteriskFailed(PeerFault):
    """Asterisk did not start, or died."""

    code = "asterisk-failed"


class AsteriskProcess:
    """An Asterisk process of this program.

    Use as `async with`: entering starts it and waits until ARI answers; leaving stops it within 5 s.
    The ports are known before the start, so that two of them can be told of each other.

    conf: "clinic" (the robot's exchange) or "city" (the simulated carrier)
    prefix: the folder made by the set-up; used when no suitable Asterisk is on PATH
    run_dir: configuration, log and state of this run; made if missing
    app: the ARI application that gets the incoming calls
    peer_sip: host:port (or host) of the other side: the carrier for the clinic, the clinic for the city
    max_call_s: no call lives longer, whatever happens
    outlives: it outlives this process when that is killed, for the seconds of PATIENCE_S; the next one with the same
        run_dir takes it over with its ports, password and calls, if it is configured alike
    """

    def __init__(
        self,
        *,
        conf: Literal["clinic", "city"],
        prefix: Path,
        run_dir: Path,
        app: str,
        peer_sip: str = "127.0.0.1:9",
        ports: PortLease | None = None,
        max_call_s: int = 1800,
        conf_dir: Path | None = None,
        hold_dir: Path | None = None,
        path: str | None = None,
        outlives: bool = False,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.conf = conf
        self.app = app
        self.peer_sip = peer_sip
        self.run_dir = run_dir.resolve()
        self._patience_s = patience_s if outlives else 0.0
        left = keeping.found(self.run_dir) if outlives else None
        self.ports = ports or (left and PortLease.again(left.http)) or PortLease()
        self.user = USER
        self.password = left.password if left else secrets.token_urlsafe(24)
        self.adopted: keeping.Remains | None = None  # what runs is not our child: we have found it
        self._prefix, self._path = prefix, path
        self._max_call_s = max_call_s
        self._conf_dir = conf_dir or shipped("asterisk_conf")
        self._hold_dir = hold_dir or shipped("audio") / "hold"
        self._process: asyncio.subprocess.Process | None = None
        self.install: AsteriskInstall | None = None

    @property
    def url(self) -> str:
        """Where ARI and the media sockets are, without a trailing slash."""
        return f"http://127.0.0.1:{self.ports.http}"

    @property
    def sip(self) -> str:
        """host:port of our SIP side."""
        return f"127.0.0.1:{self.ports.sip}"

    @property
    def pid(self) -> int | None:
        """Of the running process; None when there is none."""
        if self.adopted is not None:
            return self.adopted.pid if self.adopted.alive else None
        process = self._process
        return process.pid if process and process.returncode is None else None

    async def start(self) -> None:
        """Configure, start, wait until ARI answers. Raises AsteriskFailed with what the log says, AsteriskMissing."""
        if self.pid:
            raise AsteriskFailed(f"Asterisk «{self.conf}» уже запущен (процесс {self.pid}).")
        self.install = await asyncio.to_thread(find_asterisk, self._prefix, self._path)
        self.adopted = None
        if self._patience_s and await self._adopt():
            return
        await self._wait_for_predecessor()
        await asyncio.to_thread(self._prepare, self.install)
        command = _die_with_us([*self.install.command, "-f", "-n", "-C", str(self.run_dir / "conf/asterisk.conf")])
        if self._patience_s:
            command = keeping.kept(command, self.run_dir, self._patience_s)
        out = os.open(self.run_dir / "asterisk.out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            # its own session: Ctrl-C in the terminal is for us, we end calls politely and then stop it
            self._process = await asyncio.create_subprocess_exec(
                *command, stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True
            )
        finally:
            os.close(out)
        if self._patience_s:
            keeping.remember(self.run_dir, self._process.pid, self.password, self.ports.http, self._made_of())
        try:
            await self._wait_for_ari()
        except BaseException:
            await self.stop()
            raise

    async def _adopt(self) -> bool:
        """Take over what a process that died has left running; end it when it is not what we want."""
        left = keeping.found(self.run_dir)
        if left is None:
            return False
        if left.password == self.password and left.http == self.ports.http and left.made_of == self._made_of():
            claim(self.run_dir / OWNER)
            if await self._answers():
                self.adopted = left
                return True
        await asyncio.to_thread(end_other, left.pid, left.born, _WARDEN_POLITE_S)
        return False

    async def _wait_for_predecessor(self) -> None:
        """An Asterisk whose warden was killed dies a moment later; until then a new one would refuse to start."""
        for _ in range(_PREDECESSOR_POLLS):
            with contextlib.closing(socket.socket(socket.AF_UNIX)) as control:
                try:
                    control.connect(str(self.run_dir / "asterisk.ctl"))
                except OSError:
                    return
            await asyncio.sleep(0.05)

    def _made_of(self) -> str:
        """What tells two configurations apart."""
        assert self.install is not None
        return keeping.fingerprint(self._conf_dir, {**self._values(self.install), "VERSION": self.install.version})

    async def _answers(self) -> bool:
        timeout = aiohttp.ClientTimeout(total=2)
        headers = {"Authorization": aiohttp.encode_basic_auth(self.user, self.password)}
        async with aiohttp.ClientSession(headers=headers, timeout=timeout) as session:
            with contextlib.suppress(aiohttp.ClientError, TimeoutError):
                async with session.get(f"{self.url}/ari/asterisk/ping") as answer:
                    return answer.status == 200
        return False

    async def died(self) -> AsteriskFailed:
        """Wait for the end of the process; why it ended. A stop() ends it too."""
        if self.adopted is not None:
            await gone(self.adopted.pid)
            return self._failure("завершился")
        if self._process is None:
            return self._failure("не запущен")
        status = await self._process.wait()
        return self._failure(f"завершился с кодом {status}")

    async def stop(self) -> None:
        """End the process: SIGTERM, SIGKILL after 3 s. Not running is a success."""
        if self.adopted is not None:
            await asyncio.to_thread(end_other, self.adopted.pid, self.adopted.born, _WARDEN_POLITE_S)
        await end(self._process, _WARDEN_POLITE_S if self._patience_s else _POLITE_S)

    async def kill(self) -> None:
        """SIGKILL, as a crash would: for rehearsals and tests."""
        if self._process and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()

    async def __aenter__(self) -> AsteriskProcess:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        await self.stop()
        self.ports.close()

    def _prepare(self, install: AsteriskInstall) -> None:
        for name in ("lib", "cache", "agi", "spool/recording", "log"):
            (self.run_dir / name).mkdir(parents=True, exist_ok=True)
        (self.run_dir / "log/messages").unlink(missing_ok=True)  # what it says is said of this start
        render_folder(self._conf_dir, self.conf, self.run_dir / "conf", self._values(install))

    def _values(self, install: AsteriskInstall) -> dict[str, str]:
        host = self.peer_sip.partition(":")[0]  # a provider may be given without a port
        return {
            "CONF": str(self.run_dir / "conf"),
            "RUN": str(self.run_dir),
            "MODULES": str(install.modules),
            "DATA": str(install.data),
            "HOLD": str(self._hold_dir),
            "BIND": "127.0.0.1",
            "HTTP_PORT": str(self.ports.http),
            "SIP_PORT": str(self.ports.sip),
            "RTP_FIRST": str(self.ports.rtp[0]),
            "RTP_LAST": str(self.ports.rtp[1]),
            "PEER_SIP": self.peer_sip,
            "PEER_HOST": host,
            "ARI_USER": self.user,
            "ARI_PASSWORD": self.password,
            "APP": self.app,
            "MAX_CALL_S": str(self._max_call_s),
        }

    async def _wait_for_ari(self) -> None:
        assert self._process is not None
        deadline = asyncio.get_running_loop().time() + _START_S
        while asyncio.get_running_loop().time() < deadline:
            if self._process.returncode is not None:
                raise self._failure(f"завершился при запуске с кодом {self._process.returncode}")
            # HTTP answers before all modules are loaded, so both are waited for
            if self._said_ready():
                self._check_ports()
                if await self._answers():
                    return
            await asyncio.sleep(0.05)
        raise self._failure(f"не ответил за {_START_S:.0f} с")

    def _said_ready(self) -> bool:
        return "Asterisk Ready." in (self.run_dir / "asterisk.out").read_text(encoding="utf-8", errors="replace")

    def _check_ports(self) -> None:
        """Asterisk goes on without a port that it could not take, and every call would fail for no visible reason."""
        if any("Address already in use" in line for line in self._complaints()):
            raise self._failure("не смог занять порт: он занят другой программой")

    def _failure(self, what: str) -> AsteriskFailed:
        complaints = self._complaints()
        said = dict.fromkeys([*complaints[:2], *complaints[-1:]])  # the causes come first, the last straw last
        log = self.run_dir / "log/messages"
        reason = f" Он пишет: {' | '.join(said)}." if said else ""
        return AsteriskFailed(f"Asterisk «{self.conf}» {what}.{reason}", f"Подробности в {log}.")

    def _complaints(self) -> Sequence[str]:
        """Errors of the log since the start, oldest first, without their times."""
        for name in ("log/messages", "asterisk.out"):  # the second speaks only when it dies before it has a log
            with contextlib.suppress(OSError):
                lines = (self.run_dir / name).read_text(encoding="utf-8", errors="replace").splitlines()
                if errors := [re.sub(r"^.*?ERROR\S*\s*", "", line).strip() for line in lines if "ERROR" in line]:
                    return errors
        return []


def _die_with_us(command: Sequence[str]) -> Sequence[str]:
    """The kernel ends Asterisk when we are killed, so that no process outlives us. (Not by preexec_fn: it may
    deadlock in a program with threads.)"""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "TERM", "--", *command] if setpriv else command
