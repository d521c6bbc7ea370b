"""What `voicebot check` finds: everything that would keep a scenario from running on this machine, with its place."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from voicebot.errors import VoicebotError
from voicebot.scenarios.checking import check
from voicebot.scenarios.loading import Draft, read, scenario_files
from voicebot.scenarios.mistakes import Mistake, ScenarioFault, maybe
from voicebot.scenarios.phrases import load_phrases
from voicebot.scenarios.pronunciation import load_pronunciations
from voicebot.scenarios.rehearsing import language_of, run_tests
from voicebot.settings import Settings
from voicebot.speech.choose import TtsEngine, choose_synthesiser


def mistakes_in(settings: Settings, files: Sequence[Path] = (), tests: bool = True) -> list[Mistake]:
    """Mistakes and warnings of these scenarios; without files, of the clinic's whole folder. [] when all is well.

    tests: have the conversations of each scenario as well, where nothing else keeps it from running
    """
    folder = settings.paths.scenarios
    phrases, spoken = folder / "phrases.ru.yaml", folder / "spoken.ru.yaml"
    if missing := _tried(lambda: scenario_files(folder)):
        return list(missing)
    found = [*_tried(lambda: load_phrases(phrases))]
    if spoken.exists():
        found += _tried(lambda: load_pronunciations(spoken))
    proof = _Proofreader(settings, tests and not found)
    for path in files or scenario_files(folder):
        found += proof.read(path)
    return found


class _Proofreader:
    """Reads the scenarios of one run: what they share (dictionary, voices, phrase table) is loaded once."""

    def __init__(self, settings: Settings, tests: bool) -> None:
        folder = settings.paths.scenarios
        self._queues = settings.telephony.queues
        self._voices = installed_voices(settings)
        self._language = language_of(folder) if tests else None
        self._pronunciations = self._language.pronunciations if self._language else _pronunciations(folder)

    def read(self, path: Path) -> list[Mistake]:
        try:
            draft = read(path)
        except ScenarioFault as fault:
            return list(fault.mistakes)
        found = check(draft.scenario, draft, self._queues, self._pronunciations)
        if any(not m.warning for m in found):
            return found
        found += _voice(draft, self._voices)
        if self._language is not None:
            found += run_tests(path, self._language)
        return found


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
    """The clinic's dictionary; nothing where there is none or it has mistakes, which are told elsewhere."""
    with contextlib.suppress(ScenarioFault):
        return load_pronunciations(folder / "spoken.ru.yaml")
    return {}


def _tried(reading: Callable[[], object]) -> Sequence[Mistake]:
    try:
        reading()
    except ScenarioFault as fault:
        return fault.mistakes
    return ()


def _voice(draft: Draft, voices: Sequence[str]) -> Iterator[Mistake]:
    if voices and draft.scenario.voice.lower() not in {v.lower() for v in voices}:
        text = f"Голоса «{draft.scenario.voice}» на этой машине нет.{maybe(draft.scenario.voice, voices)}"
        yield Mistake(draft.place("voice"), "no-voice", f"{text} Есть: {', '.join(sorted(voices))}.")
