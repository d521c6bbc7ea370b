"""The phrase table (scenarios/phrases.ru.yaml) -> language.PhraseTable; admins add sentences to it without code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path

from voicebot.dialogue.intents import Intent
from voicebot.language.table import END, Phrase, PhraseTable, Question, Role, SentenceFault, Strength, expand
from voicebot.language.words import split
from voicebot.scenarios.loading import read_bytes
from voicebot.scenarios.mistakes import Place, ScenarioFault, maybe
from voicebot.scenarios.reading import Fields, Notes, scalar
from voicebot.scenarios.yamltree import Block, Items, Node, Scalar, read_tree

_KEYS = frozenset({"fillers", "light", "doubtful", "names", "fixes", "words", "noise", "intents", "roles"})
_GROUPS = {s.value: (s, Question.ANY) for s in Strength} | {"identity": (Strength.FULL, Question.IDENTITY)}
_TOPICS = frozenset({"time", "day", "place", "doctor", "price"})


def load_phrases(path: Path) -> PhraseTable:
    """The table of one file. Raises ScenarioFault with every mistake, collisions between intents included."""
    return parse_phrases(read_bytes(path), str(path))


@lru_cache(maxsize=4)  # half a second for the shipped table, and every version of a scenario carries one
@lru_cache(maxsize=2)  # a hundred thousand phrases: read once, however many ask for them
def parse_phrases(data: bytes, file: str) -> PhraseTable:
    """The same from bytes; file names them in mistakes."""
    notes = Notes()
    f = Fields(read_tree(data, file, notes.mistakes), notes, (), _KEYS)
    lists = {name: scalar(node, notes) for name, _, node in f.mapping("words")}
    fillers = _word_set(f, "fillers", notes)
    reader = _Sentences(notes, lists, fillers)
    for name, place, node in f.mapping("intents"):
        reader.intent(name, place, node)
    for name, place, node in f.mapping("roles"):
        reader.role(name, place, node)
    table = PhraseTable(
        phrases=tuple(reader.phrases.values()),
        fillers=fillers,
        light=_word_set(f, "light", notes),
        doubtful=_word_set(f, "doubtful", notes),
        fixes={_fixed(wrong): tuple(split(scalar(node, notes))) for wrong, _, node in f.mapping("fixes")},
        names=_word_set(f, "names", notes),
        noise=tuple(scalar(node, notes) for node in _list(f.node("noise"))),
    )
    if notes.mistakes:
        raise ScenarioFault(notes.mistakes)
    return table


class _Sentences:
    """Collects phrases; the same words may not mean two things in answer to the same question.

    Fillers are dropped before phrases are looked for, so that a sentence with one in it would never be heard.
    """

    def __init__(self, notes: Notes, lists: Mapping[str, str], fillers: frozenset[str]) -> None:
        self.notes = notes
        self.lists = lists
        self.fillers = fillers
        self.phrases: dict[tuple[tuple[str, ...], Question], Phrase] = {}
        self.places: dict[tuple[tuple[str, ...], Question], Place] = {}

    def intent(self, name: str, place: Place, node: Node) -> None:
        known = {i.value for i in Intent} - {Intent.SILENCE, Intent.NUMBER}
        if name not in known:
            self.notes.add(place, "unknown-intent", f"Неизвестный ответ «{name[:60]}».{maybe(name, known)}")
            return
        groups = {*_GROUPS, *(_TOPICS if name == Intent.QUESTION else ())}
        Fields(node, self.notes, ("intents", name), groups, place)  # notes groups that nobody knows
        if not isinstance(node, Block):
            return
        for group, sentences in node.items.items():
            if group in groups:
                strength, question = _GROUPS.get(group, (Strength.FULL, Question.ANY))
                self._add_all(sentences, name, strength, question, group if group in _TOPICS else "")

    def role(self, name: str, place: Place, node: Node) -> None:
        known = {r.value for r in Role}
        if name not in known:
            self.notes.add(place, "unknown-key", f"Неизвестное имя «{name[:60]}».{maybe(name, known)}")
            return
        self._add_all(node, name, Strength.FULL, Question.ANY, "")

    def _add_all(self, node: Node, label: str, strength: Strength, question: Question, value: str) -> None:
        for item in _list(node):
            sentence = scalar(item, self.notes)
            if not isinstance(item, Scalar):
                continue  # noted just now
            try:
                expansions = expand(sentence, self.lists)
            except SentenceFault as fault:
                self.notes.add(item.place, "sentence", f"«{sentence[:60]}»: {fault}.")
                continue
            heard = [words for words in expansions if words and not self._unheard(words)]
            if not heard:
                text = f"«{sentence[:60]}»: в нём слово-паразит из `fillers`, робот такие слова пропускает."
                self.notes.add(item.place, "sentence", text)
            for words in heard:
                self._add(Phrase(label, words, strength, question, value), item.place)

    def _unheard(self, words: tuple[str, ...]) -> bool:
        return any(w in self.fillers for w in words) and not all(w in self.fillers for w in words)

    def _add(self, phrase: Phrase, place: Place) -> None:
        key = (phrase.words, phrase.question)
        known = self.phrases.get(key)
        if known is None:
            self.phrases[key], self.places[key] = phrase, place
        elif known.label != phrase.label:
            said = " ".join(phrase.words)
            text = f"«{said}» уже значит «{known.label}» ({self.places[key]}), а здесь «{phrase.label}»."
            self.notes.add(place, "collision", text)


def _fixed(wrong: str) -> tuple[str, ...]:
    """«да ну.» is put right only where the utterance ends."""
    return (*split(wrong), END) if wrong.rstrip().endswith(END) else tuple(split(wrong))


def _word_set(f: Fields, key: str, notes: Notes) -> frozenset[str]:
    found = [(node, split(scalar(node, notes))) for node in _list(f.node(key))]
    for node, words in found:
        if len(words) != 1:
            notes.add(node.place, "one-word", f"«{key}»: здесь пишут по одному слову.")
    return frozenset(w for _, words in found for w in words)


def _list(node: Node | None) -> Iterator[Node]:
    if isinstance(node, Items):
        yield from node.items
    elif node is not None:
        yield node
