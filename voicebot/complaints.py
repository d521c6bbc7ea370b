"""How the program says that something went wrong where no part of it had a sentence of its own."""

from __future__ import annotations

import errno
import logging
import os
import re
import tempfile
import traceback
from pathlib import Path
from typing import Any

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


class BriefAboutOthers(logging.Formatter):
    """Log lines in which only our own errors, and all of them with VOICEBOT_LOG=debug, bring their traceback:
    the libraries' are followed by an error of ours that says what to do."""

    def format(self, record: logging.LogRecord) -> str:
        ours = record.name.partition(".")[0] == "voicebot"
        if record.exc_info and not ours and not logging.getLogger().isEnabledFor(logging.DEBUG):
            brief = logging.makeLogRecord(record.__dict__)
            brief.exc_info = brief.exc_text = None
            brief.msg, brief.args = f"{record.getMessage()} {_last_line(record.exc_info[1])}", ()
            return super().format(brief)
        return super().format(record)


def _last_line(error: BaseException | None) -> str:
    return " ".join("".join(traceback.format_exception_only(error)).split()) if error is not None else ""


def usage(error: Exception) -> str | None:
    """A wrong command line in Russian; None when the error is something else.

    By the names of click's classes: typer has moved them about between versions, the names stay.
    """
    names = {each.__name__ for each in type(error).__mro__}
    if "NoArgsIsHelpError" in names or "UsageError" not in names:
        return str(error) if "NoArgsIsHelpError" in names else None
    context: Any = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "voicebot"
    return f"{_wrong(error, names)} Как пользоваться: {command} --help."


def _wrong(error: Any, names: set[str]) -> str:
    parameter = getattr(error, "param", None)
    name = parameter.opts[0] if parameter is not None and parameter.opts else ""
    if parameter is not None and not name.startswith("-"):
        name = name.upper()
    if "MissingParameter" in names:
        return f"Не указано {name}."
    if "NoSuchOption" in names:
        return f"Ключа {error.option_name} нет."
    if "BadParameter" in names:
        return f"{name}: такого значения не бывает ({error.message})."
    unknown = re.search(r"No such command '(.*?)'", error.message)
    if unknown:
        return f"Команды «{unknown[1]}» нет."
    if extra := re.search(r"unexpected extra argument\S* \((.*)\)", error.message):
        return f"Лишнее в команде: {extra[1]}."
    return f"Команда не разобрана: {error.format_message()}"
