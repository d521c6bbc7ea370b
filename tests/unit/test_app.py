"""The composition root, as far as it decides something."""

from __future__ import annotations

from voicebot.app import lock_of
from voicebot.settings import load

CITY = "+78880000101"


def test_the_citys_numbers_are_free_only_where_the_line_leads_to_the_city():
    assert lock_of(load(None, read_file=False)).locked(CITY) == ""
    provider = {"asterisk": {"trunk": "192.0.2.1:5060"}}
    assert "live: true" in lock_of(load(None, read_file=False, telephony=provider)).locked(CITY)
    external = {"asterisk": {"kind": "external"}}
    assert "live: true" in lock_of(load(None, read_file=False, telephony=external)).locked(CITY)
