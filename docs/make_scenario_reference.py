"""Writes docs/ru/scenario-reference.md from the code: every key, fact, intent, outcome and rule of scenarios.

PYTHONPATH=. .venv/bin/python docs/make_scenario_reference.py    # tests/unit/test_docs_scenarios.py says when it is due
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from voicebot.reports.words import ANSWERS, OUTCOMES
from voicebot.scenarios.checking import RULES
from voicebot.scenarios.facts import FACTS, Secrecy
from voicebot.scenarios.grammar import HEARD, SECTIONS, Form, Key

# a file beside this one, wherever this is run from
sys.path.insert(0, str(Path(__file__).parent))
from scenario_reference_talks import forms, talks

PAGE = Path(__file__).parent / "ru" / "scenario-reference.md"

TITLES = {
    "scenario": "Сценарий: верхний уровень файла",
    "step": "Шаг (`steps: {имя: {…}}`)",
    "reaction": "Ответ с пометкой (`listen: {no: {answer: …, go: …}}`)",
    "unclear": "Если не поняли (`unclear`)",
    "ask": "Спросить значение (`ask`)",
    "case": "Условие (`choose`)",
    "plan": "Когда звонить (`plan`)",
    "only": "Каким визитам (`plan.only`)",
    "attempts": "Попытки (`attempts`)",
    "hours": "Часы (`hours`)",
    "limits": "Повторы (`limits`)",
    "unreached": "Не дозвонились (`unreached`)",
}
FORMS = {
    Form.ID: "имя латиницей", Form.TEXT: "текст", Form.TEMPLATE: "текст с фактами", Form.WORD: "одно из",
    Form.WORDS: "одно или несколько из", Form.FLAG: "true или false", Form.NUMBER: "число",
    Form.SPAN: "срок: 24h, 10m, 20s", Form.SPANS: "сроки", Form.STEP: "имя шага", Form.WINDOWS: "часы: 09:00-20:00",
    Form.FACT: "факт или спрошенное", Form.VALUES: "значение или список", Form.SECTION: "раздел",
    Form.SECTIONS: "список условий", Form.STEPS: "шаги", Form.REACTIONS: "ответ → шаг",
    Form.EVERYWHERE: "ответ → шаг", Form.DIGITS: "клавиша → ответ", Form.QUESTIONS: "ответ → текст",
    Form.MESSAGES: "имя → текст",
}  # fmt: skip
SECRETS = {
    Secrecy.OPEN: "всем",
    Secrecy.PERSONAL: "после «да» на «Это …?»",
    Secrecy.MEDICAL: "после «да» на «Это …?»",
    Secrecy.DOCTOR: "после «да» на «Это …?», если клиника разрешает называть врача",
}


def page() -> str:
    """The whole page."""
    return "\n".join([*_head(), *_sections(), *_facts(), *forms(), *_words(), *talks(), *_rules(), ""])


def _head() -> Iterator[str]:
    yield "# Справочник сценариев"
    yield ""
    yield "Эта страница сделана из программы (`docs/make_scenario_reference.py`): в ней ровно то, что робот понимает."
    yield "С чего начать: [сценарий за десять минут](scenario.md), [рецепты](recipes.md)."
    yield ""


def _sections() -> Iterator[str]:
    for name, keys in SECTIONS.items():
        yield f"## {TITLES[name]}"
        yield ""
        yield "| ключ | что пишут | что значит |"
        yield "| --- | --- | --- |"
        for key in keys:
            needed = " **обязательно**" if key.required else ""
            beside = f" Только вместе с `{'`, `'.join(key.only_with)}`." if key.only_with else ""
            yield f"| `{key.name}`{needed} | {_form(key)} | {_cell(key.meaning)}{beside} |"
        yield ""


def _form(key: Key) -> str:
    text = FORMS[key.form]
    if key.words:
        text += " " + ", ".join(f"`{w}`" for w in key.words)
    if key.form is Form.NUMBER and key.high:
        text += f" от {key.low} до {key.high}"
    return text + (", или `again` — повторить вопрос" if key.again else "")


def _facts() -> Iterator[str]:
    yield "## Факты: что можно писать в фигурных скобках"
    yield ""
    yield "| факт | что это | как звучит | кому можно |"
    yield "| --- | --- | --- | --- |"
    for fact in FACTS.values():
        note = " Есть не у всех: проверьте через `choose`." if fact.optional else ""
        note += "" if fact.spoken else " Только для `choose`."
        yield f"| `{{{fact.name}}}` | {_cell(fact.meaning)}{note} | {_cell(fact.example)} | {SECRETS[fact.secrecy]} |"
    yield ""


def _words() -> Iterator[str]:
    yield "## Что может услышать робот"
    yield ""
    yield "| в сценарии | что сказал пациент |"
    yield "| --- | --- |"
    yield from (f"| `{intent.value}` | {meaning} |" for intent, meaning in HEARD.items())
    yield ""
    yield "## Итоги и ответы"
    yield ""
    yield "| `outcome` | итог звонка |"
    yield "| --- | --- |"
    yield from (f"| `{outcome.value}` | {words} |" for outcome, words in OUTCOMES.items())
    yield ""
    yield "| `answer` | ответ пациента о визите |"
    yield "| --- | --- |"
    yield from (f"| `{answer.value}` | {words} |" for answer, words in ANSWERS.items())
    yield ""


def _rules() -> Iterator[str]:
    yield "## Правила проверки"
    yield ""
    yield "`voicebot check` называет правило в квадратных скобках; `voicebot check --explain ПРАВИЛО` объясняет его."
    yield ""
    yield "| правило | что значит |"
    yield "| --- | --- |"
    for name, rule in RULES.items():
        note = " *(предупреждение)*" if rule.warning else ""
        yield f"| `{name}` | {_cell(rule.title)}{note} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
