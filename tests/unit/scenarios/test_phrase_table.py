"""The phrase table as a file: the little language of sentences, collisions, mistakes."""

from __future__ import annotations

from pathlib import Path

import pytest

from voicebot.language.table import SentenceFault, expand
from voicebot.scenarios.mistakes import ScenarioFault
from voicebot.scenarios.phrases import load_phrases, parse_phrases

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("да", {("да",)}),
        ("[я] (приду|приеду)", {("я", "приду"), ("приду",), ("я", "приеду"), ("приеду",)}),
        ("Ёлка, [очень [очень]] да!", {("елка", "да"), ("елка", "очень", "да"), ("елка", "очень", "очень", "да")}),
        ("не ... <звонить>", {("не", "...", "звонить"), ("не", "...", "беспокоить")}),
        ("администратор* $имя", {("администратор*", "$имя")}),
        ("не-а", {("не-а",)}),
    ],
)
def test_sentences_unfold(sentence, expected):
    assert set(expand(sentence, {"звонить": "звонить|беспокоить"})) == expected


@pytest.mark.parametrize("sentence", ["(да", "да)", "[да", "<нет такого>", "да & нет", "(((((((((((да)))))))))))",
                                      " ".join(["(а|б|в|г|д)"] * 8)])  # fmt: skip
def test_sentences_that_are_refused(sentence):
    with pytest.raises(SentenceFault):
        expand(sentence, {})


def test_sentences_that_collide_are_refused_with_both_places():
    with pytest.raises(ScenarioFault) as caught:
        parse_phrases('intents:\n  yes: {short: [да]}\n  no: {short: ["[ну] да"]}\n'.encode(), "p.yaml")
    (mistake,) = caught.value.mistakes
    assert mistake.rule == "collision" and mistake.place.line == 3 and "p.yaml:2:17" in mistake.text


def test_the_same_words_may_answer_another_question_differently():
    table = parse_phrases("intents:\n  hello: {full: [слушаю]}\n  yes: {identity: [слушаю]}\n".encode(), "p.yaml")
    assert len(table.phrases) == 2


def test_mistakes_of_the_table_are_told_at_once():
    with pytest.raises(ScenarioFault) as caught:
        text = "intents:\n  yess: {short: [да]}\n  no: {shrt: [нет]}\nroles: {unsur: [а]}\nfoo: 1\n"
        parse_phrases(text.encode(), "p")
    assert [m.place.line for m in caught.value.mistakes] == [2, 3, 4, 5]
    assert "Может быть, `yes`?" in caught.value.mistakes[0].text


def test_the_shipped_table_reads():
    table = load_phrases(ROOT / "scenarios/phrases.ru.yaml")
    assert {"yes", "no", "stop", "operator", "change", "wrong_person"} <= {p.label for p in table.phrases}
