"""How a step of a file ends: it listens, asks, chooses, transfers, goes on, or the call is over."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from voicebot.dialogue.intents import Intent, ValueKind
from voicebot.dialogue.outcome import Answer
from voicebot.dialogue.scenario import (
    About,
    AskValue,
    Case,
    Choose,
    End,
    Goto,
    Listen,
    Reaction,
    Then,
    Transfer,
    Unclear,
)
from voicebot.dialogue.turn import AGAIN
from voicebot.scenarios.facts import FACTS, YES_NO
from voicebot.scenarios.known import Names, known_intent, known_step, known_value, telephone_keys
from voicebot.scenarios.mistakes import Place, maybe
from voicebot.scenarios.reading import Fields, Notes, scalar
from voicebot.scenarios.templates import read_template
from voicebot.scenarios.yamltree import Block, Items, Node

_VALUE_NAME = re.compile(r"^[a-z][a-z0-9_]{0,62}$")
MAX_CASES = 50
_WHISPER = {
    About.APPOINTMENT: "Звонок от робота. Пациент {patient.full_name}, запись {visit.day} в {visit.time}.",
    About.PATIENT: "Звонок от робота. Пациент {patient.full_name}.",
    About.CALLBACK: "Звонок от робота. Пациент {patient.full_name} просил перезвонить.",
}


@dataclass(slots=True)
class EndingReader:
    """Reads the endings of the steps of one file. unclear serves steps that have none of their own."""

    notes: Notes
    names: Names
    unclear: Unclear | None = None

    def then(self, f: Fields, step_id: str, say: str) -> Then:
        """The ending of the step whose fields these are."""
        if "listen" in f:
            return self._listen(f, say)
        if "ask" in f:
            return self._ask(f, say)
        if "choose" in f:
            return self._choose(f)
        if "transfer" in f:
            return self._transfer(f, step_id)
        then = f.node("then")
        return Goto(self.go(then)) if then is not None else End()

    def go(self, node: Node | None, again: bool = False) -> str:
        """The name of a step; '' when there is none, which was noted already."""
        return known_step(node, self.names, self.notes, again) if node is not None else ""

    def template(self, f: Fields, key: str, default: str = "") -> str:
        node = f.node(key)
        return default if node is None else read_template(node, self.notes, self.names.about)

    def read_unclear(self, f: Fields) -> Unclear:
        f.require_all()
        return Unclear(self.template(f, "say"), self.go(f.node("then")))

    def _unclear(self, f: Fields, say: str) -> Unclear:
        node = f.node("unclear")
        if node is not None:
            return self.read_unclear(Fields(node, self.notes, (*f.path, "unclear"), "unclear"))
        if self.unclear is None:
            self.notes.add(f.place, "missing-key",
                           "Не сказано, что делать, если ответ не понят: добавьте «unclear: {say: …, then: шаг}» "
                           "в шаг или в начало сценария.")  # fmt: skip
            return Unclear(say, "")
        return Unclear(f"{self.unclear.say} {say}".strip(), self.unclear.then)

    # Listening ------------------------------------------------------------------------------

    def _listen(self, f: Fields, say: str) -> Listen:
        found = (self._reaction(f, *entry) for entry in f.mapping("listen"))
        reactions = {intent: reaction for intent, reaction in found if intent is not None}
        node = f.node("listen")
        if isinstance(node, Block) and not node.items:
            self.notes.add(f.at("listen"), "shape", "«listen» пуст: напишите, что делать с ответом.")
        return Listen(reactions, self._unclear(f, say), telephone_keys(f, self.notes), self._ask_back(f, reactions))

    def _reaction(self, f: Fields, name: str, place: Place, node: Node) -> tuple[Intent | None, Reaction]:
        intent = known_intent(name, place, self.notes)
        if not isinstance(node, Block):
            return intent, Reaction(self.go(node, again=True))
        r = Fields(node, self.notes, (*f.path, "listen", name), "reaction", place)
        r.require_all()
        target = r.node("go")
        go = self.go(target, again=True) if target is not None else AGAIN
        return intent, Reaction(go, r.choice("answer", Answer, Answer.UNKNOWN) if "answer" in r else None)

    def _ask_back(self, f: Fields, reactions: Mapping[Intent, Reaction]) -> Mapping[Intent, str]:
        found: dict[Intent, str] = {}
        for name, place, node in f.mapping("ask_back"):
            intent = known_intent(name, place, self.notes)
            text = read_template(node, self.notes, self.names.about)
            if intent is not None and intent not in reactions:
                self.notes.add(place, "no-effect", f"Переспрашивать о «{name}» незачем: в listen такого ответа нет.")
            elif intent is not None:
                found[intent] = text
        return found

    # Values ---------------------------------------------------------------------------------

    def _ask(self, f: Fields, say: str) -> AskValue:
        a = Fields(f.node("ask"), self.notes, (*f.path, "ask"), "ask")
        a.require_all()
        f.require("then")
        kind = a.choice("value", ValueKind, ValueKind.NUMBER)
        low, high = a.number("from", 0), a.number("to", 0)
        if kind is ValueKind.NUMBER and a.node("value") is not None and low >= high:
            self.notes.add(a.place, "number", "Для числа нужны границы: from и to, первая меньше второй.")
        elif kind is not ValueKind.NUMBER and ("from" in a or "to" in a):
            self.notes.add(a.at("from" if "from" in a else "to"), "no-effect", "from и to бывают только у number.")
        name = a.text("name")
        if "name" in a and not _VALUE_NAME.match(name):
            self.notes.add(a.at("name"), "id", f"Имя значения пишут латинскими буквами: «{name[:60]}» не годится.")
        then = self.go(f.node("then"))
        return AskValue(kind, name, then, self._unclear(f, say), low, high, telephone_keys(f, self.notes))

    # Choosing -------------------------------------------------------------------------------

    def _choose(self, f: Fields) -> Choose:
        f.require("otherwise")
        node = f.node("choose")
        items = node.items if isinstance(node, Items) else (node,)
        if not items:
            self.notes.add(f.at("choose"), "shape", "«choose» пуст: напишите, из чего выбирать.")
        cases = [case for item in items[: MAX_CASES + 1] for case in self._cases(f, item)]
        if len(cases) > MAX_CASES:
            self.notes.add(f.at("choose"), "too-many", f"Условий в choose не больше {MAX_CASES}.")
        return Choose(tuple(cases), self.go(f.node("otherwise")))

    def _cases(self, f: Fields, item: Node | None) -> list[Case]:
        """One alternative of the file; several values of one fact are several cases."""
        c = Fields(item, self.notes, (*f.path, "choose"), "case")
        c.require_all()
        fact, go = c.text("when"), self.go(c.node("go"))
        if fact:
            known_value(fact, c.at("when"), self.names, self.notes)
        if "is" not in c:
            # «when: visit.is_first» is meant as a question; that there is an answer at all would always hold
            return [Case(fact, YES_NO[0] if fact in FACTS and FACTS[fact].yes_or_no else None, go)]
        return [Case(fact, self._compared(fact, node), go) for node in c.sequence("is")]

    def _compared(self, fact: str, node: Node) -> str:
        value = scalar(node, self.notes)
        values = FACTS[fact].values if fact in FACTS else ()
        if values and value not in values and value:
            self.notes.add(node.place, "unknown-value",
                           f"«{fact}» не бывает «{value[:60]}».{maybe(value, values)} "
                           f"Бывает: {', '.join(values)}.")  # fmt: skip
        return value

    # Transferring ---------------------------------------------------------------------------

    def _transfer(self, f: Fields, step_id: str) -> Transfer:
        failed = f.node("failed")
        if failed is None and f.shaped:
            text = "Не сказано, что делать, если администратор не ответил: добавьте «failed: шаг»."
            self.notes.add(f.places("transfer"), "missing-fallback", text)
        return Transfer(
            queue=f.text("transfer"),
            failed=self.go(failed) if failed is not None else step_id,
            whisper=self.template(f, "whisper", _WHISPER[self.names.about]),
            timeout_s=int(f.span("timeout", 20).total_seconds()),
        )
