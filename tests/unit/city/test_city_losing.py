"""Which packets a bad network loses, and how the sound of a call is led through it. The relay itself: integration."""

import pytest

from voicebot.city.losing import BURST, Losses, redirected

INVITE = (
    b"INVITE sip:+78880000101@127.0.0.1:11001 SIP/2.0\r\nCall-ID: one\r\nContent-Type: application/sdp\r\n"
    b"Content-Length:    47\r\n\r\nv=0\r\nc=IN IP4 127.0.0.1\r\nm=audio 10012 RTP/AVP 8\r\n"
)


@pytest.mark.parametrize("share", [0.01, 0.03, 0.05, 0.3])
def test_so_many_packets_are_lost_and_in_bursts(share: float) -> None:
    losses = Losses(share, seed=1)
    lost = [losses.loses() for _ in range(200_000)]
    assert sum(lost) / len(lost) == pytest.approx(share, rel=0.1)
    begun = sum(now and not before for before, now in zip([False, *lost], lost, strict=False))
    assert sum(lost) / begun == pytest.approx(BURST, rel=0.1)


def test_a_good_network_loses_nothing() -> None:
    losses = Losses(0.0, seed=1)
    assert not any(losses.loses() for _ in range(1000))


def test_the_same_call_loses_the_same_packets() -> None:
    one, other = Losses(0.05, 7), Losses(0.05, 7)
    assert [one.loses() for _ in range(1000)] == [other.loses() for _ in range(1000)]


def test_sound_is_led_through_our_port_and_the_length_is_right() -> None:
    message, wanted = redirected(INVITE, 9)
    assert wanted == ("127.0.0.1", 10012)
    head, _, body = message.partition(b"\r\n\r\n")
    assert b"m=audio 9 RTP/AVP 8\r\n" in body and b"c=IN IP4 127.0.0.1" in body
    assert b"Content-Length: %d" % len(body) in head
