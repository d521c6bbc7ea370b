"""The states of the domain in the words of a clinic."""

from __future__ import annotations

from voicebot.contacts.model import ContactStatus
from voicebot.dialogue.outcome import Answer, Disposition, Outcome

ANSWERS = {
    Answer.UNKNOWN: "неизвестно",
    Answer.CONFIRMED: "визит подтверждён",
    Answer.DECLINED: "не придёт",
    Answer.WANTS_CHANGE: "просит перенести",
    Answer.UNCONFIRMED: "визит не подтверждён",
}
OUTCOMES = {
    Outcome.CONFIRMED: "подтвердил",
    Outcome.DECLINED: "не придёт",
    Outcome.WANTS_CHANGE: "просит перенести",
    Outcome.REFUSED: "отказ о встрече",
    Outcome.OPTED_OUT: "отказ от общения",
    Outcome.WRONG_PERSON: "не тот человек",
    Outcome.CALLBACK_LATER: "перезвонить позже",
    Outcome.TRANSFERRED: "передан администратору",
    Outcome.UNCLEAR: "не понят",
    Outcome.HUNG_UP: "положил трубку",
    Outcome.UNREACHED: "не дозвонились",
}
DISPOSITIONS = {
    Disposition.ANSWERED: "ответили",
    Disposition.NO_ANSWER: "не отвечает",
    Disposition.BUSY: "занято",
    Disposition.REJECTED: "сбросили",
    Disposition.BLOCKED: "заблокировано оператором",
    Disposition.INVALID_NUMBER: "нет такого номера",
    Disposition.VOICEMAIL: "автоответчик",
    Disposition.FAILED: "сбой у нас",
    Disposition.INTERRUPTED: "прервано",
}
STATUSES = {
    ContactStatus.PLANNED: "ждёт звонка",
    ContactStatus.IN_PROGRESS: "в работе",
    ContactStatus.REACHED: "дозвонились",
    ContactStatus.UNREACHED: "не дозвонились",
    ContactStatus.CANCELLED: "не понадобилось",
    ContactStatus.SUPPRESSED: "звонить нельзя",
}
