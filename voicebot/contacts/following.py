"""What an outcome leads to: the table of DOMAIN.md, one function a row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from voicebot.contacts.consequences import Consequences, Ledger
from voicebot.contacts.ended import DISPOSITION_RU, Ended
from voicebot.contacts.hours import known_zone
from voicebot.contacts.line import OnTheLine
from voicebot.contacts.model import (
    AttemptStatus,
    Contact,
    ContactStatus,
    Lifecycle,
    Patient,
)
from voicebot.contacts.phones import OPT_OUT, phones_of
from voicebot.contacts.planning import zone_of
from voicebot.contacts.retrying import NoRetry, Retry, Retrying, merged
from voicebot.contacts.rules import Rules
from voicebot.dialogue.actions import Conclusion
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.dialogue.scenario import Scenario

_OURS = frozenset({Disposition.FAILED, Disposition.INTERRUPTED})
_TRIED_AGAIN = frozenset({Outcome.HUNG_UP, Outcome.UNCLEAR})

NEXT_PHONE = timedelta(minutes=1)  # another number of the same person need not wait an hour
INVALID_FOR = timedelta(days=30)


def follow_up(ended: Ended, scenario: Scenario, rules: Rules, now: datetime) -> Consequences:
    """Everything that must be written when an attempt is over."""
    rules = rules.of(scenario)
    ledger = Ledger(ended.attempt, ended.visits, "", rules, now)
    line = OnTheLine(ended.finish, [ended.patient_of(c) for c in ended.contacts])
    for subject, contact in enumerate(ended.contacts):
        patient = ended.patient_of(contact)
        ledger.zone = zone_of(patient, ended.visits.get(contact.id)) or contact.zone
        said = line.said_of(subject, patient)
        _Row(ended, scenario, rules, now, ledger, contact, said, line).write()
    finished = replace(
        ended.attempt,
        status=AttemptStatus.FINISHED,
        finished_at=now,
        disposition=ended.finish.disposition,
        reason=DISPOSITION_RU[ended.finish.disposition],
    )
    return Consequences(
        attempt=finished,
        concluded=tuple(ledger.concluded),
        next_attempts=merged(ended.attempt, ledger.retries),
        messages=tuple(ledger.messages.values()),
        tasks=tuple(ledger.tasks.values()),
        deliveries=tuple(ledger.deliveries.values()),
        suppressions=tuple(ledger.suppressions),
        not_talked=frozenset(c.id for c in ended.contacts if line.somebody and not line.talked(ended.patient_of(c))),
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """One contact of a finished attempt, and the row of the table that it falls under."""

    ended: Ended
    scenario: Scenario
    rules: Rules
    now: datetime
    ledger: Ledger
    contact: Contact
    said: Conclusion
    line: OnTheLine

    @property
    def patient(self) -> Patient:
        return self.ended.patient_of(self.contact)

    @property
    def disposition(self) -> Disposition:
        return self.ended.finish.disposition

    @property
    def used(self) -> int:
        return self.contact.attempts_used + (0 if self.disposition in _OURS else 1)

    @property
    def phone(self) -> str:
        return self.ended.attempt.phone

    def write(self) -> None:
        if self.said.sms:
            self._sms(self.said.sms)
        decisive = _BY_OUTCOME.get(self.said.outcome)
        if decisive is not None:
            decisive(self)
        else:
            _BY_DISPOSITION[self.disposition](self)

    # Decisive outcomes ----------------------------------------------------------------------

    def confirmed(self) -> None:
        """Also: a question was answered, a mark was given. A task only where the scenario has one for it."""
        self._answer(self.said.answer or Answer.CONFIRMED)
        if self.said.task:
            self.ledger.task(self.contact, self.said.task)
        self._reached("визит подтверждён" if self._coming else "ответ получен")

    def answered_no(self) -> None:
        """Declined or wants a change: told live to an administrator, else a task. Only said words set the answer."""
        if self.said.answer is not None:
            self._answer(self.said.answer)
        change = self.said.outcome is Outcome.WANTS_CHANGE
        reason = "пациент просит другое время" if change else "пациент не придёт"
        if not self.ended.finish.transferred:
            self.ledger.task(self.contact, self.said.task or f"Связаться с пациентом: {reason}")
        self._reached(reason)

    def transferred(self) -> None:
        if self.said.answer is not None:
            self._answer(self.said.answer)
        live = self.ended.finish.transferred
        reason = "соединён с администратором" if live else "просил администратора, никто не подошёл"
        self.ledger.note(self.contact, reason)
        if not live:
            self.ledger.task(self.contact, self.said.task or "Перезвонить пациенту: просил администратора")
        self._reached(reason)

    def refused(self) -> None:
        self.ledger.contact_status(self.contact, "refused")
        if self.said.task:
            self.ledger.task(self.contact, self.said.task)
        self._reached("отказ о встрече")

    def opted_out(self) -> None:
        """Never again: the person, if they said who they are; this phone in any case. An answer given first counts."""
        if self.said.answer is not None:
            self._answer(self.said.answer)
        why = OPT_OUT
        self.ledger.suppress(self.phone, "", why)
        if self.line.said_stop(self.patient):
            self.ledger.suppress("", self.contact.patient_id, why)
            self.ledger.contact_status(self.contact, "opted_out")
            self._reached("отказ от общения")
        else:
            self.ledger.note(self.contact, "по этому номеру просили больше не звонить")
            self._close(ContactStatus.SUPPRESSED, "по этому номеру просили больше не звонить")

    def wrong_person(self) -> None:
        why = "по этому номеру отвечает другой человек"
        self.ledger.suppress(self.phone, self.contact.patient_id, why)
        self.ledger.note(self.contact, why)
        self.ledger.task(self.contact, "Найти верный номер телефона пациента", once=True)
        self._retry_or(NEXT_PHONE, why, lambda no: self._close(ContactStatus.UNREACHED, why))

    def callback_later(self) -> None:
        asked = self._asked_time()
        when = asked.astimezone(self._local()).strftime("%d.%m в %H:%M")
        self.ledger.note(self.contact, f"просит перезвонить {when}")
        again = self.contact.outcome is Outcome.CALLBACK_LATER and self.used >= self.scenario.attempts.max
        retry = self._retrying(asked_for=True).at(self.contact, asked, f"пациент просил перезвонить {when}")
        if again or isinstance(retry, NoRetry):
            why = "уже звонили по просьбе" if isinstance(retry, Retry) else retry.reason
            self.ledger.task(self.contact, f"Позвонить пациенту: просил перезвонить {when}")
            self._reached(f"просил перезвонить {when}: {why}")
        else:
            self.ledger.keep(self.contact, self.said.outcome, self.used, retry)

    # Not decisive: the network, or an open question ------------------------------------------

    def open_end(self) -> None:
        """Answered, but the question stayed open (hung up, not understood, we broke down)."""
        what = {
            Outcome.HUNG_UP: "трубку положили, ответа нет",
            Outcome.UNCLEAR: "ответ не понят",
        }.get(self.said.outcome, "ответа нет")
        if self.disposition is Disposition.INTERRUPTED:
            what = DISPOSITION_RU[self.disposition]
        self.ledger.note(self.contact, what)
        if self.said.task:
            self.ledger.task(self.contact, self.said.task)
            return self._close(ContactStatus.REACHED, what)
        open_question = self.said.question_asked or self.said.outcome is Outcome.UNCLEAR
        if open_question and self.contact.outcome in _TRIED_AGAIN:
            self.ledger.task(self.contact, self.scenario.unreached.task or "Позвонить пациенту: ответа нет")
            return self._close(ContactStatus.REACHED, f"{what} во второй раз")
        return self._retry_or(self.scenario.attempts.every, what, self._exhausted)

    def not_reached(self) -> None:
        every = self.scenario.attempts.every
        wait = self.scenario.attempts.busy if self.disposition is Disposition.BUSY else every
        self._retry_or(wait, DISPOSITION_RU[self.disposition], self._exhausted)

    def failed(self) -> None:
        self._retry_or(self.rules.failed_retry, DISPOSITION_RU[self.disposition], self._exhausted)

    def bad_number(self) -> None:
        """The number does not exist, or the operator blocks us there: the next phone, else a human."""
        what = DISPOSITION_RU[self.disposition]
        self.ledger.note(self.contact, what)
        if self.disposition is Disposition.BLOCKED:
            self.ledger.suppress(self.phone, "", what)
        else:  # a carrier may err: the number is looked at again after a while
            self.ledger.suppress(self.phone, self.contact.patient_id, what, self.now + INVALID_FOR)
        self._retry_or(NEXT_PHONE, what, lambda no: self._no_number(no) if no.no_phone else self._exhausted(no))

    @property
    def _coming(self) -> bool:
        """Whether the scenario speaks of visits to come: only those have an answer in the MIS."""
        return bool(self.contact.appointment_id) and self.scenario.plan.lifecycle == Lifecycle.BOOKED

    def _answer(self, answer: Answer) -> None:
        if self._coming:
            self.ledger.answer(self.contact, answer)

    # What they share --------------------------------------------------------------------------

    def _retry_or(self, wait: timedelta, reason: str, otherwise: Callable[[NoRetry], None]) -> None:
        """One more attempt, if the number of attempts, the hours and the visit leave room for it."""
        if self.used >= self.scenario.attempts.max:
            return otherwise(NoRetry(f"{reason}; попыток сделано: {self.used}"))
        retry = self._retrying().after(self.contact, self.used, wait, reason)
        if isinstance(retry, NoRetry):
            return otherwise(replace(retry, reason=f"{reason}; {retry.reason}"))
        return self.ledger.keep(self.contact, self.said.outcome, self.used, retry)

    def _retrying(self, asked_for: bool = False) -> Retrying:
        ended = self.ended
        return Retrying(
            attempt=ended.attempt,
            patient=self.patient,
            suppressions=(*ended.suppressions, *self.ledger.suppressions),
            zone=self.ledger.zone,
            rules=self.rules,
            now=self.now,
            talked=self.line.talked(self.patient) and not asked_for,
        )

    def _exhausted(self, no: NoRetry) -> None:
        """All attempts in vain: unconfirmed in the MIS, one SMS, one task. Never a cancelled visit. With reminders at
        72 and at 24 hours this follows the last one only."""
        if not self.contact.is_last:
            return self._close(ContactStatus.UNREACHED, f"{no.reason}; ближе к визиту позвоним ещё раз")
        follow = self.scenario.unreached
        if follow.answer is not None:
            self._answer(follow.answer)
        if follow.sms:
            self._sms(follow.sms)
        if follow.task:
            self.ledger.task(self.contact, follow.task)
        return self._close(ContactStatus.UNREACHED, no.reason)

    def _no_number(self, no: NoRetry) -> None:
        self.ledger.task(self.contact, "Найти верный номер телефона пациента", once=True)
        self._close(ContactStatus.UNREACHED, no.reason)

    def _sms(self, template: str) -> None:
        """To the phone that was tried last, or another one of the patient that may be used."""
        suppressions = (*self.ended.suppressions, *self.ledger.suppressions)
        usable = phones_of(self.patient, suppressions, self.rules.lock, self.now).usable
        text = self.ended.texts.get((template, self.contact.id), "")
        if text and usable:
            self.ledger.message(self.contact, template, self.phone if self.phone in usable else usable[0], text)

    def _reached(self, reason: str) -> None:
        self._close(ContactStatus.REACHED, reason)

    def _close(self, status: ContactStatus, reason: str) -> None:
        self.ledger.close(self.contact, status, self.said.outcome, self.used, reason)

    def _local(self) -> ZoneInfo:
        return ZoneInfo(known_zone(self.ledger.zone) or "Europe/Moscow")

    def _asked_time(self) -> datetime:
        """The time asked for: ISO, local when it names no zone; one that is past or unreadable is the default."""
        try:
            asked = datetime.fromisoformat(self.said.callback or self.line.callback)
        except ValueError:
            return self.now + self.rules.callback_default
        aware = asked if asked.tzinfo is not None else asked.replace(tzinfo=self._local())
        return aware if aware > self.now else self.now + self.rules.callback_default


_BY_OUTCOME: Mapping[Outcome, Callable[[_Row], None]] = {
    Outcome.CONFIRMED: _Row.confirmed,
    Outcome.DECLINED: _Row.answered_no,
    Outcome.WANTS_CHANGE: _Row.answered_no,
    Outcome.TRANSFERRED: _Row.transferred,
    Outcome.REFUSED: _Row.refused,
    Outcome.OPTED_OUT: _Row.opted_out,
    Outcome.WRONG_PERSON: _Row.wrong_person,
    Outcome.CALLBACK_LATER: _Row.callback_later,
}
_BY_DISPOSITION: Mapping[Disposition, Callable[[_Row], None]] = {
    Disposition.ANSWERED: _Row.open_end,
    Disposition.INTERRUPTED: _Row.open_end,
    Disposition.NO_ANSWER: _Row.not_reached,
    Disposition.BUSY: _Row.not_reached,
    Disposition.REJECTED: _Row.not_reached,
    Disposition.VOICEMAIL: _Row.not_reached,
    Disposition.FAILED: _Row.failed,
    Disposition.INVALID_NUMBER: _Row.bad_number,
    Disposition.BLOCKED: _Row.bad_number,
}
