"""The demo empties its folder before it begins: only a folder that is its own."""

from __future__ import annotations

from pathlib import Path

from voicebot.data_folder import only_robot_in
from voicebot.errors import InputFault

#: What a folder of the demo is known by.
MARK = ".voicebot-demo"
DEFAULT = Path("var/demo")


class NotOurFolder(InputFault):
    """The folder holds what the demo did not write."""

    code = "demo-folder"


def may_be_emptied(folder: Path) -> None:
    """Raises NotOurFolder when the folder holds anything that is not a demo's, DataInUse when a demo runs in it."""
    if not folder.exists() or (folder == DEFAULT and folder.is_dir()):
        return _nobody_works_in(folder)
    if not folder.is_dir():
        raise NotOurFolder(f"{folder} — не папка.", "Укажите в --folder новую или пустую папку.")
    if any(folder.iterdir()) and not (folder / MARK).exists():
        raise NotOurFolder(
            f"В папке {folder} лежат чужие файлы, а демонстрация её очищает.",
            "Укажите в --folder новую или пустую папку.",
        )
    return _nobody_works_in(folder)


def _nobody_works_in(folder: Path) -> None:
    if (folder / "lock").exists():
        with only_robot_in(folder):
            pass
