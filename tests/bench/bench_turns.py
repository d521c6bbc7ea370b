"""End of the patient's voice -> the robot knows and may speak, on the sound's own clock: not blurred by other load.

    .venv/bin/python tests/bench/bench_turns.py [--recognition 130] [--write]

The answers of the bench of calls in the city's voices, through detector, endpoint, recogniser, ear and fusion as in
a call. A recognition is taken to last --recognition ms, whatever it lasts here (alone on 2 cores: 100 ms for the text
and 30 for the ear). To the ear of the patient it takes 20–30 ms more (bench_calls: way in, lead-in, way out).
--write: docs/figures/turns.md.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path as File

ROOT = File(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from voicebot.calls.mind import CallMind  # noqa: E402 - the repository need not be installed
from voicebot.city.book import VOICES  # noqa: E402
from voicebot.city.measuring import percentile  # noqa: E402
from voicebot.city.sounds import MARGIN_MS, trim  # noqa: E402
from voicebot.clock import ManualClock  # noqa: E402
from voicebot.dialogue.call import Phase  # noqa: E402
from voicebot.hearing_process import ear_beside  # noqa: E402
from voicebot.judging import path as path_module  # noqa: E402
from voicebot.judging.path import Path  # noqa: E402
from voicebot.judging.question import Asked, asked_at, scenarios_in  # noqa: E402
from voicebot.language.likeness import shipped  # noqa: E402
from voicebot.language.understanding import Understanding  # noqa: E402
from voicebot.scenarios.phrases import load_phrases  # noqa: E402
from voicebot.speech.audio import silence  # noqa: E402
from voicebot.speech.listener import Listener, ListenerEvent  # noqa: E402
from voicebot.speech.port import Capability, HeardSound, Recognised  # noqa: E402
from voicebot.speech.rhvoice import RHVoice  # noqa: E402
from voicebot.speech.whisper import WhisperRecogniser  # noqa: E402

ASK, WHO, GREETING = "visit_reminder.ask", "visit_reminder.who", "greeting"
SAID = {
    ASK: ("да", "нет", "да, приду", "нет, не смогу", "конечно", "конечно, приду", "хорошо, приду", "да, буду",
          "не звоните мне больше", "повторите, пожалуйста", "перезвоните позже", "перенесите на пятницу",
          "да нет, приду", "нет, приду", "не отменяйте, я буду"),
    WHO: ("да", "да, это я", "да, слушаю", "вы ошиблись номером", "нет"),
    GREETING: ("алло", "слушаю", "да", "алло, кто это", "да, слушаю вас"),
}  # fmt: skip
LEAD_MS = 700


class Hearer:
    """SoundHearer in this process. A clock beside it goes on by as much as a recognition is taken to last."""

    ear, engine, capabilities = True, "whisper-base", Capability.NONE

    def __init__(self, takes_ms: int) -> None:
        self._whisper = WhisperRecogniser(ROOT / ".local/models/whisper-base")
        self._ear, self._takes_ms, self.now_ms = ear_beside(self._whisper, None), takes_ms, 0.0
        self.capabilities = self._whisper.capabilities

    async def hear(self, pcm: bytes, rate: int, phrases: Sequence[str] | None = None) -> HeardSound:
        session = self._whisper.open(rate, phrases)
        session.feed(pcm)
        self.now_ms += self._takes_ms
        return HeardSound(session.final(), self._ear.hear(pcm, rate) if self._ear is not None else None)

    async def recognise(self, pcm: bytes, rate: int, phrases: Sequence[str] | None = None) -> Recognised:
        return (await self.hear(pcm, rate, phrases)).recognised


class Eager(Listener):
    """As calls.listening has it during the greeting."""

    def feed(self, pcm: bytes, at_ms: int) -> list[ListenerEvent]:
        self.be_alert(False, eager=True)
        return super().feed(pcm, at_ms)


async def main(takes_ms: int, write: bool) -> None:
    scenarios, now = scenarios_in(ROOT / "scenarios"), datetime(2026, 11, 23, 10, tzinfo=UTC)
    known = Understanding(load_phrases(ROOT / "scenarios/phrases.ru.yaml"), shipped())
    hearer, engine = Hearer(takes_ms), RHVoice(ROOT / ".local/rhvoice")
    visit = now + timedelta(days=1)
    path = Path(
        hearer,
        CallMind(known, frozenset(), [visit], ManualClock(now), hearer.capabilities),
        clock_ms=lambda: hearer.now_ms,
    )
    waits: dict[tuple[str, str], list[int]] = defaultdict(list)
    cut: dict[tuple[str, str], int] = defaultdict(int)
    for at, voice in itertools.product(SAID, VOICES):
        for text in SAID[at]:
            asked = asked_at(scenarios, WHO if at == GREETING else at, now)
            sound = silence(LEAD_MS, 8000) + trim(engine.speak(text, voice))
            path_module.Listener = Eager if at == GREETING else Listener  # type: ignore[misc]
            said = (await path.listen(sound, _greeting(asked) if at == GREETING else asked)).said
            if said:
                waits[at, text].append(said[-1].ready_ms - (len(sound) // 16 - MARGIN_MS))
                cut[at, text] += len(said) > 1
    engine.close()
    text = _table(waits, cut, takes_ms)
    print(text)
    if write:
        (ROOT / "docs/figures/turns.md").write_text(text, "utf-8")


def _greeting(asked: Asked) -> Asked:
    return replace(asked, call=replace(asked.call, phase=Phase.GREETING, step_id=""))


def _table(waits: dict[tuple[str, str], list[int]], cut: dict[tuple[str, str], int], takes_ms: int) -> str:
    lines = ["# Turn taking: figures", "",
             f"`tests/bench/bench_turns.py --write`, {len(VOICES)} voices of the city; a recognition taken to last "
             f"{takes_ms} ms. End of the voice -> the robot knows; at the patient's ear 20–30 ms later.", "",
             "| | p50, ms | p95, ms | cut in two |", "| --- | --- | --- | --- |"]  # fmt: skip
    for at in SAID:
        ms = [w for (where, _), found in waits.items() if where == at for w in found]
        pieces = sum(n for (where, _), n in cut.items() if where == at)
        lines.append(f"| **{at}** ({len(ms)}) | {percentile(ms, 50)} | {percentile(ms, 95)} | {pieces} |")
        for (where, text), found in waits.items():
            if where == at:
                lines.append(f"| {text} | {percentile(found, 50)} | {percentile(found, 95)} | {cut[where, text]} |")
    answers = [w for (where, _), found in waits.items() if where != GREETING for w in found]
    lines.append(f"| **all answers** ({len(answers)}) | {percentile(answers, 50)} | {percentile(answers, 95)} | |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--recognition", type=int, default=130, help="ms")
    parser.add_argument("--write", action="store_true", help="docs/figures/turns.md")
    options = parser.parse_args()
    asyncio.run(main(options.recognition, options.write))
