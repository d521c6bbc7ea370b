"""A real Asterisk pair, the clinic's exchange and the city's carrier, started once per session; telephones on both."""

from __future__ import annotations

import asyncio
import itertools
import math
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import pytest_asyncio

sys.path.insert(0, str(Path(__file__).parent))

from engine_kit import Place, on_postgres, on_sqlite

from voicebot.telephony.asterisk import AsteriskProcess
from voicebot.telephony.line import AriLine
from voicebot.telephony.port import Audio, Gone, LineEvent
from voicebot.telephony.ports import PortLease
from voicebot.telephony.telephone import AriTelephone

ROOT = Path(__file__).resolve().parents[2]
CLINIC_NUMBER = "+78880000000"
ADMINISTRATOR = "+78880000901"
CITY_APP = "city"


@dataclass(frozen=True)
class AsteriskPair:
    """The clinic's Asterisk, whose trunk is the city's; and the city's, whose customer is the clinic."""

    clinic: AsteriskProcess
    city: AsteriskProcess


def make_pair(prefix: Path, run_dir: Path) -> AsteriskPair:
    """Two processes that know each other's SIP port; not started."""
    clinic_ports, city_ports = PortLease(), PortLease()
    clinic = AsteriskProcess(
        conf="clinic",
        prefix=prefix,
        run_dir=run_dir / "clinic",
        app="voicebot-test",
        ports=clinic_ports,
        peer_sip=f"127.0.0.1:{city_ports.sip}",
    )
    city = AsteriskProcess(
        conf="city", prefix=prefix, run_dir=run_dir / "city", app=CITY_APP, ports=city_ports, peer_sip=clinic.sip
    )
    return AsteriskPair(clinic, city)


def telephone_of(process: AsteriskProcess) -> AriTelephone:
    """A telephone of the process's side; the clinic's knows one administrator."""
    trunk = "trunk" if process.conf == "clinic" else "clinic"
    return AriTelephone(
        process.url,
        process.user,
        process.password,
        process.app,
        endpoint=f"PJSIP/{{number}}@{trunk}",
        administrators={"reception": f"PJSIP/{ADMINISTRATOR}@{trunk}"},
        gone_after_s=1.0,
    )


@pytest.fixture(scope="session")
def prefix() -> Path:
    """The folder with our own Asterisk, as the set-up makes it."""
    return ROOT / ".local" / "asterisk"


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def asterisk_pair(prefix: Path, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[AsteriskPair]:
    """Running for the whole session. Tests that kill or cut make their own pair."""
    pair = make_pair(prefix, tmp_path_factory.mktemp("asterisk"))
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(pair.clinic)
        await stack.enter_async_context(pair.city)
        yield pair


@pytest_asyncio.fixture
async def clinic(asterisk_pair: AsteriskPair) -> AsyncIterator[AriTelephone]:
    """The robot's telephone; its test must leave nothing behind in Asterisk."""
    async with telephone_of(asterisk_pair.clinic) as telephone:
        yield telephone
        assert await left_over(telephone) == []


@pytest_asyncio.fixture
async def own_pair(prefix: Path, tmp_path: Path) -> AsyncIterator[AsteriskPair]:
    """A pair of its own, for a test that kills, restarts or floods."""
    pair = make_pair(prefix, tmp_path)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(pair.clinic)
        await stack.enter_async_context(pair.city)
        yield pair


@pytest.fixture
def telephone() -> Callable[[AsteriskProcess], AriTelephone]:
    """Makes a telephone for a process."""
    return telephone_of


async def left_over(telephone: AriTelephone) -> list[str]:
    """Ids of channels and bridges that do not go within a second (their end is not immediate in Asterisk)."""
    left: list[str] = []
    for _ in range(50):
        left = [
            str(each["id"]) for kind in ("channels", "bridges") for each in await telephone.exchange.client.get(kind)
        ]
        if not left:
            break
        await asyncio.sleep(0.02)
    return left


@pytest_asyncio.fixture
async def city(asterisk_pair: AsteriskPair) -> AsyncIterator[AriTelephone]:
    """The city's telephone."""
    async with telephone_of(asterisk_pair.city) as telephone:
        yield telephone


@pytest.fixture(scope="session")
def call_ids() -> Iterator[str]:
    """Fresh call ids."""
    return (f"call-{number}" for number in itertools.count(1))


class Party:
    """Whoever is on a line in a test: takes its events in the background, keeps what was heard.

    Use as `async with Party(line) as party`: enters the line, and leaves it.
    """

    def __init__(self, line: AriLine) -> None:
        self.line = line
        self.events: list[LineEvent] = []
        self.heard = bytearray()
        self.heard_at: list[tuple[float, int]] = []  # (loop time, bytes heard by then)
        self._news = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Party:
        await self.line.__aenter__()
        self._task = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.line.__aexit__(*exc)
        assert self._task
        await asyncio.wait_for(self._task, 5)  # the stream of events ends after Gone

    async def _listen(self) -> None:
        async for event in self.line.events():
            if isinstance(event, Audio):
                self.heard += event.pcm
                self.heard_at.append((asyncio.get_running_loop().time(), len(self.heard)))
                continue
            async with self._news:
                self.events.append(event)
                self._news.notify_all()

    def has(self, kind: type[LineEvent]) -> bool:
        return any(isinstance(each, kind) for each in self.events)

    async def expect(self, kind: type[LineEvent], within_s: float = 5.0) -> LineEvent:
        """The first event of this kind, come or to come."""
        async with asyncio.timeout(within_s), self._news:
            await self._news.wait_for(lambda: self.has(kind))
        return next(each for each in self.events if isinstance(each, kind))

    async def gone(self, within_s: float = 5.0) -> Gone:
        event = await self.expect(Gone, within_s)
        assert isinstance(event, Gone)
        return event

    def samples(self) -> np.ndarray:
        return np.frombuffer(bytes(self.heard), "<i2").astype(float)


def chirp(seconds: float, low: float = 400, high: float = 3000, rate: int = 8000) -> bytes:
    """A sweep: at no shift like itself, so that correlation tells where it is. slin."""
    time = np.arange(int(seconds * rate)) / rate
    phase = 2 * math.pi * (low * time + (high - low) * time**2 / (2 * seconds))
    return bytes((np.sin(phase) * 8000).astype("<i2").tobytes())


def find(sound: bytes, heard: np.ndarray) -> tuple[float, float]:
    """Where in heard the sound is: (likeness 0..1, offset in seconds)."""
    wanted = np.frombuffer(sound, "<i2").astype(float)
    if len(heard) < len(wanted):
        return 0.0, 0.0
    size = 1 << (len(heard) + len(wanted)).bit_length()
    raw = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(wanted, size)), size)
    raw = raw[: len(heard) - len(wanted) + 1]
    energy = np.concatenate(([0.0], np.cumsum(heard**2)))
    local = np.sqrt(np.maximum(energy[len(wanted) :] - energy[: -len(wanted)], 1.0)) * np.linalg.norm(wanted)
    at = int(np.argmax(raw / local))
    return float(raw[at] / local[at]), at / 8000


@pytest.fixture
def party() -> Callable[[AriLine], Party]:
    """Somebody on a line."""
    return Party


@pytest.fixture
def sweep() -> Callable[..., bytes]:
    return chirp


@pytest.fixture
def likeness() -> Callable[[bytes, np.ndarray], tuple[float, float]]:
    return find


@pytest.fixture(scope="session")
def new_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Makes an empty database on a PostgreSQL of the session's own; its URL. Skips where PostgreSQL is missing."""
    from store_postgres import binaries, postgres

    programs = binaries()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (apt-get install postgresql): its tests are NOT run")
    names = itertools.count(1)
    with postgres(tmp_path_factory.mktemp("postgresql"), programs) as cluster:
        yield lambda: cluster.create(f"test{next(names)}")


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Empty databases of a robot, on either kind."""
    if request.param == "sqlite":
        return on_sqlite(tmp_path)
    return on_postgres(request.getfixturevalue("new_database"))


@pytest.fixture
def shared_place(new_database: Callable[[], str]) -> Place:
    """Empty databases that several machines may share: PostgreSQL."""
    return on_postgres(new_database)
