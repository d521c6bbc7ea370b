"""A telephone that gives back what it plays, and a person who has one."""

from collections.abc import Callable

import numpy as np
import pytest

from voicebot.city.book import parse_people
from voicebot.city.ear import level_db, samples_of
from voicebot.city.node import BadBook
from voicebot.city.people import Echo, Talk
from voicebot.city.speakerphone import Speakerphone

Tone = Callable[..., bytes]


def through(phone: Speakerphone, pcm: bytes) -> np.ndarray:
    return samples_of(b"".join(phone.through(pcm[at : at + 320]) for at in range(0, len(pcm), 320)))


def test_what_is_heard_comes_back_later_and_quieter(tone: Tone) -> None:
    back = through(Speakerphone(Echo(-20, 200)), tone(500, db=-10) + bytes(16 * 500))
    assert not back[: 8 * 200].any()
    # a tone's level lies 3 dB below its peaks
    assert level_db(back[8 * 200 : 8 * 700]) == pytest.approx(-33, abs=0.5)
    assert not back[8 * 700 :].any()


def test_its_owner_speaks_over_it_to_the_end(tone: Tone) -> None:
    phone = Speakerphone(Echo(-20, 100))
    phone.say(tone(300, hz=700, db=-15))
    assert not phone.silent
    back = through(phone, tone(1000, db=-10))
    assert phone.silent
    assert level_db(back[: 8 * 100]) == pytest.approx(-18, abs=0.5)
    assert level_db(back[8 * 400 :]) == pytest.approx(-33, abs=0.5)


def test_it_is_written_in_the_book_of_the_city() -> None:
    book = '\npersons:\n  "+78880000101": {calls: [{lines: [да], echo: {db: -15, delay: 150ms}%s}]}'
    (talk,) = parse_people(book % "").persons["+78880000101"].calls
    assert isinstance(talk, Talk) and talk.echo == Echo(-15, 150)
    for wrong in (", noise: {kind: pink, snr: 15}", ", voicemail: {greeting: нас нет}"):
        with pytest.raises(BadBook, match="не сочетается"):
            parse_people(book % wrong)
    for echo in ("{db: 5, delay: 150ms}", "{db: -15}", "{db: -15, delay: 1}"):
        with pytest.raises(BadBook):
            parse_people((book % "").replace("{db: -15, delay: 150ms}", echo))
