"""/healthz: 200 when all parts are well, 503 with the sick part's own words; one clear sentence for a taken port."""

from __future__ import annotations

import asyncio
import socket

import aiohttp
import pytest

from voicebot.web.health import PROBE_S, PortTaken, WebServer, _ask


async def well() -> str:
    return ""


async def ill() -> str:
    return "Asterisk не отвечает"


async def broken() -> str:
    raise RuntimeError("проба сломалась")


async def stuck() -> str:
    await asyncio.sleep(3600)
    return ""


async def answer(probes=None) -> tuple[int, dict]:
    async with WebServer("127.0.0.1", 0) as web, aiohttp.ClientSession() as session:
        if probes is not None:
            web.watch(probes)
        async with session.get(f"{web.url}/healthz") as response:
            return response.status, await response.json()


async def test_all_well() -> None:
    assert await answer({"a": well, "b": well}) == (200, {"ok": True, "parts": {"a": "ok", "b": "ok"}})


async def test_one_ill_part_is_named_and_the_others_are_not_hidden() -> None:
    status, said = await answer({"a": well, "asterisk": ill, "c": broken})
    assert (status, said["ok"]) == (503, False)
    assert said["parts"] == {"a": "ok", "asterisk": "Asterisk не отвечает", "c": "проба сломалась"}


async def test_before_the_robot_is_ready_it_says_so() -> None:
    assert await answer() == (503, {"ok": False, "parts": {"robot": "запускается"}})


def test_a_part_that_does_not_answer_is_waited_for_no_longer_than_told(run) -> None:
    async def scene() -> tuple[str, float]:
        began = asyncio.get_running_loop().time()
        return await _ask(stuck), asyncio.get_running_loop().time() - began

    said, took = run(scene())
    assert said == "не отвечает 3 с"
    assert took == pytest.approx(PROBE_S)


async def test_a_taken_port_is_told_with_its_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortTaken) as caught:
            async with WebServer("127.0.0.1", port):
                pass
    assert f"127.0.0.1:{port}: адрес занят другой программой" in caught.value.message
    assert "web.port" in caught.value.remedy


async def test_an_address_of_another_machine_is_told() -> None:
    with pytest.raises(PortTaken, match="такого адреса на этой машине нет"):
        async with WebServer("203.0.113.1", 0):
            pass
