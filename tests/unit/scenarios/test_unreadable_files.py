"""Files as they come: wrong encodings, odd signs, bombs. A clear refusal or a right result, never a traceback."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicebot.scenarios.characters import encoding_of, mixed_words
from voicebot.scenarios.checking import check, check_file
from voicebot.scenarios.diagram import mermaid
from voicebot.scenarios.loading import Draft, parse
from voicebot.scenarios.mistakes import Mistake, ScenarioFault
from voicebot.scenarios.yamltree import MAX_BYTES

GOOD = """\
id: s
title: Проба
purpose: service
about: appointment
voice: anna
everywhere: {stop: bye, operator: human}
start: who
unclear: {say: "Простите, не поняла.", then: human}
steps:
  who:
    say: "Это робот. Это {person.name}?"
    identifies: true
    listen: {yes: day, no: lost}
  day: {say: "Ждём вас {visit.day}.", outcome: confirmed}
  human: {say: "Соединяю.", transfer: reception, failed: busy}
  busy: {say: "Все заняты.", outcome: transferred, task: "Перезвонить"}
  lost: {say: "Извините.", outcome: wrong_person}
  bye: {say: "До свидания.", outcome: opted_out}
"""


def outcome(data: bytes | str) -> Draft | tuple[Mistake, ...]:
    try:
        return parse(data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data, "s.yaml")
    except ScenarioFault as fault:
        assert fault.mistakes and all(m.text and m.place.line >= 1 and m.place.column >= 1 for m in fault.mistakes)
        str(fault).encode()  # what is printed can be printed
        return fault.mistakes


def refused(data: bytes | str) -> Mistake:
    found = outcome(data)
    assert not isinstance(found, Draft)
    return found[0]


@pytest.mark.parametrize(
    ("codec", "named"),
    [("cp1251", "Windows-1251"), ("koi8-r", "KOI8-R"), ("cp866", "DOS (866)"), ("utf-16", "UTF-16"),
     ("utf-16-le", "UTF-16"), ("utf-16-be", "UTF-16"), ("utf-32", "UTF-16")],
)  # fmt: skip
def test_another_encoding_is_named(codec, named):
    mistake = refused(GOOD.encode(codec))
    assert mistake.rule == "yaml-encoding" and "UTF-8" in mistake.text
    assert named in mistake.text


def test_latin_text_in_utf_16_has_no_bad_byte_and_is_told_all_the_same():
    assert refused("id: s\ntitle: test\n".encode("utf-16-le")).rule == "yaml-encoding"


def test_there_may_be_no_telling_the_encoding():
    assert encoding_of(b"\xff\xff\xff abc") == ""


@pytest.mark.parametrize(
    "bomb",
    [
        "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b]\n",
        "a: &a [*a]\n",
        "<<: *x\n",
        "[" * 100_000,
        "{" * 100_000,
        "{a: " * 50_000,
        "- " * 100_000,
        "? " * 100_000,
        "a:\n" + "".join(" " * n + "a:\n" for n in range(1, 600)),
        "!!python/object/apply:os.system ['true']",
        "id: !!binary aGVsbG8=",
        '"' * 100_000,
        "|\n" * 50_000,
        "%" * 200_000,
        "&" * 200_000,
        "a" * MAX_BYTES,
        "a: 1\n" * 5_000,
    ],
    ids=lambda b: b[:12],
)
def test_a_bomb_is_refused_in_no_time(bomb):
    began = time.process_time()
    refused(bomb)
    assert time.process_time() - began < 4


def test_a_megabyte_is_not_even_read(tmp_path):
    path = tmp_path / "s.yaml"
    path.write_text(GOOD + "# " + "я" * 1_000_000, encoding="utf-8")
    assert [m.rule for m in check_file(path)] == ["yaml-size"]
    assert refused(GOOD.replace("Ждём", "Ж" * 100_000)).rule == "template-size"


def test_a_folder_in_place_of_a_file_and_a_name_that_no_file_can_have(tmp_path):
    assert [m.rule for m in check_file(tmp_path)] == ["no-file"]
    assert [m.rule for m in check_file(tmp_path / "a\0b")] == ["no-file"]


@pytest.mark.parametrize(
    ("odd", "line", "column", "named"),
    [
        ("Ждём\u202e вас", 14, 19, "U+202E"), ("Жд\u200bём вас", 14, 17, "U+200B"),
        ("\u00adЖдём вас", 14, 15, "мягкий"),
        ("Ждём\x00 вас", 14, 19, "U+0000"), ("Ждём\x1b[31m", 14, 19, "управляющий"), ("Жд\u2028ём", 14, 17, "U+2028"),
        ("Ждём \ufeffвас", 14, 20, "U+FEFF"), ("Ждём \u2067вас", 14, 20, "направления"),
    ],
)  # fmt: skip
def test_an_invisible_sign_is_named_with_its_place(odd, line, column, named):
    mistake = refused(GOOD.replace("Ждём вас", odd))
    assert (mistake.rule, mistake.place.line, mistake.place.column) == ("yaml-character", line, column)
    assert named in mistake.text


@pytest.mark.parametrize("escape", ["\\u202e", "\\0", "\\x07", "\\ud800", "\\udfff\\ud800", "\\uffff", "\\u200d"])
def test_an_invisible_sign_written_as_an_escape_is_one_as_well(escape):
    assert refused(GOOD.replace("Ждём", escape)).rule == "yaml-character"
    assert refused(GOOD.replace("id: s", f'id: s\n"{escape}": x')).rule == "yaml-character"


def test_an_escape_beyond_all_characters_is_no_traceback():
    assert refused(GOOD.replace("Ждём", "\\U00ffffff")).rule.startswith("yaml-")
    assert refused(GOOD.replace("Ждём", "\\UFFFFFFFF")).rule.startswith("yaml-")


def test_signs_that_look_alike_are_read_alike():
    """«й» of two signs (from a Mac), spaces that do not break (from Word), Windows line ends, a byte order mark."""
    draft = outcome("\ufeff" + GOOD.replace("Ждём вас", "Ждём\u00a0вас, и\u0306од").replace("\n", "\r\n"))
    assert isinstance(draft, Draft)
    assert draft.scenario.steps["day"].say.startswith("Ждём вас, йод")


@pytest.mark.parametrize(
    ("word", "letter"), [("Ждeм", "e"), ("Cпасибо", "C"), ("вaс", "a"), ("xорошо", "x"), ("Анtон", "t")]
)
def test_a_latin_letter_in_a_russian_word_is_named(word, letter):
    draft = outcome(GOOD.replace("Ждём вас", f"Очень {word} просим"))
    assert isinstance(draft, Draft)
    (mistake,) = check(draft.scenario, draft)
    assert mistake.warning and f"«{word}»" in mistake.text and f"«{letter}» латинская" in mistake.text


def test_a_russian_word_with_more_latin_letters_than_russian_ones_stays_russian():
    draft = outcome(GOOD.replace("Ждём вас", "Cпacибo"))
    assert isinstance(draft, Draft)
    (mistake,) = check(draft.scenario, draft)
    assert "латинские буквы «C» (1-я), «a» (3-я), «c» (4-я) и ещё 1" in mistake.text and "русск" not in mistake.text


def test_a_russian_letter_in_a_latin_word_is_the_odd_one():
    assert list(mixed_words("Cтoп, xopoш")) == [(0, "Cтoп", "Co"), (6, "xopoш", "xop")]
    assert list(mixed_words("Dеntal")) == [(0, "Dеntal", "е")]
    assert list(mixed_words("УЗИ, Dental и ёж, 3D-снимок")) == []


def test_emoji_are_a_warning_and_nothing_breaks():
    draft = outcome(GOOD.replace("Ждём вас", "Ждём вас 😀🇷🇺"))
    assert isinstance(draft, Draft)
    (mistake,) = check(draft.scenario, draft)
    assert mistake.rule == "unspeakable" and mistake.warning and "😀" in mistake.text


@pytest.mark.parametrize(
    ("text", "many"),
    [
        ("a:\tb\n" * 5_000, 20), ("id: s\n" * 3_000, 21),
        ("steps:\n" + "".join(f"  s{n}: {{then: t{n}}}\n" for n in range(3_000)), 100),
        (GOOD + "".join(f"  s{n}: {{wrong{n}: x}}\n" for n in range(1_000)), 100),
    ],
    ids=["tabs", "duplicates", "steps", "keys"],
)  # fmt: skip
def test_many_mistakes_stay_few_and_take_no_time(text, many):
    began = time.process_time()
    found = outcome(text)
    assert not isinstance(found, Draft) and len(found) == many
    assert time.process_time() - began < 4


def test_the_largest_scenario_that_is_allowed_is_checked_in_time():
    """Every step may lead to every other by what is said, ten of them begin a repeated part."""
    steps = "".join(
        f"  s{n}: {{say: Ау, listen: {{yes: s{(n * 7 + 1) % 290}, no: s{(n * 11 + 3) % 290}}}, outcome: unclear"
        f"{', for_each: visits' if n % 29 == 0 else ''}}}\n"
        for n in range(290)
    )
    draft = outcome(GOOD.replace("yes: day", "yes: s0") + steps)
    assert isinstance(draft, Draft)
    began = time.process_time()
    assert "for-each-nested" in {m.rule for m in check(draft.scenario, draft)}
    assert time.process_time() - began < 5


# Damage to a good file: the loader must read it or refuse it, and what it reads can be checked and drawn.
PIECES = ["\t", "\u202e", "{", "}", "[", "]", ":", "- ", "&a", "*a", "!!x", "%", "#", '"', "'", "\n", "\n  ", "0", "😀",
          "\\u0000", "\\", "yes", "again", "who", "null", "~", "|", ">", "---\n", "...", ",", "а\u0301", "\x85", "\x00",
          "listen: ", "ask: {value: number, name: x, from: 1, to: 2}", "then: who", "for_each: visits", "{visit.day}",
          "{person.name:кому}", "{:|||}", "choose: []", "hours: {}", "9" * 50, "inbound: who"]  # fmt: skip
edits = st.lists(
    st.tuples(st.integers(0, len(GOOD)), st.integers(0, 30), st.one_of(st.sampled_from(PIECES), st.text(max_size=5))),
    min_size=1, max_size=4,
)  # fmt: skip


@settings(max_examples=120, deadline=None)
@given(edits)
def test_a_damaged_file_is_read_or_refused(changes):
    text = GOOD
    for at, length, piece in changes:
        text = text[:at] + piece + text[at + length :]
    draft = outcome(text)
    if isinstance(draft, Draft):
        for mistake in check(draft.scenario, draft):
            str(mistake).encode()
        mermaid(draft.scenario).encode()


@settings(max_examples=60, deadline=None)
@given(edits, st.sampled_from(["cp1251", "utf-16", "koi8-r", "utf-8"]), st.binary(max_size=4), st.integers(0, 900))
def test_damaged_bytes_are_read_or_refused(changes, codec, noise, at):
    text = GOOD
    for place, length, piece in changes:
        text = text[:place] + piece + text[place + length :]
    data = text.encode(codec, "replace")
    outcome(data[:at] + noise + data[at:])
