"""Events as Asterisk 22.10 sent them, cut to what matters."""

from __future__ import annotations

import pytest

from voicebot.telephony.events import (
    Channel,
    ChannelDestroyed,
    ChannelHangupRequest,
    ChannelState,
    ChannelStateChange,
    Dial,
    DtmfReceived,
    StasisEnd,
    StasisStart,
    parse_event,
)

RAW = {
    "id": "call-1",
    "name": "PJSIP/trunk-00000000",
    "state": "Ringing",
    "caller": {"name": "", "number": "+78880000001"},
    "connected": {"name": "", "number": ""},
    "dialplan": {
        "context": "city",
        "exten": "+78880000002",
        "priority": 2,
        "app_name": "Stasis",
        "app_data": "a,inbound",
    },
}
CHANNEL = Channel("call-1", ChannelState.RINGING, "+78880000001", "+78880000002", "a,inbound")


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ({"type": "StasisStart", "args": ["inbound", "+7"], "channel": RAW}, StasisStart(CHANNEL, ("inbound", "+7"))),
        ({"type": "StasisEnd", "channel": RAW}, StasisEnd(CHANNEL)),
        ({"type": "ChannelStateChange", "channel": RAW}, ChannelStateChange(CHANNEL)),
        ({"type": "Dial", "peer": RAW, "dialstatus": "RINGING", "forward": ""}, Dial(CHANNEL, "RINGING")),
        ({"type": "Dial", "peer": RAW, "dialstatus": ""}, Dial(CHANNEL, "")),
        (
            {"type": "ChannelHangupRequest", "channel": RAW, "cause": 32, "soft": True},
            ChannelHangupRequest(CHANNEL, True, 32, ""),
        ),
        (
            {"type": "ChannelHangupRequest", "channel": RAW, "cause": 17, "tech_cause": 486},
            ChannelHangupRequest(CHANNEL, False, 17, "486"),
        ),
        (
            {"type": "ChannelDestroyed", "channel": RAW, "cause": 17, "cause_txt": "User busy", "tech_cause": 486},
            ChannelDestroyed(CHANNEL, 17, "486"),
        ),
        ({"type": "ChannelDestroyed", "channel": RAW, "cause": 16}, ChannelDestroyed(CHANNEL, 16, "")),
        (
            {"type": "ChannelDtmfReceived", "channel": RAW, "digit": "9", "duration_ms": 120},
            DtmfReceived(CHANNEL, "9", 120),
        ),
        ({"type": "ChannelVarset", "variable": "X", "value": "1"}, None),
        ({"type": "SomethingOfTomorrow"}, None),
    ],
)
def test_an_event(raw, expected) -> None:
    assert parse_event(raw) == expected


def test_a_state_of_tomorrow_is_other() -> None:
    event = parse_event({"type": "ChannelStateChange", "channel": {**RAW, "state": "Levitating"}})
    assert event is not None
    assert event.channel.state is ChannelState.OTHER


@pytest.mark.parametrize("raw", [{}, {"type": "StasisStart"}, {"type": "Dial", "peer": {"id": "x"}}])
def test_another_shape_is_an_error_not_a_guess(raw) -> None:
    with pytest.raises((KeyError, TypeError)):
        parse_event(raw)
