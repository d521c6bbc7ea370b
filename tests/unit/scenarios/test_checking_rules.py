"""Every rule twice: a scenario that breaks it, and one that comes near and does not."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import NamedTuple

import fastjsonschema
import pytest
from ruamel.yaml import YAML

from voicebot.scenarios.checking import RULES, check
from voicebot.scenarios.loading import parse
from voicebot.scenarios.mistakes import Mistake, ScenarioFault
from voicebot.scenarios.schema import schema

ROOT = Path(__file__).resolve().parents[3]

REMINDER = """\
id: s
title: Напоминание
purpose: service
about: appointment
plan: {before: [24h], only: {lifecycle: booked, answer: [unknown]}}
attempts: {max: 4, every: 1h, busy: 10m}
hours: {weekdays: 09:00-20:00, weekends: [10:00-13:00, 14:00-18:00]}
limits: {asked: 3, misunderstood: 1}
unreached: {answer: unconfirmed, sms: late, task: "Позвонить"}
voice: anna
everywhere: {stop: stopped, operator: human, repeat: again}
keys: {9: stop, 0: operator}
start: who
inbound: who_rings
steps:
  who:
    say: "Здравствуйте! Это голосовой робот клиники «{clinic.name}». Это {person.name}?"
    identifies: true
    listen: {yes: each, no: wrong, callback_later: later}
    unclear: {say: "Простите, это {person.name}?", then: lost}
  who_rings:
    say: "Здравствуйте! Вам отвечает робот. Это {person.name}?"
    identifies: true
    listen: {yes: each, no: wrong}
    unclear: {say: "Это {person.name}?", then: lost}
  each:
    for_each: visits
    choose:
      - {when: visit.is_first, go: ask}
      - {when: person.is_new, go: who_next}
    otherwise: ask
  who_next:
    say: "Передайте, пожалуйста, трубку. Это {person.name}?"
    identifies: true
    listen: {yes: ask, no: later}
    unclear: {say: "Это {person.name}?", then: later}
  ask:
    say: "Напоминаю: {visit.day}, в {visit.time}, у вас визит. Вы придёте?"
    listen:
      yes: where
      no: {answer: declined, go: sorry_no}
      busy_now: later
    ask_back: {yes: "Вы придёте?"}
    keys: {1: yes, 2: no}
    unclear: {say: "Вы придёте, да или нет?", then: human}
  where:
    choose: {when: branch.address, go: address}
    otherwise: thanks
  address: {say: "Адрес: {branch.address}.", then: thanks}
  thanks: {say: "Спасибо!", outcome: confirmed, then: bye}
  sorry_no: {say: "Хорошо, соединяю.", transfer: reception, failed: declined_later}
  declined_later: {say: "Сейчас все заняты.", outcome: declined, task: "Перезвонить", then: bye}
  bye: {say: "До свидания."}
  human: {say: "Соединяю.", transfer: reception, whisper: "Пациент {patient.name}", timeout: 25s, failed: busy}
  busy: {say: "Все заняты, перезвоним.", outcome: transferred, task: "Перезвонить"}
  later: {say: "Перезвоним позже.", outcome: callback_later}
  wrong: {say: "Извините.", outcome: wrong_person}
  lost: {say: "Плохо слышно.", outcome: unclear}
  stopped: {say: "Больше не позвоним.", outcome: opted_out}
messages:
  late: "Ждём вас {visit.day} в {visit.time}"
"""

FEEDBACK = """\
id: s
title: Отзыв
purpose: service
about: appointment
voice: anna
everywhere: {stop: stopped, operator: human}
keys: {9: stop}
start: who
unclear: {say: "Простите, не поняла.", then: lost}
steps:
  who: {say: "Это робот клиники. Это {person.name}?", identifies: true, listen: {yes: rate, no: wrong}}
  rate:
    say: "Оцените приём от одного до пяти."
    ask: {value: number, name: mark, from: 1, to: 5}
    then: sorted
  sorted:
    choose:
      - {when: mark, is: [1, 2], go: why}
    otherwise: thanks
  why:
    say: "Расскажите почему. Ваш ответ записывается."
    ask: {value: comment, name: comment}
    then: thanks
  thanks: {say: "Спасибо, до свидания.", outcome: confirmed}
  human: {transfer: reception, failed: busy}
  busy: {say: "Все заняты.", outcome: transferred, task: "Перезвонить"}
  wrong: {say: "Извините.", outcome: wrong_person}
  lost: {say: "Плохо слышно.", outcome: unclear}
  stopped: {say: "Больше не позвоним.", outcome: opted_out}
"""

OFFER = """\
id: s
title: Предложение
purpose: advertising
about: patient
voice: anna
everywhere: {stop: stopped, operator: human}
start: who
unclear: {say: "Простите, не поняла.", then: lost}
steps:
  who: {say: "Это робот клиники. Это {person.name}?", identifies: true, listen: {yes: offer, no: wrong}}
  offer:
    say: "{offer.text}. {offer.warning}. Чтобы мы не звонили, скажите: не звоните. Соединить?"
    listen: {yes: human, no: refused}
  human: {say: "Соединяю.", transfer: reception, failed: busy}
  busy: {say: "Все заняты.", outcome: transferred, task: "Перезвонить"}
  refused: {say: "Хорошо.", outcome: refused}
  wrong: {say: "Извините.", outcome: wrong_person}
  lost: {say: "Плохо слышно.", outcome: unclear}
  stopped: {say: "Больше не позвоним.", outcome: opted_out}
messages: {}
"""


def found(text: str) -> list[Mistake]:
    try:
        draft = parse(text.encode("utf-8", "surrogatepass"), "s.yaml", stem="s")
    except ScenarioFault as fault:
        return list(fault.mistakes)
    return check(draft.scenario, draft, {"reception"}, {"Dental": "д+ентал"})


class Case(NamedTuple):
    """In base, `right` becomes `wrong`, which breaks the rule; `mended` in its place comes near and does not."""

    rule: str
    right: str
    wrong: str
    mended: str
    base: str = REMINDER


HELLO = "Спасибо!"  # a harmless phrase
CASES = [
    Case("unreachable", "then: bye}\n  sorry_no", "then: bye}\n  lonely: {say: Ау, then: bye}\n  sorry_no",
         "then: more}\n  more: {say: Ау, then: bye}\n  sorry_no"),
    Case("unreachable", "inbound: who_rings\n", "", "inbound: who_rings\n# вход\n"),
    Case("endless-loop", "confirmed, then: bye}", "confirmed, then: a}\n  a: {then: b}\n  b: {then: a}",
         "confirmed, then: a}\n  a: {then: b}\n  b: {then: bye}"),
    Case("no-end", "confirmed, then: bye}", "confirmed, then: a}\n  a: {then: b}\n  b: {then: a}",
         "confirmed, then: a}\n  a: {then: b}\n  b: {then: bye}"),
    Case("no-outcome", "слышно.\", outcome: unclear}", "слышно.\"}", "слышно.\", then: lost2}\n"
         "  lost2: {say: \"До свидания.\", outcome: unclear}"),
    Case("for-each-nested", "  ask:\n", "  ask:\n    for_each: visits\n", "  ask:\n    interruptible: true\n"),
    Case("answer-explicit", "busy_now: later", "busy_now: {answer: declined, go: later}",
         "cancel: {answer: declined, go: later}"),
    Case("answer-explicit", "нет?\", then: human}", "нет?\", then: thanks}", "нет?\", then: later}"),
    Case("answer-explicit", "timeout: 25s, failed: busy}", "timeout: 25s, failed: declined_later}",
         "timeout: 26s, failed: busy}"),
    Case("answer-outcome", "yes: where\n", "yes: {answer: declined, go: where}\n",
         "yes: {answer: confirmed, go: where}\n"),
    Case("answer-outcome", "no: {answer: declined, go: sorry_no}", "no: {answer: wants_change, go: thanks}",
         "no: {answer: wants_change, go: sorry_no}"),
    Case("answer-outcome", "outcome: callback_later}", "outcome: declined}\n  x: {listen: {yes: {answer: confirmed, "
         "go: later}}, unclear: {say: \"Да?\", then: bye}}", "outcome: callback_later}\n  x: {listen: {yes: {answer: "
         "confirmed, go: later}}, unclear: {say: \"Да?\", then: bye}}"),
    Case("key-conflict", "keys: {1: yes, 2: no}", "keys: {9: yes, 2: no}", "keys: {1: yes, 2: no, 9: stop}"),
    Case("key-conflict", "keys: {1: yes, 2: no}", "keys: {1: yes, 0: no}", "keys: {\"*\": yes, \"#\": no}"),
    Case("key-conflict", "name: mark, from: 1, to: 5}", "name: mark, from: 1, to: 5}\n    keys: {9: yes}",
         "name: mark, from: 1, to: 5}\n    keys: {8: operator}", FEEDBACK),
    Case("key-conflict", "to: 5}", "to: 9}", "to: 8}", FEEDBACK),
    Case("key-conflict", "value: number, name: mark, from: 1, to: 5}", "value: number, name: mark, from: 0, to: 10}",
         "value: number, name: mark, from: 0, to: 10}\n    keys: {9: stop}", FEEDBACK),
    Case("transfer-fallback", "outcome: transferred, task: \"Перезвонить\"}", "outcome: transferred}",
         "outcome: transferred, then: noted}\n  noted: {task: \"Перезвонить\"}"),
    Case("transfer-fallback", "25s, failed: busy}", "25s, failed: sorry_no}", "25s, failed: busy}"),
    Case("missing-fallback", "timeout: 25s, failed: busy}", "timeout: 25s}\n  x: {then: busy}",
         "timeout: 30s, failed: busy}"),
    Case("unknown-queue", "transfer: reception, whisper", "transfer: front, whisper", "transfer: reception, whisper"),
    Case("no-stop", "{stop: stopped, operator", "{operator", "{wrong_person: wrong, stop: stopped, operator"),
    Case("no-stop", "{stop: stopped", "{stop: later", "{stop: stopped"),
    Case("no-stop", "{yes: each, no: wrong, callback", "{yes: each, no: wrong, stop: wrong, callback",
         "{yes: each, no: wrong, bye: wrong, callback"),
    Case("stop-at-once", "outcome: opted_out}", "outcome: opted_out, then: ask}",
         "outcome: opted_out, then: end}\n  end: {say: \"До свидания.\"}"),
    Case("no-operator", ", operator: human, repeat", ", repeat", ", operator: human, repeat"),
    Case("identity-first", "Простите, это {person.name}?", "Вы придёте {visit.day}?", "Простите, вы {person.name}?"),
    Case("identity-first", "yes: each, no: wrong, callback_later", "yes: each, no: ask, callback_later",
         "yes: each, no: lost, callback_later"),
    Case("identity-first", "Вам отвечает робот. Это", "Вам отвечает робот, вы придёте {visit.day}? Это",
         "Вам отвечает робот, вы в клинику {clinic.name}? Это"),
    Case("identity-first", "inbound: who_rings\n", "inbound: each\n", "inbound: who\n"),
    Case("identity-first", "      - {when: person.is_new, go: who_next}\n    otherwise: ask",
         "      - {when: visit.is_last, go: ask}\n      - {when: person.is_new, go: who_next}\n    otherwise: ask",
         "      - {when: person.is_new, is: нет, go: ask}\n    otherwise: who_next"),
    Case("identity-first", "трубку. Это {person.name}", "трубку. У вас визит {visit.day}. Это {person.name}",
         "трубку. Можно {person.name}"),
    Case("identity-first", "yes: offer, no: wrong", "yes: offer, no: offer", "yes: offer, no: lost", OFFER),
    Case("identity-first", "Вам отвечает робот. Это", "Вам отвечает робот. У вас завтра приём у гинеколога. Это",
         "Вам отвечает робот клиники «Ваш гинеколог». Это"),
    Case("identity-first", "Простите, это {person.name}?", "Вы записаны на УЗИ?", "Вы хотите записаться?"),
    Case("identity-first", "wrong: {say: \"Извините.\"", "wrong: {say: \"Передайте: пора сдать анализы.\"",
         "wrong: {say: \"Передайте: можно перезвонить в клинику.\""),
    Case("robot-unnamed", "Это голосовой робот клиники", "Это клиника", "Говорит автоматический секретарь клиники"),
    Case("robot-unnamed", "Вам отвечает робот.", "Добрый день.", "Добрый день, это робот."),
    Case("recording-told", "Расскажите почему. Ваш ответ записывается.", "Расскажите почему: ваша запись важна.",
         "Расскажите почему, я запишу.", FEEDBACK),
    Case("recording-told", "Расскажите почему. Ваш ответ записывается.", "Расскажите почему.",
         "Это будет сохранено — сохраняем ваш ответ.", FEEDBACK),
    Case("advertising-words", HELLO, "У нас скидки!", "У нас ремонт!"),
    Case("advertising-words", HELLO, "Спасибо! Чистка за тысячу рублей.", "Спасибо! Ценим ваше время."),
    Case("advertising-words", "late: \"Ждём", "late: \"Подарок! Ждём", "late: \"Подождём"),
    Case("advertising-words", "Вы придёте?\"}", "Вы придёте по акции?\"}", "Вы придёте с реакцией?\"}"),
    Case("no-warning", "{offer.text}. {offer.warning}.", "{offer.text}.",
         "{offer.text}. Имеются противопоказания, необходима консультация специалиста.", OFFER),
    Case("no-warning", "{offer.text}. {offer.warning}. Чтобы", "{offer.text}. Возможны противопоказания. Чтобы",
         "{offer.warning}. {offer.text}. Чтобы", OFFER),
    Case("no-warning", "messages: {}", "messages: {x: \"Скидка!\"}", "messages: {x: \"Скидка! {offer.warning}\"}",
         OFFER),
    Case("refusal-untold", "Чтобы мы не звонили, скажите: не звоните. ", "", "Не хотите звонков — скажите «отказ». ",
         OFFER),
    Case("sms-doctor", "Ждём вас {visit.day}", "{visit.doctor} ждёт {visit.day}", "{person.name}, ждём {visit.day}"),
    Case("sms-doctor", "Ждём вас {visit.day}", "Ждём вас на УЗИ {visit.day}", "Ждём на визит {visit.day}"),
    Case("diagnosis", HELLO, "У вас гастрит, приходите.", "Если у вас простуда или грипп, позвоните."),
    Case("diagnosis", "Ждём вас {visit.day}", "При вашем диабете ждём вас {visit.day}",
         "Прививка от гриппа {visit.day}"),
    Case("diagnosis", "Пациент {patient.name}", "Пациент {patient.name}, у него инсульт",
         "Пациент {patient.name}, на УЗИ"),
    Case("unreached-answer", "{answer: unconfirmed, sms", "{answer: declined, sms", "{answer: unknown, sms"),
    Case("long-prompt", HELLO, "Всего вам доброго и всего хорошего. " * 9, "Всего вам доброго и хорошего. " * 4),
    Case("long-whisper",
         "Пациент {patient.name}", "Пациент {patient.name}. " * 10, "Пациент {patient.full_name}"),
    Case("maybe-missing", "Адрес: {branch.address}", "Адрес: {branch.address}, врач {visit.doctor}",
         "Ещё раз адрес: {branch.address}"),
    Case("maybe-missing", "    otherwise: thanks\n  address", "    otherwise: address\n  address",
         "    otherwise: bye\n  address"),
    Case("maybe-missing", "Пациент {patient.name}\"", "Врач {visit.doctor}\"", "Пациент {patient.full_name}\""),
    Case("empty-text", f"say: \"{HELLO}\"", "say: \"\"", "say: \"1\""),
    Case("empty-text", HELLO, "   ...  ", "{person.name}."),
    Case("empty-text", "Вы придёте, да или нет?", "—", "Да?"),
    Case("unspeakable", HELLO, "Спасибо 😀!", "Спасибо — до встречи; Dental!"),
    Case("mixed-letters", HELLO, "Спасибo!", "Спасибо, Ok!"),
    Case("mixed-letters", HELLO, "HET!", "НЕТ!"),
    Case("mixed-letters", "task: \"Позвонить\"", "task: \"Пoзвонить\"", "task: \"Позвонить, Ok\""),
    Case("mojibake", HELLO, "РЎРїР°СЃРёР±Рѕ!", "РС, Спасибо!"),
    Case("template-size", HELLO, "а" * 2_001, "а " * 20),
    Case("brace", HELLO, "Спасибо, {person.name!", "Спасибо, {person.name}!"),
    Case("wording", HELLO, "Спасибо, {person.name:комы}!", "Спасибо, {person.name:кому}!"),
    Case("wording", HELLO, "Вы {patient:записан}!", "Вы {patient:записан|записана}!"),
    Case("identity-first", "Простите, это {person.name}?", "Вас ждут к {visit.doctor:кому}?", "Вы {person.name:кто}?"),
    Case("brace", "task: \"Позвонить\"", "task: \"Позвонить {person.name}\"", "task: \"Позвонить (срочно)\""),
    Case("unknown-key", "limits: {asked", "limit: {asked", "limits: {asked"),
    Case("unknown-key", "keys: {1: yes", "keys: {A: yes", "keys: {\"*\": yes"),
    Case("missing-key", "voice: anna\n", "", "voice: elena\n"),
    Case("unknown-value", "outcome: confirmed", "outcome: confirm", "outcome: unclear"),
    Case("unknown-value", "{when: visit.is_first, go", "{when: visit.is_first, is: yes, go",
         "{when: visit.is_first, is: да, go"),
    Case("unknown-intent", "busy_now: later", "busi_now: later", "late: later"),
    Case("unknown-intent", "{yes: \"Вы придёте?\"}", "{silence: \"Вы придёте?\"}", "{no: \"Вы не придёте?\"}"),
    Case("unknown-step", "start: who\n", "start: whom\n", "start: who_rings\n"),
    Case("unknown-step", "inbound: who_rings", "inbound: again", "inbound: who"),
    Case("unknown-fact", "{when: mark, is", "{when: marc, is", "{when: mark, is", FEEDBACK),
    Case("unknown-fact", HELLO, "{person.is_new}", "{person.name}"),
    Case("unknown-fact", "{offer.text}.", "{offer.text} {visit.day}.", "{offer.text} {recall.reason}.", OFFER),
    Case("unknown-message", "sms: late", "sms: soon", "sms: late"),
    Case("shape", "say: \"Адрес: {branch.address}.\"", "say: {a: b}", "say: \"Адрес: {branch.address}\""),
    Case("shape", "{yes: each, no: wrong}", "{}", "{yes: each}"),
    Case("number", "{asked: 3", "{asked: 6", "{asked: 5"),
    Case("number", "from: 1, to: 5", "from: 5, to: 1", "from: 0, to: 5", FEEDBACK),
    Case("number", "every: 1h", "every: 30m", "every: 2h"),
    Case("span", "before: [24h]", "before: [24 hours]", "before: [3д, 24h]"),
    Case("hours", "weekdays: 09:00-20:00", "weekdays: 9-20", "weekdays: 9:00 – 24:00"),
    Case("hours", "weekdays: 09:00-20:00", "weekdays: 20:00-09:00", "weekdays: 09:00-09:30"),
    Case("hours", "10:00-13:00, 14:00-18:00", "10:00-13:00, 12:00-18:00", "10:00-13:00, 13:00-18:00"),
    Case("id", "id: s\n", "id: Напоминание\n", "id: s # s\n"),
    Case("id", "name: mark,", "name: Оценка,", "name: mark,", FEEDBACK),
    Case("two-endings", "address: {say", "address: {transfer: reception, say", "address: {interruptible: false, say"),
    Case("no-effect", "address: {say", "address: {timeout: 20s, say", "address: {task: \"Проверить\", say"),
    Case("no-effect", "ask_back: {yes", "ask_back: {late", "ask_back: {no"),
    Case("no-effect", "{value: comment, name", "{value: comment, from: 1, name", "{value: date, name", FEEDBACK),
    Case("too-many", "  bye: {", "".join(f"  s{n}: {{say: а}}\n" for n in range(300)) + "  bye: {",
         "".join(f"  s{n}: {{say: а}}\n" for n in range(30)) + "  bye: {"),
    Case("too-many", "is: [1, 2]", f"is: {list(range(51))}", f"is: {list(range(20))}", FEEDBACK),
    Case("empty-step", "bye: {say: \"До свидания.\"}", "bye: {interruptible: true}", "bye: {task: \"Проверить\"}"),
    Case("yaml-syntax", "say: \"До свидания.\"", "say: \"До свидания.", "say: 'До свидания.'"),
    Case("yaml-tab", "  each:\n", "\teach:\n", "  each: \n"),
    Case("yaml-tab", "  each:\n", " \u00a0each:\n", "  each:\n"),
    Case("yaml-character", HELLO, "Спа\u202eсибо!", "Спасибо\u00a0!"),
    Case("yaml-character", HELLO, "Спасибо\\u200b!", "Спасибо\\u00a0!"),
    Case("yaml-character", HELLO, "Спасибо\\ud800!", "Спасибо\\u0020!"),
    Case("yaml-character", HELLO, "Спасибо\x07!", "Спаси\u0301бо!"),
    Case("yaml-depth", "id: s\n", "x: " + "[" * 30 + "]" * 30 + "\nid: s\n", "id: s\n"),
    Case("yaml-anchor", "title: Напоминание", "title: &t Напоминание", "title: \"&t Напоминание\""),
    Case("yaml-tag", "title: Напоминание", "title: !t Напоминание", "title: \"!t Напоминание\""),
    Case("yaml-directive", "id: s\n", "%YAML 1.1\n---\nid: s\n", "# %YAML 1.1\n---\nid: s\n"),
    Case("yaml-documents", "messages:\n", "---\nmessages:\n", "# ---\nmessages:\n"),
    Case("yaml-key", "title: Напоминание", "{a: b}: Напоминание", "\"title\": Напоминание"),
    Case("yaml-duplicate", "voice: anna\n", "voice: anna\nvoice: anna\n", "voice: anna\n#voice: anna\n"),
]  # fmt: skip


@pytest.mark.parametrize("text", [REMINDER, FEEDBACK, OFFER], ids=["reminder", "feedback", "offer"])
def test_the_scenarios_of_this_file_break_nothing(text):
    assert [str(m) for m in found(text)] == []


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.rule)
def test_a_scenario_that_breaks_the_rule(case):
    assert case.right in case.base
    broken = [m for m in found(case.base.replace(case.right, case.wrong, 1)) if m.rule == case.rule]
    assert broken
    assert all(m.warning == RULES[case.rule].warning and m.text.endswith((".", "?")) for m in broken)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.rule)
def test_a_scenario_that_comes_near_and_does_not(case):
    assert case.rule not in {m.rule for m in found(case.base.replace(case.right, case.mended, 1))}


#: Rules of other files than scenarios, tested beside what reads those.
ELSEWHERE = {"yaml-encoding", "yaml-size", "no-file", "no-folder", "no-voice", "no-tests", "conversation",
             "unknown-patient", "regexp", "sentence", "collision", "one-word", "pronunciation", "trigger", "age",
             "hold-out", "date"}  # fmt: skip


def test_every_rule_has_a_case():
    assert {case.rule for case in CASES} | ELSEWHERE == set(RULES)


def test_every_rule_that_the_code_names_is_explained():
    named = set()
    for path in [*(ROOT / "voicebot/scenarios").glob("*.py"), ROOT / "voicebot/proofreading.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (name := _rule_of(node)):
                named.add(name)
    assert len(named) > 40 and named <= set(RULES), named - set(RULES)


def _rule_of(call: ast.Call) -> str:
    """The rule that a call notes a mistake of: the first text among its arguments."""
    function = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if function not in ("add", "mistake", "Mistake", "_note", "_refused"):
        return ""
    texts = [a.value for a in call.args[:2] if isinstance(a, ast.Constant) and isinstance(a.value, str)]
    return texts[0] if texts else ""


def test_all_mistakes_are_told_at_once():
    text = REMINDER.replace("purpose: service", "purpose: servic").replace("start: who", "start: whu")
    text = text.replace("timeout: 25s", "timeout: 25")
    assert [(m.rule, m.place.line) for m in found(text)] == [
        ("unknown-value", 3), ("unknown-step", 13), ("span", text[: text.index("timeout: 25")].count("\n") + 1),
    ]  # fmt: skip


def test_a_russian_letter_in_a_latin_name_is_named():
    (mistake,) = found(REMINDER.replace("start: who\n", "start: whо\n"))
    assert "`who`" in mistake.text and "русская буква «о»" in mistake.text


# The schema and the loader must not differ: an editor that is content with a file is no use otherwise.
ALIKE = {"unknown-key", "missing-key", "missing-fallback", "unknown-value", "unknown-intent", "two-endings",
         "no-effect", "unreached-answer", "span"}  # fmt: skip
BEYOND_SCHEMA = [("unknown-value", "is: yes"), ("no-effect", "{late"), ("no-effect", "from: 1"), ("number", "from: 5"),
                 ("number", "every: 30m")]  # fmt: skip
VALIDATE = fastjsonschema.compile(schema())


def as_an_editor_reads(text: str) -> object:
    def plain(value: object) -> object:
        if isinstance(value, dict):
            return {str(key): plain(item) for key, item in value.items()}
        return [plain(item) for item in value] if isinstance(value, list) else value

    return plain(YAML(typ="safe", pure=True).load(text))


@pytest.mark.parametrize("case", [c for c in CASES if c.rule in ALIKE and not any(
    rule == c.rule and part in c.wrong for rule, part in BEYOND_SCHEMA)], ids=lambda c: c.rule)  # fmt: skip
def test_the_schema_refuses_what_the_loader_refuses(case):
    with pytest.raises(fastjsonschema.JsonSchemaValueException):
        VALIDATE(as_an_editor_reads(case.base.replace(case.right, case.wrong, 1)))


@pytest.mark.parametrize("case", [c for c in CASES if c.rule in ALIKE | {"hours", "number", "shape"}],
                         ids=lambda c: c.rule)  # fmt: skip
def test_the_schema_accepts_what_the_loader_accepts(case):
    VALIDATE(as_an_editor_reads(case.base.replace(case.right, case.mended, 1)))
