"""Everything that hearing recordings needs, started from the settings: workers, language, questions."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath

from voicebot.calls.mind import CallMind
from voicebot.clock import SystemClock
from voicebot.dialogue.scenario import Scenario
from voicebot.hearing.ear.head_file import EarMissing
from voicebot.hearing_process import program
from voicebot.judging.path import Path
from voicebot.judging.question import Asked, asked_at, scenarios_in
from voicebot.language.likeness import shipped
from voicebot.language.understanding import Understanding
from voicebot.scenarios.phrases import load_phrases
from voicebot.settings import Settings
from voicebot.speech.choose import AsrEngine, choose_recogniser
from voicebot.speech.pool import RecogniserPool


@dataclass(frozen=True)
class HearingRoom:
    """path hears; asked() puts the question. ear: whether the workers have one."""

    path: Path
    mind: CallMind
    scenarios: Mapping[str, Scenario]
    pool: RecogniserPool

    @property
    def engine(self) -> str:
        return self.pool.engine

    @property
    def ear(self) -> bool:
        return self.pool.ear

    def asked(self, at: str, numbers: range | None = None) -> Asked:
        """Raises UnknownPlace."""
        return asked_at(self.scenarios, at, numbers)

    def worker_cpu_s(self) -> float:
        """CPU time of the workers so far, s."""
        return sum(_cpu_s(pid) for pid in self.pool.pids)


@contextlib.asynccontextmanager
async def hearing_room(
    settings: Settings, workers: int = 1, *, ear: bool = True, head: FilePath | None = None, timeout_s: float = 30.0
) -> AsyncIterator[HearingRoom]:
    """head: the folder of the head to be judged, in place of the clinic's. timeout_s: longer than in calls, nobody
    waits on a line. Raises EarMissing: that head is not sound, or nothing hears by it; ModelMissing, SpeechError,
    ScenarioFault."""
    if head is not None:
        _sound(head, ear)
    folder = settings.paths.scenarios
    scenarios = scenarios_in(folder)
    known = Understanding(load_phrases(folder / "phrases.ru.yaml"), shipped())
    choice = choose_recogniser(AsrEngine(settings.speech.asr), settings.paths.local / "models")
    async with RecogniserPool(choice, workers, timeout_s, program(head or settings.ear_folder, ear=ear)) as pool:
        if head is not None and not pool.ear:
            raise EarMissing(f"Ухо из {head} не слушает: распознаёт {pool.engine}.", "Уху нужен Whisper base.")
        mind = CallMind(known, frozenset(), (None,), SystemClock(), pool.capabilities)
        yield HearingRoom(Path(pool, mind, use_ear=ear), mind, scenarios, pool)


def _sound(head: FilePath, ear: bool) -> None:
    """Nothing may be judged by another head than the one that was named."""
    if not ear:
        raise EarMissing("Ухо названо, а слушать велено по одному тексту.", "Уберите --head или --text-only.")
    from voicebot.hearing.ear.runtime import Ear

    Ear.named(head)


def _cpu_s(pid: int) -> float:
    try:
        fields = FilePath(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0  # it has just been replaced
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
