"""Scenarios in which nobody asks who is on the line: what they may still say."""

from __future__ import annotations

from .test_checking_rules import FEEDBACK, OFFER, REMINDER, found


def without_identity(text: str) -> set[tuple[str, bool]]:
    return {(m.rule, m.warning) for m in found(text.replace("identifies: true", "interruptible: true"))}


def test_nothing_medical_is_told_where_nobody_asks_who_it_is():
    assert without_identity(REMINDER) == {("identity-first", False)}


def test_a_clinic_may_choose_to_speak_of_visits_to_whoever_picks_up_and_is_warned():
    chosen = REMINDER.replace("purpose:", "without_identity: true\npurpose:", 1)
    assert without_identity(chosen) == {("identity-first", True)}


def test_who_asks_all_the_same_must_wait_for_the_answer():
    early = REMINDER.replace("purpose:", "without_identity: true\npurpose:", 1).replace(
        "say: ", "say: Вас ждут в {visit.time}. ", 1
    )
    assert ("identity-first", False) in {(m.rule, m.warning) for m in found(early)}


def test_an_offer_to_whoever_picks_up_is_a_warning_only():
    assert without_identity(OFFER.replace("{recall.reason}", "")) == {("identity-first", True)}


def test_a_scenario_that_tells_nothing_of_anybody_need_not_ask_who_it_is():
    assert without_identity(FEEDBACK.replace("приём", "нашу работу")) == set()
    assert without_identity(FEEDBACK.replace("Оцените приём", "Оцените приём у врача")) == {("identity-first", False)}
