"""How long the texts of a scenario really sound: measured by synthesis before it is published."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from voicebot.errors import VoicebotError
from voicebot.language.speaking import spoken_text
from voicebot.scenarios.checking import check
from voicebot.scenarios.loading import read
from voicebot.scenarios.mistakes import Mistake, ScenarioFault
from voicebot.scenarios.subject import Seconds, estimated
from voicebot.settings import Settings
from voicebot.speech.choose import TtsEngine, choose_synthesiser
from voicebot.speech.port import Synthesiser

HZ = 8_000
WORTH_MEASURING_S = 8.0  # what is estimated shorter cannot sound longer than any limit
_LENGTHS = frozenset({"long-prompt", "long-whisper"})


def too_long(settings: Settings, file: Path) -> list[Mistake]:
    """Texts that sound longer than they may, with facts of usual length; [] for a file that cannot be read.

    Where no voice is installed the estimate stands.
    """
    try:
        draft = read(file)
    except ScenarioFault:
        return []  # told by the check
    with by_synthesis(settings, draft.scenario.voice) as seconds:
        return [m for m in check(draft.scenario, draft, seconds=seconds) if m.rule in _LENGTHS]


@contextmanager
def by_synthesis(settings: Settings, voice: str) -> Iterator[Seconds]:
    """A measure for the rules about lengths: only texts that may be too long are really spoken."""
    engine = _engine(settings)
    if engine is None:
        yield estimated
        return

    def seconds(text: str) -> float:
        guess = estimated(text)
        if guess < WORTH_MEASURING_S:
            return guess
        try:
            return len(engine.speak(spoken_text(text, {}), voice, settings.speech.rate, HZ)) / 2 / HZ
        except VoicebotError:
            return guess  # that it cannot be spoken is another rule's finding

    try:
        yield seconds
    finally:
        engine.close()


def engine_of(settings: Settings) -> Synthesiser:
    """The synthesis of the settings, loaded; to be closed. Raises ModelMissing."""
    local = settings.paths.local
    return choose_synthesiser(TtsEngine(settings.speech.tts), local / "models", local / "rhvoice").load()


def _engine(settings: Settings) -> Synthesiser | None:
    with suppress(VoicebotError, OSError):
        return engine_of(settings)
    return None
