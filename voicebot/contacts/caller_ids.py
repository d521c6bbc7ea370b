"""From which number a patient is called: only from the contract's list, and always the same one (DOMAIN rule 10)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from hashlib import sha256

from voicebot.contacts.decisions import Because, RuleId


@dataclass(frozen=True, slots=True)
class CallerIds:
    """numbers: all that the contract with the operator names; without any, none is chosen here. by_campaign and
    by_branch: those of them that a campaign, else a branch, uses; where nothing is said, all."""

    numbers: tuple[str, ...] = ()
    by_branch: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by_campaign: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def choose(
        self, patient_id: str, branch_id: str = "", campaign_id: str = "", blocked: Collection[str] = ()
    ) -> str | Because:
        """The number to show; blocked: those that the operator refuses at present.

        A patient keeps theirs while the list changes elsewhere: each number is weighed by a hash with the patient,
        and the heaviest wins.
        """
        wanted = self.by_campaign.get(campaign_id) or self.by_branch.get(branch_id) or self.numbers
        usable = [number for number in wanted if number in self.numbers and number not in blocked]
        if usable:
            return max(usable, key=lambda number: sha256(f"{patient_id}\x1f{number}".encode()).digest())
        if not any(number in self.numbers for number in wanted):
            return Because(RuleId.CALLER_ID, "исходящего номера нет в договоре с оператором")
        return Because(RuleId.CALLER_ID, "оператор не пропускает звонки ни с одного из наших номеров")
