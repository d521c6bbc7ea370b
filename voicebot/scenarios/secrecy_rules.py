"""Medical secrecy: nothing of a visit before the right person is on the line."""

from __future__ import annotations

from collections.abc import Iterator

from voicebot.scenarios.facts import Fact, Secrecy, facts_in
from voicebot.scenarios.medical_words import diagnosis_told, medical_words
from voicebot.scenarios.mistakes import Mistake
from voicebot.scenarios.paths import Identity
from voicebot.scenarios.subject import Subject, Text

_RULE = "identity-first"


def secrecy(s: Subject) -> Iterator[Mistake]:
    """Also when they ring us, and when the next visit is somebody else's. Facts, and what is written out in words."""
    asks = any(step.identifies for step in s.scenario.steps.values())
    before: dict[str, Identity] = {}
    for state in s.states:
        before[state.step] = min(before.get(state.step, Identity.KNOWN), state.identity, key=lambda i: i.value)
    for text in s.spoken:
        known = before.get(text.step, Identity.KNOWN)
        if known is Identity.KNOWN:
            continue
        told = [fact for fact in facts_in(text.text) if fact.after_identity]
        if told:
            yield _fact_told(s, text, told, known, asks)
        if words := medical_words(text.text):
            yield s.mistake(_RULE, f"«{words}» — это врачебная тайна, а кто слушает, ещё неизвестно: говорите об этом "
                            "после «да» на «Это {person.name}?» (identifies: true).", *text.path,
                            warning=s.scenario.without_identity and not asks)  # fmt: skip


def _fact_told(s: Subject, text: Text, told: list[Fact], known: Identity, asks: bool) -> Mistake:
    """A clinic may offer something without asking who is there, and may choose to speak of visits so: a warning. Who
    only forgot to ask is refused."""
    medical = [fact for fact in told if fact.secrecy is not Secrecy.PERSONAL]
    name = (medical or told)[0].name
    why = "это врачебная тайна" if medical else "это не для посторонних"
    if known is Identity.PERHAPS:
        words = (f"Следующий визит может быть другого человека, а робот называет {{{name}}}, "
                 "не спросив, кто это: сначала choose по person.is_new.")  # fmt: skip
    elif asks:
        words = f"До вопроса «Это …?» робот называет {{{name}}}: {why}."
    else:
        words = (f"Робот называет {{{name}}} тому, кто снял трубку: {why}. Ни один шаг не узнаёт, кто это: допишите "
                 "identifies: true в шаг, который спрашивает «Это {person.name}?». Если клиника решила "
                 "говорить об этом любому, напишите without_identity: true.")  # fmt: skip
    chosen = s.scenario.without_identity or not medical
    return s.mistake(_RULE, words, *text.path, warning=chosen and not asks)


def diagnoses(s: Subject) -> Iterator[Mistake]:
    """Never, not even to the patient: an SMS is read by others, and a call may be listened to."""
    for text in (*s.spoken, *s.whispers, *s.messages):
        if words := diagnosis_told(text.text):
            yield s.mistake("diagnosis", f"«{words}» — это диагноз: его называет только врач.", *text.path)
