"""What `voicebot check` finds: everything that would keep a scenario from running on this machine, with its place."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from voicebot.errors import VoicebotError
from voicebot.language.likeness import shipped
from voicebot.language.understanding import Understanding
from voicebot.scenarios.checking import check, check_broken
from voicebot.scenarios.loading import BrokenDraft, Draft, read, scenario_files
from voicebot.scenarios.mistakes import Mistake, ScenarioFault, maybe
from voicebot.scenarios.phrases import load_phrases
from voicebot.scenarios.pronunciation import load_pronunciations
from voicebot.scenarios.rehearsing import mistakes_in_tests, run_tests
from voicebot.scenarios.talk import Language
from voicebot.settings import Settings
from voicebot.speech.choose import TtsEngine, choose_synthesiser

T = TypeVar("T")


def mistakes_in(settings: Settings, files: Sequence[Path] = (), tests: bool = True) -> list[Mistake]:
    """Mistakes and warnings of these scenarios; without files, of the clinic's whole folder. [] when all is well.

    tests: have the conversations of each scenario as well, where nothing else keeps it from running
    """
    folder = settings.paths.scenarios
    found: list[Mistake] = []
    pronunciations = _tried(lambda: _pronunciations(folder), found) or {}
    table = _tried(lambda: load_phrases(folder / "phrases.ru.yaml"), found) if tests or not files else None
    language = Language(Understanding(table, shipped()), pronunciations) if tests and table is not None else None
    proof = _Proofreader(settings.telephony.queues, installed_voices(settings), pronunciations, language)
    for path in files or _tried(lambda: scenario_files(folder), found) or ():
        found += proof.read(path)
    return found


@dataclass(frozen=True, slots=True)
class _Proofreader:
    """Reads scenarios; what they share (lines, voices, dictionary, phrase table) is loaded once.

    language: None leaves out the conversations
    """

    queues: Collection[str]
    voices: Sequence[str]
    pronunciations: Mapping[str, str]
    language: Language | None

    def read(self, path: Path) -> list[Mistake]:
        try:
            draft = read(path)
        except ScenarioFault as fault:
            found = check_broken(fault, self.queues, self.pronunciations)
            if isinstance(fault, BrokenDraft):
                found += _voice(fault.draft, self.voices)
            return [*sorted(found, key=lambda m: m.place), *self._tests_unread(path)]
        found = check(draft.scenario, draft, self.queues, self.pronunciations)
        wrong = any(not m.warning for m in found)
        found += _voice(draft, self.voices)
        if wrong:
            return [*sorted(found, key=lambda m: m.place), *self._tests_unread(path)]
        if self.language is not None:
            found += run_tests(path, self.language)
        return found

    def _tests_unread(self, path: Path) -> list[Mistake]:
        """Mistakes in conversations that cannot be had yet."""
        return mistakes_in_tests(path) if self.language is not None else []


def installed_voices(settings: Settings) -> Sequence[str]:
    """The voices of this machine; () where nothing can speak yet."""
    local = settings.paths.local
    with contextlib.suppress(VoicebotError, OSError):
        synthesiser = choose_synthesiser(TtsEngine(settings.speech.tts), local / "models", local / "rhvoice").load()
        try:
            return synthesiser.voices()
        finally:
            synthesiser.close()
    return ()


def _pronunciations(folder: Path) -> Mapping[str, str]:
    """The clinic's dictionary; a clinic may do without. Raises ScenarioFault."""
    path = folder / "spoken.ru.yaml"
    return load_pronunciations(path) if path.exists() else {}


def _tried(reading: Callable[[], T], found: list[Mistake]) -> T | None:
    """What was read; None when it could not be, and its mistakes are among those found then."""
    try:
        return reading()
    except ScenarioFault as fault:
        found += fault.mistakes
        return None


def _voice(draft: Draft, voices: Sequence[str]) -> Iterator[Mistake]:
    if voices and draft.scenario.voice and draft.scenario.voice.lower() not in {v.lower() for v in voices}:
        text = f"Голоса «{draft.scenario.voice}» на этой машине нет.{maybe(draft.scenario.voice, voices)}"
        yield Mistake(draft.place("voice"), "no-voice", f"{text} Есть: {', '.join(sorted(voices))}.")
