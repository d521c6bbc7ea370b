from pathlib import Path

import pytest

from voicebot.city.book import BadBook, load_people, parse_people
from voicebot.city.people import HangUp, Interruption, Noise, NoiseKind, Refusal, Role, Talk, Utterance

EXAMPLE = Path(__file__).parents[3] / "examples" / "city.yaml"


def test_the_example_has_every_behaviour() -> None:
    people = load_people(EXAMPLE)
    patients = [p for p in people.persons.values() if p.role is Role.PATIENT]
    assert len(patients) == 27
    assert {p.number for p in people.administrators()} == {"+78880000901", "+78880000902"}
    behaviours = [b for p in patients for b in p.calls]
    assert {b for b in behaviours if isinstance(b, Refusal)} == set(Refusal) - {Refusal.CONGESTION}
    talks = [b for b in behaviours if isinstance(b, Talk)]
    assert any(t.noise for t in talks) and any(t.voicemail for t in talks) and any(t.interruptions for t in talks)
    assert any(t.hang_up for t in talks) and any(u.keys for t in talks for u in t.lines)


def test_an_administrator_misses_only_the_third_call() -> None:
    person = load_people(EXAMPLE).find("+78880000901")
    assert person is not None
    answered = [isinstance(person.behaviour(n), Talk) for n in range(1, 7)]
    assert answered == [True, True, False, True, True, True]
    assert person.behaviour(3) is Refusal.RING_FOR_EVER


def test_the_last_behaviour_repeats() -> None:
    person = load_people(EXAMPLE).find("78880000121")
    assert person is not None
    assert person.behaviour(1) is Refusal.RING_FOR_EVER
    assert person.behaviour(2) == person.behaviour(7)


@pytest.mark.parametrize("dialled", ["+78880000101", "78880000101", "88880000101", "8 (888) 000-01-01"])
def test_a_number_is_found_however_it_is_dialled(dialled: str) -> None:
    person = load_people(EXAMPLE).find(dialled)
    assert person is not None and person.number == "+78880000101"


def test_nobody_lives_at_another_number() -> None:
    assert load_people(EXAMPLE).find("+78880000999") is None


def one(call: str) -> Talk:
    people = parse_people(f'persons:\n  "+7 888 000-01-01":\n    voice: Irina\n    calls:\n      - {call}\n')
    behaviour = people.persons["+78880000101"].behaviour(1)
    assert isinstance(behaviour, Talk)
    return behaviour


def test_every_key_of_a_call() -> None:
    talk = one(
        "{answer_after: 1.5s, greeting: алло, greeting_after: 200ms, again: false, patience: 800ms, longest: 1m, "
        "lines: [да, {say: нет, after: 0.6s}, {keys: 1}, {silence: true}], to_administrator: [добрый день], "
        "interrupt: [{phrase: 2, at: 2.5s, say: стоп}], hang_up: {phrase: 3, at: 1s}, noise: {kind: babble, snr: 5}, "
        "clip: 120ms}"
    )
    assert talk == Talk(
        answer_after_ms=1500,
        greeting="алло",
        greeting_after_ms=200,
        again=False,
        patience_ms=800,
        longest_ms=60_000,
        lines=(Utterance("да"), Utterance("нет", after_ms=600), Utterance(keys="1"), Utterance()),
        to_administrator=(Utterance("добрый день"),),
        interruptions=(Interruption(2, 2500, "стоп"),),
        hang_up=HangUp(phrase=3, at_ms=1000),
        noise=Noise(NoiseKind.BABBLE, 5),
        clip_ms=120,
    )
    assert talk.texts() == ("алло", "да", "нет", "добрый день", "стоп")


def test_a_line_may_lose_packets() -> None:
    people = parse_people("persons:\n  '+78880000101': {loss: 3, calls: [busy]}\n  '+78880000102': {calls: [busy]}\n")
    assert [person.loss for person in people.persons.values()] == [0.03, 0]


def test_a_person_may_ring_back() -> None:
    text = "persons:\n  '+78880000101':\n    calls: [busy]\n    rings_back: {after: 1500ms, lines: [да]}\n"
    person = parse_people(text).persons["+78880000101"]
    back = person.rings_back
    assert back is not None and back.after_ms == 1500
    assert person.talks() == (back.talk,) and back.talk.texts() == ("да",)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("persons:\n  '+78880000101':\n    voise: irina\n    calls: [busy]\n", 3, "неизвестный ключ"),
        ("persons:\n  '+78880000101':\n    voice: anna\n    calls: [busy]\n", 3, "голоса «anna» у города нет"),
        ("persons:\n  '+79161234567':\n    calls: [busy]\n", 2, "+7 888"),
        ("persons:\n  '+78880000101':\n    calls: [asleep]\n", 3, "asleep"),
        ("persons:\n  '+78880000101':\n    calls: []\n", 3, "пуст"),
        ("persons:\n  '+78880000101':\n    name: кто\n", 2, "calls"),
        ("persons:\n  '+78880000101':\n    calls:\n      - answer_after: скоро\n", 4, "длительность"),
        ("persons:\n  '+78880000101':\n    calls:\n      - lines:\n        - {say: да, keys: 1}\n", 5, "ровно одно"),
        ("persons:\n  '+78880000101':\n    calls:\n      - lines:\n        - {keys: abc}\n", 5, "клавиши"),
        ("persons:\n  '+78880000101':\n    calls:\n      - noise: {kind: rain, snr: 5}\n", 4, "rain"),
        ("persons:\n  '+78880000101':\n    calls:\n      - noise: {kind: pink, snr: 500}\n", 4, "от -10 до 60"),
        ("persons:\n  '+78880000101':\n    calls:\n      - {refuse: busy, greeting: алло}\n", 4, "greeting"),
        ("persons:\n  '+78880000101':\n    calls:\n      - again: нет\n", 4, "true или false"),
        ("persons:\n  '+78880000101':\n    calls:\n      - hang_up: {after_lines: 1s, phrase: 2}\n", 4, "нужно одно"),
        ("persons:\n  '+78880000101': {calls: [busy]}\n  '+78880000101': {calls: [busy]}\n", 3, "уже есть"),
        ("persons:\n  '+78880000101': {calls: [busy]}\n  '78880000101': {calls: [busy]}\n", 3, "уже есть"),
        ("persons:\n  '+78880000101': {loss: 70, calls: [busy]}\n", 2, "от 0 до 50"),
        ("persons:\n  '+78880000101':\n    calls:\n      - {clip: 5s}\n", 4, "больше секунды"),
        ("persons:\n  '+78880000101':\n    calls: [busy]\n    rings_back: {lines: [да]}\n", 4, "нет after"),
        ("persons:\n  '+78880000101':\n    calls: [busy]\n    rings_back: {after: 1s, refuse: busy}\n", 4, "refuse"),
        ("persons: [\n", 2, "не YAML"),
        ("people: {}\n", 1, "people"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, line: int, says: str) -> None:
    with pytest.raises(BadBook) as caught:
        parse_people(text, Path("my.yaml"))
    assert "my.yaml" in caught.value.message and f"строка {line}" in caught.value.message
    assert says in str(caught.value)


def test_a_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(BadBook, match="не читается"):
        load_people(tmp_path / "none.yaml")
    (tmp_path / "old.yaml").write_bytes("persons: {}  # Привет".encode("cp1251"))
    with pytest.raises(BadBook, match="UTF-8"):
        load_people(tmp_path / "old.yaml")
