import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np

from voicebot.city.ear import Spell
from voicebot.city.recording import Lateness, Recording, lateness, lay_out

Tone = Callable[..., bytes]


def test_frames_on_time_lie_end_to_end() -> None:
    assert lay_out([(20, 20), (40, 20), (60, 20)]) == [20, 40, 60]


def test_a_burst_after_a_stall_closes_up() -> None:
    """The second frame came 61 ms late together with those after it: nothing was silent on the wire."""
    assert lay_out([(20, 20), (100, 20), (100, 20), (101, 20), (101, 20), (120, 20)]) == [20, 40, 60, 80, 100, 120]


def test_a_real_silence_stays() -> None:
    assert lay_out([(20, 20), (520, 20), (540, 20)]) == [20, 520, 540]


def test_a_frame_is_late_when_a_telephone_would_not_wait_for_it() -> None:
    on_time = [(20 * i, 20) for i in range(10)]
    assert lateness(on_time) == Lateness(10, 0, 0)
    stalled = [(20, 20), *[(200, 20)] * 8, (220, 20)]  # those of 60…200 came at once: up to 140 ms late
    assert lateness(stalled) == Lateness(10, 4, 140)
    assert lateness([(20, 20), (520, 20), (540, 20)]).late == 0  # nothing was sent in between
    assert lateness([]) == Lateness(0, 0, 0)


def test_both_sides_share_a_time_base(tmp_path: Path, tone: Tone) -> None:
    recording = Recording(start_ms=1000)
    sound = tone(200)
    for i in range(0, len(sound), 320):
        recording.heard(1500 + i // 320 * 20, sound[i : i + 320])
    recording.said(2000, tone(300, hz=500))
    assert recording.heard_spells() == [Spell(1500, 1700)]
    recording.save(tmp_path / "call.wav")
    with wave.open(str(tmp_path / "call.wav")) as file:
        assert (file.getnchannels(), file.getframerate()) == (2, 8000)
        both = np.frombuffer(file.readframes(file.getnframes()), "<i2").reshape(-1, 2)
    assert len(both) == 8 * 1300
    assert np.flatnonzero(both[:, 0])[0] // 8 == 500 and np.flatnonzero(both[:, 0])[-1] // 8 == 699
    assert np.flatnonzero(both[:, 1])[0] // 8 == 1000


def test_what_was_cut_was_not_said(tone: Tone) -> None:
    recording = Recording(0)
    recording.said(0, tone(1000))
    recording.said(1000, tone(1000))
    recording.silenced(600)
    assert len(recording.said_samples()) == 8 * 600


def test_a_call_in_which_nothing_was_heard(tmp_path: Path) -> None:
    recording = Recording(0)
    recording.save(tmp_path / "empty.wav")
    assert recording.heard_spells() == []
    with wave.open(str(tmp_path / "empty.wav")) as file:
        assert file.getnframes() == 0
