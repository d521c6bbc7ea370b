"""Recordings heard one after another although recognition may die under one of them: that one is told, the next heard.

A worker that dies or hangs is replaced by its pool. Where every one dies, going on is of no use: after a few in a row
nothing more is tried, so that a broken machine ends within minutes, whatever the number of recordings.
"""

from __future__ import annotations

from voicebot.errors import OurFault
from voicebot.judging.path import Listened, Path
from voicebot.judging.question import Asked
from voicebot.judging.recordings import Recording
from voicebot.speech.port import ModelMissing, SpeechError

#: Recordings in a row under which recognition failed: each costs a time limit and a worker's start.
MOST_IN_A_ROW = 5
_REMEDY = "Послушайте этот файл ещё раз: voicebot listen; если снова не выйдет, выполните voicebot doctor."


class Unheard(OurFault):
    """Recognition failed under this recording; its worker is replaced and the next one is heard."""

    code = "unheard"


class GivenUp(OurFault):
    """Recognition failed under several recordings in a row: no more of them are tried."""

    code = "recognition-given-up"

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name}: не проверен, распознавание отказало на {MOST_IN_A_ROW} записях подряд.",
            "Выполните voicebot doctor.",
        )


class Enduring:
    """Hears recordings by a Path and counts failures. May be used by several tasks at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._in_a_row = 0

    @property
    def given_up(self) -> bool:
        return self._in_a_row >= MOST_IN_A_ROW

    async def listen(self, recording: Recording, asked: Asked) -> Listened:
        """Raises Unheard for this recording, GivenUp for it and all that follow."""
        if self.given_up:
            raise GivenUp(recording.name)
        try:
            heard = await self._path.listen(recording.pcm, asked)
        except (SpeechError, ModelMissing) as error:
            self._in_a_row += 1
            raise Unheard(f"{recording.name}: не распознан. {error.message}", _REMEDY) from error
        if heard.said and not self.given_up:  # silence was heard without a worker: that proves nothing
            self._in_a_row = 0
        return heard
