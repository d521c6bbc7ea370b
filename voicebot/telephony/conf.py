"""Rendering of the configuration templates of asterisk_conf/ into the folder of one run."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from voicebot.errors import InputFault, OurFault

_PLACEHOLDER = re.compile(r"@([A-Z][A-Z_]*)@")


class TemplateFault(OurFault):
    """A template wants a value that nobody gave, or is not there."""

    code = "asterisk-template"


class UnsafeValue(InputFault):
    """A value that would change the meaning of an Asterisk configuration file."""

    code = "asterisk-conf-value"


def shipped(name: str) -> Path:
    """A folder that comes with the program ("asterisk_conf", "audio"): in the source tree or in the installed wheel."""
    package = Path(__file__).resolve().parent.parent
    for folder in (package.parent / name, package / "shipped" / name):
        if folder.is_dir():
            return folder
    raise TemplateFault(f"Папка {name} не найдена рядом с программой.", "Переустановите voicebot.")


def render(text: str, values: Mapping[str, str], where: str) -> str:
    """The template with @NAME@ replaced. Raises TemplateFault for an unknown name, UnsafeValue for a broken value."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        if name not in values:
            raise TemplateFault(f"{where}: для @{name}@ нет значения.", "Это ошибка программы: сообщите нам.")
        given = values[name]
        if any(char in given for char in "\r\n;"):  # ";" starts a comment in every Asterisk file
            raise UnsafeValue(f"{where}: {name}: недопустимый знак: {given!r}.", "Уберите «;» и переводы строк.")
        return given

    return _PLACEHOLDER.sub(value, text)


def render_folder(source: Path, kind: str, target: Path, values: Mapping[str, str]) -> None:
    """Render source/common/*.conf and source/{kind}/*.conf into target; only the owner may read them (a password)."""
    target.mkdir(parents=True, exist_ok=True)
    for folder in (source / "common", source / kind):
        templates = sorted(folder.glob("*.conf"))
        if not templates:
            raise TemplateFault(f"В папке {folder} нет шаблонов Asterisk.", "Переустановите voicebot.")
        for template in templates:
            rendered = render(template.read_text(encoding="utf-8"), values, str(template))
            out = target / template.name
            out.unlink(missing_ok=True)
            with open(os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
                file.write(rendered)
