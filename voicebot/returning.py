"""A robot that was killed and is expected back: its calls wait for it in Asterisk, and no trial call may take them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from voicebot.contacts.inbound import channel_of
from voicebot.errors import InputFault
from voicebot.settings import AsteriskKind, Settings
from voicebot.store.port import Store
from voicebot.telephony import keeping

Alive = Callable[[str], Awaitable[bool]]


class RobotExpected(InputFault):
    """Calls of a robot that died can still be taken up: by it, and by nobody else."""

    code = "robot-expected"


async def leave_its_calls(settings: Settings, store: Store, alive: Alive | None = None) -> None:
    """To be asked before the Asterisk of this folder is taken over, and with `alive` (is there a channel of this id)
    before anything is ended in one that runs elsewhere. Raises RobotExpected."""
    left = [attempt for attempt in await store.dialling() if attempt.node == settings.node]
    if alive is not None:
        waiting = sum([await alive(channel_of(attempt.id)) for attempt in left])
    elif settings.telephony.asterisk.kind is AsteriskKind.EMBEDDED:
        waiting = len(left) if keeping.found(settings.paths.data / "asterisk") is not None else 0
    else:
        return
    if waiting:
        raise RobotExpected(
            f"Робот остановился посреди разговоров ({waiting}): они ждут его возвращения.",
            "Запустите его (voicebot serve) или повторите пробный звонок через минуту.",
        )
