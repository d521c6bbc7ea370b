"""The model of sample sentences, and how its opinion is joined with what the phrase table found."""

from __future__ import annotations

from pathlib import Path

import pytest

from voicebot.dialogue.intents import Intent, Scored
from voicebot.language.learning import learn
from voicebot.language.likeness import LABELS, NONE, Likeness, LikenessBroken, features, shipped
from voicebot.language.polarity import Against
from voicebot.language.sample_sentences import Sample, fingerprint, read_samples
from voicebot.language.second_opinion import Finding, OpinionRules, with_opinion
from voicebot.language.table import Phrase, PhraseTable, Question
from voicebot.language.understanding import Understanding
from voicebot.language.words import split

RULES = OpinionRules()


def opinion(**likely: float) -> dict[str, float]:
    rest = (1 - sum(likely.values())) / (len(LABELS) - len(likely))
    return {str(label): likely.get(str(label), rest) for label in LABELS}


def found(
    *candidates: tuple[Intent, float], settled: bool = False, complete: bool = False, against: Against = Against.NOTHING
) -> Finding:
    return Finding(tuple(Scored(intent, score) for intent, score in candidates), settled, complete, against)


def first(result: tuple[Scored, ...]) -> str:
    return str(result[0].intent) if result and result[0].score >= 0.5 else NONE


def test_the_shipped_model_was_learnt_from_the_shipped_samples():
    assert shipped().samples == fingerprint(read_samples()), "make learn"


def test_nobody_is_called_by_name_or_number_in_the_samples():
    assert not [s.say for s in read_samples() if any(len(w) > 6 and w.isdigit() for w in split(s.say))]


def test_a_few_samples_teach_what_is_like_them():
    says = {
        "stop": ("удалите мой номер", "уберите мой номер", "сотрите мой номер отовсюду", "удалите меня"),
        "late": ("опоздаю на десять минут", "немного опоздаю", "чуть опоздаем", "я опоздаю на полчаса"),
    }
    samples = [Sample(Question.ANY, (label,), say) for label, group in says.items() for say in group]
    model = learn(samples, PhraseTable((Phrase("yes", ("да",)),)))
    said = model.opinion(split("сотрите номер"), False, Question.ANY, ())
    assert max(said, key=lambda label: said[label]) == "stop"
    assert abs(sum(said.values()) - 1) < 1e-3


def test_the_same_samples_give_the_same_model():
    samples = [Sample(Question.ANY, (label,), say) for label, say in (("yes", "приду"), ("no", "не приду"))] * 3
    table = PhraseTable((Phrase("yes", ("да",)),))
    one, two = learn(samples, table), learn(samples, table)
    assert (one.rows == two.rows).all()
    assert (one.weigh == two.weigh).all()


def test_features_know_the_question_and_the_question_mark():
    said = features(["приду"], False, Question.ANY)
    assert set(said) != set(features(["приду"], True, Question.ANY))
    assert set(said) != set(features(["приду"], False, Question.IDENTITY))
    assert (said == features(["приду"], False, Question.ANY)).all()


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut off"])
def test_a_damaged_model_is_told_with_its_file(tmp_path: Path, content: bytes):
    path = tmp_path / "likeness.npz"
    path.write_bytes(content)
    with pytest.raises(LikenessBroken, match=r"likeness\.npz"):
        Likeness.load(path)


def test_a_wrong_line_of_the_samples_is_told_with_its_place(tmp_path: Path):
    (tmp_path / "some.tsv").write_text("visit\tyes\tприду\nvisit\tперенос\tв пятницу\n", "utf-8")
    with pytest.raises(ValueError, match=r"some\.tsv:2"):
        read_samples(tmp_path)


def test_what_the_table_does_not_know_is_taken_from_the_samples():
    assert first(with_opinion(found(), opinion(operator=0.6))) == "operator"
    assert first(with_opinion(found(), opinion(operator=RULES.other - 0.05))) == NONE


def test_a_yes_must_be_very_like_one():
    assert first(with_opinion(found(), opinion(yes=RULES.yes - 0.05))) == NONE
    assert first(with_opinion(found(), opinion(yes=RULES.yes + 0.05))) == "yes"


def test_another_day_than_the_visit_s_outweighs_any_likeness():
    assert first(with_opinion(found((Intent.YES, 0.4), against=Against.FACTS), opinion(yes=0.99))) == NONE


def test_a_yes_with_a_negation_left_over_must_be_very_like_one():
    spoken = found(against=Against.WORDS)
    assert first(with_opinion(spoken, opinion(yes=RULES.yes_against - 0.02))) == NONE
    assert first(with_opinion(spoken, opinion(yes=RULES.yes_against + 0.02))) == "yes"


def test_a_yes_that_may_be_a_clipped_no_must_be_liker_still():
    slipped = found(against=Against.SLIPS)
    assert first(with_opinion(slipped, opinion(yes=RULES.yes_slipped - 0.02))) == NONE
    assert first(with_opinion(slipped, opinion(yes=RULES.yes_slipped + 0.02))) == "yes"


def test_a_doubtful_yes_with_a_question_beside_it_is_the_question():
    assert first(with_opinion(found(), opinion(yes=0.52, question=0.4))) == "question"
    assert first(with_opinion(found(), opinion(yes=0.52, no=0.4))) == NONE


def test_a_doubtful_yes_of_the_table_is_asked_again_unless_every_word_is_its_own():
    yes = (Intent.YES, 0.9)
    assert first(with_opinion(found(yes), opinion(yes=0.45, no=0.2))) == NONE
    assert first(with_opinion(found(yes, complete=True), opinion(yes=0.45, no=0.2))) == "yes"


def test_a_courtesy_is_no_more_than_one_beside_a_likely_yes():
    assert first(with_opinion(found((Intent.BYE, 0.9), settled=True), opinion(yes=0.8))) == "yes"
    assert first(with_opinion(found((Intent.NO, 0.9), settled=True), opinion(yes=0.95))) == "no"


def test_a_yes_that_is_unlike_one_is_asked_again():
    assert first(with_opinion(found((Intent.YES, 0.95)), opinion(none=0.8))) == NONE


def test_a_stop_is_found_beside_anything():
    assert first(with_opinion(found((Intent.NO, 0.9)), opinion(stop=0.5))) == "stop"


def test_a_stop_of_the_table_stands_unless_nothing_of_it_is_left():
    stop = (Intent.STOP, 0.9)
    assert first(with_opinion(found(stop), opinion(yes=0.9, stop=0.06))) == "stop"
    assert first(with_opinion(found(stop), opinion(yes=0.93, stop=0.01))) == "yes"
    assert first(with_opinion(found(stop), opinion(none=0.9, stop=0.01))) == NONE
    assert first(with_opinion(found(stop, settled=True), opinion(yes=0.99))) == "stop"


def test_a_nod_and_more_is_what_the_rest_is_like():
    nod = (Intent.BACKCHANNEL, 0.6)
    assert first(with_opinion(found(nod), opinion(change=0.7))) == "change"
    assert first(with_opinion(found(nod), opinion(none=0.7))) == NONE
    assert first(with_opinion(found(nod, complete=True), opinion(none=0.99))) == "backchannel"


def test_a_number_that_nobody_asked_for_is_seldom_what_a_sentence_is_about():
    number = (Intent.NUMBER, 0.9)
    assert first(with_opinion(found(number), opinion(question=0.92))) == "question"
    assert first(with_opinion(found(number), opinion(none=0.9))) == "number"
    assert first(with_opinion(found(number), opinion(yes=0.65))) == "number"
    assert first(with_opinion(found(number), opinion(yes=0.75))) == "yes"


def test_days_and_numbers_that_are_all_understood_are_the_table_s_business():
    on_purpose = found((Intent.YES, 0.4), settled=True)
    assert first(with_opinion(on_purpose, opinion(change=0.9))) == NONE
    assert first(with_opinion(found((Intent.YES, 0.95), settled=True), opinion(change=0.9))) == "yes"


def test_a_weak_finding_yields_to_a_clear_opinion_and_keeps_its_place_behind_it():
    result = with_opinion(found((Intent.HELLO, 0.6)), opinion(who_is_this=0.9))
    assert first(result) == "who_is_this"
    assert [c.intent for c in result] == [Intent.WHO_IS_THIS, Intent.HELLO]
    assert result[1].score < 0.5


@pytest.mark.parametrize("intent", [Intent.YES, Intent.NO, Intent.LATE])
def test_a_sentence_that_an_admin_adds_counts_more_than_what_it_is_like(intent: Intent):
    empty, table = PhraseTable(()), PhraseTable((Phrase(intent, ("кто", "звонит")),))
    assert first(Understanding(empty, shipped()).understand("кто звонит").candidates) == "who_is_this"
    assert first(Understanding(table, shipped()).understand("кто звонит").candidates) == intent
