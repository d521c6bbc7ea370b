"""A line of the city that loses packets: fewer of them reach the clinic's Asterisk, and the call goes on."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import numpy as np

from voicebot.city.journal import What
from voicebot.city.process import CityProcess
from voicebot.telephony.asterisk import AsteriskProcess
from voicebot.telephony.port import Audio, Gone, Up
from voicebot.telephony.telephone import AriTelephone

LOCAL = Path(__file__).resolve().parents[2] / ".local"
TALKS = "{again: false, longest: 6s, greeting: 'Добрый день, это квартира Ивановых, говорите, пожалуйста.'}"
PEOPLE = f"""
persons:
  "+78880000401": {{loss: 20, calls: [{TALKS}]}}
  "+78880000402": {{calls: [{TALKS}]}}
"""


async def listened(telephone: AriTelephone, number: str, sound: bytes) -> tuple[int, Gone]:
    """Plays a sound and hears until the other side hangs up: how many samples there were, and how it ended."""
    heard, gone = bytearray(), None
    async with telephone.dial(f"loss-{number[-3:]}", number, "+78880000001", 10) as line:
        async for event in line.events():
            match event:
                case Up():
                    await line.play(1, sound)
                case Audio(pcm):
                    heard += pcm
                case Gone():
                    gone = event
                case _:
                    pass
    assert gone is not None
    samples = np.frombuffer(bytes(heard), "<i2").astype(int)
    return int((np.abs(samples) > 0).sum()), gone


async def test_a_bad_line_loses_packets_both_ways_and_a_good_one_none(tmp_path: Path) -> None:
    (tmp_path / "people.yaml").write_text(PEOPLE, encoding="utf-8")
    tone = (np.sin(2 * np.pi * 440 * np.arange(32_000) / 8000) * 8000).astype("<i2").tobytes()
    city = CityProcess(
        file=tmp_path / "people.yaml",
        run_dir=tmp_path / "city",
        asterisk=LOCAL / "asterisk",
        rhvoice=LOCAL / "rhvoice",
        cache=LOCAL / "cache" / "city",
    )
    async with asyncio.timeout(90), city:
        clinic = AsteriskProcess(
            conf="clinic", prefix=LOCAL / "asterisk", run_dir=tmp_path / "clinic", app="robot", peer_sip=city.sip
        )
        async with clinic, AriTelephone(clinic.url, clinic.user, clinic.password, "robot") as telephone:
            (bad, bad_end), (good, good_end) = await asyncio.gather(
                listened(telephone, "+78880000401", tone), listened(telephone, "+78880000402", tone)
            )
            logs = {log.header.number: log for log in await city.quiet()}
    assert bad_end.disposition is good_end.disposition
    assert 0.65 * good < bad < 0.93 * good, (bad, good)  # the patient's sound, as the robot had it
    frames = {number: int(log.all(What.STREAM)[0].detail.split()[0]) for number, log in logs.items()}
    assert frames["+78880000401"] < 0.93 * frames["+78880000402"], frames  # the robot's sound, as the patient had it
    said = (tmp_path / "city" / "city.err").read_text()
    found = re.search(r"packets lost: (\d+) of (\d+)", said)
    assert found and 0.1 < int(found[1]) / int(found[2]) < 0.3, said
