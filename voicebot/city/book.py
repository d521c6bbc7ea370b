"""The YAML of the city's persons -> People. Whatever is wrong is said with file, line and what would be right."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from voicebot.city.node import BadBook, Node
from voicebot.city.people import (
    Behaviour,
    Echo,
    HangUp,
    Interruption,
    Noise,
    NoiseKind,
    People,
    Person,
    Refusal,
    RingBack,
    Role,
    Talk,
    Utterance,
    Voicemail,
)

#: The free RHVoice voices that the robot does not speak with: the far side must not sound like the robot.
VOICES = ("aleksandr", "elena", "irina", "aleksandr-hq")
LONGEST_FILE = 1_000_000  # bytes
MOST_REPEATS = 100
MOST_LOST = 50  # per cent of the packets: more is no telephone line
MOST_CLIPPED_MS = 1000

_TALK = (
    "answer_after", "greeting", "greeting_after", "lines", "to_administrator", "again", "interrupt", "hang_up", "noise",
    "echo", "voicemail", "patience", "longest", "clip",
)  # fmt: skip

T = TypeVar("T")


def load_people(path: Path) -> People:
    """Read the file. Raises BadBook."""
    try:
        if path.stat().st_size > LONGEST_FILE:
            raise BadBook(f"{path}: файл больше мегабайта.", "Файл жителей города — это несколько страниц текста.")
        text = path.read_text(encoding="utf-8-sig")
    except OSError as exc:
        raise BadBook(f"{path}: файл не читается: {exc.strerror}.", "Проверьте путь и права.") from exc
    except UnicodeDecodeError as exc:
        raise BadBook(f"{path}: это не UTF-8.", "Сохраните файл в кодировке UTF-8.") from exc
    return parse_people(text, path)


def parse_people(text: str, path: Path = Path("city.yaml")) -> People:
    """Text of a city file -> People; path is for the messages. Raises BadBook."""
    try:
        tree = YAML(typ="rt").load(text)
    except DuplicateKeyError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark is not None else 1
        raise BadBook(f"{path}, строка {line}: этот ключ в файле уже есть.", "Оставьте один из двух.") from exc
    except MarkedYAMLError as exc:
        line = exc.problem_mark.line + 1 if exc.problem_mark is not None else 1
        raise BadBook(f"{path}, строка {line}: это не YAML: {exc.problem}.", "Проверьте отступы и кавычки.") from exc
    except YAMLError as exc:
        raise BadBook(f"{path}: это не YAML.", "Проверьте отступы и кавычки.") from exc
    root = Node(tree, path, 1, "файл")
    fields = root.items(("persons",))
    if "persons" not in fields:
        raise root.wrong("нет раздела persons")
    persons: dict[str, Person] = {}
    for key, node in fields["persons"].items().items():
        person = _person(key, node)
        if person.number in persons:
            raise node.wrong("этот номер уже есть в файле")
        persons[person.number] = person
    return People(persons)


def _person(key: str, node: Node) -> Person:
    number = re.sub(r"[\s()-]", "", key)
    if not re.fullmatch(r"\+?7888\d{7}", number):
        raise node.wrong("номера города имеют вид +7 888 xxx xx xx", "Другие номера могут оказаться настоящими.")
    fields = node.items(("name", "voice", "role", "loss", "calls", "rings_back"))
    voice = fields["voice"].text().lower() if "voice" in fields else VOICES[1]
    if voice not in VOICES:
        raise fields["voice"].wrong(f"голоса «{voice}» у города нет", f"Можно: {', '.join(VOICES)}.")
    if "calls" not in fields:
        raise node.wrong("нет списка calls")
    calls = [b for call in fields["calls"].list() for b in _behaviours(call)]
    if not calls:
        raise fields["calls"].wrong("список пуст")
    return Person(
        number="+" + number.lstrip("+"),
        voice=voice,
        role=_get(fields, "role", lambda n: n.one_of(Role), Role.PATIENT),
        calls=tuple(calls),
        name=_get(fields, "name", Node.text, ""),
        loss=_get(fields, "loss", lambda n: n.number(0, MOST_LOST) / 100, 0.0),
        rings_back=_get(fields, "rings_back", _ring_back, None),
    )


def _ring_back(node: Node) -> RingBack:
    fields = node.items(("after", *_TALK))
    if "after" not in fields:
        raise node.wrong("нет after: через сколько человек перезванивает")
    return RingBack(fields["after"].span(), _talk({k: v for k, v in fields.items() if k != "after"}))


def _get(fields: dict[str, Node], key: str, read: Callable[[Node], T], default: T) -> T:
    return read(fields[key]) if key in fields else default


def _behaviours(node: Node) -> list[Behaviour]:
    node.what = "звонок"
    if isinstance(node.value, str):
        return [node.one_of(Refusal)]
    fields = node.items(("times", "refuse", *_TALK))
    times = int(_get(fields, "times", lambda n: n.number(1, MOST_REPEATS), 1.0))
    if "refuse" in fields:
        others = set(fields) - {"times", "refuse"}
        if others:
            raise node.wrong(f"refuse не сочетается с {', '.join(sorted(others))}")
        return [fields["refuse"].one_of(Refusal)] * times
    return [_talk(fields)] * times


def _talk(fields: dict[str, Node]) -> Talk:
    default = Talk()
    if {"echo", "noise"} <= set(fields) or {"echo", "voicemail"} <= set(fields):
        raise fields["echo"].wrong("echo не сочетается с noise и voicemail")
    return Talk(
        answer_after_ms=_get(fields, "answer_after", Node.span, default.answer_after_ms),
        greeting=_get(fields, "greeting", Node.text, ""),
        greeting_after_ms=_get(fields, "greeting_after", Node.span, default.greeting_after_ms),
        lines=_get(fields, "lines", _utterances, ()),
        to_administrator=_get(fields, "to_administrator", _utterances, ()),
        again=_get(fields, "again", Node.flag, True),
        interruptions=_get(fields, "interrupt", _interruptions, ()),
        hang_up=_get(fields, "hang_up", _hang_up, None),
        noise=_get(fields, "noise", _noise, None),
        echo=_get(fields, "echo", _echo, None),
        voicemail=_get(fields, "voicemail", _voicemail, None),
        patience_ms=_get(fields, "patience", Node.span, default.patience_ms),
        longest_ms=_get(fields, "longest", Node.span, default.longest_ms),
        clip_ms=_get(fields, "clip", _clip, 0),
    )


def _clip(node: Node) -> int:
    clipped = node.span()
    if clipped > MOST_CLIPPED_MS:
        raise node.wrong("больше секунды: от слов ничего не останется")
    return clipped


def _utterances(node: Node) -> tuple[Utterance, ...]:
    return tuple(_utterance(item) for item in node.list())


def _utterance(node: Node) -> Utterance:
    if not isinstance(node.value, dict):
        return Utterance(say=node.text())
    fields = node.items(("say", "keys", "silence", "after"))
    if len({"say", "keys", "silence"} & set(fields)) != 1:
        raise node.wrong("нужно ровно одно из say, keys, silence")
    if "silence" in fields and not fields["silence"].flag():
        raise fields["silence"].wrong("пишите silence: true")
    return Utterance(
        say=_get(fields, "say", Node.text, ""),
        keys=_get(fields, "keys", Node.keys, ""),
        after_ms=_get(fields, "after", Node.span, 0),
    )


def _interruptions(node: Node) -> tuple[Interruption, ...]:
    nodes = node.list() if isinstance(node.value, list) else [node]
    return tuple(_interruption(item) for item in nodes)


def _interruption(node: Node) -> Interruption:
    fields = node.items(("phrase", "at", "say", "keys"))
    if not {"phrase", "at"} <= set(fields) or len({"say", "keys"} & set(fields)) != 1:
        raise node.wrong("нужны phrase, at и одно из say, keys")
    return Interruption(
        phrase=int(fields["phrase"].number(1, 100)),
        at_ms=fields["at"].span(),
        say=_get(fields, "say", Node.text, ""),
        keys=_get(fields, "keys", Node.keys, ""),
    )


def _hang_up(node: Node) -> HangUp:
    fields = node.items(("phrase", "at", "after_lines"))
    if not fields or ("after_lines" in fields and len(fields) > 1):
        raise node.wrong("нужно одно из: phrase, phrase и at, at, after_lines")
    return HangUp(
        phrase=int(fields["phrase"].number(1, 100)) if "phrase" in fields else None,
        at_ms=_get(fields, "at", lambda n: n.span(), None),
        after_lines_ms=_get(fields, "after_lines", lambda n: n.span(), None),
    )


def _noise(node: Node) -> Noise:
    fields = node.items(("kind", "snr"))
    if set(fields) != {"kind", "snr"}:
        raise node.wrong("нужны kind и snr (дБ)")
    return Noise(fields["kind"].one_of(NoiseKind), fields["snr"].number(-10, 60))


def _echo(node: Node) -> Echo:
    fields = node.items(("db", "delay"))
    if set(fields) != {"db", "delay"}:
        raise node.wrong("нужны db (от -40 до -3 дБ) и delay")
    return Echo(fields["db"].number(-40, -3), fields["delay"].span())


def _voicemail(node: Node) -> Voicemail:
    fields = node.items(("greeting", "beep", "record"))
    if "greeting" not in fields:
        raise node.wrong("нет greeting: что говорит автоответчик")
    default = Voicemail("")
    return Voicemail(
        greeting=fields["greeting"].text(),
        beep_ms=_get(fields, "beep", Node.span, default.beep_ms),
        record_ms=_get(fields, "record", Node.span, default.record_ms),
    )
