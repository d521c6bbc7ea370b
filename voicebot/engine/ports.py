"""The ports of the rest of the program that the engine's work stands on, together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from voicebot.clock import Clock
from voicebot.dialogue.scenario import Scenario
from voicebot.engine.caller import Caller, Texts
from voicebot.engine.versions import Version
from voicebot.mis.port import Mis
from voicebot.store.port import Store


@dataclass(frozen=True, slots=True)
class Ports:
    """What attempts need of the rest of the program. scenarios: the published scenario of an id, or None. version: an
    earlier version of one, for campaigns that are pinned to it.

    administrators: how many there are, over all nodes, were nobody talking; None where nobody counts them: then
    invitations do not wait. Those who talk are counted by the store.
    """

    store: Store
    mis: Mis
    clock: Clock
    caller: Caller
    texts: Texts
    scenarios: Callable[[str], Scenario | None]
    administrators: int | None = None
    version: Version | None = None
