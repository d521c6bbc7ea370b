"""Joining an administrator of the city into a live call."""

from __future__ import annotations

import asyncio
import contextlib

import numpy as np
import pytest

from voicebot.telephony.port import (
    Gone,
    PlayFinished,
    TelephonyError,
    TransferJoined,
    TransferLeft,
    TransferNotJoined,
    Up,
)

PATIENT, CLINIC, ADMINISTRATOR = "+78880000001", "+78880000000", "+78880000901"


@contextlib.asynccontextmanager
async def call(clinic, city, party, call_ids):
    """(robot, patient, calls that come into the city)."""
    calls = city.incoming()
    async with party(clinic.dial(next(call_ids), PATIENT, CLINIC, 20)) as robot:
        ringing = await asyncio.wait_for(anext(calls), 5)
        async with party(ringing.answer()) as patient:
            await robot.expect(Up)
            await patient.expect(Up)
            yield robot, patient, calls


async def rung(calls):
    administrator = await asyncio.wait_for(anext(calls), 5)
    assert administrator.dialled == ADMINISTRATOR
    await administrator.ring()
    return administrator


def loudness(samples: np.ndarray) -> float:
    return float(np.sqrt(np.mean(samples**2))) if len(samples) else 0.0


async def test_the_administrator_hears_the_whisper_first_and_then_both_hear_each_other(
    clinic, city, party, call_ids, sweep, likeness
):
    whisper, question, answer = sweep(1.0), sweep(0.7, 3000, 400), sweep(0.7, 900, 2200)
    async with call(clinic, city, party, call_ids) as (robot, patient, calls):
        await robot.line.play(1, sweep(5, 500, 600))  # the robot is in mid sentence
        await robot.line.transfer("reception", f"op-{robot.line.id}", whisper, 10)
        ringing = await rung(calls)
        await asyncio.sleep(1.2)
        music = patient.samples()[-8000:]
        async with party(ringing.answer()) as administrator:
            await robot.expect(TransferJoined)
            joined = len(patient.heard)
            await administrator.line.play(1, question)
            await administrator.expect(PlayFinished)
            await patient.line.play(1, answer)
            await patient.expect(PlayFinished)
            await asyncio.sleep(0.2)
            for_robot = robot.samples()
            assert not robot.has(Gone)
    assert loudness(music) > 300, "the patient hears music while it rings"
    assert likeness(whisper, administrator.samples())[0] > 0.9
    assert likeness(answer, administrator.samples())[0] > 0.9
    assert likeness(question, patient.samples()[joined // 2 - 1600 :])[0] > 0.9
    assert likeness(whisper, patient.samples())[0] < 0.3, "the whisper is for the administrator alone"
    assert likeness(question, for_robot)[0] < 0.3, "the robot does not listen to what they say"


async def test_nobody_picks_up_and_the_robot_is_back(clinic, city, party, call_ids, sweep, likeness):
    sorry = sweep(0.6)
    async with call(clinic, city, party, call_ids) as (robot, patient, calls):
        await robot.line.transfer("reception", f"op-{robot.line.id}", sweep(1), 2)
        ringing = await rung(calls)
        event = await robot.expect(TransferNotJoined, 6)
        await asyncio.wait_for(ringing.left(), 2)
        position = len(patient.heard)
        await robot.line.play(2, sorry)
        await robot.expect(PlayFinished)
        await patient.line.play(1, sorry)
        await patient.expect(PlayFinished)
        await asyncio.sleep(0.2)
    assert "не ответил" in event.reason
    alike, at = likeness(sorry, patient.samples()[position // 2 :])
    assert (alike > 0.9, at < 0.5) == (True, True)
    assert likeness(sorry, robot.samples())[0] > 0.9


async def test_the_administrator_is_busy(clinic, city, party, call_ids, sweep):
    async with call(clinic, city, party, call_ids) as (robot, _, calls):
        await robot.line.transfer("reception", f"op-{robot.line.id}", sweep(1), 20)
        await (await asyncio.wait_for(anext(calls), 5)).reject(17)
        await robot.expect(TransferNotJoined, 3)


async def test_a_second_transfer_after_a_failed_one(clinic, city, party, call_ids, sweep):
    async with call(clinic, city, party, call_ids) as (robot, _, calls):
        await robot.line.transfer("reception", f"op1-{robot.line.id}", b"", 20)
        with pytest.raises(TelephonyError):
            await robot.line.transfer("reception", f"op2-{robot.line.id}", b"", 20)
        await (await asyncio.wait_for(anext(calls), 5)).reject(17)
        await robot.expect(TransferNotJoined, 3)
        await robot.line.transfer("reception", f"op3-{robot.line.id}", b"", 20)
        async with party((await rung(calls)).answer()):
            await robot.expect(TransferJoined)


async def test_a_queue_without_administrator(clinic, city, party, call_ids, sweep):
    async with call(clinic, city, party, call_ids) as (robot, _, _calls):
        await robot.line.transfer("nobody", f"op-{robot.line.id}", sweep(1), 20)
        await robot.expect(TransferNotJoined, 2)


async def test_the_patient_hangs_up_while_it_rings(clinic, city, party, call_ids, sweep):
    async with call(clinic, city, party, call_ids) as (robot, patient, calls):
        await robot.line.transfer("reception", f"op-{robot.line.id}", sweep(1), 20)
        ringing = await rung(calls)
        await patient.line.hang_up()
        await robot.gone()
        await asyncio.wait_for(ringing.left(), 2)  # at once, not only when the driver leaves the line
        assert not robot.has(TransferNotJoined)


async def test_the_administrator_hangs_up_and_the_robot_can_speak_again(clinic, city, party, call_ids, sweep, likeness):
    goodbye = sweep(0.6)
    async with call(clinic, city, party, call_ids) as (robot, patient, calls):
        await robot.line.transfer("reception", f"op-{robot.line.id}", b"", 20)
        async with party((await rung(calls)).answer()) as administrator:
            await robot.expect(TransferJoined)
            await administrator.line.hang_up()
        await robot.expect(TransferLeft)
        assert not robot.has(Gone)
        await robot.line.play(5, goodbye)
        await robot.expect(PlayFinished)
        await asyncio.sleep(0.2)
    assert likeness(goodbye, patient.samples())[0] > 0.9


async def test_the_administrator_hangs_up_during_the_whisper(clinic, city, party, call_ids, sweep):
    async with call(clinic, city, party, call_ids) as (robot, _, calls):
        await robot.line.transfer("reception", f"op-{robot.line.id}", sweep(5), 20)
        async with party((await rung(calls)).answer()) as administrator:
            await administrator.expect(Up)
            await asyncio.sleep(0.3)
            await administrator.line.hang_up()
        event = await robot.expect(TransferNotJoined, 2)
        assert "положил трубку" in event.reason


async def test_the_patient_hangs_up_while_they_talk(clinic, city, party, call_ids):
    async with call(clinic, city, party, call_ids) as (robot, patient, calls):
        await robot.line.transfer("reception", f"op-{robot.line.id}", b"", 20)
        async with party((await rung(calls)).answer()) as administrator:
            await robot.expect(TransferJoined)
            await patient.line.hang_up()
            await robot.gone()
            await administrator.gone(2)  # no administrator is left alone in silence
        assert not robot.has(TransferLeft)


async def test_the_driver_leaves_while_it_rings(clinic, city, party, call_ids, sweep):
    async with call(clinic, city, party, call_ids) as (robot, _, calls):
        await robot.line.transfer("reception", f"op-{robot.line.id}", sweep(1), 20)
        ringing = await rung(calls)
    await asyncio.wait_for(ringing.left(), 2)


async def test_what_is_played_during_a_transfer_is_dropped(clinic, city, party, call_ids, sweep):
    async with call(clinic, city, party, call_ids) as (robot, _, calls):
        await robot.line.transfer("reception", f"op-{robot.line.id}", b"", 2)
        await rung(calls)
        await robot.line.play(9, sweep(0.2))
        await robot.expect(TransferNotJoined, 6)
        await asyncio.sleep(0.4)
        assert not robot.has(PlayFinished)


async def test_a_caller_is_transferred_too_and_the_administrator_sees_the_clinics_number(
    clinic, city, party, call_ids, sweep
):
    calls, administrators = clinic.incoming(), city.incoming()
    async with party(city.dial(next(call_ids), CLINIC, PATIENT, 20)):
        ringing = await asyncio.wait_for(anext(calls), 5)
        async with party(ringing.answer()) as robot:
            await robot.expect(Up)
            await robot.line.transfer("reception", "op-inbound", sweep(0.3), 20)
            administrator = await rung(administrators)
            assert administrator.caller == CLINIC
            async with party(administrator.answer()):
                await robot.expect(TransferJoined)
