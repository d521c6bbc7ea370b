"""The people of the bench who are rung without the engine: what each says, on what line, and what it means."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from voicebot.judging.truth import Truth, meant

VOICES = ("elena", "aleksandr", "irina", "aleksandr-hq")
SENTENCES = Path(__file__).with_name("calls.ru.yaml")
#: condition -> what it does to a call of the city
NOISE: dict[str, dict[str, Any]] = {
    "clean": {},
    "pink 15 dB": {"noise": {"kind": "pink", "snr": 15}},
    "babble 15 dB": {"noise": {"kind": "babble", "snr": 15}},
    "pink 5 dB": {"noise": {"kind": "pink", "snr": 5}},
    "babble 5 dB": {"noise": {"kind": "babble", "snr": 5}},
    "start cut": {"clip": "120ms"},
}
LOSSES = (0, 1, 3, 5)  # per cent of the packets
NODS = ("угу", "так", "понятно", "ага", "ясно", "угу, понятно")
INTERRUPTIONS = ("не звоните мне больше", "да, я приду обязательно", "подождите, пожалуйста", "алло, вы меня слышите",
                 "нет, я не смогу прийти", "соедините с администратором", "стоп, хватит")  # fmt: skip


@dataclass(frozen=True)
class Caller:
    """Somebody who is rung once. asked: "answers" (many short questions) or "reminder" (the real scenario)."""

    phone: str
    condition: str
    asked: str
    voice: str
    call: Mapping[str, Any]
    loss: float = 0.0


@dataclass(frozen=True)
class Crowd:
    """people rung one after another, so many at once."""

    name: str
    at_once: int
    people: Sequence[Caller]
    stagger_s: float = 0.3


def sentences() -> dict[str, list[str]]:
    return {str(k): [str(t) for t in v] for k, v in YAML(typ="safe").load(SENTENCES.read_text("utf-8")).items()}


def truths() -> dict[str, Truth]:
    """What each sentence means, by its text."""
    found = {}
    for label, texts in sentences().items():
        for text in texts:
            kind, right, number = meant(label, text)
            found[text] = Truth(Path(), text, label, kind, right, "", "", number)
    return found


def write(people: Iterable[Caller], path: Path) -> None:
    """The city's file; JSON is YAML."""
    persons = {
        p.phone: {"name": p.condition, "voice": p.voice, "loss": p.loss, "calls": [dict(p.call)]} for p in people
    }
    path.write_text(json.dumps({"persons": persons}, ensure_ascii=False, indent=1), "utf-8")


def crowds(part: str, steps: Sequence[int], share: float) -> list[Crowd]:
    """The crowds of a part, to be rung one after another. share: of the usual number of sentences, for a quick look."""
    numbers = itertools.count(1)
    if part == "load":
        return [Crowd(f"{n} at once", n, _talkers("clean", {}, numbers, n * 6, 6), 0.15) for n in steps]
    texts = max(12, round(24 * share))
    if part == "response":
        return [Crowd("answers", 4, _talkers("clean", {}, numbers, 2 * texts))]
    if part == "noise":
        people = [p for name, does in NOISE.items() for p in _talkers(name, does, numbers, texts)]
        return [Crowd("noise", 6, _mixed(people))]
    if part == "loss":
        people = [p for loss in LOSSES for p in _talkers(f"{loss} % lost", {}, numbers, texts, loss=loss)]
        return [Crowd("loss", 6, _mixed(people))]
    if part == "barge":
        count = max(4, round(18 * share))
        return [Crowd("barge", 6, _mixed([*_nodders(numbers, count), *_interrupters(numbers, count)]))]
    raise ValueError(part)


def _mixed(people: Sequence[Caller]) -> list[Caller]:
    """Every condition at every time: what the machine does meanwhile shall blur none of them."""
    return sorted(people, key=lambda p: hash_of(p.phone))


def hash_of(phone: str) -> int:
    """A fixed shuffle."""
    return int(phone[-4:]) * 7919 % 10_007


def _talkers(condition: str, does: Mapping[str, Any], numbers: Iterable[int], answers: int, each: int = 12,
             loss: float = 0.0) -> list[Caller]:  # fmt: skip
    """People who answer so many questions altogether, the sentences in turn, each time by another voice."""
    texts = list(itertools.islice(itertools.cycle(_shuffled()), answers))
    groups = [texts[i : i + each] for i in range(0, len(texts), each)]
    return [_talker(condition, does, next(iter(numbers)), lines, i, loss) for i, lines in enumerate(groups)]


def _shuffled() -> list[str]:
    """All sentences, their labels mixed."""
    columns = itertools.zip_longest(*sentences().values())
    return [text for column in columns for text in column if text is not None]


def _talker(condition: str, does: Mapping[str, Any], number: int, lines: list[str], turn: int, loss: float) -> Caller:
    call = {"answer_after": "200ms", "greeting": "алло", "lines": ["да", *lines], "again": False, "longest": "110s",
            **does}  # fmt: skip
    return Caller(_phone(number), condition, "answers", VOICES[turn % len(VOICES)], call, loss)


def _nodders(numbers: Iterable[int], count: int) -> list[Caller]:
    """Three nods a call. Their patience is long: the robot's pause after a nod is not the end of its phrase."""
    found = []
    for i in range(count):
        words = [NODS[(3 * i + k) % len(NODS)] for k in range(3)]
        places = zip(((1, "2s"), (2, "2s"), (2, "5s")), words, strict=True)
        call = {"answer_after": "200ms", "greeting": "алло", "lines": ["да", "да, приду"], "again": False,
                "longest": "60s", "patience": "1800ms",
                "interrupt": [{"phrase": p, "at": at, "say": say} for (p, at), say in places]}  # fmt: skip
        found.append(Caller(_phone(next(iter(numbers))), "nods", "reminder", VOICES[i % len(VOICES)], call))
    return found


def _interrupters(numbers: Iterable[int], count: int) -> list[Caller]:
    """Each interrupts the long reminder once."""
    found = []
    for i in range(count):
        say = INTERRUPTIONS[i % len(INTERRUPTIONS)]
        call = {"answer_after": "200ms", "greeting": "слушаю", "lines": ["да", "да, приду"], "again": False,
                "longest": "40s", "interrupt": {"phrase": 2, "at": f"{3 + i % 4}s", "say": say}}  # fmt: skip
        found.append(Caller(_phone(next(iter(numbers))), "interrupts", "reminder", VOICES[i % len(VOICES)], call))
    return found


def _phone(number: int) -> str:
    return f"+788801{number:05d}"
