"""Which prompts a call needs: a step that these facts rule out may name what the visit lacks."""

from __future__ import annotations

from voicebot.dialogue.intents import Intent, ValueKind
from voicebot.dialogue.prompts import APOLOGY, needed, prompts
from voicebot.dialogue.scenario import (
    About,
    AskValue,
    Case,
    Choose,
    End,
    Goto,
    Listen,
    Purpose,
    Reaction,
    Scenario,
    Step,
    Transfer,
    Unclear,
)

STEPS = [
    Step("start", Choose((Case("visit.doctor", None, "with_doctor"),), "without_doctor")),
    Step("with_doctor", Goto("ask"), say="Вас ждёт {visit.doctor}."),
    Step("without_doctor", Goto("ask"), say="Вас ждут."),
    Step("ask", AskValue(ValueKind.NUMBER, "mark", "by_mark", Unclear("Ещё раз?", "bye"), 1, 5), say="Оцените."),
    Step("by_mark", Choose((Case("mark", "1", "sorry"), Case("patient.sex", "f", "madam")), "bye")),
    Step("sorry", Transfer("reception", "bye", "{patient.full_name}"), say="Жаль."),
    Step("madam", End(), say="Сударыня!"),
    Step("bye", Listen({Intent.YES: Reaction("again")}, Unclear("Алло?", "stop")), say="Всё?"),
    Step("stop", End(), say="Поняла."),
    Step("in", Goto("start"), say="Вы звонили."),
]
SCENARIO = Scenario("s", "1", "", Purpose.SERVICE, About.PATIENT, "anna", "start", {s.id: s for s in STEPS},
                    {Intent.STOP: "stop"}, inbound="in")  # fmt: skip


def texts(facts, inbound=False):
    return {p.template for p in needed(SCENARIO, [facts], inbound)}


def test_a_choice_by_facts_leaves_out_what_cannot_be_said():
    assert "Вас ждёт {visit.doctor}." in texts({"visit.doctor": "доктор Белых"})
    without = texts({"visit.doctor": ""})
    assert "Вас ждут." in without and "Вас ждёт {visit.doctor}." not in without


def test_what_is_asked_in_the_call_keeps_every_way_open():
    assert {"Жаль.", "{patient.full_name}", "Всё?"} <= texts({})
    assert "Сударыня!" not in texts({}) and "Сударыня!" in texts({"patient.sex": "f"})


def test_everything_else_is_there():
    found = texts({})
    assert {"Поняла.", "Ещё раз?", "Алло?", APOLOGY.template} <= found
    assert "Вы звонили." not in found and "Вы звонили." in texts({}, inbound=True)
    assert set(needed(SCENARIO, [{}, {}])) <= set(prompts(SCENARIO, 2))
