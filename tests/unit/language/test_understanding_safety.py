"""What must never be taken for a yes, and what makes up for errors of recognition."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicebot.dialogue.intents import Intent
from voicebot.language.likeness import shipped
from voicebot.language.sounds import sound
from voicebot.language.table import Question
from voicebot.language.understanding import Understanding
from voicebot.language.words import split
from voicebot.scenarios.mistakes import ScenarioFault
from voicebot.scenarios.phrases import load_phrases, parse_phrases

ROOT = Path(__file__).resolve().parents[3]
UNDERSTANDING = Understanding(load_phrases(ROOT / "scenarios/phrases.ru.yaml"), shipped())
MSK = timezone(timedelta(hours=3))
NOW, VISIT = datetime(2026, 11, 23, 10, tzinfo=MSK), datetime(2026, 11, 24, 15, tzinfo=MSK)

#: Sentences near a yes that are none.
NEAR_A_YES = """
да я бы пришёл если бы мог
приду в другой жизни
конечно приду ага щас
ага щас приду
приду как рак на горе свистнет
да когда рак на горе свистнет
буду я к вам ходить
да разве ж я приду
зачем приду
зачем я приду
приду к другому врачу
приду но не завтра
приду но не к вам
приду но не я
да не знаю приду или нет
хорошо что напомнили я не приду
спасибо что напомнили но я не смогу
конечно я не приду
я точно знаю что не приду
я сказал что не приду
говорю же не приду
никто никуда не придёт
да никто не придёт
да нет его не будет
буду в отпуске
буду на даче
буду занят
буду в командировке
завтра буду занята
буду работать
будем уезжать
мы будем в отъезде
я буду далеко
буду через месяц
приду через неделю
смогу только в четверг
смогу через месяц
могу завтра вечером
готов в пятницу
подойду на следующей неделе
да но в пятницу
да только в другой день
да если можно попозже
да а можно не приходить
а обязательно приходить
приходить обязательно
да а что такое
да что такое
да кто это
да кто там
да что
да не слышу
да повторите
да отменить
хорошо отменяйте
ладно отмените приду потом
хорошо не надо
ладно не приду
окей не приду
да не приду
да нет
дан нет
да будет вам
да будет так
будет
да хватит
хорошо больше не звоните
да вы ошиблись
да это не я
хорошо но это не я
хорошо перезвоните
ладно перезвоню
давайте потом
хорошо соедините
да опоздаю
приду позже
буду позже
приду обязательно нет
да да да нет
да конечно нет
естественно нет
точно не
буду не
смогу не
можно подумать
хочу подумать
хочу узнать
хочу спросить
надо же
давайте подумаем
хочу домой
да иди ты
приду домой перезвоню
понял не приду
поняла меня не будет
да к сожалению не могу
с удовольствием не приду
обязательно не приду
подтверждаю что не приду
подтверждаю отказ
подтверждаю неявку
да я отказываюсь
согласна отменить
вряд ли смогу
едва ли приду
чёрта с два приду
фиг приду
хрен приду
щас приду
размечтались приду
так я и пришёл
никогда не приду
никогда приду
а вдруг приду
может и приду
авось приду
хотела бы прийти
хорошо бы прийти
мне бы прийти
неужели приду
да что я там забыла
да кому оно надо
да зачем
да наверное
да возможно
да может быть
да посмотрим
да кто его знает
да бог его знает
да чёрт его знает
да фиг знает
да почти
да подождите
да так
да что уж там
да как сказать
ага как же
ага сейчас
конечно размечтался
ещё чего
вот ещё
больно надо
очень надо
нужно больно
нужны вы мне
сын не против прийти
буду против
я против
"""


def first(text: str, **context: object) -> str:
    """The first meaning, if it is certain enough to act upon."""
    candidates = UNDERSTANDING.understand(text, **context).candidates  # type: ignore[arg-type]
    return candidates[0].intent.value if candidates and candidates[0].score >= 0.5 else "none"


@pytest.mark.parametrize("text", NEAR_A_YES.strip().splitlines())
def test_near_a_yes_is_no_yes(text):
    assert first(text) != "yes"
    assert first(text, now=NOW, visit=VISIT) != "yes"


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("канешна", "yes"), ("патверждаю", "yes"), ("я падайду", "yes"), ("пере звоните", "callback_later"),
        ("аперататора", "operator"), ("аператора", "operator"), ("несмагу", "no"), ("ни палучится", "no"),
        ("незваните", "stop"), ("атмените", "cancel"), ("дабуду", "yes"), ("п-приду", "yes"), ("да-а-а", "yes"),
        ("не-не-не", "no"), ("не-а", "no"), ("парковка-то у вас есть", "question"), ("адрес-то какой", "question"),
    ],
)  # fmt: skip
def test_errors_of_recognition(text, meant):
    assert first(text) == meant


@pytest.mark.parametrize(("a", "b"), [("подтверждаю", "потверждаю"), ("оператор", "аператор"), ("конечно", "канешно"),
                                      ("приду", "преду"), ("его", "ево")])  # fmt: skip
def test_words_that_sound_alike(a, b):
    assert sound(a) == sound(b)


def test_words_that_sound_apart_stay_apart():
    assert len({sound(w) for w in ("приду", "пройду", "бреду", "не", "на", "ну")}) == 6


@pytest.mark.parametrize(
    ("text", "meant"),
    [("подойду к трём", "yes"), ("завтра вечером приду", "change"), ("днём приду", "yes"), ("приду в шесть", "none"),
     ("в три? да, в три удобно", "yes"), ("приду, но не в три, а в пять", "change"),
     ("не могу завтра, давайте в пятницу", "change"), ("завтра не смогу, а послезавтра смогу", "change")],
)  # fmt: skip
def test_times_beside_an_answer_are_held_against_the_visit(text, meant):
    assert first(text, now=NOW, visit=VISIT) == meant


def test_a_name_is_the_patients_only_when_nobody_knows_better():
    asked = {"question": Question.IDENTITY}
    assert first("да, это Мария Петровна", **asked) == "yes"
    assert first("да, это Мария", names=frozenset({"мария"}), **asked) == "yes"
    assert first("это Мария", names=frozenset({"иван"}), **asked) != "yes"
    assert first("нет, я Мария", **asked) != "yes"


def test_stop_is_found_whatever_stands_around_it():
    noise = "сегодня погода хорошая и кот спит"
    for said in ("не звоните мне больше", "перестаньте", "удалите мой номер"):
        assert first(f"{noise} {said}") == first(f"{said} {noise}") == "stop"


_STOPS = ["не звоните мне", "хватит звонить", "уберите мой номер", "больше не звоните", "отстаньте"]
_AROUND = ["да", "приду", "нет", "отмените", "перезвоните завтра", "кто это", "оператор", "конечно", "во сколько"]


@settings(max_examples=120, deadline=None)
@given(st.lists(st.sampled_from(_AROUND), max_size=3), st.sampled_from(_STOPS), st.lists(st.sampled_from(_AROUND),
       max_size=3), st.sampled_from(Question))  # fmt: skip
def test_stop_wins_over_anything_beside_it(before, stop, after, question):
    text = ", ".join([*before, stop, *after])
    meaning = UNDERSTANDING.understand(text, question=question)
    assert meaning.candidates[0].intent is Intent.STOP and meaning.candidates[0].score >= 0.5, text


_PIECES = ["да", "нет", "не", "приду", "смогу", "но", "ой", "завтра", "в пятницу", "и", "хорошо", "отмените",
           "наверное", "если", "потом", "ладно", "не приду", "не смогу", "перенесите", "я", "в три"]  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=6).map(" ".join), st.lists(st.sampled_from(_PIECES), max_size=2))
def test_yes_never_comes_first_beside_a_rival(text, alternatives):
    usable = [c for c in UNDERSTANDING.understand(text, alternatives=[*alternatives]).candidates if c.score >= 0.5]
    beside = {Intent.BYE, Intent.THANKS, Intent.HELLO, Intent.BACKCHANNEL}
    rivals = [c for c in usable[1:] if c.intent not in beside]
    if usable and usable[0].intent is Intent.YES and rivals:
        assert usable[0].score - rivals[0].score >= 0.15, text


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=300))
def test_words_are_lower_case_and_few(text):
    words = split(text)
    assert len(words) <= 60 and all(w == w.lower() and " " not in w and "ё" not in w for w in words)


def test_a_sentence_that_could_never_be_heard_is_refused():
    with pytest.raises(ScenarioFault) as caught:
        parse_phrases("fillers: [ну]\nintents:\n  yes: {short: [ну приду]}\n".encode(), "p.yaml")
    (mistake,) = caught.value.mistakes
    assert mistake.rule == "sentence" and mistake.place.line == 3 and "ну приду" in mistake.text


def test_a_fix_may_hold_at_the_end_only():
    text = "fillers: [ну]\nfixes: {да ну.: да-ну}\nintents:\n  yes: {short: [да]}\n"
    table = parse_phrases(text.encode(), "p.yaml")
    known = Understanding(table, None)
    assert not known.understand("да ну").candidates
    assert known.understand("да ну да").candidates[0].intent is Intent.YES
