"""What a campaign does to its candidates, counted: the same count for a preview and for what then happened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from voicebot.contacts.campaign import Campaign
from voicebot.contacts.decisions import Because, RuleId
from voicebot.contacts.model import Attempt
from voicebot.contacts.unknown_zone import NOT_TODAY
from voicebot.engine.candidates import DecidedBatch

_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Preview:
    """Who would be called now, and why the others not.

    called: contacts; calls: first attempts (a family at one phone is one). suppressed: by rule, with some of the
    sentences in examples. faults: what forbids the release. remarks: what staff should know before it, in Russian.
    """

    campaign: Campaign
    at: datetime
    called: int = 0
    calls: int = 0
    suppressed: Mapping[RuleId, int] = field(default_factory=dict)
    examples: Mapping[RuleId, tuple[str, ...]] = field(default_factory=dict)
    first_due: datetime | None = None
    last_due: datetime | None = None
    faults: tuple[Because, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def found(self) -> int:
        return self.called + sum(self.suppressed.values())

    def counts(self) -> tuple[int, int, dict[RuleId, int]]:
        """What must be the same when it happens: contacts, calls, suppressed by rule."""
        return self.called, self.calls, dict(self.suppressed)


class Tally:
    """Counts batch by batch."""

    def __init__(self) -> None:
        self._called = 0
        self._calls = 0
        self._suppressed: Counter[RuleId] = Counter()
        self._examples: dict[RuleId, dict[str, None]] = {}
        self._due: list[datetime] = []
        self._unknown_zone = 0
        self._not_at_weekends = 0
        self._at_shared = 0
        self._bad: list[str] = []

    def add(self, batch: DecidedBatch, attempts: Sequence[Attempt]) -> None:
        self._called += len(batch.planned)
        self._calls += len(attempts)
        for _, suppressed in batch.suppressed:
            decision = suppressed.decision
            self._suppressed[decision.rule] += 1
            examples = self._examples.setdefault(decision.rule, {})
            if len(examples) < _EXAMPLES:
                examples[decision.reason] = None
        for _, planned in batch.planned:
            self._unknown_zone += not planned.contact.zone
            self._not_at_weekends += NOT_TODAY in planned.contact.reason
            self._at_shared += planned.phone in batch.shared
        dues = [planned.contact.due_at for _, planned in batch.planned]
        if dues:
            self._due = [min([*self._due, *dues]), max([*self._due, *dues])]
        self._bad += [f"{record.place}: {record.problem}" for record in batch.bad]

    def preview(self, campaign: Campaign, at: datetime, faults: tuple[Because, ...]) -> Preview:
        return Preview(
            campaign,
            at,
            self._called,
            self._calls,
            dict(self._suppressed),
            {rule: tuple(texts) for rule, texts in self._examples.items()},
            self._due[0] if self._due else None,
            self._due[-1] if self._due else None,
            faults,
            tuple(self._remarks()),
        )

    def _remarks(self) -> list[str]:
        found: list[str] = []
        if not self._called and not self._suppressed:
            found.append("Сегмент пуст: по этим условиям сейчас не нашлось ни одного пациента.")
        if self._unknown_zone:
            found.append(f"Часовой пояс не известен у {self._unknown_zone}: им звоним, когда можно во всех поясах.")
        if self._not_at_weekends:
            found.append(f"В выходные и праздники такого часа нет: {self._not_at_weekends} из них — в ближайший будний "
                         "день.")  # fmt: skip
        if self._at_shared:
            found.append(f"Общий номер у нескольких карт: {self._at_shared} из тех, кому звоним. На один номер — один "
                         "разговор обо всех.")  # fmt: skip
        if self._bad:
            found.append(f"Записей в МИС, которые не прочитать: {len(self._bad)} ({'; '.join(self._bad[:3])}).")
        return found
