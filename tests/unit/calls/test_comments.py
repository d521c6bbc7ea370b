"""Recorded comments: a file for what was said, none for what was not wanted; the call never waits for the disk."""

from __future__ import annotations

import asyncio
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from voicebot.calls.comments import Comments, keep_in
from voicebot.calls.driver import LiveCall
from voicebot.calls.journal import CallJournal
from voicebot.calls.listening import Senses
from voicebot.calls.port import Spoken
from voicebot.calls.subjects import subjects
from voicebot.contacts.model import Appointment, ClinicBranch, Doctor, Patient, Representative
from voicebot.dialogue.call import new_call
from voicebot.dialogue.intents import Intent, Meaning
from voicebot.dialogue.outcome import Outcome
from voicebot.dialogue.prompts import prompts
from voicebot.dialogue.scenario import About, AskValue, End, Purpose, Scenario, Step, Unclear, ValueKind
from voicebot.engine.caller import CallOrder
from voicebot.speech.listener import Listener
from voicebot.speech.port import Recognised
from voicebot.speech.wav import read_wav
from voicebot.telephony.memory import memory_call

HZ = 8000
SCENARIO = Scenario(
    "f", "1", "", Purpose.SERVICE, About.APPOINTMENT, "anna", "why",
    {s.id: s for s in [
        Step("why", AskValue(ValueKind.COMMENT, "comment", "bye", Unclear("Слушаю.", "bye")), say="Что не так?"),
        Step("bye", End(), say="Спасибо.", outcome=Outcome.CONFIRMED),
        Step("stopped", End(), say="Больше не позвоню.", outcome=Outcome.OPTED_OUT),
    ]},
    {Intent.STOP: "stopped"},
)  # fmt: skip


def pcm(ms: int, value: int = 9000) -> bytes:
    return int.to_bytes(value, 2, "little", signed=True) * (HZ * ms // 1000)


class Kept(dict[str, bytes]):
    """A keeper that remembers; slow, as disks are."""

    async def keep(self, name: str, sound: bytes, hz: int) -> None:
        assert hz == HZ
        await asyncio.sleep(0.5)
        self[name] = sound


def test_only_what_was_said_between_begin_and_end_is_kept(run) -> None:
    async def scene() -> Kept:
        kept = Kept()
        comments = Comments("a1", HZ, kept.keep)
        comments.feed(pcm(500))
        comments.begin("why")
        comments.feed(pcm(200))
        comments.end("why", discard=False)
        comments.feed(pcm(300))
        comments.begin("why")  # asked about the second visit of the call
        comments.feed(pcm(100))
        comments.end("why", discard=False)
        assert not kept  # nobody waited
        await comments.close()
        return kept

    kept = run(scene())
    assert {name: len(sound) for name, sound in kept.items()} == {"a1-why": 3200, "a1-why-2": 1600}


def test_what_was_not_wanted_or_not_said_leaves_nothing(run) -> None:
    async def scene() -> Kept:
        kept = Kept()
        comments = Comments("a1", HZ, kept.keep)
        comments.begin("why")
        comments.feed(pcm(200))
        comments.end("why", discard=True)
        comments.begin("why")
        comments.end("why", discard=False)
        comments.end("why", discard=False)
        await comments.close()
        return kept

    assert run(scene()) == {}


def test_a_comment_without_end_does_not_fill_the_memory(run) -> None:
    async def scene() -> Kept:
        kept = Kept()
        comments = Comments("a1", HZ, kept.keep)
        comments.begin("why")
        for _ in range(200):
            comments.feed(pcm(1000))
        comments.end("why", discard=False)
        await comments.close()
        return kept

    assert 80 * HZ * 2 < len(run(scene())["a1-why"]) < 100 * HZ * 2


async def test_the_file_is_whole_private_and_plain_wav(tmp_path: Path) -> None:
    await keep_in(tmp_path / "comments")("a1-why", pcm(250, 1234), HZ)
    (path,) = (tmp_path / "comments").iterdir()
    assert path.name == "a1-why.wav"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    sound = read_wav(path)
    assert (sound.hz, sound.pcm) == (HZ, pcm(250, 1234))


async def one_comment(name: str, folder: Path) -> None:
    comments = Comments("a1", HZ, keep_in(folder))
    comments.begin(name)
    comments.feed(pcm(20))
    comments.end(name, discard=False)
    await comments.close()


def test_a_name_cannot_leave_the_folder(tmp_path: Path) -> None:
    asyncio.run(one_comment("../../отзыв", tmp_path / "comments"))
    assert [p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*.wav")] == ["comments/a1-.._.._.wav"]


def test_a_full_disk_costs_the_comment_not_the_call(tmp_path: Path) -> None:
    (tmp_path / "comments").write_text("a file where the folder should be")
    asyncio.run(one_comment("why", tmp_path / "comments"))
    assert [p.name for p in tmp_path.iterdir()] == ["comments"]


# In a live call -----------------------------------------------------------------------------------


class Quiet:
    """A detector that never notices speech: what is said is for the recording only."""

    frame_samples, rate = 256, HZ

    def probability(self, frame: bytes) -> float:
        return 0.0

    def reset(self) -> None:
        pass


class Deaf:
    async def recognise(self, pcm: bytes, rate: int) -> Recognised:
        return Recognised("", 0.0, 0.9)

    def understand(self, written, call):
        return Meaning()


class NoRows:
    async def append_events(self, rows) -> None:
        pass


@pytest.fixture
def talk(run):
    """A call with this scenario; the patient speaks for so long once the robot has asked, then does something."""

    def go(after) -> tuple[Kept, object]:
        async def scene():
            near, far = memory_call("a1")
            kept, deaf = Kept(), Deaf()
            rendered = {p: Spoken(p.template, pcm(1000)) for p in prompts(SCENARIO, 1)}
            senses = Senses(Listener(Quiet()), deaf, deaf)
            live = LiveCall(new_call(SCENARIO, ({},)), near, rendered, senses, CallJournal(NoRows(), "a1"),
                            keep=kept.keep)  # fmt: skip

            async def patient() -> None:
                await asyncio.sleep(4)  # greeting awaited, the question heard
                await far.play(1, pcm(700, 5000))
                await asyncio.sleep(1)
                await after(far, live)

            async with far:
                acting = asyncio.create_task(patient())
                finish = await live.run()
                await acting
            return kept, finish

        return run(scene())

    return go


async def hang_up(far, live) -> None:
    await far.hang_up()


async def press_hash(far, live) -> None:
    await far.press("#")


async def silence(far, live) -> None:
    pass


@pytest.mark.parametrize("after", [press_hash, hang_up, silence])
def test_a_comment_is_kept_however_it_ends(talk, after) -> None:
    kept, _ = talk(after)
    assert list(kept) == ["a1-comment"]
    said = kept["a1-comment"].count(pcm(1, 5000)[:2])
    assert said >= 0.65 * HZ  # the whole of what was said, and silence around it


def test_a_call_that_is_cancelled_in_a_comment_still_keeps_it(run) -> None:
    async def scene() -> Kept:
        near, far = memory_call("a1")
        kept, deaf = Kept(), Deaf()
        rendered = {p: Spoken(p.template, pcm(1000)) for p in prompts(SCENARIO, 1)}
        live = LiveCall(new_call(SCENARIO, ({},)), near, rendered, Senses(Listener(Quiet()), deaf, deaf),
                        CallJournal(NoRows(), "a1"), keep=kept.keep)  # fmt: skip
        async with far:
            task = asyncio.create_task(live.run())
            await asyncio.sleep(4)
            await far.play(1, pcm(700, 5000))
            await asyncio.sleep(1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        return kept

    assert list(run(scene())) == ["a1-comment"]


# The facts of a family ----------------------------------------------------------------------------


def test_each_visit_of_a_call_knows_whose_it_is_and_whom_to_ask_for() -> None:
    mother = Representative("Ветрова", "Ирина", "Олеговна")
    patients = (
        Patient("1", "Ветров", "Егор", representative=mother),
        Patient("2", "Ветрова", "Алиса", representative=mother),
        Patient("3", "Ветров", "Андрей", "Ильич"),
    )
    now = datetime(2026, 11, 23, 9, tzinfo=UTC)
    branch = ClinicBranch("b", "Центр", "улица Ленина, 5", "Europe/Moscow")
    visits = tuple(Appointment(f"v{p.id}", "1", p.id, now, Doctor("d", "Улюкаева"), branch) for p in patients)
    order = CallOrder("a1", "+78880000128", patients[0], visits, SCENARIO, patients=patients)
    facts = subjects(order, "Здоровье", now)
    assert [str(f["person.given_name"]) for f in facts] == ["Ирина", "Ирина", "Андрей"]
    assert [f["person.is_representative"] for f in facts] == ["да", "да", "нет"]
    assert [f["person.is_new"] for f in facts] == ["нет", "нет", "да"]
    assert [str(f["patient.given_name"]) for f in facts] == ["Егор", "Алиса", "Андрей"]
    assert [(f["visit.number"], f["visits.total"]) for f in facts] == [(1, 3), (2, 3), (3, 3)]
