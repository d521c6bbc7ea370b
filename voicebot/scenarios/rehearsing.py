"""Runs the test conversations of a scenario and tells what came out otherwise than they say, place by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from voicebot.dialogue.actions import Conclusion, Finish
from voicebot.dialogue.scenario import Scenario
from voicebot.language.likeness import shipped
from voicebot.language.templates import MissingFact
from voicebot.language.understanding import Understanding
from voicebot.scenarios.conversations import (
    CHECKS,
    NOTHING,
    Conversation,
    Expected,
    Kind,
    Move,
    load_conversations,
)
from voicebot.scenarios.expressions import TooSlow, found_in
from voicebot.scenarios.loading import read
from voicebot.scenarios.mistakes import Mistake, Place, ScenarioFault
from voicebot.scenarios.phrases import load_phrases
from voicebot.scenarios.pronunciation import load_pronunciations
from voicebot.scenarios.talk import INTO_MS, Language, Talk

RULE = "conversation"
MAX_SLOW = 5  # expressions that take too long: after so many the rest is not run
_WHO = {Kind.PATIENT: "пациент", Kind.INTERRUPTS: "пациент перебивает", Kind.KEYS: "пациент нажимает",
        Kind.SILENCE: "пациент молчит", Kind.HANGS_UP: "пациент кладёт трубку"}  # fmt: skip


def conversations_of(scenario_file: Path) -> Path:
    """Where the conversations of a scenario stand: NAME.yaml -> NAME.test.yaml beside it."""
    return scenario_file.with_name(f"{scenario_file.stem}.test.yaml")


def language_of(folder: Path) -> Language:
    """The phrase table and the dictionary of a folder of scenarios. Raises ScenarioFault."""
    spoken = folder / "spoken.ru.yaml"
    table = load_phrases(folder / "phrases.ru.yaml")
    return Language(Understanding(table, shipped()), load_pronunciations(spoken) if spoken.exists() else {})


def run_tests(scenario_file: Path, language: Language | None = None) -> list[Mistake]:
    """Everything that the conversations of a scenario file find wrong; [] when all came out as written.

    language: the table and the dictionary to use; without it those beside the file. A scenario without tests is a
    finding as well, and so are mistakes in either file.
    """
    tests = conversations_of(scenario_file)
    if not tests.exists():
        text = f"Нет проверочных разговоров: напишите {tests.name}."
        return [Mistake(Place(str(scenario_file)), "no-tests", text, warning=True)]
    try:
        language = language or language_of(scenario_file.parent)
        scenario = read(scenario_file).scenario
        return rehearse(scenario, load_conversations(tests), language)
    except ScenarioFault as fault:
        return list(fault.mistakes)


def mistakes_in_tests(scenario_file: Path) -> list[Mistake]:
    """What is wrong in the conversations of a scenario as they are written, while the scenario itself cannot be run."""
    tests = conversations_of(scenario_file)
    if not tests.exists():
        return []
    try:
        load_conversations(tests)
    except ScenarioFault as fault:
        return list(fault.mistakes)
    return []


def rehearse(scenario: Scenario, conversations: Sequence[Conversation], language: Language) -> list[Mistake]:
    """The conversations run with a scenario: what was not as they say."""
    found: list[Mistake] = []
    for one in conversations:
        found += _Run(scenario, one, language).mistakes()
        if sum(m.rule == "regexp" for m in found) >= MAX_SLOW:
            break
    return found


class _Run:
    """One conversation. transcript is what was said so far, for the person who reads a finding."""

    def __init__(self, scenario: Scenario, conversation: Conversation, language: Language) -> None:
        self._conversation = conversation
        self._scenario, self._language = scenario, language
        self._transcript: list[str] = []

    def mistakes(self) -> list[Mistake]:
        one = self._conversation
        if one.inbound and not self._scenario.inbound:
            return [self._mistake(one.at("inbound"), "у сценария нет входящего варианта (inbound).")]
        talk = Talk(self._scenario, one.facts, self._language, one.now, inbound=one.inbound,
                    administrator=one.administrator)  # fmt: skip
        try:
            return list(self._found(talk))
        except MissingFact as missing:
            return [self._mistake(one.place, f"робот должен был назвать {{{missing.name}}}, а этого факта нет.")]
        except TooSlow as slow:
            return [_too_slow(one, str(slow))]

    def _found(self, talk: Talk) -> Iterator[Mistake]:
        talk.begin()
        for act, checks, into in _beats(self._conversation.moves):
            if act is not None:
                if not talk.waits:
                    yield self._mistake(act.place, f"разговор уже кончился, а {_WHO[act.kind]}{_quoted(act)}.")
                    return
                self._act(talk, act)
            if into:
                talk.rehearsal.pass_ms(INTO_MS)
            else:
                talk.listen_out()
            said = self._told(talk)
            wrong = [m for m in (self._checked(check, said) for check in checks) if m is not None]
            if wrong:
                yield from wrong
                return  # what follows would only repeat it
        finish = talk.end()
        self._told(talk)
        yield from self._outcome(finish)

    def _act(self, talk: Talk, act: Move) -> None:
        talk.understood = None
        if act.kind is Kind.PATIENT:
            talk.say(act.text)
        elif act.kind is Kind.INTERRUPTS:
            talk.speak(act.text)
        elif act.kind is Kind.KEYS:
            talk.press(act.text)
        elif act.kind is Kind.SILENCE:
            talk.silence()
        else:
            talk.hang_up()
        heard = ""
        if talk.understood is not None:
            heard = "  → " + (", ".join(f"{c.intent.value} {c.score:.2f}" for c in talk.understood.candidates[:3])
                              + " ".join(v.value for v in talk.understood.values) or "не понято")  # fmt: skip
        self._transcript.append(f"{_WHO[act.kind]}{_quoted(act)}{heard}")

    def _told(self, talk: Talk) -> str:
        lines = [line.text for line in talk.news()]
        self._transcript += [f"робот: {line}" for line in lines]
        return " ".join(lines)

    def _checked(self, check: Move, said: str) -> Mistake | None:
        found = found_in(check.text, said)
        if found is (check.kind is Kind.ROBOT):
            return None
        if check.kind is Kind.ROBOT:
            return self._mistake(check.place, f"робот должен был сказать «{check.text}», а сказал: «{said or '—'}».")
        return self._mistake(check.place, f"робот не должен был говорить «{check.text}», а сказал: «{said}».")

    def _outcome(self, finish: Finish) -> Iterator[Mistake]:
        one, expected = self._conversation, self._conversation.expected
        many = len(finish.conclusions) > 1
        for conclusion in finish.conclusions:
            visit = f" визита {conclusion.subject + 1}" if many else ""
            yield from self._concluded(conclusion, expected, visit)
        for key, wanted, got in (
            ("task", expected.task, "; ".join(dict.fromkeys(c.task for c in finish.conclusions if c.task))),
            ("sms", expected.sms, ", ".join(dict.fromkeys(c.sms for c in finish.conclusions if c.sms))),
            ("callback", expected.callback, next((c.callback for c in finish.conclusions if c.callback), "")),
        ):
            if wanted is not None and not ((not got) if wanted in ("", NOTHING) else found_in(wanted, got)):
                yield self._differs(one.at(key), key, wanted or NOTHING, got or NOTHING)
        for key, flag, was in (
            ("transferred", expected.transferred, finish.transferred),
            ("identified", expected.identified, finish.identity_known),
        ):
            if flag is not None and flag is not was:
                yield self._differs(one.at(key), key, str(flag).lower(), str(was).lower())
        values = dict(finish.values)
        if expected.values is not None and values != expected.values:
            yield self._differs(one.at("values"), "values", _pairs(expected.values), _pairs(values))

    def _concluded(self, conclusion: Conclusion, expected: Expected, visit: str) -> Iterator[Mistake]:
        one = self._conversation
        wanted = expected.outcomes[conclusion.subject]
        if conclusion.outcome is not wanted:
            yield self._differs(one.at("outcome"), f"outcome{visit}", wanted.value, conclusion.outcome.value)
        if expected.answers is not None and conclusion.answer is not expected.answers[conclusion.subject]:
            answer = expected.answers[conclusion.subject]
            yield self._differs(one.at("answer"), f"answer{visit}", answer.value if answer else NOTHING,
                                conclusion.answer.value if conclusion.answer else NOTHING)  # fmt: skip

    def _differs(self, place: Place, key: str, wanted: str, got: str) -> Mistake:
        return self._mistake(place, f"ждали {key}: {wanted}, вышло: {got}.")

    def _mistake(self, place: Place, text: str) -> Mistake:
        lines = "".join(f"\n    {line}" for line in self._transcript)
        return Mistake(place, RULE, f"Разговор «{self._conversation.title}»: {text}{lines}")


def _beats(moves: Sequence[Move]) -> Iterator[tuple[Move | None, list[Move], bool]]:
    """What the patient does, with the checks up to their next move; and whether that one breaks into the prompt."""
    act: Move | None = None
    checks: list[Move] = []
    for move in moves:
        if move.kind in CHECKS:
            checks.append(move)
            continue
        yield act, checks, move.kind is Kind.INTERRUPTS
        act, checks = move, []
    yield act, checks, False


def _too_slow(one: Conversation, text: str) -> Mistake:
    """The expression that could not be looked for, where it stands."""
    at = next((move.place for move in one.moves if move.text == text), None)
    if at is None:
        wanted = {"task": one.expected.task, "sms": one.expected.sms, "callback": one.expected.callback}
        at = next((one.at(key) for key, value in wanted.items() if value == text), one.place)
    told = f"Разговор «{one.title}»: выражение «{text[:60]}» ищется слишком долго. Обычно дело в повторе внутри повтора"
    return Mistake(at, "regexp", f"{told}, (…*)*: напишите часть фразы простым текстом, без / /.")


def _quoted(act: Move) -> str:
    return f": «{act.text}»" if act.text else ""


def _pairs(values: Mapping[str, str]) -> str:
    return ", ".join(f"{k}={v}" for k, v in sorted(values.items())) or NOTHING
