"""Text, ear and question: agreement, contradiction, each alone, and what is never taken for a yes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicebot.dialogue.answers import STOP_SURE
from voicebot.dialogue.intents import HeardValue, Intent, Meaning, Scored, ValueKind
from voicebot.dialogue.reactions import APART, SURE
from voicebot.hearing.deciding import decided
from voicebot.hearing.ear.classes import CLASSES, EarClass
from voicebot.hearing.fusion import EarScores, ear_scores, fuse
from voicebot.hearing.numbers import number_phrases
from voicebot.hearing.rules import RULES
from voicebot.speech.port import Choice, Recognised

ASK = frozenset({Intent.YES, Intent.NO, Intent.CHANGE, Intent.STOP, Intent.OPERATOR, Intent.REPEAT})


def ear(**shares: float) -> EarScores:
    """The named classes with these probabilities, the rest spread over the others."""
    named = {EarClass(name.replace("number_", "number:")): share for name, share in shares.items()}
    rest = (1 - sum(named.values())) / (len(CLASSES) - len(named))
    return {c: named.get(c, rest) for c in CLASSES}


def text(said: str, confidence: float = 0.8, choices: tuple[Choice, ...] = ()) -> Recognised:
    return Recognised(said, confidence, 0.1, choices=choices)


def meant(intent: Intent, score: float = 0.93, said: str = "слово") -> Meaning:
    return Meaning((Scored(intent, score, "", said),), said)


NOTHING = Meaning(speech=False)


def acted(meaning: Meaning, expects: frozenset[Intent] | None = ASK) -> Intent | None:
    found = decided(meaning, expects)
    return found.intent if found else None


def test_what_both_say_is_certain_and_says_what_it_rests_on() -> None:
    fused = fuse(text("не приду"), meant(Intent.NO, 0.7, "не приду"), ear(no=0.9), ASK)
    assert acted(fused) is Intent.NO and fused.candidates[0].score >= 0.9
    assert fused.candidates[0].evidence == "текст: «не приду»; ухо: 0.91"  # with its like: cancel, change


def test_without_an_ear_the_text_stands_alone() -> None:
    told = meant(Intent.YES)
    assert [(c.intent, c.score) for c in fuse(text("да"), told, None, ASK).candidates] == [(Intent.YES, 0.93)]
    assert fuse(None, NOTHING, None, ASK) == NOTHING


def test_a_yes_that_the_ear_hears_as_no_is_asked_again() -> None:
    fused = fuse(text("приду"), meant(Intent.YES), ear(no=0.9), ASK)
    assert acted(fused) is None
    assert {c.intent for c in fused.candidates if c.score >= SURE} == {Intent.YES, Intent.NO}
    assert fused.candidates[0].intent is Intent.NO, "yes is never the first of two"


def test_a_yes_that_the_ear_hears_as_no_answer_is_asked_again() -> None:
    for heard in (ear(other=0.95), ear(non_speech=0.95)):
        assert acted(fuse(text("да", 0.9), meant(Intent.YES), heard, ASK)) is None


def test_a_word_of_which_the_recogniser_is_not_sure_needs_the_ear() -> None:
    unsure = text("да", RULES.text_yes_confidence - 0.05)
    assert acted(fuse(unsure, meant(Intent.YES), ear(other=0.5), ASK)) is None
    assert acted(fuse(unsure, meant(Intent.YES), ear(yes=0.6), ASK)) is Intent.YES


@pytest.mark.parametrize("intent", [Intent.NO, Intent.OPERATOR, Intent.REPEAT])
def test_the_ear_alone_is_believed_when_it_is_sure(intent: Intent) -> None:
    below = ear(**{intent.value: (RULES.ear_lone if intent is Intent.NO else RULES.ear_lone_doubted) - 0.02})
    assert acted(fuse(None, NOTHING, below, ASK)) is None
    fused = fuse(None, NOTHING, ear(**{intent.value: RULES.ear_lone + 0.01}), ASK)
    assert acted(fused) is intent and fused.speech and fused.candidates[0].evidence.startswith("ухо: ")


def test_a_lone_yes_needs_more() -> None:
    assert acted(fuse(None, NOTHING, ear(yes=RULES.ear_lone_yes - 0.01), ASK)) is None
    assert acted(fuse(None, NOTHING, ear(yes=RULES.ear_lone_yes + 0.005), ASK)) is Intent.YES


def test_a_text_that_the_recogniser_doubts_stands_back_for_a_sure_ear() -> None:
    doubted = text("сейчас", RULES.text_confidence - 0.1)
    assert acted(fuse(doubted, meant(Intent.REPEAT), ear(no=RULES.ear_lone + 0.02), ASK)) is Intent.NO
    assert acted(fuse(text("сейчас", 0.8), meant(Intent.REPEAT), ear(no=RULES.ear_lone + 0.02), ASK)) is None
    assert acted(fuse(doubted, meant(Intent.REPEAT), ear(yes=RULES.ear_lone_yes - 0.01), ASK)) is None


def test_a_hint_in_the_text_makes_the_ear_be_believed_sooner() -> None:
    told = Meaning((Scored(Intent.YES, 0.3, "", "да"),), "да бросим")
    heard = ear(yes=(RULES.ear_hinted_yes + RULES.ear_lone_yes) / 2)
    assert acted(fuse(text("Да бросим", 0.3), told, heard, ASK)) is Intent.YES
    assert acted(fuse(text("Добавим", 0.3), Meaning((), "добавим"), heard, ASK)) is None


def test_a_word_in_a_sentence_of_which_the_ear_hears_nothing_is_asked_again() -> None:
    said = text("когда такси въедет в аллею", 0.9)
    assert acted(fuse(said, meant(Intent.NO, 0.7), ear(other=0.9), ASK)) is None
    assert acted(fuse(said, meant(Intent.NO, 0.7), ear(other=0.6, no=RULES.ear_unheard + 0.02), ASK)) is Intent.NO
    assert acted(fuse(said, meant(Intent.NO, RULES.text_weak), ear(other=0.9), ASK)) is Intent.NO


def test_the_ear_does_not_answer_over_words_that_are_surely_about_something_else() -> None:
    told = Meaning((), "купи хлеба и молока")
    assert acted(fuse(text("купи хлеба и молока", 0.9), told, ear(yes=0.99), ASK)) is None
    assert acted(fuse(text("Слышь, я", 0.2), Meaning((), "слышь я"), ear(no=0.99), ASK)) is Intent.NO


def test_stop_by_ear_is_stop_unless_the_text_surely_says_something_else() -> None:
    heard = ear(stop=RULES.ear_stop + 0.01)
    for told in (NOTHING, Meaning((), "не заните мне")):
        assert acted(fuse(text(told.text or "", 0.9), told, heard, ASK)) is Intent.STOP
    assert acted(fuse(text("да", 0.4), meant(Intent.YES), heard, ASK)) is Intent.STOP
    assert acted(fuse(text("вы ошиблись", 0.9), meant(Intent.NO), heard, ASK)) is not Intent.STOP
    certain = ear(stop=RULES.ear_stop_against + 0.01)
    assert acted(fuse(text("вы ошиблись", 0.9), meant(Intent.NO), certain, ASK)) is Intent.STOP
    assert acted(fuse(None, NOTHING, ear(stop=RULES.ear_stop - 0.05), ASK)) is None


def test_a_stop_that_is_not_likely_enough_is_no_stop_and_makes_a_yes_doubtful() -> None:
    heard = ear(stop=RULES.ear_stop - 0.05)
    assert acted(fuse(text("да"), meant(Intent.YES), heard, ASK)) is None


def test_a_written_stop_is_never_outvoted() -> None:
    outright, weak = meant(Intent.STOP, RULES.stop_weak), meant(Intent.STOP, STOP_SURE)
    assert acted(fuse(text("не звоните", 0.1), outright, ear(yes=0.99), ASK)) is Intent.STOP
    shadow = ear(yes=0.9, stop=RULES.stop_unheard + 0.01)
    assert acted(fuse(text("не звоните", 0.1), weak, shadow, ASK)) is Intent.STOP


def test_what_the_question_has_no_use_for_is_masked() -> None:
    heard = ear(late=0.95)
    assert acted(fuse(None, NOTHING, heard, ASK)) is None
    assert acted(fuse(None, NOTHING, heard, ASK | {Intent.LATE}), ASK | {Intent.LATE}) is Intent.LATE
    assert acted(fuse(None, NOTHING, ear(wrong_person=0.95), ASK)) is Intent.NO, "stands for a no where none is asked"


def test_of_two_meanings_the_ear_knows_which_but_never_makes_it_a_yes() -> None:
    told = Meaning((Scored(Intent.NO, 0.6), Scored(Intent.YES, 0.55)), "ну")
    assert acted(told) is None
    assert acted(fuse(text("ну"), told, ear(no=0.95), ASK)) is Intent.NO
    assert acted(fuse(text("ну"), told, ear(yes=0.99), ASK)) is None


def test_what_neither_takes_for_speech_is_none() -> None:
    assert not fuse(None, NOTHING, ear(non_speech=0.95), ASK).speech


def test_values_and_times_that_the_text_carries_stay() -> None:
    told = Meaning((Scored(Intent.OPERATOR, 0.9, "reception"),), "x", values=(HeardValue(ValueKind.TIME, "10:00"),))
    fused = fuse(text("x"), told, ear(operator=0.9), ASK)
    assert fused.candidates[0].value == "reception" and fused.values == told.values


def test_names_of_classes_from_another_version_are_left_out() -> None:
    assert ear_scores({"yes": 0.5, "number:7": 0.2, "yodel": 0.3}) == {EarClass.YES: 0.5, EarClass.NUMBER_7: 0.2}
    assert ear_scores(None) is None


MARKS = frozenset({Intent.NUMBER, Intent.STOP})


def number(meaning: Meaning) -> str | None:
    found = decided(meaning, MARKS)
    return found.value if found is not None and found.intent is Intent.NUMBER else None


def test_a_number_is_chosen_from_the_closed_set_by_text_and_ear() -> None:
    choices = (Choice("девять", 0.6), Choice("десять", 0.4))
    written = text("Идите.", 0.2, choices)
    told = Meaning((), "Идите.")
    fused = fuse(written, told, ear(number_10=0.9, number_9=0.05), MARKS, numbers=range(11))
    assert number(fused) == "10"
    assert fused.values == (HeardValue(ValueKind.NUMBER, "10", fused.candidates[0].evidence),)
    assert fused.candidates[0].evidence == "текст: 0.40; ухо: 0.90"


def test_a_number_that_cannot_be_answered_is_not_heard() -> None:
    fused = fuse(text("x", 0.2, ()), Meaning((), "x"), ear(number_9=0.95), MARKS, numbers=range(1, 6))
    assert number(fused) is None


def test_a_written_number_against_the_ear_is_asked_again() -> None:
    told = Meaning((Scored(Intent.NUMBER, 0.9, "7"),), "семь", values=(HeardValue(ValueKind.NUMBER, "7", "семь"),))
    fused = fuse(text("семь", 0.5), told, ear(number_6=0.95), MARKS, numbers=range(11))
    assert number(fused) is None and not [v for v in fused.values if v.kind is ValueKind.NUMBER]


def test_stop_is_heard_where_a_number_is_asked_for() -> None:
    assert acted(fuse(None, NOTHING, ear(stop=0.95), MARKS, numbers=range(1, 6)), MARKS) is Intent.STOP


def test_the_closed_set_has_every_number_that_may_be_answered() -> None:
    assert {"один", "пятёрка", "5"} <= set(number_phrases(range(1, 6)))
    assert not {"шесть", "ноль"} & set(number_phrases(range(1, 6)))


def test_the_ear_is_believed_sooner_where_the_text_sounds_like_the_same() -> None:
    garbled, heard = text("Выробот", 0.4), ear(repeat=RULES.ear_alike + 0.05)
    nothing = Meaning((), "Выробот")
    assert decided(fuse(garbled, nothing, heard, ASK), ASK) is None
    assert acted(fuse(garbled, nothing, heard, ASK, alike=lambda _: {"repeat": RULES.alike})) is Intent.REPEAT
    assert decided(fuse(garbled, nothing, heard, ASK, alike=lambda _: {"operator": 0.9}), ASK) is None
    assert decided(fuse(garbled, nothing, heard, ASK, alike=lambda _: {"repeat": RULES.alike - 0.05}), ASK) is None


def test_a_yes_that_the_text_sounds_like_still_needs_a_sure_ear() -> None:
    garbled, nothing = text("Харасу", 0.4), Meaning((), "Харасу")
    for probability, yes in ((RULES.ear_alike_yes - 0.02, False), (RULES.ear_alike_yes + 0.02, True)):
        found = decided(fuse(garbled, nothing, ear(yes=probability), ASK, alike=lambda _: {"yes": 0.9}), ASK)
        assert (found is not None) is yes


def test_what_is_surely_about_something_else_may_sound_like_anything() -> None:
    said, nothing = text("его жизнь там", 0.9), Meaning((), "его жизнь там")
    assert decided(fuse(said, nothing, ear(repeat=0.8), ASK, alike=lambda _: {"repeat": 0.9}), ASK) is None


def test_a_weak_stop_of_which_the_ear_hears_nothing_is_none() -> None:
    said = text("Конференция заблокирована.", 0.9)
    for score, heard, stop in ((0.7, 0.01, False), (0.7, 0.1, True), (0.9, 0.01, True)):
        found = decided(fuse(said, meant(Intent.STOP, score), ear(stop=heard, other=0.8), ASK), ASK)
        assert (found is not None and found.intent is Intent.STOP) is stop


def test_an_unheard_weak_stop_makes_room_for_what_the_ear_hears() -> None:
    told = meant(Intent.STOP, RULES.stop_weak - 0.1)
    assert acted(fuse(text("Наши, Брис.", 0.4), told, ear(operator=0.98), ASK)) is Intent.OPERATOR


def test_where_the_recogniser_doubts_its_text_the_ear_is_believed_sooner() -> None:
    sure = RULES.ear_lone_doubted + 0.02
    for said, confidence, heard, found in (
        ("", 0.0, "repeat", Intent.REPEAT),
        ("Торидия", RULES.text_doubted - 0.1, "repeat", Intent.REPEAT),
        ("Торидия", RULES.text_doubted + 0.1, "repeat", None),
        ("", 0.0, "yes", None),
        ("", 0.0, "no", None),
        ("", 0.0, "stop", None),
    ):
        got = decided(fuse(text(said, confidence), Meaning((), said), ear(**{heard: sure}), ASK), ASK)
        assert (got.intent if got is not None else None) is found, (said, confidence, heard)


def test_a_number_that_the_ear_is_sure_of_needs_no_text() -> None:
    other = (Choice("три", 1.0, 1.0),)
    told = Meaning((), "Ти-чоу рука")
    sure = fuse(text("Ти-чоу рука", 0.3, other), told, ear(**{"number_5": 0.92}), MARKS, numbers=range(1, 6))
    doubtful = fuse(text("Ти-чоу рука", 0.3, other), told, ear(**{"number_5": 0.7}), MARKS, numbers=range(1, 6))
    assert number(sure) == "5" and number(doubtful) is None


def test_a_weaker_yes_does_not_step_into_the_place_of_a_no_that_is_doubted() -> None:
    told = Meaning((Scored(Intent.NO, 0.75), Scored(Intent.YES, 0.5)), "слова")
    assert decided(fuse(text("слова", 0.0), told, ear(other=0.5), ASK), ASK) is None


_intents = st.sampled_from([i for i in Intent if i not in (Intent.SILENCE, Intent.NUMBER)])
_meanings = st.builds(
    lambda found: Meaning(tuple(sorted((Scored(i, s) for i, s in found.items()), key=lambda c: -c.score)), "слова"),
    st.dictionaries(_intents, st.floats(0, 0.99), max_size=4),
)
_scores = st.lists(st.floats(0.001, 1), min_size=len(CLASSES), max_size=len(CLASSES)).map(
    lambda raw: {c: x / sum(raw) for c, x in zip(CLASSES, raw, strict=True)}
)


@given(_meanings, _scores, st.floats(0, 1), st.sampled_from([None, ASK]))
def test_no_evidence_makes_a_yes_out_of_nothing(
    told: Meaning, heard: EarScores, confidence: float, expects: frozenset[Intent] | None
) -> None:
    fused = fuse(text("слова", confidence), told, heard, expects)
    found = decided(fused, expects)
    assert [c.score for c in fused.candidates] == sorted((c.score for c in fused.candidates), reverse=True)
    if found is not None and found.intent is Intent.YES:
        by_text = decided(told, expects)
        needed = RULES.ear_hinted_yes if told.has(Intent.YES) else RULES.ear_lone_yes
        assert heard[EarClass.YES] >= needed or (by_text is not None and by_text.intent is Intent.YES)
    stop = next((c for c in told.candidates if c.intent is Intent.STOP and c.score >= STOP_SURE), None)
    if stop is not None and (stop.score >= RULES.stop_weak or heard[EarClass.STOP] >= RULES.stop_unheard):
        assert found is not None and found.intent is Intent.STOP


def test_the_rules_agree_with_the_machine_s() -> None:
    assert RULES.act == SURE and APART < 0.9 - 0.6
