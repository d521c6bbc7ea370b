"""What `voicebot check` finds: everything that would keep a scenario from running on this machine, with its place."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from voicebot.errors import VoicebotError
from voicebot.scenarios.checking import check_file
from voicebot.scenarios.loading import read, scenario_files
from voicebot.scenarios.mistakes import Mistake, ScenarioFault, maybe
from voicebot.scenarios.phrases import load_phrases
from voicebot.scenarios.pronunciation import load_pronunciations
from voicebot.settings import Settings
from voicebot.speech.choose import TtsEngine, choose_synthesiser


def mistakes_in(settings: Settings, files: Sequence[Path] = ()) -> list[Mistake]:
    """Mistakes and warnings of these scenarios; without files, of the clinic's whole folder. [] when all is well."""
    folder = settings.paths.scenarios
    phrases, spoken = folder / "phrases.ru.yaml", folder / "spoken.ru.yaml"
    found = [*_tried(lambda: load_phrases(phrases)), *_tried(lambda: scenario_files(folder))]
    if spoken.exists():
        found += _tried(lambda: load_pronunciations(spoken))
    text = "" if found else phrases.read_text("utf-8")
    voices = installed_voices(settings)
    for path in files or (() if found else scenario_files(folder)):
        wrong = check_file(path, text, settings.telephony.queues)
        found += wrong or _voice(path, voices)
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


def _tried(reading: Callable[[], object]) -> Sequence[Mistake]:
    try:
        reading()
    except ScenarioFault as fault:
        return fault.mistakes
    return ()


def _voice(path: Path, voices: Sequence[str]) -> Iterator[Mistake]:
    draft = read(path)
    if voices and draft.scenario.voice.lower() not in {v.lower() for v in voices}:
        text = f"Голоса «{draft.scenario.voice}» на этой машине нет.{maybe(draft.scenario.voice, voices)}"
        yield Mistake(draft.place("voice"), "no-voice", f"{text} Есть: {', '.join(sorted(voices))}.")
