"""A line whose sound breaks off while the call lives: it comes back, whoever talks at that moment."""

from __future__ import annotations

import asyncio

from tests.integration.test_telephony_outages import answered
from voicebot.dialogue.outcome import Disposition
from voicebot.telephony.port import (
    Back,
    Gone,
    MediaLost,
    PlayFinished,
    TransferJoined,
    TransferLeft,
    TransferNotJoined,
    Up,
)

PATIENT, CLINIC = "+78880000001", "+78880000000"


async def test_the_robot_is_heard_again(clinic, city, party, call_ids, sweep, likeness) -> None:
    tone = sweep(0.8)
    async with answered(clinic, city, party, call_ids) as (robot, patient):
        await robot.line.play(1, sweep(5))
        await asyncio.sleep(0.2)
        await robot.line.cut()
        assert await robot.expect(Back) == Back(talking=False)
        await robot.line.play(2, tone)
        await robot.expect(PlayFinished)
        await patient.line.play(1, tone)
        await patient.expect(PlayFinished)
        await asyncio.sleep(0.3)
        await patient.line.hang_up()
        assert (await robot.gone()).disposition is Disposition.ANSWERED
        assert not robot.has(MediaLost)
        assert [e.prompt_id for e in robot.events if isinstance(e, PlayFinished)] == [2]
    assert likeness(tone, patient.samples())[0] > 0.9
    assert likeness(tone, robot.samples())[0] > 0.9


async def test_again_and_again(clinic, city, party, call_ids, sweep) -> None:
    async with answered(clinic, city, party, call_ids) as (robot, patient):
        for times in range(1, 4):
            await robot.line.cut()
            async with asyncio.timeout(5):
                while sum(isinstance(e, Back) for e in robot.events) < times:
                    await asyncio.sleep(0.02)
        await robot.line.play(9, sweep(0.2))
        await robot.expect(PlayFinished)
        await robot.line.hang_up()
        await patient.expect(Gone)


async def test_a_break_while_nobody_picks_up(clinic, city, party, call_ids, sweep, likeness) -> None:
    tone = sweep(0.8)
    calls = city.incoming()
    async with answered(clinic, city, party, call_ids) as (robot, patient):
        await robot.line.transfer("reception", f"t-{robot.line.id}", sweep(0.2), 5)
        desk = await asyncio.wait_for(anext(calls), 5)
        await robot.line.cut()
        await asyncio.sleep(0.2)
        assert not robot.has(Back) and not robot.has(MediaLost)
        await desk.reject(17)
        await robot.expect(TransferNotJoined)
        await robot.expect(Back)
        await robot.line.play(2, tone)
        await robot.expect(PlayFinished)
        await asyncio.sleep(0.2)
    assert likeness(tone, patient.samples())[0] > 0.9


async def test_a_break_while_others_talk_is_none_of_their_business(clinic, city, party, call_ids, sweep) -> None:
    calls = city.incoming()
    async with answered(clinic, city, party, call_ids) as (robot, patient):
        await robot.line.transfer("reception", f"t-{robot.line.id}", sweep(0.2), 5)
        desk = await asyncio.wait_for(anext(calls), 5)
        async with party(desk.answer()) as administrator:
            await administrator.expect(Up)
            await robot.expect(TransferJoined)
            await robot.line.cut()
            await asyncio.sleep(0.5)
            assert not robot.has(Back) and not patient.has(Gone)
            await administrator.line.hang_up()
            await robot.expect(TransferLeft)
            await robot.expect(Back)
        await robot.line.hang_up()
        await patient.expect(Gone)
