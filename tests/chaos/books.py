"""The books after a chaos run: what really rang (the city's journal), our tables, and the MIS's own tables and log."""

from __future__ import annotations

import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from tests.chaos.faulty_mis import writes_in
from tests.chaos.town import ADMINISTRATOR, Manner, opening
from voicebot.city.journal import CallLog, What
from voicebot.dialogue import codec
from voicebot.dialogue.actions import Finish
from voicebot.dialogue.outcome import Outcome

if TYPE_CHECKING:
    from tests.chaos.world import World

#: A witness of our own in the robot's database: when, by the machine's clock, an attempt changed its status.
LEDGER_SQL = """
create table chaos_ledger (serial bigserial primary key, attempt_id text, phone text, status text,
    at timestamptz not null default clock_timestamp());
create function chaos_note() returns trigger language plpgsql as $$ begin
    if tg_op = 'INSERT' or old.status is distinct from new.status then
        insert into chaos_ledger (attempt_id, phone, status) values (new.id, new.phone, new.status::text);
    end if; return null; end $$;
create trigger chaos_witness after insert or update on attempt for each row execute function chaos_note();
"""
#: A decision may be 3 s old when the INVITE goes out (engine/last_look.py); the INVITE takes its way as well.
HOURS_GRACE = timedelta(seconds=6)
WRITTEN_WITHIN = timedelta(seconds=1)  # how a call ended is written after it: a kill until then touches it
LINE_GRACE = timedelta(seconds=1)  # a BYE is on its way while the next call is dialled
DECISIVE = frozenset(Outcome) - {Outcome.UNCLEAR, Outcome.HUNG_UP, Outcome.UNREACHED}
SOONEST = {"busy": 10, "failed": 10}  # minutes until the next attempt; an hour for all else, and where it has rung
EXPECTED = {
    Manner.KEYS: "answered", Manner.LISTENS: "answered", Manner.LEAVES: "answered",
    Manner.BUSY: "busy", Manner.REJECT: "rejected", Manner.RINGS: "no_answer",
}  # fmt: skip


@dataclass(frozen=True)
class Ring:
    """A call as the city saw it, and the attempt it was made for ('' when there is none)."""

    log: CallLog
    ended: datetime
    attempt_id: str = ""

    @property
    def number(self) -> str:
        return self.log.header.number

    @property
    def at(self) -> datetime:
        return self.log.header.started_at

    @property
    def keys(self) -> int:
        return len(self.log.all(What.PRESSED))


@dataclass
class Balance:
    """Sums that must be zero, each with what was found; and totals."""

    wrong: dict[str, list[str]] = field(default_factory=dict)
    totals: dict[str, int] = field(default_factory=dict)

    def check(self, name: str, found: Iterable[str]) -> None:
        self.wrong.setdefault(name, []).extend(found)

    @property
    def even(self) -> bool:
        return not any(self.wrong.values())


def balance(world: World) -> Balance:
    """Reads everything and compares. The robot has stopped."""
    books = Balance()
    attempts = {str(row[0]): row for row in world.rows("select id, phone, status, disposition, reason from attempt")}
    rings = _rings(world)
    _rung(books, world, rings, attempts)
    _answers(books, world, rings, attempts)
    _mis(books, world)
    _accounts(books, world, rings, attempts)
    return books


# What rang -----------------------------------------------------------------------------------------


def _rings(world: World) -> list[Ring]:
    """Each call with its attempt: the one that stood as dialling when the telephone rang."""
    dialling: dict[str, list[tuple[datetime, datetime, str]]] = defaultdict(list)
    open_: dict[str, tuple[datetime, str]] = {}
    for attempt, phone, status, at in world.rows(
        "select attempt_id, phone, status, at from chaos_ledger order by serial"
    ):
        if status == "dialling":
            open_[str(phone)] = at, str(attempt)  # type: ignore[assignment]
        elif str(phone) in open_ and open_[str(phone)][1] == attempt:
            since, _ = open_.pop(str(phone))
            dialling[str(phone)].append((since, at, str(attempt)))  # type: ignore[arg-type]
    for phone, (since, attempt) in open_.items():
        dialling[phone].append((since, datetime.now(UTC), attempt))
    found = []
    for log in world.calls():
        if log.header.number == ADMINISTRATOR:
            continue
        at, gone = log.header.started_at, log.first(What.GONE)
        ended = at + timedelta(milliseconds=gone.at_ms) if gone else datetime.now(UTC)
        ended = min([ended, *(death for death in world.asterisk_deaths if at <= death)])
        of = [a for since, until, a in dialling[log.header.number] if since <= at <= until + LINE_GRACE]
        found.append(Ring(log, max(ended, at), of[-1] if of else ""))
    return found


def _rung(books: Balance, world: World, rings: Sequence[Ring], attempts: dict[str, tuple[Any, ...]]) -> None:
    clock = world.clock
    per_attempt = Counter(ring.attempt_id for ring in rings if ring.attempt_id)
    books.check("patients rung twice for one attempt", [f"{a}: {n} times" for a, n in per_attempt.items() if n > 1])
    books.check("rung without an attempt", [_told(r) for r in rings if not r.attempt_id])

    soon: list[str] = []
    interrupted: list[str] = []
    last: dict[str, Ring] = {}
    for ring in rings:
        before = last.get(ring.number)
        last[ring.number] = ring
        if before is None or before.attempt_id == ring.attempt_id:
            continue
        how = str(attempts[before.attempt_id][3]) if before.attempt_id else ""
        waited = clock.lived(before.at, ring.at)
        rang = before.log.first(What.RINGING) is not None
        soonest = 60 if how == "failed" and rang else SOONEST.get(how, 60)
        if waited < timedelta(minutes=soonest):
            told = f"{_told(ring)}: {waited} after a call that was {how}"
            (interrupted if how == "interrupted" else soon).append(told)
    books.check("rung again within the hour after an interruption", interrupted)
    books.check("rung again sooner than the rules say", soon)

    books.check("calls outside hours", [_told(r) for r in rings if not _open(world, r.at)])
    books.check("over the line limit", _over(rings, _lines(world)))
    books.totals["calls that reached the city"] = len(rings)
    books.totals["patients rung"] = len({r.number for r in rings})
    books.totals["most calls at once"] = _most(rings)


def _open(world: World, real: datetime) -> bool:
    """Whether it was within hours at the ring, or shortly before it."""
    for moment in (real, real - HOURS_GRACE):
        shown = world.clock.shown(moment)
        first, last = opening(shown)
        if first <= shown < last:
            return True
    return False


def _lines(world: World) -> int:
    return int(world.clinic.more["VOICEBOT_TELEPHONY__LINES"])


def _marks(rings: Sequence[Ring], grace: timedelta) -> list[tuple[datetime, int]]:
    """Begins and ends; with a grace, an end counts that much earlier."""
    marks = [(r.at, 1) for r in rings] + [(max(r.at, r.ended - grace), -1) for r in rings]
    return sorted(marks)


def _most(rings: Sequence[Ring], grace: timedelta = timedelta(0)) -> int:
    now = most = 0
    for _, step in _marks(rings, grace):
        now += step
        most = max(most, now)
    return most


def _over(rings: Sequence[Ring], lines: int) -> list[str]:
    most = _most(rings, LINE_GRACE)
    return [f"{most} calls at once on {lines} lines"] if most > lines else []


def _told(ring: Ring) -> str:
    return f"{ring.number} call {ring.log.header.call} at {ring.at:%H:%M:%S.%f}"[:-3]


# What was said -------------------------------------------------------------------------------------


def _answers(books: Balance, world: World, rings: Sequence[Ring], attempts: dict[str, tuple[Any, ...]]) -> None:
    outcomes: dict[str, set[str]] = defaultdict(set)
    for attempt, outcome in world.rows("select attempt_id, outcome::text from outcome"):
        outcomes[str(attempt)].add(str(outcome))
    lost = []
    for call, body in world.rows("select call_id, body from call_event where kind = 'Finish'"):
        finish = codec.decode(str(body))
        assert isinstance(finish, Finish)
        meant = {c.outcome.value for c in finish.conclusions if c.outcome in DECISIVE}
        if not meant <= outcomes[str(call)]:
            lost.append(f"{call}: ended as {meant}, written {outcomes[str(call)]}")
    keys = Counter(str(call) for (call,) in world.rows("select call_id from call_event where kind = 'KeyPressed'"))
    lost += [
        f"{call}: {n} keys were heard, written {outcomes[call]}"
        for call, n in keys.items()
        if n >= 2 and "confirmed" not in outcomes[call]
    ]
    untouched = [r for r in rings if r.attempt_id and not world.touched(r.at, r.ended + WRITTEN_WITHIN)]
    lost += [
        f"{_told(r)}: pressed {r.keys} keys in a call that nothing touched, written {outcomes[r.attempt_id]}"
        for r in untouched
        if r.keys >= 2 and "confirmed" not in outcomes[r.attempt_id]
    ]
    books.check("lost outcomes", lost)
    wrong = []
    for ring in untouched:
        how, expected = attempts[ring.attempt_id][3], EXPECTED[world.town.manners[ring.number]]
        if how != expected:
            wrong.append(f"{_told(ring)}: {how} in place of {expected}, though nothing touched it")
    books.check("wrong endings of calls that nothing touched", wrong)
    books.totals["calls that nothing touched"] = len(untouched)
    books.totals["answers (визит подтверждён)"] = sum("confirmed" in each for each in outcomes.values())
    books.totals["calls that the robot came back into"] = len(
        world.rows("select distinct call_id from call_event where kind = 'Resumed'")
    )


# What the MIS got ----------------------------------------------------------------------------------


def _mis(books: Balance, world: World) -> None:
    registry = sqlite3.connect(f"file:{world.clinic.data / 'registry.db'}?mode=ro", uri=True)
    try:
        visits = {row[0]: row[1:] for row in registry.execute("select id, answer, version from appointment")}
        notes = {row[0] for row in registry.execute("select key from call_note")}
        applied = {row[0] for row in registry.execute("select key from applied")}
    finally:
        registry.close()
    deliveries = world.rows("select id, kind::text, appointment_id, value, status::text, result from delivery")
    answers = {str(d[0]): d for d in deliveries if d[1] == "answer"}
    written = Counter(str(d[2]) for d in answers.values() if d[0] in applied)
    writes = writes_in(world.folder / "writes.jsonl")
    log = Counter(w["key"] for w in writes if w["result"] == "Applied")
    books.totals["writes that came again and changed nothing"] = sum(w["result"] == "AlreadyApplied" for w in writes)
    double = [f"{key} applied {n} times" for key, n in log.items() if n > 1]
    double += [
        f"visit {id_} is at version {version} after {written[id_]} answers"
        for id_, (_, version) in visits.items()
        if version > 1 + written[id_]
    ]
    books.check("double MIS writes", double)

    meant = world.rows(
        "select distinct c.appointment_id from outcome o join contact c on c.id = o.contact_id"
        " where o.outcome = 'confirmed'"
    )
    missing = [
        f"visit {id_}: the patient confirmed, the MIS says {visits[str(id_)][0]}"
        for (id_,) in meant
        if visits[str(id_)][0] != "confirmed"
    ]
    missing += [f"{d[0]} ({d[1]}): {d[4]}, {d[5]}" for d in deliveries if d[4] not in ("done",)]
    missing += [f"note {d[0]} is done and not there" for d in deliveries
                if d[1] == "note" and d[4] == "done" and d[0] not in notes]  # fmt: skip
    books.check("missing MIS writes", missing)
    known = {str(d[0]) for d in deliveries}
    books.check("MIS writes that nobody ordered", [k for k in applied if k.removesuffix(":note") not in known])
    ours = {str(id_) for (id_,) in meant} | {str(d[2]) for d in answers.values()}
    books.check("answers in the MIS that nobody gave",
                [f"visit {id_}: {answer}" for id_, (answer, _) in visits.items()
                 if answer != "unknown" and id_ not in ours])  # fmt: skip
    books.totals["writes in the MIS"] = len(applied)


# Nothing is left over ------------------------------------------------------------------------------


def _accounts(books: Balance, world: World, rings: Sequence[Ring], attempts: dict[str, tuple[Any, ...]]) -> None:
    left = [f"{a[0]} is {a[2]}" for a in attempts.values() if a[2] not in ("planned", "finished", "dropped")]
    left += [f"{a[0]} has no end" for a in attempts.values() if a[2] == "finished" and a[3] is None]
    left += [f"{a[0]} has no reason" for a in attempts.values() if a[2] == "dropped" and not a[4]]
    rung = {r.attempt_id for r in rings}
    left += [f"{a[0]} is {a[3]}, and nobody was rung" for a in attempts.values()
             if a[3] in ("answered", "busy", "rejected", "no_answer") and a[0] not in rung]  # fmt: skip
    contacts = world.rows(
        "select c.id, c.status::text, c.reason, count(a.id) filter (where a.status = 'planned') from contact c"
        " left join attempt_contact j on j.contact_id = c.id left join attempt a on a.id = j.attempt_id"
        " group by c.id, c.status, c.reason"
    )
    for id_, status, reason, planned in contacts:
        if status in ("planned", "in_progress") and planned != 1:
            left.append(f"contact {id_} is {status} with {planned} attempts planned")
        elif status not in ("planned", "in_progress") and (planned or not reason):
            left.append(f"contact {id_} is {status} («{reason}») with {planned} attempts planned")
    visited = {str(id_) for (id_,) in world.rows("select distinct appointment_id from contact")}
    reasons = {str(id_) for (id_,) in world.rows("select patient_id from decision where reason <> ''")}
    rows = world.rows(
        "select a.id, a.patient_id, a.start, p.phone from appointment a"
        " join patient_phone p on p.patient_id = a.patient_id"
    )
    passed_by = [(str(i), str(p), start, phone) for i, p, start, phone in rows if str(i) not in visited]
    silent = [(id_, start, phone) for id_, p, start, phone in passed_by if p not in reasons]
    leapt = [id_ for id_, start, phone in silent if world.leapt_over(phone, start)]
    left += [f"visit {id_} was never planned, and nobody says why" for id_, _, _ in silent if id_ not in leapt]
    books.totals["visits for which it was too late by the clock"] = len(passed_by) - len(silent)
    books.totals["visits that the clock leapt over before they could be planned"] = len(leapt)
    books.check("attempts and visits not accounted for", left)
    books.totals["visits"] = len(visited)
    books.totals["attempts"] = len(attempts)
    for how, n in Counter(str(a[3]) for a in attempts.values() if a[3]).items():
        books.totals[f"attempts that ended as {how}"] = n
