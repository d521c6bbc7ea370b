"""The driver of one live call: what the line and the ears report becomes events of the machine, and what the
machine wants is done. It decides nothing itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

import structlog

from voicebot.calls.comments import Comments, Keep, keep_nothing
from voicebot.calls.journal import CallJournal
from voicebot.calls.listening import CallHearing, Senses
from voicebot.calls.port import Prompts, Sighting, Spoken, Watcher, blind
from voicebot.calls.resuming import Returning, news
from voicebot.dialogue.actions import (
    Action,
    CancelTimer,
    Finish,
    HangUp,
    Listen,
    Play,
    Prompt,
    SetTimer,
    StartRecording,
    StartTransfer,
    StopPlaying,
    StopRecording,
)
from voicebot.dialogue.call import Call, Phase
from voicebot.dialogue.events import (
    Answered,
    Event,
    Heard,
    HungUp,
    KeyPressed,
    MustEnd,
    PromptFinished,
    PromptStopped,
    TimerFired,
    TransferAnswered,
    TransferEnded,
    TransferFailed,
)
from voicebot.dialogue.outcome import Disposition
from voicebot.dialogue.step import step
from voicebot.errors import VoicebotError
from voicebot.telephony.port import (
    Audio,
    Back,
    Gone,
    Key,
    Line,
    LineEvent,
    MediaLost,
    PlayFinished,
    Ringing,
    TransferJoined,
    TransferLeft,
    TransferNotJoined,
    Up,
)

log = structlog.get_logger(__name__)

BYTES_PER_SAMPLE = 2
LAST_WORDS_S = 3.0  # "не звоните мне больше" and a hangup: what was said is still understood
CALL_CAP_S = 3_600  # the very last guard; the machine and Asterisk have shorter ones


class LiveCall:
    """One conversation on one line, from dialling to Finish.

    prompts: everything the robot may say in this call, rendered beforehand. keep: where recorded comments go.
    back: for a call of a robot that died, on a line that is taken up.
    """

    def __init__(
        self,
        call: Call,
        line: Line,
        prompts: Prompts,
        senses: Senses,
        journal: CallJournal,
        watcher: Watcher = blind,
        keep: Keep = keep_nothing,
        back: Returning | None = None,
    ) -> None:
        self._call, self._line, self._prompts = call, line, prompts
        self._journal, self._watcher = journal, watcher
        self._loop = asyncio.get_running_loop()
        self._back = back or Returning()
        self._began = self._loop.time() - self._back.elapsed_ms / 1000
        self._inbox: asyncio.Queue[Event] = asyncio.Queue()
        self._hearing = CallHearing(senses, line.rate, lambda: self._call, self._post, self.now_ms)
        self._comments = Comments(line.id, line.rate, keep)
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._playing: tuple[Play, int, asyncio.Task[None]] | None = None
        self._media_lost = self._rang = False
        if call.inbound:
            self._hearing.conversation_has_begun()  # no answering machine rings us
        self.finish: Finish | None = None
        self.answered_ms = self._back.answered_ms

    def now_ms(self) -> int:
        """Milliseconds since dialling began."""
        return round((self._loop.time() - self._began) * 1000)

    def end_soon(self) -> None:
        """Say good-bye within a few seconds: the robot is being stopped."""
        self._post(MustEnd(self.now_ms()))

    async def run(self) -> Finish:
        """Dial, talk, and return what it led to. Never raises for what a line or an engine does; leaves nothing."""
        writer = asyncio.create_task(self._journal.run(), name=f"journal {self._line.id}")
        try:
            await self._converse()
        except asyncio.CancelledError:
            self._end(Disposition.INTERRUPTED)
            raise
        finally:
            self._end(Disposition.FAILED)  # if nothing else has ended it
            self._journal.close()
            await asyncio.shield(self._written(writer))
        assert self.finish is not None
        return self.finish

    async def _written(self, journal: asyncio.Task[None]) -> None:
        await journal
        await self._comments.close()

    async def _converse(self) -> None:
        try:
            async with asyncio.timeout(CALL_CAP_S), self._line, asyncio.TaskGroup() as group:
                self._group = group
                helpers = [
                    group.create_task(self._follow_line()),
                    group.create_task(self._hearing.watch_time()),
                    group.create_task(self._hearing.understand_turns()),
                ]
                while self.finish is None:
                    await self._handle(await self._inbox.get())
                for task in helpers:
                    task.cancel()
                self._stop_playing_task()
        except TimeoutError:
            log.error("a call had to be cut", call=self._line.id)
        except VoicebotError as error:  # entering the line failed: nothing was dialled, or nothing came of it
            log.warning("the call failed", call=self._line.id, code=error.code, error=str(error))
        except BaseExceptionGroup as group_error:
            cancelled, rest = group_error.split(asyncio.CancelledError)
            log.error("the call broke", call=self._line.id, error=repr(rest or cancelled), exc_info=group_error)
        finally:
            for handle in self._timers.values():
                handle.cancel()
            self._hearing.close()

    # Events ---------------------------------------------------------------------------------

    def _post(self, event: Event) -> None:
        self._inbox.put_nowait(event)

    async def _follow_line(self) -> None:
        async for event in self._line.events():
            if isinstance(event, Audio):
                self._comments.feed(event.pcm)
                self._hearing.feed(event.pcm)
            elif isinstance(event, Gone):
                return await self._line_gone(event)
            else:
                self._translate(event)
        await self._line_gone(Gone(Disposition.FAILED))  # a line that ends without a word

    def _translate(self, event: LineEvent) -> None:
        at = self.now_ms()
        match event:
            case Up():
                self.answered_ms = at
                self._hearing.attending = True
                self._post(Answered(at))
            case Back(talking):
                self._line_is_back(at, talking)
            case PlayFinished(prompt_id):
                if self._playing is not None and self._playing[0].prompt_id == prompt_id:
                    self._playing = None
                    self._post(PromptFinished(at, prompt_id))
            case Key(key, _):
                self._post(KeyPressed(at, key))
            case TransferJoined():
                self._post(TransferAnswered(at))
            case TransferNotJoined(reason):
                self._hearing.attending = True
                self._post(TransferFailed(at, reason))
            case TransferLeft():
                self._post(TransferEnded(at))
            case MediaLost():
                self._media_lost = True
                self._group.create_task(self._try(self._line.hang_up()))
            case Ringing():
                self._rang = True
            case Audio() | Gone():
                pass

    def _line_is_back(self, at: int, talking: bool) -> None:
        """A robot that died, or a socket that broke: what was being played is lost."""
        self._stop_playing_task()
        self.answered_ms = self.answered_ms if self.answered_ms is not None else at
        self._hearing.attending = not talking
        if self._call.phase not in (Phase.DIALLING, Phase.GREETING):
            self._hearing.conversation_has_begun()
        for event in news(self._call, at, talking, self._back.farewell):
            self._post(event)

    async def call_off(self) -> None:
        """Ring no longer: whoever was to be reached rings us."""
        await self._try(self._line.hang_up())

    async def _line_gone(self, gone: Gone) -> None:
        await self._hearing.finish(LAST_WORDS_S)
        ours = Disposition.INTERRUPTED if self._rang else Disposition.FAILED
        self._post(HungUp(self.now_ms(), ours if self._media_lost else gone.disposition))

    def _end(self, disposition: Disposition) -> None:
        if self.finish is None:
            self._apply(HungUp(self.now_ms(), disposition))

    # The machine ----------------------------------------------------------------------------

    def _apply(self, event: Event) -> tuple[Action, ...]:
        self._journal.event(event, event.at_ms)
        self._see(event, event.meaning.text if isinstance(event, Heard) else "")
        self._call, actions = step(self._call, event)
        if self._call.identity_known:
            self._hearing.conversation_has_begun()
        for action in actions:
            if isinstance(action, StartRecording):
                self._comments.begin(action.name)
            elif isinstance(action, StopRecording):  # also when the call ends and nothing else is obeyed any more
                self._comments.end(action.name, action.discard)
            elif isinstance(action, Finish):
                self.finish = action
                self._journal.event(action, self.now_ms())
                self._see(action)
        return actions

    def _see(self, what: Event | Action, text: str = "") -> None:
        self._watcher(Sighting(self._line.id, self.now_ms(), what, text))

    async def _handle(self, event: Event) -> None:
        for action in self._apply(event):
            await self._obey(action)

    async def _obey(self, action: Action) -> None:
        match action:
            case Play():
                self._play(action)
            case StopPlaying(prompt_id):
                await self._stop(prompt_id)
            case SetTimer(name, serial, after_ms):
                self._set_timer(name, serial, after_ms)
            case CancelTimer(name):
                self._cancel_timer(name)
            case StartTransfer():
                self._hearing.attending = False
                await self._transfer(action)
            case HangUp():
                await self._try(self._line.hang_up())
            case Listen() | StartRecording() | StopRecording() | Finish():
                pass  # the hearing looks at the call itself; comments and the end are taken care of in _apply

    def _play(self, action: Play) -> None:
        spoken = self._sound(action.prompt)
        begin = action.from_ms * self._line.rate // 1000 * BYTES_PER_SAMPLE
        self._stop_playing_task()
        pcm = spoken.pcm[begin:]
        self._hearing.plays(pcm)
        task = self._group.create_task(self._try(self._line.play(action.prompt_id, pcm)))
        self._playing = (action, self.now_ms(), task)
        self._journal.said(self.now_ms(), action.prompt_id, spoken.text)
        self._see(action, spoken.text)

    def _sound(self, prompt: Prompt) -> Spoken:
        """Silence for what could not be rendered: of whoever rings us, little may be known."""
        if prompt not in self._prompts:
            log.error("a prompt was not rendered", call=self._line.id, template=prompt.template)
        return self._prompts.get(prompt) or Spoken("", b"")

    async def _stop(self, prompt_id: int) -> None:
        if self._playing is None or self._playing[0].prompt_id != prompt_id:
            return  # it has just ended: PromptFinished is on its way
        action, began, _ = self._playing
        self._stop_playing_task()
        await self._try(self._line.flush())
        self._hearing.stops()
        duration = len(self._sound(action.prompt).pcm) // BYTES_PER_SAMPLE * 1000 // self._line.rate
        played = min(duration, action.from_ms + self.now_ms() - began)
        self._post_first(PromptStopped(self.now_ms(), prompt_id, played, duration))

    def _post_first(self, event: Event) -> None:
        """What we did ourselves comes before what waits in the inbox: it happened earlier than that is handled."""
        waiting = [self._inbox.get_nowait() for _ in range(self._inbox.qsize())]
        for item in [event, *waiting]:
            self._inbox.put_nowait(item)

    def _stop_playing_task(self) -> None:
        if self._playing is not None:
            self._playing[2].cancel()
            self._playing = None

    def _set_timer(self, name: str, serial: int, after_ms: int) -> None:
        self._cancel_timer(name)

        def fire() -> None:
            self._timers.pop(name, None)
            self._post(TimerFired(self.now_ms(), name, serial))

        self._timers[name] = self._loop.call_later(after_ms / 1000, fire)

    def _cancel_timer(self, name: str) -> None:
        handle = self._timers.pop(name, None)
        if handle is not None:
            handle.cancel()

    async def _transfer(self, action: StartTransfer) -> None:
        self._journal.asked(self.now_ms(), action.queue)
        whisper = self._sound(action.whisper).pcm
        try:
            await self._line.transfer(action.queue, f"t-{self._line.id}", whisper, action.timeout_ms // 1000)
        except VoicebotError as error:
            log.warning("no transfer", call=self._line.id, code=error.code, error=str(error))
            self._hearing.attending = True
            self._post(TransferFailed(self.now_ms(), error.code))

    async def _try(self, doing: Awaitable[None]) -> None:
        """Do something on the line; a line that cannot will report Gone or MediaLost by itself."""
        try:
            await doing
        except VoicebotError as error:
            log.warning("the line refused", call=self._line.id, code=error.code, error=str(error))
