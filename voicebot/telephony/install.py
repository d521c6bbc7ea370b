"""Which Asterisk to run: a new enough one on PATH, or the prefix made by the set-up, run by its own loader."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from voicebot.errors import InputFault

#: chan_websocket, the robot's way to the sound of a call, is there from 22.6 on.
OLDEST = (22, 6)
_LIBRARIES = ("usr/lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu")
_NEEDED_MODULE = "chan_websocket.so"


class AsteriskMissing(InputFault):
    """No Asterisk that we can run on this machine."""

    code = "asterisk-missing"


class AsteriskTooOld(InputFault):
    """An Asterisk is there, but it is older than OLDEST."""

    code = "asterisk-too-old"


@dataclass(frozen=True, slots=True)
class AsteriskInstall:
    """A runnable Asterisk.

    command: the program and its leading arguments
    modules: the folder of its .so modules
    data:    its data folder (documentation that the configuration framework reads at start)
    version: as it names itself, e.g. "22.10.1"
    """

    command: tuple[str, ...]
    modules: Path
    data: Path
    version: str


def find_asterisk(prefix: Path, path: str | None = None) -> AsteriskInstall:
    """The Asterisk on PATH if it suits, else the one in prefix.

    path: search this instead of $PATH; "" searches nothing
    Raises AsteriskTooOld when the only one found is too old, AsteriskMissing when there is none.
    """
    unsuitable: AsteriskTooOld | AsteriskMissing | None = None
    on_path = shutil.which("asterisk", path=path)
    there = _on_path(on_path) if on_path else None
    if on_path and there is None:
        unsuitable = _why_not(on_path)
    for candidate in (there, _in_prefix(prefix)):
        if candidate is None:
            continue
        command, modules, data = candidate
        try:
            return AsteriskInstall(command, modules, data, _suitable_version(command))
        except (AsteriskTooOld, AsteriskMissing) as error:
            unsuitable = unsuitable or error
    raise unsuitable or AsteriskMissing(
        f"Asterisk не найден: ни в PATH, ни в папке {prefix}.",
        "Выполните «make setup» (Debian, Ubuntu) или запустите «docker compose up».",
    )


def parse_version(text: str) -> tuple[int, ...]:
    """(22, 10, 1) of "Asterisk 22.10.1~dfsg+~cs6.15"; () when there is no version in it."""
    found = re.search(r"Asterisk (?:certified[/-])?(\d+(?:\.\d+)*)", text)
    return tuple(int(part) for part in found[1].split(".")) if found else ()


def _on_path(binary: str) -> tuple[tuple[str, ...], Path, Path] | None:
    root = Path(binary).resolve().parent.parent
    folders = [root / "lib/asterisk/modules", *root.glob("lib/*/asterisk/modules"), Path("/usr/lib/asterisk/modules")]
    modules = next((folder for folder in folders if (folder / _NEEDED_MODULE).exists()), None)
    shares = [root / "share/asterisk", Path("/var/lib/asterisk")]
    data = next((folder for folder in shares if (folder / "documentation").exists()), None)
    return ((binary,), modules, data) if modules and data else None


def _why_not(binary: str) -> AsteriskTooOld | AsteriskMissing:
    """An Asterisk on PATH without what we need: usually it is too old to have it."""
    try:
        version = _suitable_version((binary,))
    except (AsteriskTooOld, AsteriskMissing) as error:
        return error
    return AsteriskMissing(
        f"У Asterisk {binary} версии {version} нет модуля {_NEEDED_MODULE} или папки documentation.",
        "Установите его модули целиком или выполните «make setup»: робот поставит свой Asterisk.",
    )


def _in_prefix(prefix: Path) -> tuple[tuple[str, ...], Path, Path] | None:
    binary = prefix / "usr/sbin/asterisk"
    for name in _LIBRARIES:
        libraries = prefix / name
        loader = next(libraries.glob("ld-linux*.so*"), None)
        if loader and binary.exists():
            # the prefix's own loader and libraries: no chroot, no root, whatever the libc of this machine
            search = f"{libraries}:{libraries / 'asterisk'}"
            command = (str(loader), "--argv0", "asterisk", "--library-path", search, str(binary))
            return command, libraries / "asterisk/modules", prefix / "usr/share/asterisk"
    return None


def _suitable_version(command: tuple[str, ...]) -> str:
    try:
        done = subprocess.run([*command, "-V"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise AsteriskMissing(f"Asterisk {command[-1]} не запускается: {error}.", "Выполните «make setup».") from error
    version = parse_version(done.stdout)
    if not version:
        said = (done.stderr or done.stdout).strip().splitlines()
        raise AsteriskMissing(
            f"Asterisk {command[-1]} не запускается: {said[0] if said else f'код {done.returncode}'}.",
            "Удалите папку .local/asterisk и выполните «make setup».",
        )
    text = ".".join(map(str, version))
    if version[:2] < OLDEST:
        raise AsteriskTooOld(
            f"Asterisk {command[-1]} версии {text} слишком старый: нужна {OLDEST[0]}.{OLDEST[1]} или новее.",
            "Выполните «make setup»: робот поставит свой Asterisk в папку .local и не тронет системный.",
        )
    return text
