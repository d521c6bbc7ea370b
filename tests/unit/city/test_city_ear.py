from collections.abc import Callable

import numpy as np

from voicebot.city.ear import Ear, PhraseEnded, PhraseStarted, Spell, samples_of, spells

Tone = Callable[..., bytes]
HISS = (np.random.default_rng(3).standard_normal(8000 * 10) * 20).astype("<i2")  # comfort noise: -64 dBFS


def hear(ear: Ear, pcm: bytes, at_ms: int = 0) -> list[PhraseStarted | PhraseEnded]:
    events = []
    for i in range(0, len(pcm), 320):
        events += ear.feed(at_ms + i // 16, pcm[i : i + 320])
    return events


def hiss(ms: int) -> bytes:
    return bytes(HISS[: ms * 8].tobytes())


def test_a_phrase_with_a_pause_inside_is_one(tone: Tone) -> None:
    heard = hear(Ear(), hiss(200) + tone(500) + hiss(500) + tone(300) + hiss(900))
    assert heard == [PhraseStarted(1, 200), PhraseEnded(1, 200, 1500)]


def test_two_phrases_are_numbered(tone: Tone) -> None:
    heard = hear(Ear(), tone(400) + hiss(800) + tone(400) + hiss(800))
    assert [e.number for e in heard] == [1, 1, 2, 2]


def test_what_is_broken_off_at_once_is_not_counted(tone: Tone) -> None:
    heard = hear(Ear(), tone(200) + hiss(800) + tone(500) + hiss(800))
    assert [(type(e), e.number) for e in heard] == [
        (PhraseStarted, 1), (PhraseEnded, 1), (PhraseStarted, 1), (PhraseEnded, 1),
    ]  # fmt: skip


def test_comfort_noise_and_a_click_are_no_phrase(tone: Tone) -> None:
    assert hear(Ear(), hiss(1000) + tone(20) + hiss(1000)) == []


def test_a_phrase_ends_without_any_frame(tone: Tone) -> None:
    ear = Ear(patience_ms=700)
    hear(ear, tone(400))
    assert ear.pause(1000) == []
    assert ear.in_phrase
    assert ear.pause(1100) == [PhraseEnded(1, 0, 400)]
    assert not ear.in_phrase
    assert ear.pause(5000) == []


def test_spells_are_exact_to_ten_ms(tone: Tone) -> None:
    sound = hiss(330) + tone(250) + hiss(300) + tone(100) + hiss(100) + tone(200) + hiss(400)
    assert spells(samples_of(sound)) == [Spell(330, 580), Spell(880, 1280)]


def test_a_click_is_no_spell(tone: Tone) -> None:
    assert spells(samples_of(hiss(300) + tone(20) + hiss(300))) == []
    assert spells(samples_of(b"")) == []
