"""Reading YAML strictly: what is refused, where, and in which words."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicebot.scenarios.loading import parse
from voicebot.scenarios.mistakes import ScenarioFault
from voicebot.scenarios.yamltree import MAX_BYTES, Block, Scalar, read_tree


def refusals(data: bytes | str) -> list[tuple[str, int, int]]:
    raw = data.encode() if isinstance(data, str) else data
    with pytest.raises(ScenarioFault) as caught:
        parse(raw, "f.yaml")
    return [(m.rule, m.place.line, m.place.column) for m in caught.value.mistakes]


def test_every_scalar_is_a_text():
    mistakes: list = []
    tree = read_tree(b"{yes: no, 1: 0x10, on: null}", "f.yaml", mistakes)
    assert isinstance(tree, Block)
    assert {k: v.value for k, v in tree.items.items() if isinstance(v, Scalar)} == {
        "yes": "no", "1": "0x10", "on": "null",
    }  # fmt: skip
    assert mistakes == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: &x b", ("yaml-anchor", 1, 4)),
        ("a: 1\nb: *a", ("yaml-anchor", 2, 4)),
        ("a: !!python/object:os.system b", ("yaml-tag", 1, 4)),
        ("%YAML 1.1\n---\na: b", ("yaml-directive", 2, 1)),
        ("---\na: b\n---\nc: d", ("yaml-documents", 3, 1)),
        ("a: b\n\tc: d", ("yaml-tab", 2, 1)),
        ("a: b: c", ("yaml-syntax", 1, 5)),
        ('a: b\nc: "d', ("yaml-syntax", 2, 4)),
        ("a: {clinic.name}, добрый день", ("yaml-syntax", 1, 17)),
        ("a: \x07", ("yaml-character", 1, 4)),
        ("[" * 40, ("yaml-depth", 1, 17)),
    ],
)
def test_what_is_refused_names_its_place(text, expected):
    assert expected in refusals(text)


def test_duplicate_keys_name_the_first():
    with pytest.raises(ScenarioFault) as caught:
        parse(b"id: a\ntitle: b\nid: c\n", "f.yaml")
    duplicate = next(m for m in caught.value.mistakes if m.rule == "yaml-duplicate")
    assert (duplicate.place.line, duplicate.place.column) == (3, 1)
    assert "строка 1" in duplicate.text
    assert any(m.rule == "missing-key" for m in caught.value.mistakes), "the rest is told at the same time"


def test_wrong_encoding_and_size():
    assert refusals("title: Напоминание".encode("cp1251"))[0][0] == "yaml-encoding"
    assert refusals(b"a" * (MAX_BYTES + 1))[0][0] == "yaml-size"


def test_a_byte_order_mark_and_windows_line_ends_are_no_mistake():
    mistakes: list = []
    tree = read_tree("\ufeffa: b\r\nc: d\r\n".encode(), "f.yaml", mistakes)
    assert isinstance(tree, Block) and list(tree.items) == ["a", "c"] and not mistakes


PIECES = st.sampled_from([
    "id: x\n", "steps:\n", "  who:\n", "    say: \"Это {visit.time}?\"\n", "    listen: {yes: who}\n", "{", "}",
    "[", "]", "&a ", "*a", "!t ", ": ", "- ", "\t", "\n", "  ", "\"", "'", "|\n", ">\n", "#", "%", "---\n", "...\n",
    "? ", "@",
    "everywhere: {stop: who}\n", "\u202e", "\x00", "яё", "😀", "choose: [", "1e9", "null", "~",
])  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=25).map("".join))
def test_any_text_is_read_or_refused_with_places(text):
    try:
        parse(text.encode(), "f.yaml")
    except ScenarioFault as fault:
        assert fault.mistakes
        assert all(m.place.line >= 1 and m.place.column >= 1 and m.text for m in fault.mistakes)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_refused_without_a_traceback(data):
    with pytest.raises(ScenarioFault):
        parse(data, "f.yaml")
