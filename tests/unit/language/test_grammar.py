"""The phrases that a recogniser may be limited to."""

from __future__ import annotations

from pathlib import Path

from voicebot.dialogue.intents import Intent
from voicebot.language.grammar import MAX_PHRASES, grammar
from voicebot.language.table import GAP, Phrase, PhraseTable
from voicebot.scenarios.phrases import load_phrases

ROOT = Path(__file__).resolve().parents[3]


def test_a_grammar_has_what_the_question_expects_and_stop_and_the_words_between() -> None:
    table = PhraseTable(
        (
            Phrase("yes", ("да", "приду")),
            Phrase("late", ("задержусь",)),
            Phrase("stop", ("не", "звоните")),
            Phrase("no", ("не", GAP, "приду*")),
        ),
        fillers=frozenset({"ну"}),
    )
    found = grammar(table, frozenset({Intent.YES, Intent.NO}))
    assert {"да приду", "да", "приду", "не звоните", "ну", "не"} <= set(found)
    assert "задержусь" not in found and not any(GAP in p or "*" in p for p in found)
    assert "задержусь" in grammar(table, None)


def test_the_shipped_table_makes_a_grammar_of_a_bounded_size() -> None:
    found = grammar(load_phrases(ROOT / "scenarios/phrases.ru.yaml"), None)
    assert len(found) <= MAX_PHRASES and {"да", "нет", "перезвоните"} <= set(found)
    assert any(p.startswith("не ") for p in found)
