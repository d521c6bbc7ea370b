"""The store on a SQL database: SQLite for one machine, PostgreSQL for several."""

from __future__ import annotations

from pathlib import Path

from voicebot.sql import migrate
from voicebot.sql.engine import Database
from voicebot.store.attempts import Attempts
from voicebot.store.batches import Batches
from voicebot.store.calls import Calls
from voicebot.store.campaigns import Campaigns
from voicebot.store.decisions import Decisions
from voicebot.store.inbound import InboundCalls
from voicebot.store.lanes import Lanes
from voicebot.store.mirror import Mirror
from voicebot.store.nodes import Nodes
from voicebot.store.outbox import Outbox
from voicebot.store.patient_files import PatientFiles
from voicebot.store.planning import Planning
from voicebot.store.port import StoreDown
from voicebot.store.published import Published
from voicebot.store.rules import Rules
from voicebot.store.staff import Staff

MIGRATIONS = Path(__file__).parent / "migrations"


async def upgrade(url: str) -> None:
    """Make the database, or bring it to the newest schema; to be awaited once before SqlStore is used.

    Raises StoreDown, SchemaFault (made by a newer program), BadDatabaseUrl.
    """
    await migrate.upgrade(url, MIGRATIONS, StoreDown)


class SqlStore(
    Mirror, Planning, Attempts, Calls, Rules, Published, Outbox, Lanes, Nodes, Decisions, PatientFiles, Batches,
    Campaigns, InboundCalls, Staff,
):  # fmt: skip
    """port.Store on SQL. url: sqlite:///file.db or postgresql://user@host/name.

    Methods raise StoreDown; DataConflict when a row contradicts the others (a defect of the caller).
    close() must be awaited: SQLite's thread lives until then.
    """

    def __init__(self, url: str) -> None:
        super().__init__(Database(url, StoreDown))

    async def close(self) -> None:
        await self._database.close()
