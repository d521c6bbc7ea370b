"""What patients say and what it means: the corpus, the traps, and any text at all."""

from __future__ import annotations

import csv
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from voicebot.dialogue.intents import Intent, Meaning
from voicebot.language.likeness import shipped
from voicebot.language.table import Question
from voicebot.language.understanding import Understanding
from voicebot.scenarios.phrases import load_phrases
from voicebot.scenarios.yamltree import Block, Items, Scalar, read_tree

ROOT = Path(__file__).resolve().parents[3]
CORPUS = ROOT / "scenarios/phrases.ru.test.yaml"
RECORDINGS = ROOT.parent / "shared/testset/manifest.csv"
UNDERSTANDING = Understanding(load_phrases(ROOT / "scenarios/phrases.ru.yaml"), shipped())
NAMES = frozenset({"иван", "ивана", "аркадьевич"})
MSK = timezone(timedelta(hours=3))
SURE, APART = 0.5, 0.15  # as the machine decides (dialogue/answers.py)


def decided(meaning: Meaning) -> str:
    """The intent that the machine would act upon, or "none" when it would ask again."""
    sure = [c for c in meaning.candidates if c.score >= SURE]
    if not sure or (len(sure) > 1 and sure[0].score - sure[1].score < APART):
        return "none"
    return sure[0].intent.value


def understood(text: str, **kwargs: object) -> str:
    return decided(UNDERSTANDING.understand(text, **kwargs))  # type: ignore[arg-type]


def corpus() -> list[tuple[Question, str, str]]:
    tree = read_tree(CORPUS.read_bytes(), str(CORPUS), [])
    assert isinstance(tree, Block)
    found = []
    for question, block in tree.items.items():
        assert isinstance(block, Block)
        for intent, sentences in block.items.items():
            assert isinstance(sentences, Items) and (intent == "none" or Intent(intent))
            found += [(Question(question), s.value, intent) for s in sentences.items if isinstance(s, Scalar)]
    return found


def test_the_corpus_is_understood_without_a_mistake():
    sentences = corpus()
    assert len(sentences) >= 400
    wrong = [
        (text, intent, got)
        for question, text, intent in sentences
        if (got := understood(text, question=question, names=NAMES)) != intent
    ]
    assert wrong == []


@pytest.mark.parametrize("text", ["не звоните, перезвоните завтра", "да да не звоните больше", "стоп", "хватит звонить",
                                  "оператор, не звоните мне"])  # fmt: skip
def test_stop_wins_over_everything(text):
    assert understood(text) == "stop"


def test_two_meanings_near_each_other_are_two_candidates():
    meaning = UNDERSTANDING.understand("нет, да")
    assert {c.intent for c in meaning.candidates if c.score >= SURE} == {Intent.YES, Intent.NO}


def test_a_candidate_says_what_it_rests_on():
    best = UNDERSTANDING.understand("нет, хочу перенести на среду").candidates[0]
    assert (best.intent, best.value, best.evidence) == (Intent.CHANGE, "day wed", "хочу перенести")


@pytest.mark.parametrize(
    ("text", "value"),
    [("во сколько", "time"), ("какой адрес", "place"), ("к какому врачу", "doctor"), ("какого числа", "day"),
     ("сколько стоит", "price")],
)  # fmt: skip
def test_a_question_has_a_topic(text, value):
    assert UNDERSTANDING.understand(text).candidates[0].value == value


@pytest.mark.parametrize(("text", "value"), [("пять", "5"), ("двадцать один", "21"), ("8", "8"), ("на троечку", "3")])
def test_a_number_has_its_digits(text, value):
    best = UNDERSTANDING.understand(text).candidates[0]
    assert (best.intent, best.value) == (Intent.NUMBER, value)


def test_an_alternative_that_contradicts_a_yes_makes_it_asked_again():
    assert understood("приду") == "yes"
    assert understood("приду", alternatives=["не приду"]) == "none"
    assert understood("приду", alternatives=["и приду", "преду"]) == "yes"


def test_an_alternative_helps_when_nothing_was_understood_but_never_to_a_yes():
    assert understood("тарарам", alternatives=["оператора"]) == "operator"
    assert understood("тарарам", alternatives=["да"]) == "none"


def test_an_intent_without_use_stands_for_its_neighbour():
    assert understood("отмените запись", expects=frozenset({Intent.YES, Intent.NO})) == "none"
    meaning = UNDERSTANDING.understand("отмените запись", frozenset({Intent.YES, Intent.NO}))
    assert meaning.has(Intent.NO) and not meaning.has(Intent.YES)


NOW = datetime(2026, 11, 23, 10, 0, tzinfo=MSK)  # a Monday
VISIT = datetime(2026, 11, 24, 15, 0, tzinfo=MSK)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("да, завтра в три", "yes"), ("приду во вторник", "yes"), ("приду завтра в пятнадцать ноль ноль", "yes"),
     ("приду двадцать четвёртого", "yes"), ("приду в шесть", "none")],
)  # fmt: skip
def test_a_yes_is_held_against_the_visit(text, expected):
    assert understood(text, now=NOW, visit=VISIT) == expected


@pytest.mark.parametrize("text", ["приду в среду", "да, двадцать пятого", "приду послезавтра"])
def test_a_yes_to_another_day_is_asked_again_or_a_change(text):
    assert understood(text, now=NOW, visit=VISIT) in ("none", "change")
    assert understood(text) == "none"


@pytest.mark.parametrize("text", ["алло, слушаю", "да, алло", "да-да, алло", "алло"])
def test_who_only_picks_up_has_not_said_who_it_is(text):
    assert understood(text, question=Question.IDENTITY) == "hello"


@pytest.mark.parametrize(("ahead", "said"), list(enumerate(
    ["в понедельник", "во вторник", "в среду", "в четверг", "в пятницу", "в субботу", "в воскресенье"]
)))  # fmt: skip
def test_the_weekday_of_the_visit_is_a_yes_on_every_day_of_the_week(ahead, said):
    """«day sat» has an «at» in it: whoever named the Saturday of a visit was asked again."""
    monday = VISIT.replace(day=30)
    visit = monday + timedelta(days=ahead)
    assert understood(f"приду {said}", now=visit - timedelta(hours=29), visit=visit) == "yes"
    other = understood(f"приду {said}", now=visit - timedelta(hours=29), visit=visit + timedelta(days=1))
    assert other in ("none", "change")


@pytest.mark.parametrize("text", ["давайте в среду", "можно на пятницу", "давайте в шесть"])
def test_another_day_that_is_only_proposed_is_a_change(text):
    assert understood(text, now=NOW, visit=VISIT) == "change"


def test_times_become_iso_times_when_the_hour_is_known():
    best = UNDERSTANDING.understand("перезвоните завтра в шесть вечера", now=NOW).candidates[0]
    assert (best.intent, best.value) == (Intent.CALLBACK_LATER, "2026-11-24T18:00:00+03:00")


@pytest.mark.parametrize("text", ["", "  ", "...", "😀", "Продолжение следует...", "Субтитры сделал DimaTorzok"])
def test_what_is_written_when_nobody_spoke_is_no_speech(text):
    meaning = UNDERSTANDING.understand(text)
    assert not meaning.speech and meaning.candidates == ()


def test_case_yo_stress_marks_and_latin_look_alikes_do_not_matter():
    for text in ("ПРИДЁМ", "придем", "приде\u0301м", "пpидём", "ПРИ\u200bДЁМ", "при́дем!!!"):
        assert understood(text) in ("yes", "none"), text
    assert {understood(t) for t in ("ПРИДЁМ", "придем", "приде\u0301м", "пpидём")} == {"yes"}


_ANY_WORDS = {w for p in UNDERSTANDING.table.phrases[::40] for w in p.words}
WORDS = sorted(_ANY_WORDS | {"не", "нет", "да", "и", "12:30", "а-а", "ноль", "через", "двадцать"})


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=200), st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)),
       st.lists(st.text(max_size=30), max_size=3), st.sampled_from(Question))  # fmt: skip
def test_any_text_has_a_meaning(text, alternatives, question):
    meaning = UNDERSTANDING.understand(text, alternatives=alternatives, question=question, now=NOW, visit=VISIT)
    scores = [c.score for c in meaning.candidates]
    assert scores == sorted(scores, reverse=True) and all(0 < s <= 1 for s in scores)
    assert len({c.intent for c in meaning.candidates}) == len(scores)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(["да", "приду", "нет", "не", "буду", "ой", "и", "ну", "конечно", "лучше", "вторник"]),
                max_size=7))  # fmt: skip
@example(["да", "буду", "ну", "приду", "приду"])  # so like a yes that the samples overruled the table
def test_a_not_before_a_yes_is_never_a_yes(words):
    said = " ".join([*words, "не", "приду"])
    assert understood(said) != "yes", said


def test_a_megabyte_is_understood_at_once():
    started = time.process_time()
    UNDERSTANDING.understand("не надо мне " * 100_000)
    assert time.process_time() - started < 1


_LABELS = {"wrong": {"wrong_person"}, "callback": {"callback_later"}, "busy": {"busy_now", "hold_on"},
           "who": {"who_is_this"}, "digits": {"number"}, "no": {"no", "change", "cancel"},
           "repeat": {"repeat", "question"}, "operator": {"operator"}, "stop": {"stop"}, "yes": {"yes"}}  # fmt: skip
_NO_ANSWER = {"none", "hello", "backchannel", "thanks", "bye"}


@pytest.mark.corpus
@pytest.mark.skipif(not RECORDINGS.exists(), reason="the test recordings are not on this machine")
def test_texts_of_the_recordings(capsys):
    with RECORDINGS.open(encoding="utf-8") as file:
        texts = {(r["text"], r["intent"]) for r in csv.DictReader(file) if r["text"] and r["intent"] not in
                 ("noise", "silence")}  # fmt: skip
    right = {(t, label): understood(t) in _LABELS.get(label, _NO_ANSWER) for t, label in texts}
    answers = [ok for (_, label), ok in right.items() if label in _LABELS]
    false_yes = [t for t, label in texts if label in _LABELS and label != "yes" and understood(t) == "yes"]
    with capsys.disabled():
        print(f"\nunderstanding, recordings' texts: answers {sum(answers)}/{len(answers)}, "
              f"all {sum(right.values())}/{len(right)}, false yes among answers {len(false_yes)}")  # fmt: skip
    assert false_yes == []


@pytest.mark.parametrize(
    ("text", "agrees"),
    [("да", True), ("да, всё верно", True), ("верно", True),
     ("да нет, приду", False), ("приду", False), ("да приду я, приду", False), ("да, я буду", False)],
)  # fmt: skip
def test_to_did_i_get_it_right_that_you_do_not_come_a_coming_patient_does_not_agree(text: str, agrees: bool):
    heard = UNDERSTANDING.understand(text, asking_back=Intent.NO)
    assert (decided(heard) == "yes") is agrees
    assert decided(UNDERSTANDING.understand(text, asking_back=Intent.YES)) == "yes"
