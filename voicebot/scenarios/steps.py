"""One step of a scenario file -> dialogue.Step."""

from __future__ import annotations

from collections.abc import Mapping

from voicebot.dialogue.intents import Intent
from voicebot.dialogue.outcome import Answer, Outcome
from voicebot.dialogue.scenario import (
    About,
    AskValue,
    Case,
    Choose,
    End,
    Goto,
    Listen,
    Reaction,
    Step,
    Then,
    Transfer,
    Unclear,
    ValueKind,
)
from voicebot.dialogue.turn import AGAIN
from voicebot.scenarios.facts import FACTS
from voicebot.scenarios.mistakes import Place, maybe
from voicebot.scenarios.reading import Fields, Notes, choice, scalar
from voicebot.scenarios.templates import read_template
from voicebot.scenarios.yamltree import Block, Items, Node

_ENDINGS = ("listen", "ask", "choose", "transfer", "then")
_STEP_KEYS = frozenset({
    "say", "listen", "ask", "choose", "otherwise", "transfer", "failed", "whisper", "timeout", "outcome", "then",
    "unclear", "keys", "for_each", "identifies", "interruptible", "task", "sms",
})  # fmt: skip
_ONLY_WITH = {
    "failed": ("transfer",), "whisper": ("transfer",), "timeout": ("transfer",), "otherwise": ("choose",),
    "unclear": ("listen", "ask"), "keys": ("listen", "ask"), "identifies": ("listen",),
}  # fmt: skip
_KEYS = frozenset("0123456789*#")

_WHISPER = {
    About.APPOINTMENT: "Звонок от робота. Пациент {patient.full_name}, запись {visit.day} в {visit.time}.",
    About.PATIENT: "Звонок от робота. Пациент {patient.full_name}.",
    About.CALLBACK: "Звонок от робота. Пациент {patient.full_name} просил перезвонить.",
}


class StepReader:
    """Reads steps that may go to any of the steps named in the file."""

    def __init__(self, notes: Notes, names: frozenset[str], about: About, unclear: Unclear | None) -> None:
        self.notes = notes
        self.names = names
        self.about = about
        self.unclear = unclear  # for listening steps that have none of their own

    def step(self, step_id: str, place: Place, node: Node) -> Step:
        f = Fields(node, self.notes, ("steps", step_id), _STEP_KEYS, place)
        self._consistent(f, place)
        say = self.template(f, "say")
        return Step(
            id=step_id,
            then=self._then(f, step_id, say),
            say=say,
            outcome=f.choice("outcome", Outcome, Outcome.UNCLEAR) if "outcome" in f else None,
            task=f.text("task"),
            sms=f.text("sms"),
            for_each=self._for_each(f),
            identifies=f.flag("identifies"),
            interruptible=f.flag("interruptible") if "interruptible" in f else True,
        )

    def template(self, f: Fields, key: str, default: str = "") -> str:
        node = f.node(key)
        return default if node is None else read_template(node, self.notes, self.about)

    def go(self, node: Node, again: bool = False) -> str:
        """The name of a step, or `again` where saying the question once more is possible."""
        return known_step(scalar(node, self.notes), node.place, self.names, self.notes, again)

    def _consistent(self, f: Fields, place: Place) -> None:
        endings = [k for k in _ENDINGS if k in f and not (k == "then" and "ask" in f)]  # `ask` has a `then` of its own
        if len(endings) > 1:
            self.notes.add(f.at(endings[1]), "two-endings",
                           f"Шаг кончается чем-то одним: «{endings[0]}» или «{endings[1]}».")  # fmt: skip
        for key, owners in _ONLY_WITH.items():
            if key in f and not any(o in f for o in owners):
                self.notes.add(f.notes.places[(*f.path, key)], "no-effect",
                               f"«{key}» имеет смысл только вместе с «{owners[0]}».")  # fmt: skip
        if not any(k in f for k in ("say", "outcome", "task", "sms", *_ENDINGS)):
            self.notes.add(place, "empty-step", "Пустой шаг: ни слов, ни действия.")

    def _for_each(self, f: Fields) -> bool:
        if "for_each" in f and f.text("for_each") != "visits":
            self.notes.add(f.at("for_each"), "unknown-value", "for_each бывает только visits (для каждого визита).")
        return "for_each" in f

    def _then(self, f: Fields, step_id: str, say: str) -> Then:
        if "listen" in f:
            reactions = {i: r for i, r in (self._reaction(*entry) for entry in f.mapping("listen")) if i is not None}
            if not reactions and isinstance(f.node("listen"), Block):
                self.notes.add(f.at("listen"), "shape", "«listen» пуст: напишите, что делать с ответом.")
            return Listen(reactions, self._unclear(f, say), keys(f, self.notes))
        if "ask" in f:
            return self._ask(f, say)
        if "choose" in f:
            return self._choose(f)
        if "transfer" in f:
            f.require("failed")
            failed = f.node("failed")
            return Transfer(
                queue=f.text("transfer"),
                failed=self.go(failed) if failed is not None else step_id,
                whisper=self.template(f, "whisper", _WHISPER[self.about]),
                timeout_s=self._seconds(f, "timeout", 20),
            )
        then = f.node("then")
        return Goto(self.go(then)) if then is not None else End()

    def _reaction(self, name: str, place: Place, node: Node) -> tuple[Intent | None, Reaction]:
        intent = known_intent(name, place, self.notes)
        if not isinstance(node, Block):
            return intent, Reaction(self.go(node, again=True))
        f = Fields(node, self.notes, ("", name), ("go", "answer"), place)
        f.require("go")
        target = f.node("go")
        go = self.go(target, again=True) if target is not None else AGAIN
        return intent, Reaction(go, f.choice("answer", Answer, Answer.UNKNOWN) if "answer" in f else None)

    def _unclear(self, f: Fields, say: str) -> Unclear:
        node = f.node("unclear")
        if node is not None:
            return self.read_unclear(Fields(node, self.notes, (*f.path, "unclear"), ("say", "then")))
        if self.unclear is None:
            self.notes.add(f.place, "missing-key",
                           "Не сказано, что делать, если ответ не понят: добавьте «unclear: {say: …, then: шаг}» "
                           "в шаг или в начало сценария.")  # fmt: skip
            return Unclear(say, "")
        return Unclear(f"{self.unclear.say} {say}".strip(), self.unclear.then)

    def read_unclear(self, f: Fields) -> Unclear:
        f.require("say", "then")
        then = f.node("then")
        return Unclear(self.template(f, "say"), self.go(then) if then is not None else "")

    def _ask(self, f: Fields, say: str) -> AskValue:
        a = Fields(f.node("ask"), self.notes, (*f.path, "ask"), ("value", "name", "from", "to"))
        a.require("value", "name")
        f.require("then")
        then = f.node("then")
        low, high = a.number("from", 0, 0, 1000), a.number("to", 0, 0, 1000)
        kind = a.choice("value", ValueKind, ValueKind.NUMBER)
        if kind is ValueKind.NUMBER and low >= high:
            self.notes.add(a.place, "number", "Для числа нужны границы: from и to, первая меньше второй.")
        return AskValue(
            kind=kind,
            name=a.text("name"),
            then=self.go(then) if then is not None else "",
            unclear=self._unclear(f, say),
            low=low,
            high=high,
            keys=keys(f, self.notes),
        )

    def _choose(self, f: Fields) -> Choose:
        f.require("otherwise")
        node = f.node("choose")
        cases = []
        for item in node.items if isinstance(node, Items) else (node,):
            c = Fields(item, self.notes, (*f.path, "choose"), ("when", "is", "go"))
            c.require("when", "go")
            fact, go = c.text("when"), c.node("go")
            if fact and fact not in FACTS:
                self.notes.add(c.at("when"), "unknown-fact", f"Неизвестный факт «{fact[:60]}».{maybe(fact, FACTS)}")
            cases.append(Case(fact, c.text("is") if "is" in c else None, self.go(go) if go is not None else ""))
        otherwise = f.node("otherwise")
        return Choose(tuple(cases), self.go(otherwise) if otherwise is not None else "")

    def _seconds(self, f: Fields, key: str, default: int) -> int:
        if key not in f:
            return default
        seconds = int(f.spans(key)[0].total_seconds()) if f.spans(key) else default
        if not 5 <= seconds <= 120:
            self.notes.add(f.at(key), "number", f"«{key}»: от 5s до 120s.")
        return seconds


def known_intent(name: str, place: Place, notes: Notes) -> Intent | None:
    words = {i.value: i for i in Intent if i is not Intent.SILENCE}
    if name in words:
        return words[name]
    notes.add(place, "unknown-intent", f"Неизвестный ответ «{name[:60]}».{maybe(name, words)}")
    return None


def known_step(name: str, place: Place, names: frozenset[str], notes: Notes, again: bool = False) -> str:
    if name in names or (again and name == AGAIN):
        return name
    if name == AGAIN:
        notes.add(place, "unknown-step", f"«{AGAIN}» здесь не годится: назовите шаг.")
    else:
        notes.add(place, "unknown-step", f"Нет шага «{name[:60]}».{maybe(name, names)}")
    return name


def keys(f: Fields, notes: Notes) -> Mapping[str, Intent]:
    """`keys: {1: yes, 2: no}`."""
    found: dict[str, Intent] = {}
    for key, place, node in f.mapping("keys"):
        if key not in _KEYS:
            notes.add(place, "unknown-key", f"Нет такой клавиши «{key[:20]}»: бывают 0–9, * и #.")
        intent = choice(node, Intent, notes, "unknown-intent")
        if intent is not None:
            found[key] = intent
    return found
