"""The root of our exceptions. Every one has a stable code, a sentence for a person, and what to do about it."""

from __future__ import annotations


class VoicebotError(Exception):
    """An error that a person can act upon.

    code:    stable, kebab-case, for machines and for the documentation
    message: one sentence in Russian: the place and the cause
    remedy:  what to do about it, in Russian; may be empty
    """

    code = "voicebot"

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class OurFault(VoicebotError):
    """A defect or a limit of this program."""

    code = "internal"


class PeerFault(VoicebotError):
    """Another system (Asterisk, MIS, SMS centre) answered with something wrong."""

    code = "peer"


class NetworkFault(VoicebotError):
    """Another system did not answer at all, or the connection broke."""

    code = "network"


class InputFault(VoicebotError):
    """What a person gave us (a file, a setting, a number) is wrong."""

    code = "input"
