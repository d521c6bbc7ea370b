"""What a pronunciation dictionary may not hold."""

from __future__ import annotations

import pytest

from voicebot.scenarios.mistakes import ScenarioFault
from voicebot.scenarios.pronunciation import parse_pronunciations


@pytest.mark.parametrize("entry", ["Dr: doctor", "УЗИ: узи5", "УЗИ: <b>узи</b>", "Smile: смайл 🙂", "а: " + "б" * 300])
def test_what_no_voice_can_read_is_refused_with_its_line(entry):
    with pytest.raises(ScenarioFault) as caught:
        parse_pronunciations(f"spoken:\n  {entry}\n".encode(), "s")
    assert caught.value.mistakes[0].place.line == 2 and "русскими буквами" in caught.value.mistakes[0].text


def test_a_word_is_told_once_whatever_its_capitals():
    with pytest.raises(ScenarioFault) as caught:
        parse_pronunciations("spoken:\n  УЗИ: уз+и\n  узи: +узи\n".encode(), "s")
    assert caught.value.mistakes[0].place.line == 3


def test_phrases_and_marks_are_allowed():
    assert parse_pronunciations("spoken:\n  Dr. Blesk: д+октор Блеск, на-Невском\n".encode(), "s")
