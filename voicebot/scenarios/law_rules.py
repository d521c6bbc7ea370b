"""Rules that stand for a law: refusal, advertising, recording, and that the robot says what it is."""

from __future__ import annotations

import re
from collections.abc import Iterator

from voicebot.dialogue.intents import Intent, ValueKind
from voicebot.dialogue.outcome import Outcome
from voicebot.dialogue.scenario import AskValue, Goto, Listen, Purpose, Scenario, Step
from voicebot.scenarios.certainty import said_before
from voicebot.scenarios.facts import Secrecy, facts_in
from voicebot.scenarios.medical_words import health_words
from voicebot.scenarios.mistakes import Mistake
from voicebot.scenarios.paths import SILENT, edges, starts
from voicebot.scenarios.subject import Subject

#: Words of an offer, and the word for one, which alone offers nothing yet («рассказать о предложении?»).
_OFFER = re.compile(
    r"\b(скид(?:к|ок)\w*|акци(?:я|и|ю|ей|ях|ям|онн\w*)\b|распродаж\w*|бонус\w*|подар(?:ок|к)\w*|выгодн\w*"
    r"|специальн\w+ цен\w+|цен(?:а|ы|е|у|ой|ам|ах)\b|рубл\w*|бесплатн\w*|кешб[еэ]к\w*|кэшб[еэ]к\w*|рассрочк\w*|дешевле"
    r"|сертификат\w*|розыгрыш\w*)",
    re.IGNORECASE,
)
_ANNOUNCED = re.compile(r"\bпредложени\w*", re.IGNORECASE)
_WARNS = re.compile(r"противопоказани\w*.{0,40}консультаци\w* (?:со )?специалист\w*", re.IGNORECASE | re.DOTALL)
_RECORDS = re.compile(
    r"записыва\w+|запиш(?:у|ем|ет|ется|утся)\b|вед[её]тся запись|под запись|сохран(?:ю|им|ится|яется|яем)\b",
    re.IGNORECASE,
)
_ROBOT = re.compile(r"\bробот\w*|\bавтоматическ\w*|голосов\w+ помощни\w+", re.IGNORECASE)
_REFUSAL = re.compile(r"не звон|отказ|больше не", re.IGNORECASE)


def offered(s: Subject) -> Iterator[Mistake]:
    """«Не звоните» and «оператор» at every moment."""
    if Intent.STOP not in s.scenario.everywhere:
        yield s.mistake("no-stop", "В «everywhere» нет «stop»: пациент не может отказаться от звонков.", "everywhere")
    if Intent.OPERATOR not in s.scenario.everywhere:
        yield s.mistake("no-operator", "В «everywhere» нет «operator»: пациент не может позвать человека.",
                        "everywhere")  # fmt: skip


def refusal(s: Subject) -> Iterator[Mistake]:
    """«Не звоните» ends the call and the calls."""
    stop = s.scenario.everywhere.get(Intent.STOP)
    if stop is not None and (stop not in s.scenario.steps or s.scenario.steps[stop].outcome is not Outcome.OPTED_OUT):
        yield s.mistake("no-stop", f"Шаг «{stop}», куда ведёт «stop», должен иметь outcome: opted_out.",
                        "everywhere", "stop")  # fmt: skip
    elif stop is not None and (late := _goes_on(s.scenario, s.scenario.steps[stop])) is not None:
        yield s.mistake("stop-at-once", f"После отказа от звонков разговор идёт дальше (шаг «{late}»): надо прощаться.",
                        "everywhere", "stop")  # fmt: skip
    for name, step in s.scenario.steps.items():
        if isinstance(step.then, Listen) and Intent.STOP in step.then.reactions:
            yield s.mistake("no-stop", "«stop» решают для всего сценария в «everywhere», а не в отдельном шаге.",
                            "steps", name, "listen", "stop")  # fmt: skip


def _goes_on(scenario: Scenario, step: Step) -> str | None:
    """The step at which somebody who refused is still talked to."""
    seen: set[str] = set()
    while isinstance(step.then, Goto) and step.id not in seen:
        seen.add(step.id)
        step = scenario.steps[step.then.step]
    return step.id if any(True for _ in edges(scenario, step)) else None


def introduction(s: Subject) -> Iterator[Mistake]:
    """The first words, of our call and of the patient's."""
    for begin in starts(s.scenario):
        for step in _first_spoken(s.scenario, s.scenario.steps[begin]):
            if not _ROBOT.search(step.say):
                yield s.mistake("robot-unnamed", "Первая фраза должна говорить, что звонит робот.",
                                "steps", step.id, "say")  # fmt: skip


def _first_spoken(scenario: Scenario, step: Step) -> list[Step]:
    """The steps one of which speaks first, when the conversation begins here."""
    seen: set[str] = set()
    found, todo = [], [step]
    while todo:
        here = todo.pop()
        if here.id in seen:
            continue
        seen.add(here.id)
        if here.say:
            found.append(here)
        else:
            todo += [scenario.steps[e.to] for e in edges(scenario, here) if e.way in SILENT]
    return found


def recording(s: Subject) -> Iterator[Mistake]:
    """A comment is recorded only after the patient was told."""
    told = said_before(s.scenario, _says_recording)
    for step in s.scenario.steps.values():
        then = step.then
        comment = isinstance(then, AskValue) and then.kind is ValueKind.COMMENT
        if comment and step.id not in told and not _says_recording(step.say):
            yield s.mistake("recording-told", "Перед отзывом скажите, что он записывается.", "steps", step.id, "say")


def advertising(s: Subject) -> Iterator[Mistake]:
    if s.scenario.purpose is Purpose.SERVICE:
        for text in (*s.spoken, *s.messages):
            announced = _ANNOUNCED.search(text.text)
            if words := _offers(text.text) or (announced[0] if announced else ""):
                yield s.mistake("advertising-words", f"«{words}» в сервисном сценарии — это реклама: "
                                "purpose: advertising.", *text.path)  # fmt: skip
        return
    yield from _warned(s)
    if not any(_REFUSAL.search(text.text) for text in s.spoken if _before_goodbye(s.scenario.steps[text.step])):
        yield s.mistake("refusal-untold", "В рекламном звонке скажите, как от них отказаться: «…скажите: не звоните».",
                        "purpose", warning=True)  # fmt: skip


def _warned(s: Subject) -> Iterator[Mistake]:
    warning = "«Имеются противопоказания, необходима консультация специалиста»"
    before = said_before(s.scenario, _says_warning)
    for text in (*s.spoken, *s.messages):
        words = _offers(text.text)
        if not words or _says_warning(text.text) or text.step in before:
            continue
        if text.step and _says_next(s.scenario, s.scenario.steps[text.step]):
            continue
        yield s.mistake("no-warning", f"Здесь реклама («{words}») без предупреждения {warning}.", *text.path)
    if not any(_says_warning(text.text) for text in s.spoken):
        yield s.mistake("no-warning", f"В рекламе медицинских услуг нужно предупреждение {warning}.", "purpose")


def _says_next(scenario: Scenario, step: Step) -> bool:
    """Whether the warning follows at once, without the patient being heard in between."""
    return isinstance(step.then, Goto) and _says_warning(scenario.steps[step.then.step].say)


def _offers(text: str) -> str:
    """The words that make a text advertising, or ''. The warning itself is none."""
    found = _OFFER.search(text)
    if found:
        return found[0]
    return next((f"{{{f.name}}}" for f in facts_in(text) if f.secrecy is Secrecy.PERSONAL), "")


def _says_warning(text: str) -> bool:
    return _WARNS.search(text) is not None or "{offer.warning}" in text


def _says_recording(text: str) -> bool:
    return _RECORDS.search(text) is not None


def _before_goodbye(step: Step) -> bool:
    return step.outcome is None


def messages(s: Subject) -> Iterator[Mistake]:
    for text in s.messages:
        if any(fact.secrecy is Secrecy.DOCTOR for fact in facts_in(text.text)):
            yield s.mistake("sms-doctor", "СМС называет врача или специальность.", *text.path, warning=True)
        elif words := health_words(text.text):
            yield s.mistake("sms-doctor", f"СМС говорит «{words}»: её может прочитать другой человек.", *text.path,
                            warning=True)  # fmt: skip
