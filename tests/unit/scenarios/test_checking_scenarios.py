"""Rules of checking, each with a scenario that breaks it; the shipped one breaks none."""

from __future__ import annotations

from pathlib import Path

import pytest

from voicebot.scenarios.checking import RULES, check, check_file, check_folder
from voicebot.scenarios.loading import parse

ROOT = Path(__file__).resolve().parents[3]
GOOD = (ROOT / "scenarios/visit_reminder.yaml").read_text(encoding="utf-8")


def found(text: str, queues: set[str] | None = None) -> dict[str, tuple[int, bool]]:
    draft = parse(text.encode(), "visit_reminder.yaml", stem="visit_reminder")
    return {m.rule: (m.place.line, m.warning) for m in check(draft.scenario, draft, queues)}


def test_what_we_ship_is_fit_to_be_published():
    assert check_folder(ROOT / "scenarios", queues={"reception"}) == []


BREAKS = [
    ("unreachable", "  thanks:\n", "  lonely: {say: Ау, outcome: unclear}\n  thanks:\n"),
    ("endless-loop", "    then: goodbye\n", "    then: round\n  round: {then: round2}\n  round2: {then: round}\n"),
    ("no-end", "    then: goodbye\n", "    then: round\n  round: {then: round2}\n  round2: {then: round}\n"),
    ("no-outcome", "    outcome: unclear\n", ""),
    ("no-stop", "  stop: opted_out\n", ""),
    ("no-stop", "  stop: opted_out\n", "  stop: later\n"),
    ("no-operator", "  operator: to_admin\n", ""),
    ("identity-first", "Это {person.name}?\"\n    identifies", "Вас ждёт {visit.doctor}?\"\n    identifies"),
    ("identity-first", "не расслышала. Это {person.name}", "не расслышала. Вы придёте {visit.day}"),
    ("robot-unnamed", "Вас приветствует голосовой робот клиники", "Вас приветствует клиника"),
    ("transfer-fallback", '    task: "Перезвонить: пациент просил администратора"\n', ""),
    ("transfer-fallback", "    failed: sorry", "    failed: to_admin"),
    ("long-prompt", "Всего доброго", "Всего доброго и всего хорошего вам и вашим близким. " * 7),
    ("advertising-words", "Всего доброго", "У нас скидки! Всего доброго"),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "right", "wrong"), BREAKS)
def test_a_scenario_that_breaks_the_rule(rule, right, wrong):
    assert right in GOOD
    assert rule in found(GOOD.replace(right, wrong, 1))


def test_an_unknown_queue_is_told_with_its_line():
    line = GOOD[: GOOD.index("transfer: reception")].count("\n") + 1
    assert found(GOOD, queues={"front_desk"}) == {"unknown-queue": (line, False)}


def test_identity_turned_off_is_a_warning_only():
    text = GOOD.replace("    identifies: true        # после «да» можно говорить о визите\n", "")
    rules = found(text)
    assert set(rules) == {"identity-first"} and rules["identity-first"][1]


def test_an_sms_that_names_the_doctor_is_a_warning():
    rules = found(GOOD.replace("не дозвонились. Ждём вас", "{visit.doctor} ждёт вас"))
    assert rules == {"sms-doctor": (rules["sms-doctor"][0], True)}


def test_every_rule_found_is_explained():
    told = {rule for rule, right, wrong in BREAKS for rule in found(GOOD.replace(right, wrong, 1))}
    assert told <= set(RULES)


def test_a_file_that_cannot_be_read_is_told_as_mistakes(tmp_path):
    path = tmp_path / "x.yaml"
    path.write_text("id: [", encoding="utf-8")
    assert [m.rule for m in check_file(path)] == ["yaml-syntax"]
