from __future__ import annotations

from pathlib import Path

import pytest

from voicebot.language.likeness import shipped
from voicebot.language.sample_sentences import Sample, read_samples
from voicebot.language.sounding_alike import SoundingAlike
from voicebot.language.table import Question
from voicebot.language.understanding import Understanding
from voicebot.scenarios.phrases import load_phrases

SAMPLES = SoundingAlike(read_samples())


@pytest.mark.parametrize(
    ("written", "said"),
    [("Харасу", "yes"), ("Выробот.", "who_is_this"), ("Это в татветочек.", "who_is_this"),
     ("Ошиблес нороме", "wrong_person"),
     ("Пере званите по жже", "callback_later"), ("Со едините с аператаром", "operator")],
)  # fmt: skip
def test_what_a_recogniser_made_of_a_usual_answer_sounds_like_it(written: str, said: str):
    assert SAMPLES.near(written).get(said, 0) >= 0.5


@pytest.mark.parametrize("text", ["", "да", "!?", "12", "Переадресация всех вызовов на другую станцию сегодня утром"])
def test_what_is_too_short_or_too_long_sounds_like_nothing(text: str):
    assert SAMPLES.near(text) == {}


def test_what_sounds_more_like_no_answer_is_none():
    known = SoundingAlike([Sample(Question.ANY, ("yes",), "приду"), Sample(Question.ANY, ("none",), "приду ли")])
    assert known.near("приду ле").get("yes", 0) == 0
    assert known.near("придуу").get("yes", 0) > 0.8


def test_without_the_samples_nothing_sounds_alike():
    table = load_phrases(Path("scenarios/phrases.ru.yaml"))
    assert Understanding(table, None).sounds_like("Выробот") == {}
    assert "who_is_this" in Understanding(table, shipped()).sounds_like("Выробот")
