"""What every store must do with decisions, and with the file of one patient. Run on SQLite and on PostgreSQL."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from voicebot.contacts.decisions import Decision, DecisionNote, RuleId, Verdict
from voicebot.contacts.model import Attempt, AttemptStatus, Contact, ContactStatus, Suppression
from voicebot.dialogue.outcome import Disposition, Outcome
from voicebot.store.database import SqlStore
from voicebot.store.port import CallRow, Concluded, Settlement

NOW = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
PHONE = "+78880000101"
WAITS = DecisionNote(Decision(Verdict.WAITING, RuleId.HOURS, "ночь", NOW, NOW + HOUR), "c1", "p1", "a1")


class DecisionsContract:
    async def test_the_same_decision_is_kept_once_a_day_and_read_in_the_order_of_time(self, store: SqlStore) -> None:
        later = replace(WAITS, decision=replace(WAITS.decision, at=NOW + HOUR, next_at=NOW + 2 * HOUR))
        tomorrow = replace(WAITS, decision=replace(WAITS.decision, at=NOW + 24 * HOUR))
        first = DecisionNote(Decision(Verdict.PLANNED, RuleId.DUE, "за 24 ч", NOW - HOUR, NOW), "c1", "p1")
        await store.add_decisions([])
        await store.add_decisions([tomorrow, WAITS, WAITS, first])
        await store.add_decisions([later, first])
        assert await store.decisions("p1") == (first, WAITS, tomorrow)
        assert await store.decisions(contact_ids=["c1"]) == (first, WAITS, tomorrow)
        assert await store.decisions("p2") == await store.decisions() == ()

    async def test_the_file_of_a_patient_holds_all_and_only_theirs(self, store: SqlStore) -> None:
        contacts = [
            Contact(f"c{n}", f"p{n}", "recall", "", "", ContactStatus.PLANNED, NOW, NOW + 24 * HOUR) for n in (1, 2)
        ]
        attempts = [Attempt(f"a{n}", PHONE, (f"c{n}",), AttemptStatus.PLANNED, NOW) for n in (1, 2)]
        await store.add_contacts(contacts, attempts)
        ended = replace(attempts[0], status=AttemptStatus.FINISHED, finished_at=NOW, disposition=Disposition.ANSWERED)
        reached = replace(contacts[0], status=ContactStatus.REACHED, outcome=Outcome.OPTED_OUT, attempts_used=1)
        call = CallRow("a1", "a1", PHONE, "recall", "1", NOW)
        stop = Suppression("", "p1", "стоп", NOW)
        concluded = (Concluded(reached, Outcome.OPTED_OUT),)
        settlement = Settlement(ended, call, concluded, suppressions=(stop,), decisions=(WAITS,))
        assert await store.settle(settlement)
        await store.add_call(CallRow("in", "", PHONE, "inbound", "1", NOW + HOUR))
        file = await store.patient_file("p1", [PHONE])
        assert ([c.id for c in file.contacts], [a.id for a in file.attempts]) == (["c1"], ["a1"])
        assert sorted(c.id for c in file.calls) == ["a1", "in"]
        assert file.outcomes == {("a1", "c1"): Outcome.OPTED_OUT}
        assert (file.decisions, file.suppressions) == ((WAITS,), (stop,))
        other = await store.patient_file("p2")
        assert ([c.id for c in other.contacts], other.calls, other.decisions) == (["c2"], (), ())
        assert await store.reached_out(["p1", "p2"], NOW - HOUR, ["c2"]) == (("recall", NOW),)
        assert await store.reached_out(["p1"], NOW, []) == ()
