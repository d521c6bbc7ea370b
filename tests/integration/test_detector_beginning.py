"""The detector after silence: a line without frames, or one that writes silence in A-law, and then a hummed «угу»."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from voicebot.city.sounds import trim
from voicebot.speech.listener import Listener, SpeechBegan
from voicebot.speech.rhvoice import RHVoice
from voicebot.speech.vad import SileroDetector

RHVOICE = Path(__file__).resolve().parents[2] / ".local" / "rhvoice"
FRAME = 320  # bytes, 20 ms
BEFORE_MS = 4000


@pytest.mark.parametrize("silence", ["no frames", "zeros", "A-law"])
@pytest.mark.parametrize("voice", ["aleksandr", "aleksandr-hq"])
def test_a_hum_after_silence_is_noticed_at_its_beginning(voice: str, silence: str) -> None:
    """Times are the sound's own. It took 240–810 ms when the network had gone through the silence."""
    if not RHVOICE.exists():
        pytest.skip(".local/rhvoice is missing: run `make setup`")
    synthesiser = RHVoice(RHVOICE)
    try:
        hum = trim(synthesiser.speak("угу, понятно", voice))
    finally:
        synthesiser.close()
    listener, began = Listener(SileroDetector()), None
    listener.be_alert(True)
    if silence == "no frames":
        listener.advance(BEFORE_MS)
    sound = np.frombuffer(hum, "<i2")
    if silence == "A-law":  # which has no zero
        sound = np.where(np.abs(sound) < 8, 8, sound).astype("<i2")
    before = b"" if silence == "no frames" else (b"\x08\0" if silence == "A-law" else b"\0\0") * 8 * BEFORE_MS
    pcm = before + sound.tobytes()
    start_ms = BEFORE_MS - len(before) // 16
    for at in range(0, len(pcm), FRAME):
        now = start_ms + at // 16 + 20
        if any(isinstance(event, SpeechBegan) for event in listener.feed(pcm[at : at + FRAME], now)):
            began = began if began is not None else now - BEFORE_MS
    assert began is not None and 0 < began <= 180
