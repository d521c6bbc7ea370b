"""The states of the domain in the words of a clinic."""

from __future__ import annotations

from voicebot.contacts.campaign import CampaignStatus
from voicebot.contacts.decisions import RuleId
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
CAMPAIGNS = {
    CampaignStatus.DRAFT: "черновик",
    CampaignStatus.PREVIEWED: "просмотрена, не выпущена",
    CampaignStatus.RELEASED: "выпущена",
    CampaignStatus.PAUSED: "приостановлена",
    CampaignStatus.STOPPED: "остановлена",
}
RULES = {
    RuleId.DUE: "пора звонить",
    RuleId.HOURS: "часы для звонков",
    RuleId.LATE: "слишком поздно",
    RuleId.DAY_LIMIT: "один разговор в день",
    RuleId.MONTH_LIMIT: "не больше трёх обращений за месяц",
    RuleId.ONE_PHONE: "один телефон — один звонок",
    RuleId.ATTEMPTS: "попытки",
    RuleId.CONSENT: "нет согласия на рекламу",
    RuleId.RELEASE: "кампания не выпущена",
    RuleId.OPTED_OUT: "просили не звонить",
    RuleId.CALLER_ID: "исходящий номер",
    RuleId.LOCK: "звонки заперты",
    RuleId.MIS_UNREADABLE: "МИС не отвечает",
    RuleId.SUPPRESSION: "номер или пациент в списке «не звонить»",
    RuleId.NO_PHONE: "нет телефона",
    RuleId.BAD_NUMBER: "неверный номер",
    RuleId.NO_PATIENT: "пациент не найден",
    RuleId.SAME_PERSON: "вторая карта того же человека",
    RuleId.VISIT: "визит не подходит",
    RuleId.BOOKED: "уже записан",
    RuleId.REFUSED: "недавно отказался",
    RuleId.NO_ADMINISTRATOR: "нет свободного администратора",
    RuleId.KNOWN: "уже звонили или запланировано",
    RuleId.SEGMENT: "не в сегменте",
    RuleId.HOLD_OUT: "контрольная группа",
    RuleId.SCHEDULE: "расписание кампании",
    RuleId.PAUSED: "приостановлено",
    RuleId.SCENARIO: "сценарий",
    RuleId.OUTCOME: "итог разговора",
    RuleId.FAULT: "наша ошибка",
}
