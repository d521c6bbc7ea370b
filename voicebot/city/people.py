"""The persons of the city: what somebody at a telephone does, call by call. Knows nothing of any scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    PATIENT = "patient"
    ADMINISTRATOR = "administrator"


class Refusal(StrEnum):
    """A call that nobody answers, and how the network says so."""

    BUSY = "busy"
    REJECT = "reject"
    RING_FOR_EVER = "ring_for_ever"
    UNKNOWN_NUMBER = "unknown_number"
    CONGESTION = "congestion"


class NoiseKind(StrEnum):
    PINK = "pink"
    BABBLE = "babble"


@dataclass(frozen=True, slots=True)
class Noise:
    """Noise behind the voice during the whole call, snr_db below the voice."""

    kind: NoiseKind
    snr_db: float


@dataclass(frozen=True, slots=True)
class Echo:
    """What is heard comes back: db (below 0) quieter, delay_ms later, as from a speakerphone."""

    db: float
    delay_ms: int


@dataclass(frozen=True, slots=True)
class Utterance:
    """One answer: said, keyed, or (neither) a silence that lets one phrase of the robot pass.

    after_ms counts from the moment the person is sure that the phrase has ended.
    """

    say: str = ""
    keys: str = ""
    after_ms: int = 0


@dataclass(frozen=True, slots=True)
class Interruption:
    """Speak over phrase number `phrase` (from 1), at_ms after its first sound."""

    phrase: int
    at_ms: int
    say: str = ""
    keys: str = ""


@dataclass(frozen=True, slots=True)
class HangUp:
    """When the person hangs up; exactly one of the ways is set.

    phrase:         after the end of this phrase, or, with at_ms, so long after its first sound
    after_lines_ms: so long after the last of one's own lines
    at_ms alone:    so long after answering
    """

    phrase: int | None = None
    at_ms: int | None = None
    after_lines_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Voicemail:
    """An answering machine: greeting, beep, then it records and hangs up."""

    greeting: str
    beep_ms: int = 700
    record_ms: int = 15_000


@dataclass(frozen=True, slots=True)
class Talk:
    """A call that is answered.

    lines:            one for each phrase heard, in order
    to_administrator: said in the same way once the voice of an administrator of the city was heard
    again:            repeat the last thing said when the far side waits for an answer (silent for 2 s)
    patience_ms:      silence after which a phrase is taken to have ended
    longest_ms:       the person hangs up after so long, whatever happens
    clip_ms:          of all that is said, so much of the beginning is not on the line
    """

    answer_after_ms: int = 1000
    greeting: str = ""
    greeting_after_ms: int = 300
    lines: tuple[Utterance, ...] = ()
    to_administrator: tuple[Utterance, ...] = ()
    again: bool = True
    interruptions: tuple[Interruption, ...] = ()
    hang_up: HangUp | None = None
    noise: Noise | None = None
    echo: Echo | None = None
    voicemail: Voicemail | None = None
    patience_ms: int = 700
    longest_ms: int = 120_000
    clip_ms: int = 0

    def texts(self) -> tuple[str, ...]:
        """Everything that may be said in this call, each text once."""
        said = [self.greeting, *(u.say for u in (*self.lines, *self.to_administrator))]
        said += [i.say for i in self.interruptions]
        if self.voicemail is not None:
            said.append(self.voicemail.greeting)
        return tuple(dict.fromkeys(text for text in said if text))


Behaviour = Refusal | Talk


@dataclass(frozen=True, slots=True)
class RingBack:
    """After the first call that they missed, a person rings the number that had rung, after_ms later."""

    after_ms: int
    talk: Talk


@dataclass(frozen=True, slots=True)
class Person:
    """number is E.164 with the plus sign; calls holds a behaviour for each call, the last one repeats.

    loss: the share of the packets of their line that the network loses, both ways, 0…1
    """

    number: str
    voice: str
    role: Role
    calls: tuple[Behaviour, ...]
    name: str = ""
    loss: float = 0.0
    rings_back: RingBack | None = None

    def talks(self) -> tuple[Talk, ...]:
        """Every conversation that this person may have."""
        back = (self.rings_back.talk,) if self.rings_back is not None else ()
        return (*(b for b in self.calls if isinstance(b, Talk)), *back)

    def behaviour(self, call_number: int) -> Behaviour:
        """What happens in this person's call_number-th call, from 1."""
        return self.calls[min(call_number, len(self.calls)) - 1]


@dataclass(frozen=True, slots=True)
class People:
    """The telephone book of the city, by number."""

    persons: Mapping[str, Person] = field(default_factory=dict)

    def find(self, dialled: str) -> Person | None:
        """The person behind a dialled number, written with or without the plus sign or with a leading 8."""
        digits = "".join(ch for ch in dialled if ch.isdigit())
        if len(digits) == 11 and digits.startswith("8"):
            digits = "7" + digits[1:]
        return self.persons.get("+" + digits)

    def administrators(self) -> tuple[Person, ...]:
        return tuple(p for p in self.persons.values() if p.role is Role.ADMINISTRATOR)
