"""General causes of misunderstanding that hold-outs by other hands brought to light: sentences of our own making."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from voicebot.language.likeness import shipped
from voicebot.language.table import Question
from voicebot.language.torn_words import TornWords
from voicebot.language.understanding import Understanding
from voicebot.language.words import split
from voicebot.scenarios.phrases import load_phrases

ROOT = Path(__file__).resolve().parents[3]
UNDERSTANDING = Understanding(load_phrases(ROOT / "scenarios/phrases.ru.yaml"), shipped())
MSK = timezone(timedelta(hours=3))
NOW, VISIT = datetime(2026, 11, 23, 10, tzinfo=MSK), datetime(2026, 11, 24, 15, tzinfo=MSK)  # a Tuesday, at three
ASKED_WHO = {"question": Question.IDENTITY}


def meant(text: str, *, known: bool = True, **context: object) -> str:
    """The first meaning, if it is certain enough to act upon."""
    if known:
        context |= {"now": NOW, "visit": VISIT}
    candidates = UNDERSTANDING.understand(text, **context).candidates  # type: ignore[arg-type]
    return candidates[0].intent.value if candidates and candidates[0].score >= 0.5 else "none"


@pytest.mark.parametrize("text", ["да, спасибо вам", "да, большое спасибо, до свидания", "буду, до встречи",
                                  "благодарю, приду, хорошего дня",
                                  "конечно, спасибо за напоминание, всего хорошего"])  # fmt: skip
def test_a_yes_beside_thanks_and_good_bye_is_the_yes(text):
    assert meant(text) == meant(text, known=False) == "yes"


@pytest.mark.parametrize("text", ["спасибо", "спасибо вам, до свидания", "всего хорошего", "спасибо большое за звонок"])
def test_thanks_and_good_bye_alone_confirm_nothing(text):
    assert meant(text) in ("thanks", "bye")


@pytest.mark.parametrize("text", ["я сейчас на работе, но приду", "я за рулём, да, приду", "на совещании я, но я буду",
                                  "некогда говорить, приду"])  # fmt: skip
def test_a_promise_wins_over_a_busy_patient(text):
    assert meant(text) == "yes"


@pytest.mark.parametrize("text", ["занят буду", "на работе буду", "я за рулём", "я на совещании, не могу говорить"])
def test_who_is_busy_has_promised_nothing(text):
    assert meant(text) != "yes"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [("минутку, гляну, да, приду", "yes"), ("подождите, календарь открою… всё, приду", "yes"),
     ("приду… ой, подождите", "hold_on"), ("одну минуту", "hold_on"), ("щас приду", "none")],
)  # fmt: skip
def test_what_comes_after_a_moment_of_waiting_counts(text, meaning):
    assert meant(text) in (meaning, "hold_on" if meaning == "none" else meaning)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [("не приду, ой, то есть приду", "yes"), ("не смогу… ой, подождите, смогу, приду", "yes"),
     ("приду… ой, нет, не приду", "no"), ("смогу, то есть не смогу", "no"), ("приду, приду… не приду", "no")],
)  # fmt: skip
def test_the_last_word_of_a_correction_counts(text, meaning):
    said = meant(text)
    assert said == meaning or (meaning == "no" and said == "none")


@pytest.mark.parametrize(
    ("heard", "said"),
    [("бу ду", "буду"), ("при дём", "придем"), ("по дойду", "подойду"), ("обяза тельно", "обязательно"),
     ("дабудем", "да будем"), ("агаприду", "ага приду"), ("придуоб язательно", "приду обязательно"),
     ("вы оши блись", "вы ошиблись"), ("не ту да попали", "не туда попали"),
     ("перез воните", "перезвоните")],
)  # fmt: skip
def test_words_glued_or_torn_are_cut_anew(heard, said):
    cleaner = UNDERSTANDING._cleaner
    assert cleaner.clean(split(heard))[0] == cleaner.clean(split(said))[0]


@pytest.mark.parametrize("text", ["дед мой придёт", "чай пью", "муж на даче", "мурка слезай", "он у меня лор"])
def test_words_of_russian_are_left_alone(text):
    words = text.split()
    assert UNDERSTANDING._cleaner.torn.mended(words) == words


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(alphabet="абвгдеиклмнопрстуья", min_size=1, max_size=12), max_size=60))
def test_any_heap_of_letters_is_cut_in_bounded_time(words):
    started = time.process_time()
    UNDERSTANDING._cleaner.torn.mended(words)
    assert time.process_time() - started < 1


def test_nothing_is_cut_into_words_that_nobody_knows():
    assert TornWords({"приду"}, {}).mended(["прида", "ндзк"]) == ["прида", "ндзк"]


def test_a_word_of_russian_is_not_put_right():
    """«не подведёт» was taken for «не подъедет», and that for a no."""
    assert meant("приду, если трамвай не подведёт") != "no"


@pytest.mark.parametrize("text", ["не могу не прийти", "я не смогу не прийти", "мы не можем не приехать"])
def test_who_cannot_but_come_does_not_say_no(text):
    assert meant(text) == "yes"


@pytest.mark.parametrize(
    ("text", "meaning", "context"),
    [("Приду. А паспорт нужно взять?", "question", {}), ("Буду. Сколько стоит приём?", "question", {}),
     ("я, а что случилось?", "yes", ASKED_WHO), ("да, это я, только недолго", "yes", ASKED_WHO),
     ("да, но мне надо перенести запись", "change", {})],
)  # fmt: skip
def test_of_two_meanings_that_agree_the_one_that_needs_an_answer_counts(text, meaning, context):
    assert meant(text, **context) == meaning


@pytest.mark.parametrize("text", ["завтра никак, а в пятницу", "завтра не могу, в четверг бы",
                                  "сын заболел, нам бы через неделю",
                                  "давайте я в среду подойду"])  # fmt: skip
def test_another_day_is_a_change(text):
    assert meant(text) == "change"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [("да, только я в пятнадцать двадцать подъеду", "late"), ("смогу подойти только к половине четвёртого", "late"),
     ("смогу только к шести", "change"), ("подойду к трём", "yes"), ("приду без пяти три", "yes"),
     ("приду в шесть", "none")],
)  # fmt: skip
def test_a_later_hour_is_late_or_another_visit(text, meaning):
    assert meant(text) == meaning


@pytest.mark.parametrize(
    ("text", "meaning", "context"),
    [("вряд ли", "no", {}), ("вряд ли приду", "no", {}), ("навряд ли получится", "no", {}), ("принято", "yes", {}),
     ("время подходит", "yes", {}), ("слушаю", "hello", ASKED_WHO), ("слушаю вас", "hello", ASKED_WHO),
     ("да, слушаю", "yes", ASKED_WHO), ("это точно завтра?", "question", {}),
     ("помедленнее, я не успеваю", "repeat", {}),
     ("снимите меня, я передумал", "cancel", {}), ("уберите меня из базы и больше не звоните", "stop", {}),
     ("хотела отменить, но нет, приду", "yes", {}), ("так", "none", {})],
)  # fmt: skip
def test_what_single_words_mean(text, meaning, context):
    assert meant(text, **context) == meaning


@pytest.mark.parametrize(
    "text", ["мужу семьдесят пять, ему бы лифт, мы приедем", "пусть человек ответит, ноль нажать что ли"]
)
def test_a_number_in_a_story_is_no_answer(text):
    assert meant(text) != "number"


def test_a_number_alone_is_one():
    assert meant("пять") == meant("ну пять, спасибо") == "number"


@pytest.mark.parametrize("text", ["Сначала думала не идти. Потом решилась. Приду.", "внук на машине отвезёт, приедем",
                                  "сестра с детьми посидит, приду"])  # fmt: skip
def test_a_plain_promise_at_the_end_of_a_story_counts(text):
    assert meant(text) == "yes"


@pytest.mark.parametrize(
    "text",
    ["на похоронах буду",
     "спать буду", "против буду", "если смогу приду", "когда выздоровею приду", "кто придёт? я приду?",
     "приду но не завтра", "нет, буду", "приду если отпустят", "чёрта с два приду", "муж говорит приду и не приходит",
     "и приду", "не приду", "посмотрим может приду", "подумаю и приду", "зачем я приду"],
)  # fmt: skip
def test_what_only_looks_like_a_promise_is_none(text):
    assert meant(text) != "yes" and meant(text, known=False) != "yes"


@pytest.mark.parametrize("text", ["приду, если трамвай не сломается", "если доживу, приду", "если бог даст, приду",
                                  "приду, если не заболею"])  # fmt: skip
def test_luck_is_no_condition(text):
    """Outside authors call it a yes: people say it for politeness. Ability and leave are conditions, see above."""
    assert meant(text) == "yes"


@pytest.mark.parametrize("text", ["да, в три", "буду в пятнадцать ноль ноль", "хорошо, подойду к трём"])
def test_an_hour_that_nobody_can_hold_against_the_visit_may_be_an_echo(text):
    assert meant(text, known=False) == "yes"
    other = UNDERSTANDING.understand(text, now=NOW, visit=VISIT.replace(hour=11)).candidates[0]
    assert other.intent != "yes" or other.score < 0.5


@pytest.mark.parametrize("text", ["приду в пятницу в три", "буду, но не в три", "да, в три двадцать", "приду в шесть"])
def test_what_is_more_than_an_hour_is_no_echo(text):
    assert meant(text, known=False) != "yes"


def test_who_is_at_work_is_no_wrong_number_unless_that_was_asked():
    assert meant("нет, она на работе") == "busy_now"
    assert meant("нет, она на работе", **ASKED_WHO) == "wrong_person"


@pytest.mark.parametrize("text", ["завтра? а не послезавтра?", "это на завтра?"])
def test_whether_it_is_then_is_a_question(text):
    assert meant(text) == "question"


@pytest.mark.parametrize("text", ["смогу только утром", "да, но не завтра", "завтра вечером приду"])
def test_another_hour_of_the_day_is_a_change(text):
    assert meant(text) == "change"


@pytest.mark.parametrize("say", ["чего ж не приду, приду конечно", "приду, почему же не приду", "да ожидайте",
                                 "как штык буду", "приду, дай вам бог здоровья"])  # fmt: skip
def test_a_rhetorical_question_or_a_blessing_beside_a_yes_takes_nothing_from_it(say: str) -> None:
    assert meant(say) == "yes"


@pytest.mark.parametrize("say", ["почему не приду? а вот не приду", "спросите лучше, почему не приду: болею"])
def test_but_a_no_after_it_stands(say: str) -> None:
    assert meant(say) == "no"


def test_a_correction_into_a_yes_is_one() -> None:
    assert meant("не приеду... ой, то есть приеду, запуталась") == "yes"
    assert meant("не приеду, ой, то есть приеду") == "yes"


@pytest.mark.parametrize("say", ["буду минут за десять до начала", "приду за двадцать минут пораньше"])
def test_how_early_somebody_will_be_there_is_no_number(say: str) -> None:
    assert meant(say) == "yes"


@pytest.mark.parametrize("say", ["приду минут на десять раньше", "подойду пораньше, минут на пятнадцать"])
def test_who_comes_earlier_comes(say: str) -> None:
    assert meant(say) == "yes"


@pytest.mark.parametrize(("say", "intent"), [("из школы отпрошусь и приду", "yes"), ("и приду", "none"),
                                             ("завтра я и приду", "none")])  # fmt: skip
def test_a_no_is_clipped_at_the_beginning_of_what_was_said(say: str, intent: str) -> None:
    assert meant(say) == intent


def test_a_question_beside_a_doubtful_yes_is_answered() -> None:
    assert meant("да буду а снимок надо с собой") == "question"


@pytest.mark.parametrize("say", ["да, я с утра на ногах", "да, это я, с пяти утра не сплю"])
def test_an_hour_says_nothing_against_who_somebody_is(say: str) -> None:
    assert meant(say, **ASKED_WHO) == "yes"  # type: ignore[arg-type]


@pytest.mark.parametrize("say", ["Пажалуйся.", "пожалста"])
def test_a_misheard_please_is_no_complaint(say: str) -> None:
    assert meant(say) == "none"


@pytest.mark.parametrize("say", ["да, в субботу приду", "да, в три буду", "приду, в субботу в пятнадцать"])
def test_what_a_day_says_is_a_fact_where_the_visit_is_known_and_else_the_samples_tell(say: str) -> None:
    assert meant(say, known=False) == "yes"
    assert ("суббот" in say) == (meant(say) != "yes")  # the visit is on a Tuesday, at three


@pytest.mark.parametrize("say", ["не успею к трём, буду в три двадцать", "в три не смогу, приду в половине четвёртого",
                                 "нет, в три не получается, подъеду двадцать минут четвёртого"])  # fmt: skip
def test_a_no_to_the_hour_and_a_later_one_is_late(say: str) -> None:
    assert meant(say) == "late"


@pytest.mark.parametrize("say", ["не приду", "в три не смогу", "не успею к трём, в три двадцать тоже не успею"])
def test_but_not_without_a_word_of_coming(say: str) -> None:
    assert meant(say) == "no"
