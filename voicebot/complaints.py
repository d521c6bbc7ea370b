"""How the program says that something went wrong where no part of it had a sentence of its own."""

from __future__ import annotations

import errno
import os
import tempfile
import traceback
from pathlib import Path

_REASONS = {
    errno.ENOENT: "нет такого файла или папки",
    errno.EACCES: "нет прав",
    errno.EPERM: "нет прав",
    errno.EROFS: "диск только для чтения",
    errno.ENOSPC: "на диске нет места",
    errno.EDQUOT: "исчерпана квота на диске",
    errno.EEXIST: "это файл, а не папка",
    errno.ENOTDIR: "на этом пути лежит файл, а не папка",
    errno.EISDIR: "это папка, а не файл",
    errno.EADDRINUSE: "адрес занят другой программой",
    errno.EADDRNOTAVAIL: "такого адреса на этой машине нет",
    errno.ECONNREFUSED: "соединение не принимают",
    errno.EMFILE: "открыто слишком много файлов",
    errno.EIO: "диск не отвечает",
}


def russian(error: OSError) -> str:
    """Why the system refused, for a person."""
    return _REASONS.get(error.errno or 0) or error.strerror or str(error)


def keep_traceback(error: BaseException) -> Path:
    """Write the traceback where only this user can read it; returns the file, for those who mend the program."""
    handle, name = tempfile.mkstemp(prefix="voicebot-error-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("".join(traceback.format_exception(error)))
    return Path(name)
