"""The words of a scenario file: every key, what it may hold, and what it means, as data.

The loader takes the known keys and bounds from here, the JSON Schema and the reference for admins are made of it:
so none of them can know a key that another does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from voicebot.dialogue.intents import Intent, ValueKind
from voicebot.dialogue.outcome import Answer, Outcome
from voicebot.dialogue.scenario import About, Purpose


class Form(StrEnum):
    """What a value looks like."""

    ID = "id"  # a name in Latin letters, given here
    TEXT = "text"
    TEMPLATE = "template"  # a text with facts in braces
    WORD = "word"  # one of a list
    WORDS = "words"  # one or several of a list
    FLAG = "flag"
    NUMBER = "number"
    SPAN = "span"  # «24h»
    SPANS = "spans"  # one or several
    STEP = "step"  # the name of a step
    WINDOWS = "windows"  # «09:00-20:00», one or several
    FACT = "fact"  # a fact, or the name of a value that was asked for
    VALUES = "values"  # one or several texts to compare with
    SECTION = "section"  # a mapping with the keys of the section
    SECTIONS = "sections"  # one such mapping or several
    STEPS = "steps"  # name -> step
    REACTIONS = "reactions"  # intent -> step or the section «reaction»
    EVERYWHERE = "everywhere"  # intent -> step
    DIGITS = "digits"  # key of the telephone -> intent
    QUESTIONS = "questions"  # intent -> template
    MESSAGES = "messages"  # name -> template


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a section.

    words: what a WORD may be; low, high: bounds of a NUMBER (or of a SPAN, in seconds);
    section: whose keys a SECTION has; only_with: it means something only beside one of these keys
    """

    name: str
    form: Form
    meaning: str
    required: bool = False
    words: tuple[str, ...] = ()
    low: int = 0
    high: int = 0
    section: str = ""
    only_with: tuple[str, ...] = ()
    again: bool = False  # `again` may stand in place of a step


#: What may be heard, with what it means. Silence is what a timer stands for, and is not listened for.
HEARD: Mapping[Intent, str] = {
    Intent.YES: "да: «приду», «конечно»",
    Intent.NO: "нет: «не смогу»",
    Intent.STOP: "не звонить больше",
    Intent.OPERATOR: "позвать человека",
    Intent.REPEAT: "повторить",
    Intent.WHO_IS_THIS: "«а кто это?»",
    Intent.WRONG_PERSON: "ошиблись номером, это не тот человек",
    Intent.BUSY_NOW: "сейчас неудобно",
    Intent.CALLBACK_LATER: "перезвонить позже",
    Intent.CHANGE: "перенести визит",
    Intent.CANCEL: "отменить визит",
    Intent.LATE: "опаздываю",
    Intent.HOLD_ON: "«минутку»",
    Intent.THANKS: "«спасибо»",
    Intent.BYE: "«до свидания»",
    Intent.HELLO: "«алло»",
    Intent.BACKCHANNEL: "«угу», пока говорит робот",
    Intent.QUESTION: "вопрос: «а во сколько?»",
    Intent.NUMBER: "число",
}
LIFECYCLES = ("booked", "arrived", "done", "cancelled", "no_show")
TELEPHONE_KEYS = "0123456789*#"
#: The endings of a step: it has at most one of them, but `ask` has a `then` of its own.
ENDINGS = ("listen", "ask", "choose", "transfer", "then")

_SCENARIO = (
    Key("id", Form.ID, "Имя сценария: как файл, без .yaml.", required=True),
    Key("title", Form.TEXT, "Название для людей.", required=True),
    Key("purpose", Form.WORD, "service — сервисный звонок, advertising — рекламный (38-ФЗ): нужно согласие пациента.",
        required=True, words=tuple(Purpose)),
    Key("about", Form.WORD, "О чём звонок: appointment — о визите, patient — о пациенте, callback — о просьбе "
        "перезвонить.", required=True, words=tuple(About)),
    Key("voice", Form.TEXT, "Голос: anna и другие, какие есть на машине.", required=True),
    Key("start", Form.STEP, "Шаг, с которого начинается разговор.", required=True),
    Key("inbound", Form.STEP, "Шаг, с которого начинается разговор, если пациент перезвонил нам сам."),
    Key("without_identity", Form.FLAG, "Не узнавать, кто у телефона: о визите услышит любой, кто снимет трубку. Решает "
        "клиника, с согласия пациентов; voicebot check предупреждает."),
    Key("steps", Form.STEPS, "Шаги разговора: имя → что сказать и что потом.", required=True, section="step"),
    Key("everywhere", Form.EVERYWHERE, "Что пациент может сказать в любой момент: ответ → шаг.", required=True,
        again=True),
    Key("keys", Form.DIGITS, "Клавиши телефона, которые действуют в любой момент."),
    Key("unclear", Form.SECTION, "Что делать, если ответ не понят, в шагах без своего unclear.", section="unclear"),
    Key("plan", Form.SECTION, "Кому и когда звонить.", section="plan"),
    Key("attempts", Form.SECTION, "Сколько раз и как часто звонить.", section="attempts"),
    Key("hours", Form.SECTION, "Часы звонков этого сценария, внутри часов клиники.", section="hours"),
    Key("limits", Form.SECTION, "Сколько раз повторять вопрос.", section="limits"),
    Key("unreached", Form.SECTION, "Что делать, если так и не дозвонились.", section="unreached"),
    Key("messages", Form.MESSAGES, "Тексты СМС: имя → текст с фактами."),
)  # fmt: skip

_STEP = (
    Key("say", Form.TEMPLATE, "Что сказать. Факты пишут в фигурных скобках: {visit.time}."),
    Key("listen", Form.REACTIONS, "Ждать ответа: ответ → шаг, или {answer: …, go: шаг}.", section="reaction",
        again=True),
    Key("ask", Form.SECTION, "Спросить значение: число, дату, время, одно из предложенных времён, отзыв.",
        section="ask"),
    Key("choose", Form.SECTIONS, "Выбрать шаг по фактам и по тому, что спросили раньше.", section="case"),
    Key("otherwise", Form.STEP, "Шаг, если ни одно условие choose не подошло.", only_with=("choose",)),
    Key("transfer", Form.TEXT, "Соединить с администратором: имя линии из настроек."),
    Key("failed", Form.STEP, "Шаг, если никто не ответил.", only_with=("transfer",)),
    Key("whisper", Form.TEMPLATE, "Что услышит администратор, прежде чем его соединят с пациентом.",
        only_with=("transfer",)),
    Key("timeout", Form.SPAN, "Сколько ждать администратора.", only_with=("transfer",), low=5, high=120),
    Key("then", Form.STEP, "Следующий шаг. Без него и без listen, ask, choose, transfer робот прощается."),
    Key("outcome", Form.WORD, "Итог звонка для визита.", words=tuple(Outcome)),
    Key("unclear", Form.SECTION, "Что делать, если ответ не понят.", section="unclear", only_with=("listen", "ask")),
    Key("keys", Form.DIGITS, "Клавиши телефона вместо слов.", only_with=("listen", "ask")),
    Key("ask_back", Form.QUESTIONS, "Чем переспросить, если ответ подходит к двум значениям: {yes: \"Вы придёте?\"}.",
        only_with=("listen",)),
    Key("for_each", Form.WORD, "Отсюда начинается часть, которую повторяют для каждого визита.", words=("visits",)),
    Key("identifies", Form.FLAG, "«Да» на этот вопрос значит, что у телефона тот, кому звонят.",
        only_with=("listen",)),
    Key("interruptible", Form.FLAG, "Может ли пациент перебить эту фразу (обычно может)."),
    Key("task", Form.TEXT, "Задача для администратора."),
    Key("sms", Form.TEXT, "Послать СМС: имя из messages."),
)  # fmt: skip

#: The keys of every section.
SECTIONS: Mapping[str, tuple[Key, ...]] = {
    "scenario": _SCENARIO,
    "step": _STEP,
    "reaction": (
        Key("go", Form.STEP, "Следующий шаг.", required=True, again=True),
        Key("answer", Form.WORD, "Что этот ответ говорит о визите.", words=tuple(Answer)),
    ),
    "unclear": (
        Key("say", Form.TEMPLATE, "Что сказать, прежде чем слушать ещё раз.", required=True),
        Key("then", Form.STEP, "Куда идти, если и тогда не поняли.", required=True),
    ),
    "ask": (
        Key("value", Form.WORD, "Что спрашиваем: number, date, time, slot (одно из slot.1…slot.3) или comment (отзыв, "
            "который записывается).", required=True, words=tuple(ValueKind)),
        Key("name", Form.ID, "Под каким именем запомнить: по нему выбирают в choose.", required=True),
        Key("from", Form.NUMBER, "Наименьшее число.", low=0, high=1000),
        Key("to", Form.NUMBER, "Наибольшее число.", low=0, high=1000),
    ),
    "case": (
        Key("when", Form.FACT, "Факт, или имя того, что спросили раньше.", required=True),
        Key("is", Form.VALUES, "Чему он равен: одно значение или список. Без этого — известен ли он (для фактов "
            "«да/нет» — «да»)."),
        Key("go", Form.STEP, "Следующий шаг.", required=True),
    ),
    "plan": (
        Key("before", Form.SPANS, "За сколько до визита звонить: [72h, 24h]."),
        Key("only", Form.SECTION, "Для каких визитов.", section="only"),
    ),
    "only": (
        Key("lifecycle", Form.WORD, "Состояние визита в МИС.", words=LIFECYCLES),
        Key("answer", Form.WORDS, "Что уже известно об ответе пациента.", words=tuple(Answer)),
    ),
    "attempts": (
        Key("max", Form.NUMBER, "Сколько раз звонить.", low=1, high=10),
        Key("every", Form.SPAN, "Через сколько повторять, если не ответили.", low=3600, high=604_800),
        Key("busy", Form.SPAN, "Через сколько повторять, если занято.", low=60, high=86_400),
    ),
    "hours": (
        Key("weekdays", Form.WINDOWS, "По будням: 09:00-20:00."),
        Key("weekends", Form.WINDOWS, "По выходным и праздникам: 10:00-18:00."),
    ),
    "limits": (
        Key("asked", Form.NUMBER, "Сколько раз один вопрос звучит за звонок.", low=1, high=5),
        Key("misunderstood", Form.NUMBER, "После скольких непонятых ответов больше не переспрашивать.", low=1, high=2),
    ),
    "unreached": (
        Key("answer", Form.WORD, "Что записать в МИС. Недозвон никогда не отменяет визит.",
            words=(Answer.UNCONFIRMED, Answer.UNKNOWN)),
        Key("sms", Form.TEXT, "Послать СМС: имя из messages."),
        Key("task", Form.TEXT, "Задача для администратора."),
    ),
}  # fmt: skip


def keys_of(section: str) -> Mapping[str, Key]:
    """The keys of a section by name."""
    return _BY_NAME[section]


_BY_NAME: Mapping[str, Mapping[str, Key]] = {name: {key.name: key for key in keys} for name, keys in SECTIONS.items()}
