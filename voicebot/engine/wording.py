"""The words of an SMS that may follow: the first of its variants that is there and has all its facts."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime

from voicebot.contacts.model import Appointment, Patient
from voicebot.contacts.wording import variants
from voicebot.engine.caller import Texts
from voicebot.errors import VoicebotError

log = logging.getLogger(__name__)


def worded(
    texts: Texts,
    templates: Mapping[str, str],
    template_id: str,
    patient: Patient,
    visit: Appointment | None,
    scenario_id: str,
    now: datetime,
) -> str:
    """'' when none can be worded: the task that goes with it stays. scenario_id: for the log."""
    for name in (n for n in variants(template_id, patient) if n in templates):
        try:
            return texts.message(templates[name], patient, visit, now)
        except VoicebotError as error:
            log.error("SMS %s of scenario %s: %s", name, scenario_id, error.code)
    return ""
