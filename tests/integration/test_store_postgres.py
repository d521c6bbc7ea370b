"""The store's contract on a real PostgreSQL, and what is special there."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from itertools import count
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
pytest.register_assert_rewrite("store_contract", "nodes_contract", "decisions_contract", "inbound_contract")
sys.path[:0] = [str(TESTS / "unit" / "store"), str(TESTS / "unit" / "mis"), str(TESTS / "integration")]

from decisions_contract import DecisionsContract  # noqa: E402
from inbound_contract import InboundContract  # noqa: E402
from late_contract import GivingUpContract, SyncContract  # noqa: E402
from nodes_contract import LanesContract, LateEndContract, NodesContract  # noqa: E402
from registry_kit import HEADERS, NOW, ROW, csv_file  # noqa: E402
from store_contract import (  # noqa: E402
    FamilyContract,
    HistoryContract,
    OutboxContract,
    SettleContract,
    StoreContract,
    attempt,
    contact,
    settlement,
)
from store_postgres import Postgres, binaries, postgres  # noqa: E402

from voicebot.clock import ManualClock  # noqa: E402
from voicebot.dialogue.outcome import Answer  # noqa: E402
from voicebot.mis.port import AlreadyApplied, Applied, SetAnswer  # noqa: E402
from voicebot.mis.registry import registry as registry_module  # noqa: E402
from voicebot.mis.registry.importing import RegistryImport  # noqa: E402
from voicebot.store.database import SqlStore, upgrade  # noqa: E402
from voicebot.store.port import StoreDown  # noqa: E402

PROGRAMS = binaries()
pytestmark = pytest.mark.skipif(
    PROGRAMS is None, reason="PostgreSQL is not installed (apt-get install postgresql): its tests are NOT run"
)
_names = count()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    assert PROGRAMS is not None
    with postgres(tmp_path_factory.mktemp("postgres"), PROGRAMS) as cluster:
        asyncio.run(upgrade(cluster.create("template")))
        yield cluster


@pytest.fixture
def url(cluster: Postgres) -> str:
    """An empty, upgraded database."""
    import psycopg

    name = f"store{next(_names)}"
    with psycopg.connect(cluster.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template")
    return cluster.url(name)


@pytest.fixture
async def store(url: str) -> AsyncIterator[SqlStore]:
    made = SqlStore(url)
    yield made
    await made.close()


class TestStore(StoreContract):
    pass


class TestSettle(SettleContract):
    pass


class TestFamilies(FamilyContract):
    pass


class TestLanes(LanesContract):
    pass


class TestNodes(NodesContract):
    pass


class TestSync(SyncContract):
    pass


class TestGivingUp(GivingUpContract):
    pass


class TestLateEnds(LateEndContract):
    pass


class TestInbound(InboundContract):
    pass


class TestHistory(HistoryContract):
    pass


class TestDecisions(DecisionsContract):
    pass


class TestOutbox(OutboxContract):
    pass


async def test_migrations_lead_to_the_models(url: str, cluster: Postgres) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext
    from sqlalchemy import create_engine

    from voicebot.mis.registry.models import Base as RegistryBase
    from voicebot.store.models import Base

    registry_url = cluster.create(f"registry{next(_names)}")
    await asyncio.gather(*(registry_module.upgrade(registry_url) for _ in range(3)))
    for where, metadata in ((url, Base.metadata), (registry_url, RegistryBase.metadata)):
        engine = create_engine(where.replace("postgresql:", "postgresql+psycopg:"))
        with engine.connect() as connection:
            assert compare_metadata(MigrationContext.configure(connection), metadata) == []
        engine.dispose()


async def test_two_nodes_that_race_start_each_attempt_once(url: str) -> None:
    nodes = [SqlStore(url), SqlStore(url)]
    try:
        await nodes[0].add_contacts(
            [contact(n) for n in range(30)], [attempt(n, phone=f"+7888{n % 10:07}") for n in range(30)]
        )
        started = await asyncio.gather(
            *(node.start_attempt(f"a{n}", f"node{at}", NOW) for n in range(30) for at, node in enumerate(nodes))
        )
        dialling = await nodes[0].dialling()
    finally:
        for node in nodes:
            await node.close()
    assert sum(started) == len(dialling) == 10  # ten phones, each once at a time
    assert len({found.phone for found in dialling}) == 10


async def test_two_nodes_that_settle_the_same_attempt_write_once(url: str) -> None:
    nodes = [SqlStore(url) for _ in range(4)]
    try:
        await nodes[0].add_contacts([contact()], [attempt()])
        written = await asyncio.gather(*(node.settle(settlement()) for node in nodes))
        assert sorted(written) == [False, False, False, True]
        assert len(await nodes[0].tasks()) == len(await nodes[0].deliveries()) == 1
    finally:
        for node in nodes:
            await node.close()


async def test_two_nodes_that_plan_the_same_visit_plan_it_once(url: str) -> None:
    nodes = [SqlStore(url) for _ in range(4)]
    try:
        planned = await asyncio.gather(
            *(node.add_contacts([contact(n, id=f"c{n}-{at}") for n in range(20)], []) for at, node in enumerate(nodes))
        )
        assert sum(planned) == 20
        assert len(await nodes[0].contacts()) == 20
    finally:
        for node in nodes:
            await node.close()


async def test_the_registry_runs_on_postgresql_too(cluster: Postgres, tmp_path: Path) -> None:
    url = cluster.create(f"registry{next(_names)}")
    await registry_module.upgrade(url)
    registry = registry_module.Registry(url, ManualClock(NOW))
    try:
        importer = RegistryImport(registry)
        path = csv_file(tmp_path / "v.csv", HEADERS, ROW)
        await importer.apply(await importer.preview(path))
        [visit] = (await registry.appointments(NOW, NOW.replace(year=2027))).items
        command = SetAnswer(visit.id, Answer.CONFIRMED)
        results = await asyncio.gather(*(registry.apply(command, "k1", "1") for _ in range(8)))
        assert results.count(Applied("2")) == 1
        assert results.count(AlreadyApplied("2")) == 7
        assert (await importer.preview(path)).visits.unchanged == 1
    finally:
        await registry.close()


async def test_a_database_that_went_away_is_said_and_found_again(cluster: Postgres, url: str) -> None:
    store = SqlStore(url)
    try:
        await store.add_contacts([contact()], [attempt()])
        await asyncio.to_thread(cluster.kill)
        with pytest.raises(StoreDown, match=rf"127\.0\.0\.1:{cluster.port}/store\d+ не отвечает"):
            await store.contacts()
        with pytest.raises(StoreDown):
            await store.settle(settlement())
        await asyncio.to_thread(cluster.start)
        assert await store.settle(settlement()) is True
    finally:
        await store.close()
