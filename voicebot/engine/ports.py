"""The ports of the rest of the program that the engine's work stands on, together."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from voicebot.clock import Clock
from voicebot.dialogue.scenario import Scenario
from voicebot.engine.caller import Caller, Texts
from voicebot.mis.port import Mis
from voicebot.store.port import Store


@dataclass(frozen=True, slots=True)
class Ports:
    """What attempts need of the rest of the program. scenarios: the published scenario of an id, or None.

    free_administrators: how many could take a call now; None where nobody counts them: then invitations do not wait.
    legs: how many lines administrators' telephones take now.
    """

    store: Store
    mis: Mis
    clock: Clock
    caller: Caller
    texts: Texts
    scenarios: Callable[[str], Scenario | None]
    free_administrators: Callable[[], Awaitable[int]] | None = None
    legs: Callable[[], int] = lambda: 0
