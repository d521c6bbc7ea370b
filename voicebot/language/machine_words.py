"""What answering machines say and people who pick up do not. Pure; works on words as heard."""

from __future__ import annotations

import re

from voicebot.language.words import split

_SAID_BY_MACHINES = re.compile(
    r"абонент|автоответчик|голосов\w+ (почт|помощни|ассистент|секретар)|набранн\w+ (вами )?номер"
    r"|(после|дождитесь) (\w+ )?(сигнал|гудк)|остав\w+ (\w+ )?(сообщени|запис)|запишите (\w+ )?сообщени"
    r"|(аппарат|телефон) (\w+ )?(выключен|отключен)|вне зоны|зоны? действия"
    r"|не (может|можем|могу) (\w+ )?(ответить на|подойти к телефон)|нас нет дома|оставайтесь на линии"
    r"|после окончания рабочего|в нерабочее время|ваш звонок (очень )?(важен|будет|переведен)"
)
#: A person speaks of somebody else so: «он не может подойти к телефону».
_OF_SOMEBODY = re.compile(r"(он|она|его|ее|муж|жена|мама|папа|сын|дочь|бабушка|дедушка) (\w+ ){0,2}не может")


def machine_speaks(text: str) -> bool:
    """Whether only a machine answers a call so."""
    words = " ".join(split(text))
    return _SAID_BY_MACHINES.search(words) is not None and _OF_SOMEBODY.search(words) is None
