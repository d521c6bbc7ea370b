"""The city as a process: `python -m voicebot.city --file examples/city.yaml --run-dir DIR`.

Prints one line of JSON when it takes calls, ends politely on SIGTERM or SIGINT. What it did lies in DIR/calls.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from voicebot.city.book import load_people
from voicebot.city.losing import LossyNetwork
from voicebot.city.network import Network
from voicebot.city.people import People
from voicebot.city.sounds import Sounds, render
from voicebot.clock import SystemClock
from voicebot.errors import InputFault, VoicebotError
from voicebot.outliving import PATIENCE_S, owned
from voicebot.speech.cache import PromptCache
from voicebot.speech.rhvoice import RHVoice
from voicebot.telephony.asterisk import AsteriskProcess
from voicebot.telephony.port import Line
from voicebot.telephony.telephone import AriTelephone

APP = "city"
#: The patients hear and speak telephone sound.
RATE = 8000
LONGEST_CALL_S = 900
#: How long a person who rings lets it ring.
RING_S = 30


class RunDirTaken(InputFault):
    """The folder holds the journals of another run."""

    code = "city-run-dir"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run until told to end. 0: ended politely, 1: something failed, 2: bad input."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(name)s %(message)s")
    try:
        asyncio.run(_until_told(options))
    except VoicebotError as error:
        print(json.dumps({"ready": False, "code": error.code, "message": str(error)}, ensure_ascii=False), flush=True)
        print(error, file=sys.stderr)
        return 2 if isinstance(error, InputFault) else 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="voicebot city", description="Учебный город: жители, которым звонит робот.")
    parser.add_argument("--file", type=Path, required=True, help="жители города (YAML)")
    parser.add_argument("--run-dir", type=Path, required=True, help="папка прогона: журналы, записи, Asterisk")
    parser.add_argument("--clinic-sip", default="127.0.0.1:9", help="адрес:порт SIP станции клиники")
    parser.add_argument("--asterisk", type=Path, default=Path(".local/asterisk"), help="папка Asterisk")
    parser.add_argument("--rhvoice", type=Path, default=Path(".local/rhvoice"), help="папка RHVoice")
    parser.add_argument("--cache", type=Path, default=Path(".local/cache/city"), help="папка готовых фраз")
    parser.add_argument("--owner", type=Path, help="закончить, когда долго нет той программы, что названа в файле")
    parser.add_argument("--with-parent", action="store_true", help="закончить, когда исчезнет запустившая программа")
    return parser


async def _until_told(options: argparse.Namespace) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, told.set)
    work = asyncio.create_task(_live(options), name="city")
    ends: list[asyncio.Task[object]] = [asyncio.create_task(told.wait(), name="told to end")]
    if options.with_parent:
        ends.append(asyncio.create_task(_parent_gone(), name="parent"))
    if options.owner:
        ends.append(asyncio.create_task(_owner_gone(options.owner), name="owner"))
    try:
        await asyncio.wait([work, *ends], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (work, *ends):
            task.cancel()
        results = await asyncio.gather(work, *ends, return_exceptions=True)
    if isinstance(results[0], Exception):
        raise _first(results[0])


def _first(error: Exception) -> Exception:
    """The cause inside a group of one."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error


async def _parent_gone() -> None:
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110 - the kernel tells nobody of it but by this number
        await asyncio.sleep(0.5)


async def _owner_gone(owner: Path) -> None:
    """A robot that was killed may come back, and its patients are still on the line."""
    loop = asyncio.get_running_loop()
    seen = loop.time()
    while loop.time() - seen < PATIENCE_S:
        if owned(owner):
            seen = loop.time()
        await asyncio.sleep(0.5)


async def _live(options: argparse.Namespace) -> None:
    people = load_people(options.file)
    calls_dir = _calls_dir(options.run_dir)
    sounds = await _voices(people, options)
    asterisk = AsteriskProcess(
        conf="city",
        prefix=options.asterisk,
        run_dir=options.run_dir / "asterisk",
        app=APP,
        peer_sip=options.clinic_sip,
        max_call_s=LONGEST_CALL_S,
    )
    async with (
        asterisk,
        AriTelephone(
            asterisk.url,
            asterisk.user,
            asterisk.password,
            APP,
            endpoint="PJSIP/{number}@clinic",
            rate=RATE,
            max_call_s=LONGEST_CALL_S,
        ) as telephone,
    ):

        async def press(channel_id: str, keys: str) -> None:
            await telephone.exchange.client.post(f"channels/{channel_id}/dtmf", dtmf=keys)

        def dial(channel_id: str, number: str, caller: str) -> Line:
            return telephone.dial(channel_id, number, caller, RING_S)

        network = Network(people, sounds, press, calls_dir, SystemClock(), dial)
        incoming = telephone.incoming()
        async with _roads(people, asterisk.sip) as sip, asyncio.TaskGroup() as tasks:
            _ready(options, sip, len(people.persons), calls_dir)
            tasks.create_task(network.serve(incoming), name="network")
            tasks.create_task(_watch(asterisk), name="carrier")


@contextlib.asynccontextmanager
async def _roads(people: People, carrier: str) -> AsyncIterator[str]:
    """host:port to which the clinic's trunk shall lead: the carrier itself, unless somebody's line loses packets."""
    if not any(person.loss for person in people.persons.values()):
        yield carrier
        return

    def share(dialled: str) -> float:
        person = people.find(dialled)
        return person.loss if person is not None else 0.0

    host, _, port = carrier.partition(":")
    async with LossyNetwork((host, int(port)), share) as network:
        try:
            yield network.sip
        finally:
            lost, passed = network.packets
            print(f"packets lost: {lost} of {lost + passed}", file=sys.stderr, flush=True)


async def _watch(asterisk: AsteriskProcess) -> None:
    raise await asterisk.died()


def _calls_dir(run_dir: Path) -> Path:
    calls = run_dir.resolve() / "calls"
    calls.mkdir(parents=True, exist_ok=True)
    if any(calls.iterdir()):
        raise RunDirTaken(f"В папке {calls} лежат журналы прежнего прогона.", "Укажите пустую папку в --run-dir.")
    return calls


async def _voices(people: People, options: argparse.Namespace) -> Sounds:
    synthesiser = await asyncio.to_thread(RHVoice, options.rhvoice if options.rhvoice.is_dir() else None)
    try:
        async with PromptCache(options.cache, synthesiser) as cache:
            return await render(people, cache.speak, _progress)
    finally:
        synthesiser.close()


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        print(f"\rГолоса жителей: {done} из {of}", end="\n" if done == of else "", file=sys.stderr, flush=True)


def _ready(options: argparse.Namespace, sip: str, persons: int, calls_dir: Path) -> None:
    """The one line that whoever started us waits for."""
    line = {"ready": True, "sip": sip, "pid": os.getpid(), "persons": persons, "calls": str(calls_dir)}
    print(json.dumps(line, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    sys.exit(main())
