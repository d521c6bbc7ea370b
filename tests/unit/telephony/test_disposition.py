"""How a call ended: every row of the table in TELEPHONY.md, and what was learnt beyond it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.dialogue.outcome import Disposition
from voicebot.telephony.disposition import Seen, disposition_of


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (Seen(cause=17, tech_cause="486"), Disposition.BUSY),
        (Seen(ringing=True, soft=True, cause=19, tech_cause="480"), Disposition.NO_ANSWER),
        (Seen(cause=19, tech_cause="480"), Disposition.NO_ANSWER),
        (Seen(ringing=True, cause=19, tech_cause="480"), Disposition.NO_ANSWER),
        (Seen(cause=21, tech_cause="603"), Disposition.REJECTED),
        (Seen(cause=21, tech_cause="403"), Disposition.REJECTED),
        (Seen(cause=1, tech_cause="404"), Disposition.INVALID_NUMBER),
        (Seen(cause=34, tech_cause="503"), Disposition.FAILED),
        (Seen(soft=True, cause=19, tech_cause="480"), Disposition.FAILED),  # trunk dead: it never rang
        (Seen(ringing=True, soft=True, cancelled=True, cause=16), Disposition.INTERRUPTED),
        (Seen(answered=True, ringing=True, cause=16), Disposition.ANSWERED),
        (Seen(lost=True), Disposition.FAILED),  # HTTP 500, a missing endpoint
        (Seen(ringing=True, lost=True), Disposition.INTERRUPTED),  # Asterisk died while the patient's telephone rang
        (Seen(cause=0), Disposition.FAILED),  # a missing extension
        (Seen(cause=127, tech_cause="607"), Disposition.BLOCKED),
        (Seen(cause=21, tech_cause="608"), Disposition.BLOCKED),
        (Seen(cause=22, tech_cause="410"), Disposition.INVALID_NUMBER),
        (Seen(cause=28, tech_cause="484"), Disposition.INVALID_NUMBER),
        (Seen(cause=18, tech_cause="408"), Disposition.FAILED),
        (Seen(ringing=True, cause=18, tech_cause="408"), Disposition.NO_ANSWER),
        (Seen(cause=38, tech_cause="500"), Disposition.FAILED),
        (Seen(ringing=True, cause=127, tech_cause="487"), Disposition.NO_ANSWER),  # the caller gave up
        (Seen(cause=17), Disposition.BUSY),  # no SIP in between
        (Seen(cause=1), Disposition.INVALID_NUMBER),
    ],
)
def test_the_table(seen: Seen, expected: Disposition) -> None:
    assert disposition_of(seen) is expected


def test_cause_19_alone_says_nothing() -> None:
    told_apart = {
        disposition_of(Seen(ringing=True, soft=True, cause=19, tech_cause="480")),
        disposition_of(Seen(ringing=False, soft=True, cause=19, tech_cause="480")),
    }
    assert told_apart == {Disposition.NO_ANSWER, Disposition.FAILED}


seens = st.builds(
    Seen,
    answered=st.booleans(),
    ringing=st.booleans(),
    soft=st.booleans(),
    cancelled=st.booleans(),
    lost=st.booleans(),
    cause=st.integers(0, 127),
    tech_cause=st.sampled_from(["", "480", "486", "603", "404", "503", "408", "999", "not a number"]),
)


@given(seens)
def test_whatever_is_seen_has_a_disposition_and_only_an_answer_is_answered(seen: Seen) -> None:
    disposition = disposition_of(seen)
    assert (disposition is Disposition.ANSWERED) == (seen.answered and not seen.lost)
    if seen.lost:
        assert disposition in (Disposition.FAILED, Disposition.INTERRUPTED)
