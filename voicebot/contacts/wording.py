"""Which SMS of a scenario a patient gets: the same message may be written for wards, and shorter."""

from __future__ import annotations

from voicebot.contacts.model import Patient

#: `visit_sms_ward` replaces `visit_sms` where a representative reads it: it names whom it is about.
WARD = "_ward"
#: `visit_sms_short` replaces `visit_sms` when a fact of it is not in the books: it names none that may be missing.
SHORT = "_short"


def variants(message_id: str, patient: Patient) -> tuple[str, ...]:
    """The names under which the text is looked for, in this order; the first that exists and has all its facts."""
    ward = (message_id + WARD, message_id + WARD + SHORT) if patient.representative is not None else ()
    return (*ward, message_id, message_id + SHORT)
