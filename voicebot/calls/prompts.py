"""Everything that may be said in one call, rendered before it is dialled: words and sound."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from voicebot.calls.port import Prompts, Spoken
from voicebot.dialogue.actions import Prompt
from voicebot.dialogue.prompts import needed
from voicebot.dialogue.scenario import Scenario
from voicebot.language.facts import Fact, choices_of
from voicebot.language.speaking import spoken
from voicebot.speech.wav import read_wav

Facts = Mapping[str, Fact]


class Voice(Protocol):
    """Text to sound, off the event loop, from a cache where it was said before."""

    async def speak(self, text: str, voice: str, rate: float = 0.0) -> bytes:
        """8 kHz PCM. Raises SpeechError or ModelMissing."""
        ...


class Studio:
    """Renders the prompts of a call.

    pronunciations: the clinic's dictionary. recordings: a file {scenario}/{step}.wav in it replaces synthesis.
    """

    def __init__(self, voice: Voice, pronunciations: Mapping[str, str], recordings: Path, rate: float = 0.0) -> None:
        self._voice, self._pronunciations, self._recordings, self._rate = voice, pronunciations, recordings, rate

    async def render(self, scenario: Scenario, facts: Sequence[Facts], now: datetime) -> Prompts:
        """All that may be said in a call with these facts. Raises MissingFact when a text names what is not known."""
        made: dict[Prompt, Spoken] = {}
        for prompt in needed(scenario, [choices_of(f) for f in facts]):
            made[prompt] = await self._one(prompt, scenario.voice, facts[prompt.subject], now)
        return made

    async def _one(self, prompt: Prompt, voice: str, facts: Facts, now: datetime) -> Spoken:
        text = spoken(prompt.template, facts, now, self._pronunciations)
        recorded = self._recordings / f"{prompt.recording}.wav"
        if prompt.recording and "{" not in prompt.template and recorded.exists():
            sound = await asyncio.to_thread(read_wav, recorded)
            return Spoken(text, sound.at(8000))
        return Spoken(text, await self._voice.speak(text, voice, self._rate))
