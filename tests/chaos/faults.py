"""Which faults there are, and a seeded plan of them: the same seed is the same plan."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    ROBOT_KILLED = "robot killed (kill -9)"
    ASTERISK_KILLED = "Asterisk killed (kill -9)"
    DATABASE_KILLED = "PostgreSQL killed (kill -9)"
    ALL_SOCKETS = "all sockets to Asterisk cut"
    ONE_SOCKET = "one socket to Asterisk cut"
    DATABASE_SOCKETS = "sockets to PostgreSQL cut"
    MIS_LATE = "MIS late"
    MIS_TWICE = "MIS twice"
    MIS_NONSENSE = "MIS nonsense"
    CLOCK_AHEAD = "clock leaps ahead"
    CLOCK_BACK = "clock leaps back"
    CLOCK_NIGHT = "clock leaps into the night"


#: A robot needs some seconds to come up, in which most faults hit nothing: it is killed more rarely than the rest.
WEIGHTS: Mapping[Kind, int] = {
    Kind.ROBOT_KILLED: 6, Kind.ASTERISK_KILLED: 8, Kind.DATABASE_KILLED: 8,
    Kind.ALL_SOCKETS: 10, Kind.ONE_SOCKET: 18, Kind.DATABASE_SOCKETS: 10,
    Kind.MIS_LATE: 9, Kind.MIS_TWICE: 9, Kind.MIS_NONSENSE: 9,
    Kind.CLOCK_AHEAD: 7, Kind.CLOCK_BACK: 4, Kind.CLOCK_NIGHT: 2,
}  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """wait_s: since the fault before, and then until `calls` more telephones have rung. lasts_s: how long it is down or
    in trouble. minutes: of a clock. draw: 0…1, which of several things is hit."""

    kind: Kind
    wait_s: float
    calls: int
    lasts_s: float
    minutes: float
    draw: float


def plan(seed: int, count: int, wait_s: float) -> Iterator[Fault]:
    """wait_s: on the average; every kind comes once before chance decides, if count allows it."""
    chance = random.Random(seed)
    first = chance.sample(list(WEIGHTS), min(count, len(WEIGHTS)))
    rest = chance.choices(list(WEIGHTS), list(WEIGHTS.values()), k=max(0, count - len(first)))
    for kind in (*first, *rest):
        yield Fault(
            kind,
            min(chance.expovariate(1 / wait_s), wait_s * 3),
            chance.choice((0, 0, 1, 1, 2, 3, 5)),
            chance.uniform(1, 5) if kind in (Kind.DATABASE_KILLED, *_TROUBLES) else chance.uniform(0, 2),
            chance.uniform(2, 45),
            chance.random(),
        )


_TROUBLES = (Kind.MIS_LATE, Kind.MIS_TWICE, Kind.MIS_NONSENSE)
