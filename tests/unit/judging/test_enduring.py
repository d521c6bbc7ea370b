"""Recordings go on being heard although recognition fails under one; they end when it fails under every one."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from voicebot.dialogue.intents import Meaning
from voicebot.judging.enduring import MOST_IN_A_ROW, Enduring, GivenUp, Unheard
from voicebot.judging.path import Listened, Path, Said
from voicebot.judging.question import Asked
from voicebot.judging.recordings import Recording
from voicebot.speech.port import HeardSound, Recognised, SpeechError

ONE = Recording("a.wav", bytes(320), 8000)
SAID = Said(0, 100, 200, 300, HeardSound(Recognised("да", 1.0, 0.0)), Meaning(), 10)


class Failing(Path):
    """Fails where the script says so, without a recogniser."""

    def __init__(self, script: Sequence[str]) -> None:
        self.script = list(script)

    async def listen(self, pcm: bytes, asked: Asked) -> Listened:
        what = self.script.pop(0)
        if what == "dies":
            raise SpeechError("Процесс распознавания погиб; он заменён.", "Уменьшите число линий.")
        return Listened((SAID,) if what == "speech" else (), Meaning(), None)


async def outcomes(script: Sequence[str], asked: Asked, times: int | None = None) -> tuple[list[str], Enduring]:
    enduring = Enduring(Failing(script))
    found = []
    for _ in range(times or len(script)):
        try:
            await enduring.listen(ONE, asked)
            found.append("heard")
        except (Unheard, GivenUp) as error:
            found.append(error.code)
    return found, enduring


@pytest.fixture
def asked() -> Asked:
    return Asked.__new__(Asked)  # not looked at


async def test_one_failure_costs_one_recording(asked: Asked) -> None:
    found, enduring = await outcomes(["speech", "dies", "speech"] * 10, asked)
    assert found == ["heard", "unheard", "heard"] * 10 and not enduring.given_up


async def test_the_recording_and_the_cause_are_told_without_the_remedy_of_calls(asked: Asked) -> None:
    with pytest.raises(Unheard, match=r"a\.wav.*погиб") as told:
        await Enduring(Failing(["dies"])).listen(ONE, asked)
    assert "doctor" in told.value.remedy and "линий" not in str(told.value)


async def test_failures_without_end_are_given_up(asked: Asked) -> None:
    found, enduring = await outcomes(["dies", "silence"] * MOST_IN_A_ROW, asked, 1000)
    assert found.count("unheard") == MOST_IN_A_ROW and enduring.given_up
    assert set(found[2 * MOST_IN_A_ROW :]) == {"recognition-given-up"}
