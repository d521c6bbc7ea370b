"""The driver of a live call over a line in memory, in virtual time: sounds are tones, recognition is a list."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import numpy as np
import pytest

from voicebot.calls.driver import LiveCall
from voicebot.calls.journal import CallJournal
from voicebot.calls.listening import Senses
from voicebot.calls.port import Spoken
from voicebot.dialogue import codec
from voicebot.dialogue.actions import Finish
from voicebot.dialogue.call import new_call
from voicebot.dialogue.events import Grounds, PromptStopped, RecognitionLost
from voicebot.dialogue.intents import Intent, Meaning, Scored
from voicebot.dialogue.outcome import Answer, Disposition, Outcome
from voicebot.dialogue.prompts import prompts
from voicebot.dialogue.scenario import About, End, Goto, Listen, Purpose, Reaction, Scenario, Step, Transfer, Unclear
from voicebot.speech.listener import Listener
from voicebot.speech.machine import MachineJudge
from voicebot.speech.port import Capability, HeardSound, Recognised, SpeechError
from voicebot.store.port import StoreDown
from voicebot.store.reception import ASKED
from voicebot.telephony.memory import memory_call
from voicebot.telephony.port import Audio, Gone, MediaLost, Ringing, TelephonyError

PROMPT_MS = 2_000
MEANS = {
    "да": Meaning((Scored(Intent.YES, 0.95),)),
    "нет": Meaning((Scored(Intent.NO, 0.95),)),
    "угу": Meaning((Scored(Intent.BACKCHANNEL, 0.9),)),
    "да нет": Meaning((Scored(Intent.NO, 0.9),)),
    "приду": Meaning((Scored(Intent.YES, 0.95),)),
    "да нет приду": Meaning((Scored(Intent.YES, 0.9),)),
    "не звоните": Meaning((Scored(Intent.STOP, 0.95),)),
}
SCENARIO = Scenario(
    "s", "1", "", Purpose.SERVICE, About.APPOINTMENT, "anna", "ask",
    {s.id: s for s in [
        Step("ask", Listen({Intent.YES: Reaction("thanks"), Intent.NO: Reaction("admin", Answer.DECLINED)},
                           Unclear("Да или нет?", "admin"), {"1": Intent.YES}), say="Вы придёте?", for_each=True),
        Step("thanks", Goto("bye"), say="Спасибо.", outcome=Outcome.CONFIRMED),
        Step("bye", End(), say="До свидания."),
        Step("admin", Transfer("reception", "sorry", "Кто и что."), say="Соединяю."),
        Step("sorry", End(), say="Вам перезвонят.", task="Перезвонить", outcome=Outcome.TRANSFERRED),
        Step("stopped", End(), say="Больше не позвоню.", outcome=Outcome.OPTED_OUT),
    ]},
    {Intent.STOP: "stopped"},
)  # fmt: skip


class Loudness:
    """A detector for tones: loud is speech."""

    frame_samples, rate = 256, 8000

    def probability(self, frame: bytes) -> float:
        return float(np.abs(np.frombuffer(frame, "<i2")).mean() > 500)

    def reset(self) -> None:
        pass


class Ears:
    capabilities = Capability.NONE

    def __init__(self, *texts: str | Exception, took_s: float = 0.2) -> None:
        self.texts, self.took_s, self.asked = list(texts), took_s, 0

    async def hear(self, pcm, rate, phrases=None) -> HeardSound:
        self.asked += 1
        await asyncio.sleep(self.took_s)
        text = self.texts.pop(0) if self.texts else ""
        if isinstance(text, Exception):
            raise text
        return HeardSound(
            Recognised(text, 0.9, 0.0 if text else 0.9, engine="list"), {"yes": 0.7, "no": 0.2, "stop": 0.0}
        )


class Mind:
    def phrases(self, call):
        return None

    def understand(self, sound, call):
        text = sound.recognised.text
        return replace(MEANS.get(text, Meaning()), text=text, speech=bool(text))

    def together(self, before, sound, call):
        return self.understand(HeardSound(Recognised(f"{before} {sound.recognised.text}", 0.9, 0.0)), call)


class Rows:
    """The one part of a store that a journal needs; may be away for a while."""

    def __init__(self, down: int = 0) -> None:
        self.rows, self.down = [], down

    async def append_events(self, rows):
        if self.down:
            self.down -= 1
            raise StoreDown("базы нет")
        self.rows += rows


def sound(ms: int, loud: bool = True, pitch: float = 0.3) -> bytes:
    samples = np.sin(np.arange(8 * ms) * pitch) * 9000 if loud else np.zeros(8 * ms)
    return samples.astype("<i2").tobytes()


class Patient:
    """The far end: hears tones, counts when they end, and plays its own."""

    def __init__(self, line) -> None:
        self.line, self.loud_ms, self.quiet_ms, self.heard = line, 0, 0, 0

    async def listen(self) -> None:
        async for event in self.line.events():
            if isinstance(event, Audio):
                loud = np.abs(np.frombuffer(event.pcm, "<i2")).mean() > 500
                self.loud_ms, self.quiet_ms = (self.loud_ms + 20, 0) if loud else (self.loud_ms, self.quiet_ms + 20)

    async def prompt_over(self) -> None:
        self.loud_ms = 0
        while self.loud_ms < 100 or self.quiet_ms < 300:
            await asyncio.sleep(0.02)

    async def say(self, ms: int = 500) -> None:
        await self.line.play(1, sound(ms, pitch=0.47))  # unlike the prompts, else it would be their echo


def talk(script, ears, *, store=None, sabotage=None):
    """Run one call against a patient's script; returns (finish, journal rows, live call)."""

    async def scene():
        before = asyncio.all_tasks()
        near, far = memory_call("a1")
        rows = store or Rows()
        rendered = {p: Spoken(p.template, sound(PROMPT_MS)) for p in prompts(SCENARIO, 1)}
        live = LiveCall(
            new_call(SCENARIO, ({},)),
            near,
            rendered,
            Senses(Listener(Loudness(), machine=MachineJudge()), ears, Mind()),
            CallJournal(rows, "a1"),
        )
        if sabotage:
            sabotage(near)
        async with far:
            patient = Patient(far)
            hearing = asyncio.create_task(patient.listen())
            acting = asyncio.create_task(script(patient, live))
            finish = await live.run()
            await asyncio.wait_for(acting, 5)
        await hearing
        left = asyncio.all_tasks() - before - {asyncio.current_task()}
        assert not left, "the call left tasks behind"
        return finish, rows.rows, live

    return scene()


async def yes(patient: Patient, live: LiveCall) -> None:
    await patient.prompt_over()
    await patient.say()


def test_yes(run):
    finish, rows, live = run(talk(yes, Ears("да")))
    assert finish.disposition is Disposition.ANSWERED
    assert finish.conclusions[0].outcome is Outcome.CONFIRMED
    assert [r.serial for r in rows] == list(range(1, len(rows) + 1))
    assert rows[-1].kind == "Finish" and codec.decode(rows[-1].body) == finish
    assert [r.kind for r in rows if r.kind in ("Said", "Heard")] == ["Said", "Heard", "Said", "Said"]
    assert live.answered_ms == 0


def test_what_was_heard_and_why_is_kept(run):
    _, rows, _ = run(talk(yes, Ears("да")))
    heard = next(codec.decode(r.body) for r in rows if r.kind == "Heard")
    assert heard.meaning.candidates[0].score == 0.95
    assert heard.grounds == Grounds("да", 0.9, 0.0, "list", (), (("yes", 0.7), ("no", 0.2), ("stop", 0.0)), 512)


def test_recognition_starts_at_the_first_pause_and_is_not_done_twice(run):
    ears = Ears("да")
    _, rows, _ = run(talk(yes, ears))
    ended = next(r for r in rows if r.kind == "SpeechEnded")
    heard = next(r for r in rows if r.kind == "Heard")
    assert ears.asked == 1
    assert heard.at_ms - ended.at_ms < 200  # shorter than the recogniser takes


def test_an_interruption_flushes_and_a_backchannel_resumes(run):
    async def interrupt(patient, live):
        while patient.loud_ms < 600:
            await asyncio.sleep(0.02)
        await patient.say(400)
        while patient.quiet_ms < 200:
            await asyncio.sleep(0.02)
        assert patient.loud_ms < 1_500, "the prompt was not stopped"
        await patient.prompt_over()
        await patient.say()

    finish, rows, _ = run(talk(interrupt, Ears("угу", "да")))
    stopped = next(codec.decode(r.body) for r in rows if r.kind == "PromptStopped")
    assert isinstance(stopped, PromptStopped) and 500 < stopped.played_ms < 1_500 == PROMPT_MS - 500
    assert finish.conclusions[0].outcome is Outcome.CONFIRMED


def test_a_machine_is_known_by_its_words(run):
    async def machine(patient, live):
        await patient.say(1500)

    finish, rows, _ = run(talk(machine, Ears("Абонент не может ответить на ваш звонок")))
    assert finish.disposition is Disposition.VOICEMAIL
    assert [r.kind for r in rows].count("MachineDetected") == 1


def test_what_was_said_before_the_hangup_is_still_understood(run):
    async def stop_and_gone(patient, live):
        await patient.prompt_over()
        await patient.say(700)
        await asyncio.sleep(0.71)
        await patient.line.hang_up()

    finish, _, _ = run(talk(stop_and_gone, Ears("не звоните")))
    assert finish.conclusions[0].outcome is Outcome.OPTED_OUT


@pytest.mark.parametrize("after_ms", [0, 20, 500, 1_300, 2_900, 3_400, 3_900, 4_500, 6_000, 8_000])
def test_a_hangup_at_any_moment_leaves_nothing(run, after_ms):
    async def leave(patient, live):
        async def speak():
            await patient.prompt_over()
            await patient.say()

        speaking = asyncio.create_task(speak())
        await asyncio.sleep(after_ms / 1000)
        await patient.line.hang_up()
        speaking.cancel()

    finish, rows, _ = run(talk(leave, Ears("да")))
    assert finish.conclusions[0].outcome in (Outcome.HUNG_UP, Outcome.CONFIRMED)
    assert sum(r.kind == "Finish" for r in rows) == 1


def test_a_dead_recogniser_is_told_once_and_keys_still_work(run):
    async def press(patient, live):
        await patient.prompt_over()
        await patient.say()
        await asyncio.sleep(2)
        await patient.line.press("1")

    finish, rows, _ = run(talk(press, Ears(SpeechError("убит"), SpeechError("убит"))))
    assert [r.kind for r in rows].count(RecognitionLost.__name__) == 1
    assert finish.conclusions[0].outcome is Outcome.CONFIRMED


def test_nobody_to_transfer_to_leaves_a_task(run):
    finish, rows, _ = run(talk(yes, Ears("нет")))
    assert (finish.conclusions[0].answer, finish.conclusions[0].task) == (Answer.DECLINED, "Перезвонить")
    kinds = [r.kind for r in rows]  # from the first to the second no node counts this administrator as free
    assert kinds.index(ASKED) < kinds.index("TransferFailed") and kinds.count(ASKED) == 1


def test_a_line_that_cannot_be_entered_is_our_failure(run):
    async def nothing(patient, live):
        pass

    def refuse(near):
        async def entering():
            raise TelephonyError("нет такого транка")

        near.__class__ = type("Refusing", (near.__class__,), {"__aenter__": lambda self: entering()})

    finish, rows, _ = run(talk(nothing, Ears(), sabotage=refuse))
    assert finish.disposition is Disposition.FAILED
    assert rows[-1].kind == "Finish"


def test_a_line_that_breaks_in_mid_call_is_interrupted(run):
    async def cut(patient, live):
        await patient.prompt_over()
        live._line._events.put_nowait(Gone(Disposition.FAILED))

    finish, _, _ = run(talk(cut, Ears()))
    assert finish.disposition is Disposition.INTERRUPTED
    assert finish.conclusions[0].answer is None


@pytest.mark.parametrize(
    ("rang", "expected"), [((Ringing(),), Disposition.INTERRUPTED), ((), Disposition.FAILED)], ids=["rang", "did not"]
)
def test_a_call_that_breaks_before_the_answer_is_interrupted_if_it_rang(run, rang, expected):
    async def nothing(patient, live):
        pass

    def lose_the_sound(near):
        async def entering(line):
            for event in (*rang, MediaLost()):
                line._events.put_nowait(event)
            return line

        near.__class__ = type("Breaking", (near.__class__,), {"__aenter__": entering})

    finish, _, _ = run(talk(nothing, Ears(), sabotage=lose_the_sound))
    assert finish.disposition is expected


def test_the_database_may_be_away_for_a_while(run):
    finish, rows, _ = run(talk(yes, Ears("да"), store=Rows(down=3)))
    assert isinstance(finish, Finish)
    assert [r.serial for r in rows] == list(range(1, len(rows) + 1))


def test_told_to_end_the_robot_says_so_and_hangs_up_within_five_seconds(run):
    async def stop(patient, live):
        await patient.prompt_over()
        live.end_soon()

    finish, rows, _ = run(talk(stop, Ears()))
    told = next(r.at_ms for r in rows if r.kind == "MustEnd")
    assert rows[-1].at_ms - told < 5_000
    assert finish.disposition is Disposition.INTERRUPTED


def test_a_sentence_cut_by_a_pause_is_understood_as_one(run):
    async def hesitate(patient, live):
        await patient.prompt_over()
        await patient.say(600)
        await asyncio.sleep(0.6 + 0.5)
        await patient.say(500)

    finish, rows, _ = run(talk(hesitate, Ears("да нет", "приду")))
    joined = [codec.decode(r.body).joined for r in rows if r.kind == "Heard"]
    assert joined[0] is None and joined[1].text == "да нет приду"
    assert finish.conclusions[0].outcome is Outcome.CONFIRMED
