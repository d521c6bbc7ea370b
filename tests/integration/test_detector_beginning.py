"""The detector at the beginning of a stream: a line that was silent sends no frames, and then somebody hums «угу»."""

from __future__ import annotations

from pathlib import Path

import pytest

from voicebot.city.sounds import trim
from voicebot.speech.listener import Listener, SpeechBegan
from voicebot.speech.rhvoice import RHVoice
from voicebot.speech.vad import SileroDetector

RHVOICE = Path(__file__).resolve().parents[2] / ".local" / "rhvoice"
FRAME = 320  # bytes, 20 ms


@pytest.mark.parametrize("voice", ["aleksandr", "aleksandr-hq"])
def test_a_hum_after_silence_without_frames_is_noticed_at_its_beginning(voice: str) -> None:
    """Times are the sound's own. From an empty state it took 240–720 ms."""
    if not RHVOICE.exists():
        pytest.skip(".local/rhvoice is missing: run `make setup`")
    synthesiser = RHVoice(RHVOICE)
    try:
        hum = trim(synthesiser.speak("угу, понятно", voice))
    finally:
        synthesiser.close()
    listener, now, began = Listener(SileroDetector()), 3000, None
    listener.be_alert(True)
    listener.advance(now)
    for at in range(0, len(hum), FRAME):
        now += 20
        events = listener.feed(hum[at : at + FRAME], now)
        if began is None and any(isinstance(event, SpeechBegan) for event in events):
            began = now - 3000
    assert began is not None and began <= 160
