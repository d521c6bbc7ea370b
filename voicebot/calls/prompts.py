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
from voicebot.language.templates import MissingFact
from voicebot.speech.wav import read_wav

Facts = Mapping[str, Fact]


class Voice(Protocol):
    """Text to sound, off the event loop, from a cache where it was said before."""

    async def speak(self, text: str, voice: str, rate: float = 0.0) -> bytes:
        """8 kHz PCM. Raises SpeechError or ModelMissing."""
        ...


class Studio:
    """Renders the prompts of a call. recordings: a file {scenario}/{step}.wav in this folder replaces synthesis."""

    def __init__(self, voice: Voice, recordings: Path, rate: float = 0.0) -> None:
        self._voice, self._recordings, self._rate = voice, recordings, rate

    async def render(
        self,
        scenario: Scenario,
        facts: Sequence[Facts],
        now: datetime,
        pronunciations: Mapping[str, str],
        inbound: bool = False,
    ) -> Prompts:
        """All that may be said in a call with these facts. Raises MissingFact when a text names what is not known.

        pronunciations: the clinic's dictionary. inbound: somebody rings, and waits: what cannot be said to them (of an
        unknown number little is known) is left out.
        """
        made: dict[Prompt, Spoken] = {}
        for prompt in needed(scenario, [choices_of(f) for f in facts], inbound):
            try:
                text = spoken(prompt.template, facts[prompt.subject], now, pronunciations)
            except MissingFact:
                if not inbound:
                    raise
                continue
            made[prompt] = await self._one(prompt, scenario.voice, text)
        return made

    async def _one(self, prompt: Prompt, voice: str, text: str) -> Spoken:
        recorded = self._recordings / f"{prompt.recording}.wav"
        if prompt.recording and "{" not in prompt.template and recorded.exists():
            sound = await asyncio.to_thread(read_wav, recorded)
            return Spoken(text, sound.at(8000))
        return Spoken(text, await self._voice.speak(text, voice, self._rate))
