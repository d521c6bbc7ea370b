from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from voicebot.city.book import parse_people
from voicebot.city.ear import level_db, samples_of, spells
from voicebot.city.people import Noise, NoiseKind, Voicemail
from voicebot.city.sounds import Sounds, answering_machine, babble, looped, mixed, pink, render, trim
from voicebot.city.voiceprint import Voiceprint

Tone = Callable[..., bytes]
BOOK = """
persons:
  "+78880000101": {voice: elena, calls: [{greeting: алло, lines: [да, нет], noise: {kind: babble, snr: 10}}, busy]}
  "+78880000102": {voice: irina, calls: [{greeting: алло, interrupt: {phrase: 1, at: 1s, say: стоп}}]}
"""


def test_every_line_is_rendered_once_and_trimmed(run: Callable[..., Sounds], tone: Tone) -> None:
    async def speak(text: str, voice: str) -> bytes:
        return bytes(1600) + tone(100 * len(text)) + bytes(3200)

    seen: list[tuple[int, int]] = []
    sounds = run(render(parse_people(BOOK), speak, lambda done, of: seen.append((done, of))))
    assert set(sounds.lines) == {
        ("elena", "алло"), ("elena", "да"), ("elena", "нет"), ("irina", "алло"), ("irina", "стоп"),
    }  # fmt: skip
    assert set(sounds.noises) == {NoiseKind.BABBLE}
    assert seen[0] == (0, 6) and seen[-1] == (6, 6)
    assert len(sounds.line("elena", "да")) // 16 == pytest.approx(240, abs=1)  # 200 ms and margins of 20 ms


def test_a_long_pause_inside_a_line_is_shortened(tone: Tone) -> None:
    """RHVoice stops for 400 ms at a comma; a short pause stays as it is."""
    line = trim(tone(300) + bytes(16 * 400) + tone(300) + bytes(16 * 150) + tone(300))
    found = spells(samples_of(line), gap_ms=50)
    assert [b.start_ms - a.end_ms for a, b in pairwise(found)] == [260, 150]


def test_trimming_keeps_a_silent_line() -> None:
    assert trim(bytes(800)) == bytes(800)


@pytest.mark.parametrize("snr", [15.0, 5.0])
def test_noise_lies_so_many_db_below_the_voice(snr: float, tone: Tone) -> None:
    sounds = Sounds({}, {NoiseKind.PINK: pink(4)})
    noise = sounds.noise(Noise(NoiseKind.PINK, snr))
    assert level_db(samples_of(noise)) == pytest.approx(-20 - snr, abs=0.2)
    both = samples_of(mixed(tone(500), noise, 0)).astype(float)
    assert level_db((both - samples_of(tone(500))).astype(np.int16)) == pytest.approx(-20 - snr, abs=0.6)


def test_pink_noise_has_equal_power_in_each_octave() -> None:
    power = np.abs(np.fft.rfft(samples_of(pink(8)))) ** 2
    octaves = [power[8 * hz : 8 * 2 * hz].sum() for hz in (200, 400, 800, 1600)]
    assert max(octaves) / min(octaves) < 1.3


def test_a_loop_of_noise_goes_on_where_it_stopped() -> None:
    noise = pink(1)
    assert looped(noise, 0, 8000) + looped(noise, 8000, 100) == looped(noise, 0, 8100)


def test_babble_is_always_somebody_talking(tone: Tone) -> None:
    noise = samples_of(babble([tone(6000, hz=hz) for hz in (200, 300, 400, 500)]))
    assert min(level_db(noise[i : i + 8000]) for i in range(0, len(noise), 8000)) > -30


def test_a_beep_follows_the_greeting(tone: Tone) -> None:
    pcm, beep_ms = answering_machine(tone(1000), Voicemail("", beep_ms=700))
    assert beep_ms == 1400
    found = spells(samples_of(pcm))
    assert [(s.start_ms, s.end_ms) for s in found] == [(0, 1000), (1400, 2100)]


def test_a_voice_is_known_again_after_the_telephone(murmur: Callable[[int, int], bytes]) -> None:
    line = murmur(1500, 1)
    coarse = (samples_of(line) // 256 * 128).astype("<i2").tobytes()  # quieter and badly quantised
    stream = murmur(3000, 2)[: 16 * 1730] + coarse
    voiceprint = Voiceprint([line])
    told = [i // 16 for i in range(0, len(stream), 320) if voiceprint.feed(stream[i : i + 320])]
    assert len(told) == 1 and 1730 + 600 <= told[0] <= 1730 + 600 + 420


def test_another_voice_is_not_taken_for_it(murmur: Callable[[int, int], bytes], tone: Tone) -> None:
    voiceprint = Voiceprint([murmur(1500, 1)])
    stream = murmur(3000, 2) + tone(2000) + bytes(16000)
    assert not any(voiceprint.feed(stream[i : i + 320]) for i in range(0, len(stream), 320))
