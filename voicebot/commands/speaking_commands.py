"""`voicebot spoken` and `voicebot speak`: what the robot will say, as words and as sound."""

from __future__ import annotations

import sys
import wave
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voicebot.terminal import print_json

if TYPE_CHECKING:
    from voicebot.settings import Settings

_HZ = 8000  # what a telephone carries

Text = Annotated[str, typer.Argument(help="Текст, можно с фактами: «Вас ждут у {visit.doctor:кого}».")]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="Файл настроек вместо voicebot.yaml.")]
Clock = Annotated[bool, typer.Option("--clock", help="Время по часам: «в три часа дня».")]


@dataclass(frozen=True, slots=True)
class Wording:
    """words: as they will be spoken; unknown: tokens that it can only guess at; dictionary: the file for those."""

    words: str
    unknown: list[str]
    dictionary: Path


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(spoken)
    app.command()(speak)


def spoken(
    text: Text,
    clock: Clock = False,
    config: ConfigFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Вывести JSON для программ.")] = False,
) -> None:
    """Показать, какими словами будет произнесён текст. Факты берутся у вымышленного пациента.

    Чего робот не умеет прочесть, о том предупреждение в stderr; код возврата при этом 0: слова показаны.
    """
    from voicebot.settings import load

    wording = word(text, load(config), clock)
    if as_json:
        print_json({"words": wording.words, "unknown": wording.unknown})
        return
    print(wording.words)
    _warn(wording)


def speak(
    text: Text,
    out: Annotated[Path, typer.Option("--out", help="Куда записать звук, WAV.")],
    voice: Annotated[str, typer.Option("--voice", help="Голос, например anna.")] = "anna",
    clock: Clock = False,
    config: ConfigFile = None,
) -> None:
    """Произнести текст в файл WAV таким, каким его услышит пациент (8 кГц)."""
    from voicebot.settings import load
    from voicebot.speech.choose import TtsEngine, choose_synthesiser

    settings = load(config)
    wording = word(text, settings, clock)
    local = settings.paths.local
    synthesiser = choose_synthesiser(TtsEngine(settings.speech.tts), local / "models", local / "rhvoice").load()
    try:
        pcm = synthesiser.speak(wording.words, voice, settings.speech.rate, _HZ)
    finally:
        synthesiser.close()
    with out.open("wb") as file, wave.open(file) as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_HZ)
        sound.writeframes(pcm)
    print(f"{out}: {len(pcm) / 2 / _HZ:.1f} с. {wording.words}")
    _warn(wording)


def word(text: str, settings: Settings, clock: bool = False) -> Wording:
    """Raises InputFault for a template that names what is not known, ScenarioFault for a broken dictionary."""
    from voicebot.errors import InputFault
    from voicebot.language.speaking import TimeStyle, unspeakable
    from voicebot.language.speaking import spoken as spoken_words
    from voicebot.language.templates import template_problems
    from voicebot.scenarios.examples import example_facts

    path = settings.paths.scenarios / "spoken.ru.yaml"
    dictionary = _dictionary(path)
    now = datetime.now().astimezone()
    facts = example_facts(["ivan"], now)[0]
    if problems := template_problems(text, facts.keys()):
        raise InputFault(" ".join(f"Знак {at + 1}: {what}" for at, _, what in problems))
    style = TimeStyle.CLOCK if clock else TimeStyle.DIGITS
    return Wording(spoken_words(text, facts, now, dictionary, style), unspeakable(text, dictionary), path)


def _dictionary(path: Path) -> Mapping[str, str]:
    from voicebot.scenarios.pronunciation import load_pronunciations

    return load_pronunciations(path) if path.exists() else {}


def _warn(wording: Wording) -> None:
    if wording.unknown:
        listed = ", ".join(f"«{token}»" for token in wording.unknown)
        print(f"Предупреждение: робот не знает, как это произнести: {listed}. Напишите русскими словами или добавьте "
              f"в {wording.dictionary}.", file=sys.stderr)  # fmt: skip
