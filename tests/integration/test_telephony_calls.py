"""Calls between the clinic's Asterisk and the city's: real SIP, real RTP, sound checked by correlation."""

from __future__ import annotations

import asyncio
import contextlib

import numpy as np
import pytest

from voicebot.dialogue.outcome import Disposition
from voicebot.telephony.ari import AriConflict
from voicebot.telephony.port import Back, Gone, Key, MediaLost, PlayFinished, Ringing, TelephonyError, Up
from voicebot.telephony.telephone import AriTelephone

PATIENT, CLINIC = "+78880000001", "+78880000000"


@contextlib.asynccontextmanager
async def answered(clinic, city, party, call_ids):
    """A call that both sides are on: (robot, patient)."""
    calls = city.incoming()
    async with party(clinic.dial(next(call_ids), PATIENT, CLINIC, 20)) as robot:
        call = await asyncio.wait_for(anext(calls), 5)
        async with party(call.answer()) as patient:
            await robot.expect(Up)
            await patient.expect(Up)
            yield robot, patient


async def test_sound_goes_both_ways_and_the_mark_comes_when_it_was_heard(
    clinic, city, party, call_ids, sweep, likeness
):
    prompt, answer = sweep(1.5), sweep(1.0, 3000, 500)
    loop = asyncio.get_running_loop()
    async with answered(clinic, city, party, call_ids) as (robot, patient):
        begun = loop.time()
        await robot.line.play(7, prompt)
        await patient.line.play(1, answer)
        finished = await robot.expect(PlayFinished)
        took = loop.time() - begun
        await asyncio.sleep(0.3)
        await robot.line.hang_up()
        assert (await patient.gone()).disposition is Disposition.ANSWERED
        assert (await robot.gone()) == Gone(Disposition.ANSWERED, 16, "")
    assert finished == PlayFinished(7)
    assert 1.45 < took < 2.0
    assert likeness(prompt, patient.samples())[0] > 0.9
    assert likeness(answer, robot.samples())[0] > 0.9
    assert Ringing() not in robot.events[robot.events.index(Up()) :]


async def test_the_numbers_of_both_sides_arrive(clinic, city, party, call_ids):
    calls = city.incoming()
    async with party(clinic.dial(next(call_ids), PATIENT, CLINIC, 20)):
        call = await asyncio.wait_for(anext(calls), 5)
        assert (call.dialled, call.caller) == (PATIENT, CLINIC)
        await call.reject(17)


async def test_nothing_that_the_patient_says_first_is_lost(clinic, city, party, call_ids, sweep, likeness):
    hello = sweep(0.4)
    calls = city.incoming()
    async with party(clinic.dial(next(call_ids), PATIENT, CLINIC, 20)) as robot:
        call = await asyncio.wait_for(anext(calls), 5)
        await call.ring()
        await robot.expect(Ringing)
        async with party(call.answer()) as patient:
            await patient.line.play(1, hello)  # at once, not after Up
            await patient.expect(PlayFinished)
            await asyncio.sleep(0.2)
    alike, at = likeness(hello, robot.samples())
    assert alike > 0.9
    assert at < 0.5


async def test_a_flush_silences_at_once_and_its_mark_never_comes(clinic, city, party, call_ids, sweep, likeness):
    after = sweep(0.8, 2500, 600)
    async with answered(clinic, city, party, call_ids) as (robot, patient):
        await robot.line.play(1, sweep(10, 400, 900))
        await asyncio.sleep(1.0)
        await robot.line.flush()
        await asyncio.sleep(0.1)  # the way through both Asterisks and their jitter
        position = len(patient.heard)
        await asyncio.sleep(0.6)
        quiet = patient.samples()[position // 2 :]
        assert np.abs(quiet).max() < 100
        await robot.line.play(2, after)
        await robot.expect(PlayFinished)
        await asyncio.sleep(0.2)
    assert [each for each in robot.events if isinstance(each, PlayFinished)] == [PlayFinished(2)]
    assert likeness(after, patient.samples())[0] > 0.9


async def test_a_prompt_longer_than_asterisk_can_queue_is_heard_to_its_end(
    clinic, city, party, call_ids, sweep, likeness
):
    tail = sweep(1.0, 3000, 600)
    long = sweep(22, 300, 3000) + tail  # more than the 1000 frames after which Asterisk drops sound without a word
    loop = asyncio.get_running_loop()
    async with answered(clinic, city, party, call_ids) as (robot, patient):
        begun = loop.time()
        await robot.line.play(3, long)
        assert loop.time() - begun < 1, "play hands over, it does not wait"
        await robot.expect(PlayFinished, 30)
        assert 22.9 < loop.time() - begun < 24
        await asyncio.sleep(0.2)
    heard = patient.samples()
    alike, at = likeness(tail, heard)
    first, start = likeness(long[:16000], heard)
    assert (first > 0.9, alike > 0.9) == (True, True)
    assert at - start == pytest.approx(22, abs=0.1), "nothing in between was dropped"


async def test_two_prompts_follow_each_other_and_an_odd_length_keeps_its_end(
    clinic, city, party, call_ids, sweep, likeness
):
    one, two = sweep(0.507), sweep(0.333, 3000, 500)
    async with answered(clinic, city, party, call_ids) as (robot, patient):
        await robot.line.play(1, one)
        await robot.line.play(2, two)
        async with asyncio.timeout(5):
            while len([each for each in robot.events if isinstance(each, PlayFinished)]) < 2:
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)
    assert [each for each in robot.events if isinstance(each, PlayFinished)] == [PlayFinished(1), PlayFinished(2)]
    first, second = likeness(one, patient.samples()), likeness(two, patient.samples())
    assert (first[0] > 0.9, second[0] > 0.9) == (True, True)
    assert 0.5 < second[1] - first[1] < 0.56  # the remainder of a frame is filled with silence, not dropped


async def test_a_silent_robot_still_sends_sound(clinic, city, party, call_ids):
    async with answered(clinic, city, party, call_ids) as (_, patient):
        await asyncio.sleep(0.3)
        before = len(patient.heard)
        await asyncio.sleep(1.5)
        sent_s = (len(patient.heard) - before) / 16000
    assert sent_s > 1.2, "carriers cut a call without RTP"
    tail = patient.samples()[before // 2 :]
    assert 0 < np.abs(tail).max() < 100


async def test_keys_arrive_once_each(clinic, city, party, call_ids):
    async with answered(clinic, city, party, call_ids) as (robot, patient):
        await patient.line.press("19#")
        async with asyncio.timeout(5):
            while len([each for each in robot.events if isinstance(each, Key)]) < 3:
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.3)
    keys = [each for each in robot.events if isinstance(each, Key)]
    assert [each.key for each in keys] == ["1", "9", "#"]
    assert all(50 < each.duration_ms < 400 for each in keys)


async def test_the_patient_hangs_up_in_the_middle_of_a_prompt(clinic, city, party, call_ids, sweep):
    async with answered(clinic, city, party, call_ids) as (robot, patient):
        await robot.line.play(1, sweep(10))
        await asyncio.sleep(0.3)
        await patient.line.hang_up()
        gone = await robot.gone()
        await robot.line.play(2, sweep(1))  # a driver that has not read Gone yet
        await robot.line.flush()
        await robot.line.hang_up()
    assert gone == Gone(Disposition.ANSWERED, 16, "")
    assert robot.events[-1] == gone


async def test_the_robot_gives_up_while_it_rings(clinic, city, party, call_ids):
    calls = city.incoming()
    async with party(clinic.dial(next(call_ids), PATIENT, CLINIC, 20)) as robot:
        call = await asyncio.wait_for(anext(calls), 5)
        await call.ring()
        await robot.expect(Ringing)
        await robot.line.hang_up()
        assert (await robot.gone()).disposition is Disposition.INTERRUPTED
        await asyncio.wait_for(call.left(), 5)


async def test_leaving_a_line_that_rings_stops_the_ringing(clinic, city, party, call_ids):
    calls = city.incoming()
    async with party(clinic.dial(next(call_ids), PATIENT, CLINIC, 20)) as robot:
        call = await asyncio.wait_for(anext(calls), 5)
        await call.ring()
        await robot.expect(Ringing)
    await asyncio.wait_for(call.left(), 5)


@pytest.mark.parametrize("after_ms", [0, 1, 2, 3, 4, 6, 8, 12, 20, 50])
async def test_a_call_cancelled_at_any_moment_of_its_beginning_leaves_nothing(clinic, city, call_ids, after_ms):
    calls = city.incoming()

    async def call() -> None:
        async with clinic.dial(next(call_ids), PATIENT, CLINIC, 20) as line:
            async for _ in line.events():
                pass

    async def refuse() -> None:
        async for each in calls:
            await each.ring()

    refusing = asyncio.create_task(refuse())
    calling = asyncio.create_task(call())
    await asyncio.sleep(after_ms / 1000)
    calling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await calling
    refusing.cancel()
    await asyncio.gather(refusing, return_exceptions=True)
    # the fixture of the clinic asserts that neither channel nor bridge is left


async def test_a_failing_driver_leaves_nothing(clinic, city, party, call_ids):
    with pytest.raises(ZeroDivisionError):
        async with answered(clinic, city, party, call_ids):
            raise ZeroDivisionError


async def test_a_taken_id_is_refused_and_the_living_call_goes_on(
    asterisk_pair, clinic, city, party, call_ids, sweep, likeness
):
    async with answered(clinic, city, party, call_ids) as (robot, patient):
        call_id = robot.line.id
        with pytest.raises(TelephonyError):  # this process knows it
            async with clinic.dial(call_id, PATIENT, CLINIC, 20):
                raise AssertionError("must not ring")
        process = asterisk_pair.clinic
        async with AriTelephone(process.url, process.user, process.password, "another-node") as other:
            with pytest.raises(AriConflict):  # another process is told by Asterisk
                async with other.dial(call_id, PATIENT, CLINIC, 20):
                    raise AssertionError("must not ring")
        assert await clinic.alive(call_id)
        tone = sweep(0.5)
        await robot.line.play(1, tone)
        await robot.expect(PlayFinished)
        await asyncio.sleep(0.2)
        assert not robot.has(Gone)
    assert likeness(tone, patient.samples())[0] > 0.9
    assert not await clinic.alive(call_id)


async def test_a_call_can_be_ended_by_its_id_alone(clinic, city, party, call_ids):
    async with answered(clinic, city, party, call_ids) as (robot, patient):
        await clinic.end(robot.line.id)
        assert (await robot.gone()).disposition is Disposition.ANSWERED
        await patient.gone()
        await clinic.end(robot.line.id)  # gone already is a success


async def test_a_media_channel_that_is_lost_is_replaced(clinic, city, party, call_ids):
    async with answered(clinic, city, party, call_ids) as (robot, patient):
        await clinic.exchange.client.delete(f"channels/m-{robot.line.id}")
        await robot.expect(Back)
        assert not robot.has(MediaLost) and not patient.has(Gone)
    await patient.gone()


async def test_a_missing_endpoint_is_our_failure(asterisk_pair, party, call_ids):
    process = asterisk_pair.clinic
    telephone = AriTelephone(process.url, process.user, process.password, "voicebot-test", endpoint="PJSIP/{number}@no")
    async with telephone, party(telephone.dial(next(call_ids), PATIENT, CLINIC, 20)) as robot:
        assert await robot.gone() == Gone(Disposition.FAILED)


def test_a_number_that_would_change_the_dial_string_is_refused():
    telephone = AriTelephone("http://127.0.0.1:1", "u", "p", "voicebot-test")
    for number in ("", "abc", "+7888000@evil", "78880000001&PJSIP/1", "+"):
        with pytest.raises(TelephonyError):
            telephone.dial("x", number, CLINIC, 20)


async def test_no_call_outlives_its_absolute_limit(asterisk_pair, city, party, call_ids):
    process = asterisk_pair.clinic
    telephone = AriTelephone(process.url, process.user, process.password, "voicebot-test", max_call_s=2)
    async with telephone, answered(telephone, city, party, call_ids) as (robot, patient):
        gone = await robot.gone(6)
        await patient.gone()
    assert gone.disposition is Disposition.ANSWERED


async def test_a_call_that_comes_in_is_answered(clinic, city, party, call_ids, sweep, likeness):
    greeting = sweep(0.6)
    calls = clinic.incoming()
    async with party(city.dial(next(call_ids), CLINIC, PATIENT, 20)) as patient:
        call = await asyncio.wait_for(anext(calls), 5)
        assert (call.dialled, call.caller) == (CLINIC, PATIENT)
        await call.ring()
        await patient.expect(Ringing)
        async with party(call.answer()) as robot:
            await robot.expect(Up)
            await robot.line.play(1, greeting)
            await robot.expect(PlayFinished)
            await asyncio.sleep(0.2)
            await patient.line.hang_up()
            assert (await robot.gone()).disposition is Disposition.ANSWERED
    assert likeness(greeting, patient.samples())[0] > 0.9


@pytest.mark.parametrize(
    ("cause", "disposition"),
    [
        (17, Disposition.BUSY),
        (21, Disposition.REJECTED),
        (1, Disposition.INVALID_NUMBER),
        (34, Disposition.FAILED),
        (19, Disposition.NO_ANSWER),
    ],
)
async def test_a_refusal_reaches_the_caller_as_what_it_is(clinic, city, party, call_ids, cause, disposition):
    calls = city.incoming()
    async with party(clinic.dial(next(call_ids), PATIENT, CLINIC, 20)) as robot:
        call = await asyncio.wait_for(anext(calls), 5)
        await call.reject(cause)
        assert (await robot.gone()).disposition is disposition


async def test_a_caller_who_left_before_the_answer(clinic, city, party, call_ids):
    calls = clinic.incoming()
    async with party(city.dial(next(call_ids), CLINIC, PATIENT, 20)):
        call = await asyncio.wait_for(anext(calls), 5)
        await call.ring()
    await asyncio.wait_for(call.left(), 5)
    await call.ring()
    async with party(call.answer()) as robot:
        gone = await robot.gone()
    assert gone.disposition is Disposition.NO_ANSWER
    assert robot.events == [gone]


async def test_calls_that_nobody_takes_are_refused(clinic, city, party, call_ids):
    async with party(city.dial(next(call_ids), CLINIC, PATIENT, 20)) as patient:
        assert (await patient.gone()).cause == 34


async def test_twenty_calls_at_once(clinic, city, party, call_ids, sweep):
    """More requests at once than most pools of connections have."""
    calls = city.incoming()

    async def patient() -> None:
        call = await anext(calls)
        async with party(call.answer()) as side:
            await side.gone(20)

    async def robot() -> Disposition:
        async with party(clinic.dial(next(call_ids), PATIENT, CLINIC, 20)) as side:
            await side.expect(Up, 20)
            await side.line.play(1, sweep(0.5))
            await side.expect(PlayFinished, 20)
            await side.line.hang_up()
            return (await side.gone(20)).disposition

    async with asyncio.TaskGroup() as group:
        for _ in range(20):
            group.create_task(patient())
        dispositions = [group.create_task(robot()) for _ in range(20)]
    assert [each.result() for each in dispositions] == [Disposition.ANSWERED] * 20
