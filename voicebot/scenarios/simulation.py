"""A conversation typed line by line, with what was understood and why: for `voicebot simulate` and the console."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from voicebot.dialogue.actions import Finish
from voicebot.dialogue.call import Phase
from voicebot.dialogue.scenario import Scenario
from voicebot.errors import InputFault
from voicebot.scenarios.talk import Bookmark, Facts, Language, Talk

HANGUP, INTO = "/отбой", "/перебить"
_KEYS = re.compile(r"#[0-9*#]{1,20}")
COMMANDS = (
    "Команды: #1 — клавиша (0–9, *, #; можно несколько: #19), /перебить СЛОВА, /отбой; остальное — слова пациента."
)
SHOWN = 3  # candidates that are shown


class BadLine(InputFault):
    """A line that begins like a command and is none."""

    code = "bad-command"


class BadMoment(InputFault):
    """--now is no time."""

    code = "bad-time"


def moment(text: str, zone: ZoneInfo) -> datetime:
    """The time that a conversation takes place; in the clinic's zone, now when nothing is given. Raises BadMoment."""
    if not text:
        return datetime.now(zone)
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise BadMoment(f"Это не время: «{text[:40]}».", "Пишите так: 2026-11-23T10:00.") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)


@dataclass
class Simulation:
    """One conversation. Each method returns the lines that a person is shown; entries holds the same as data."""

    scenario: Scenario
    facts: Sequence[Facts]
    language: Language
    now: datetime
    inbound: bool = False
    administrator: bool = True
    entries: list[dict[str, Any]] = field(default_factory=list)
    finish: Finish | None = None
    _talk: Talk = field(init=False)
    _before: tuple[Bookmark, int] | None = None

    def __post_init__(self) -> None:
        self._talk = Talk(self.scenario, self.facts, self.language, self.now, inbound=self.inbound,
                          administrator=self.administrator)  # fmt: skip

    @property
    def over(self) -> bool:
        """Whether the patient can do nothing more."""
        return not self._talk.waits

    def begin(self) -> list[str]:
        """The call is answered."""
        self._talk.begin(greeting=False)
        return self._answers()

    def do(self, line: str) -> list[str]:
        """One line of the patient: words, '' for silence, #1 keys, /перебить СЛОВА, /отбой.

        Raises BadLine for «/foo», «#abc» and the like, with nothing done.
        """
        step, words = self._talk.step, line.strip()
        command, _, rest = words.partition(" ")
        if words.startswith("#") and not _KEYS.fullmatch(words):
            raise BadLine(f"Таких клавиш нет: «{words[:40]}».", COMMANDS)
        if words.startswith("/") and (words != HANGUP) and (command != INTO or not rest.strip()):
            wrong = "После /перебить нужны слова." if command == INTO else f"Нет команды «{command[:40]}»."
            raise BadLine(wrong, COMMANDS)
        self._talk.understood = None
        if words == HANGUP:
            self._talk.hang_up()
        elif words.startswith("#"):
            self._talk.press(words.removeprefix("#"))
        elif command == INTO:
            self._back_to_the_prompt()
            self._talk.interrupt(rest.strip())
        elif words:
            self._talk.say(words)
        else:
            self._talk.silence()
        return [*self._heard(words, step), *self._answers()]

    def end(self) -> list[str]:
        """The patient does nothing more, until the call is over."""
        self.finish = self._talk.end()
        return self._answers()

    def said(self) -> Sequence[tuple[str, str]]:
        """(step, words) of all that the robot said."""
        return [(e["step"] or "prompt", e["text"]) for e in self.entries if e["who"] == "robot"]

    def as_json(self) -> Mapping[str, Any]:
        """The whole conversation and what it led to; the names of the fields are stable."""
        finish = self.finish
        return {
            "scenario": self.scenario.id,
            "version": self.scenario.version,
            "inbound": self.inbound,
            "now": self.now.isoformat(),
            "talk": self.entries,
            "result": None if finish is None else {
                "disposition": finish.disposition.value,
                "identified": finish.identity_known,
                "transferred": finish.transferred,
                "values": dict(finish.values),
                "conclusions": [asdict(c) for c in finish.conclusions],
            },
        }  # fmt: skip

    def _answers(self) -> list[str]:
        """What the robot says now, to its end; what stands before that end is kept, for who breaks in."""
        begun = self._told()
        self._before = (self._talk.bookmark(), len(self.entries))
        self._talk.listen_out()
        return [*begun, *self._told()]

    def _back_to_the_prompt(self) -> None:
        """To the moment when the robot began what was just shown: its later words were not said then."""
        if self._before is not None:
            talk, told = self._before
            self._talk.go_back(talk)
            del self.entries[told:]

    def _told(self) -> list[str]:
        shown = []
        for line in self._talk.news():
            step = line.prompt.recording.partition("/")[2]
            self.entries.append({"who": "robot", "text": line.text, "step": step})
            shown.append(f"робот:   {line.text}")
        if self._talk.rehearsal.call.phase is Phase.TALKING:
            shown.append("         (пациент говорит с администратором)")
        return shown

    def _heard(self, words: str, step: str) -> Iterator[str]:
        entry: dict[str, Any] = {"who": "patient", "text": words, "step": step}
        meaning = self._talk.understood
        if meaning is not None:
            entry["intents"] = [{"intent": c.intent.value, "score": c.score, "value": c.value, "evidence": c.evidence}
                                for c in meaning.candidates]  # fmt: skip
            entry["values"] = [{"kind": v.kind.value, "value": v.value, "text": v.text} for v in meaning.values]
        self.entries.append(entry)
        yield f"пациент: {words or '(молчит)'}"
        if meaning is None:
            return
        for c in meaning.candidates[:SHOWN]:
            told = f" = {c.value}" if c.value else ""
            yield f"         → {c.intent.value} {c.score:.2f}{told}" + (f"  («{c.evidence}»)" if c.evidence else "")
        for v in meaning.values:
            yield f"         → {v.kind.value} {v.value}" + (f"  («{v.text}»)" if v.text else "")
        if not meaning.candidates and not meaning.values:
            yield "         → " + ("не понято" if meaning.speech else "не речь")
