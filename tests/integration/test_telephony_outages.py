"""Broken connections, dead processes, occupied ports."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import textwrap
from pathlib import Path

import pytest

from voicebot.dialogue.outcome import Disposition
from voicebot.telephony.ari import AriError
from voicebot.telephony.asterisk import AsteriskFailed, AsteriskProcess
from voicebot.telephony.port import Gone, MediaLost, PlayFinished, TelephonyDown, Up
from voicebot.telephony.telephone import AriTelephone

PATIENT, CLINIC = "+78880000001", "+78880000000"
ROOT = Path(__file__).resolve().parents[2]


@contextlib.asynccontextmanager
async def answered(clinic, city, party, call_ids):
    calls = city.incoming()
    async with party(clinic.dial(next(call_ids), PATIENT, CLINIC, 20)) as robot:
        ringing = await asyncio.wait_for(anext(calls), 5)
        async with party(ringing.answer()) as patient:
            await robot.expect(Up)
            await patient.expect(Up)
            yield robot, patient


async def until(condition, within_s: float = 5.0) -> None:
    async with asyncio.timeout(within_s):
        while not await condition():
            await asyncio.sleep(0.02)


async def test_a_call_goes_on_when_the_event_socket_breaks(clinic, city, party, call_ids, sweep, likeness):
    tone = sweep(0.8)
    async with answered(clinic, city, party, call_ids) as (robot, patient):
        await clinic.exchange.client.cut()
        await robot.line.play(1, tone)
        await robot.expect(PlayFinished)
        await asyncio.sleep(0.3)
        assert not robot.has(Gone)
        await patient.line.hang_up()
        assert await robot.gone() == Gone(Disposition.ANSWERED, 16, "")  # the new socket hears it
    assert likeness(tone, patient.samples())[0] > 0.9


@pytest.mark.parametrize("late_s", [0.0, 0.02, 0.3])
async def test_a_hangup_while_the_event_socket_is_away_is_found(clinic, city, party, call_ids, late_s, monkeypatch):
    """Asterisk queues no events for a client that is away."""
    monkeypatch.setattr("voicebot.telephony.ari._BACKOFF_S", (late_s + 0.3,))
    async with answered(clinic, city, party, call_ids) as (robot, patient):
        await clinic.exchange.client.cut()
        await asyncio.sleep(late_s)
        await patient.line.hang_up()
        gone = await robot.gone(5)
    assert gone.disposition is Disposition.ANSWERED


async def test_an_answer_while_the_event_socket_is_away_is_found(clinic, city, party, call_ids, monkeypatch):
    monkeypatch.setattr("voicebot.telephony.ari._BACKOFF_S", (0.4,))
    calls = city.incoming()
    async with party(clinic.dial(next(call_ids), PATIENT, CLINIC, 20)) as robot:
        ringing = await asyncio.wait_for(anext(calls), 5)
        await clinic.exchange.client.cut()
        async with party(ringing.answer()):
            await asyncio.sleep(0.1)
            assert not robot.has(Up)
            await robot.expect(Up)


async def test_a_call_that_comes_in_while_the_event_socket_is_away_is_offered(own_pair, telephone, party, monkeypatch):
    """It waits only if Asterisk still knows our application: that is, while another call of ours lives."""
    async with telephone(own_pair.clinic) as clinic, telephone(own_pair.city) as city:
        patients, calls = city.incoming(), clinic.incoming()
        async with party(clinic.dial("first", PATIENT, CLINIC, 20)):
            await asyncio.wait_for(anext(patients), 5)
            async with party(city.dial("second", CLINIC, PATIENT, 20)):
                call = await asyncio.wait_for(anext(calls), 5)
                clinic.exchange.disown(call)  # as if its StasisStart had never been heard
                await clinic.exchange.client.cut()
                again = await asyncio.wait_for(anext(calls), 5)
                assert (again.channel_id, again.dialled, again.caller) == (call.channel_id, CLINIC, PATIENT)
                await again.reject(17)


async def test_a_deaf_event_socket_is_replaced(own_pair, telephone, party, caplog):
    """A second socket of the same application takes over the events; when it closes, Asterisk unregisters the
    application: the first socket stays open and hears nothing more."""
    process = own_pair.clinic
    async with telephone(process) as clinic, telephone(own_pair.city) as city:
        calls = city.incoming()
        thief = await clinic.exchange.client.session.ws_connect(
            f"{process.url}/ari/events", params={"app": process.app}
        )
        await thief.close()
        await asyncio.sleep(0.1)

        async def replaced() -> bool:
            return "is deaf" in caplog.text

        await until(replaced, 8)
        await asyncio.sleep(0.3)
        async with party(clinic.dial("after", PATIENT, CLINIC, 20)) as robot:
            await (await asyncio.wait_for(anext(calls), 5)).reject(17)
            assert (await robot.gone()).disposition is Disposition.BUSY


async def test_asterisk_is_killed_and_comes_back(own_pair, telephone, party, call_ids, sweep):
    async with telephone(own_pair.clinic) as clinic, telephone(own_pair.city) as city:
        async with answered(clinic, city, party, call_ids) as (robot, _):
            await robot.line.play(1, sweep(5))
            await own_pair.clinic.kill()
            await robot.expect(MediaLost, 2)
            assert (await robot.gone(4)).disposition is Disposition.FAILED
        assert "-9" in str(await asyncio.wait_for(own_pair.clinic.died(), 1))
        with pytest.raises(TelephonyDown):
            await clinic.alive("call-1")
        await own_pair.clinic.start()

        async def back() -> bool:
            try:
                return not await clinic.alive("call-1")
            except TelephonyDown:
                return False

        await until(back)
        await asyncio.sleep(2)  # the backoff of the event socket
        async with answered(clinic, city, party, call_ids) as (robot, patient):
            await patient.line.hang_up()
            assert (await robot.gone()).disposition is Disposition.ANSWERED


async def test_asterisk_restarted_faster_than_we_noticed(own_pair, telephone, party, call_ids):
    """Its new start has the call neither: that is a failure of ours, whatever the call had come to."""
    async with (
        telephone(own_pair.clinic) as clinic,
        telephone(own_pair.city) as city,
        answered(clinic, city, party, call_ids) as (robot, _),
    ):
        await own_pair.clinic.kill()
        await own_pair.clinic.start()
        assert (await robot.gone(4)).disposition is Disposition.FAILED


async def test_a_call_cannot_begin_while_asterisk_is_away(own_pair, telephone):
    async with telephone(own_pair.clinic) as clinic:
        await own_pair.clinic.kill()
        with pytest.raises(TelephonyDown):
            async with clinic.dial("never", PATIENT, CLINIC, 20):
                raise AssertionError("must not come so far")


async def test_the_calls_of_a_killed_robot_are_found_and_ended(own_pair, telephone, party, sweep):
    process = own_pair.clinic
    script = f"""
        import asyncio
        from voicebot.telephony.telephone import AriTelephone
        from voicebot.telephony.port import Up
        async def main():
            telephone = AriTelephone({process.url!r}, {process.user!r}, {process.password!r}, {process.app!r})
            async with telephone, telephone.dial("orphan-1", "{PATIENT}", "{CLINIC}", 20) as line:
                async for event in line.events():
                    if isinstance(event, Up):
                        print("up", flush=True)
        asyncio.run(main())
    """
    async with telephone(own_pair.city) as city:
        calls = city.incoming()
        robot = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", textwrap.dedent(script)), cwd=ROOT, stdout=asyncio.subprocess.PIPE
        )
        try:
            ringing = await asyncio.wait_for(anext(calls), 10)
            async with party(ringing.answer()) as patient:
                assert robot.stdout
                assert await asyncio.wait_for(robot.stdout.readline(), 5) == b"up\n"
                robot.send_signal(signal.SIGKILL)
                await robot.wait()
                async with telephone(process) as clinic:
                    assert await clinic.alive("orphan-1")
                    orphans = await clinic.orphans()
                    assert {each.call_id for each in orphans} == {"orphan-1"}
                    assert {"channels/orphan-1", "bridges/b-orphan-1"} <= {each.path for each in orphans}
                    assert next(each.up for each in orphans if each.path == "channels/orphan-1")
                    assert not patient.has(Gone), "until somebody ends it the patient sits in silence"
                    for each in orphans:
                        await clinic.remove(each)
                    await patient.gone()

                    async def clean() -> bool:
                        return await clinic.orphans() == []

                    await until(clean, 2)
        finally:
            with contextlib.suppress(ProcessLookupError):
                robot.kill()
            await robot.wait()


async def test_a_living_call_is_no_orphan(clinic, city, party, call_ids):
    async with answered(clinic, city, party, call_ids):
        assert await clinic.orphans() == []


async def test_a_wrong_password_is_said_at_once(asterisk_pair):
    process = asterisk_pair.clinic
    with pytest.raises(AriError) as raised:
        async with AriTelephone(process.url, process.user, "wrong", process.app):
            raise AssertionError("must not connect")
    assert raised.value.status == 401
    assert "парол" in raised.value.remedy


async def test_no_asterisk_at_all_is_said_at_once():
    with pytest.raises(TelephonyDown, match="не отвечает"):
        async with AriTelephone("http://127.0.0.1:9", "u", "p", "voicebot-test"):
            raise AssertionError("must not connect")


@pytest.mark.parametrize("kind", ["http", "sip"])
async def test_an_occupied_port_is_named(prefix, tmp_path, kind):
    process = AsteriskProcess(conf="clinic", prefix=prefix, run_dir=tmp_path, app="voicebot-test")
    port = process.ports.http if kind == "http" else process.ports.sip
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM if kind == "http" else socket.SOCK_DGRAM) as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(kind == "http"))  # closed ones linger
        squatter.bind(("127.0.0.1", port))
        if kind == "http":
            squatter.listen()
        with pytest.raises(AsteriskFailed, match="занят") as raised:
            await process.start()
    process.ports.close()
    assert process.pid is None
    assert "Address already in use" in str(raised.value)


async def test_an_asterisk_that_dies_at_start_says_why(prefix, tmp_path):
    process = AsteriskProcess(conf="clinic", prefix=prefix, run_dir=tmp_path / "run", app="a-test", hold_dir=tmp_path)
    broken = tmp_path / "conf"
    for kind in ("common", "clinic"):
        (broken / kind).mkdir(parents=True)
        for template in (ROOT / "asterisk_conf" / kind).glob("*.conf"):
            text = template.read_text(encoding="utf-8")
            (broken / kind / template.name).write_text(text.replace("res_sorcery_config.so", "res_nothing.so"))
    process._conf_dir = broken
    try:
        with pytest.raises(AsteriskFailed) as raised:
            await process.start()
    finally:
        await process.stop()
        process.ports.close()
    assert "websocket_client" in str(raised.value)
    assert process.pid is None


async def test_stopping_leaves_no_process_and_takes_under_five_seconds(prefix, tmp_path):
    loop = asyncio.get_running_loop()
    async with AsteriskProcess(conf="city", prefix=prefix, run_dir=tmp_path, app="city") as process:
        pid = process.pid
        assert pid
        begun = loop.time()
    assert loop.time() - begun < 5
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_asterisk_dies_with_a_program_that_is_killed(prefix, tmp_path):
    script = f"""
        import asyncio
        from pathlib import Path
        from voicebot.telephony.asterisk import AsteriskProcess
        async def main():
            prefix, run_dir = Path({str(prefix)!r}), Path({str(tmp_path)!r})
            async with AsteriskProcess(conf="city", prefix=prefix, run_dir=run_dir, app="city") as process:
                print(process.pid, flush=True)
                await asyncio.sleep(60)
        asyncio.run(main())
    """
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", textwrap.dedent(script)), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert program.stdout
    pid = int(await asyncio.wait_for(program.stdout.readline(), 20))
    program.kill()
    await program.wait()

    def dead() -> bool:
        try:
            return "State:\tZ" in Path(f"/proc/{pid}/status").read_text()
        except OSError:
            return True

    async def gone() -> bool:
        return await asyncio.to_thread(dead)

    await until(gone, 5)


async def test_the_password_is_not_for_everybody(asterisk_pair):
    conf = asterisk_pair.clinic.run_dir / "conf" / "ari.conf"
    assert asterisk_pair.clinic.password in conf.read_text()
    assert conf.stat().st_mode & 0o077 == 0
    assert asterisk_pair.clinic.password != asterisk_pair.city.password


async def test_a_frozen_asterisk_is_noticed_and_its_call_removed_when_it_wakes(own_pair, telephone, party, call_ids):
    """It accepts connections and answers nothing: no socket closes, only the echo stays away."""
    async with telephone(own_pair.clinic) as clinic, telephone(own_pair.city) as city:
        async with answered(clinic, city, party, call_ids) as (robot, patient):
            assert own_pair.clinic.pid
            os.kill(own_pair.clinic.pid, signal.SIGSTOP)
            try:
                assert (await robot.gone(20)).disposition is Disposition.FAILED
            finally:
                os.kill(own_pair.clinic.pid, signal.SIGCONT)
        await patient.gone()

        async def clean() -> bool:
            return await clinic.exchange.client.get("channels") == []

        await until(clean)
