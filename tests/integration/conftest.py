"""A real Asterisk pair, the clinic's exchange and the city's carrier, started once per session; telephones on both."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from voicebot.telephony.asterisk import AsteriskProcess
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
        channels = await telephone.exchange.client.get("channels")
        bridges = await telephone.exchange.client.get("bridges")
        assert [each["id"] for each in channels] == []
        assert [each["id"] for each in bridges] == []


@pytest_asyncio.fixture
async def city(asterisk_pair: AsteriskPair) -> AsyncIterator[AriTelephone]:
    """The city's telephone."""
    async with telephone_of(asterisk_pair.city) as telephone:
        yield telephone


@pytest.fixture(scope="session")
def call_ids() -> Iterator[str]:
    """Fresh call ids."""
    return (f"call-{number}" for number in itertools.count(1))
