"""The aiohttp server of a node: for now only whether it lives. /healthz answers 200 when all parts do, else 503."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType

from aiohttp import web

from voicebot.complaints import russian
from voicebot.errors import InputFault

#: Each part says what is wrong with it, in Russian, or ''.
Probe = Callable[[], Awaitable[str]]

PROBE_S = 3.0


class PortTaken(InputFault):
    """The port of the web server is in use."""

    code = "web-port-taken"


async def _starting() -> str:
    return "запускается"


class WebServer:
    """Serves on one address until left. Use as `async with`.

    It opens before the robot, so that a port that is taken is told before anybody is rung; until `watch` it answers
    that the robot is starting.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._probes: Mapping[str, Probe] = {"robot": _starting}
        self._runner: web.AppRunner | None = None
        self.url = ""

    async def __aenter__(self) -> WebServer:
        app = web.Application()
        app.router.add_get("/healthz", self._health)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, self._host, self._port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise PortTaken(
                f"Веб-сервер не открыл {self._host}:{self._port}: {russian(error)}.",
                "Освободите порт или задайте другой: web.port в voicebot.yaml или VOICEBOT_WEB__PORT.",
            ) from None
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def watch(self, probes: Mapping[str, Probe]) -> None:
        """Answer by these from now on: name of the part -> what is wrong with it."""
        self._probes = probes

    async def _health(self, request: web.Request) -> web.Response:
        probes = dict(self._probes)
        found = dict(zip(probes, await asyncio.gather(*map(_ask, probes.values())), strict=True))
        ok = not any(found.values())
        body = {"ok": ok, "parts": {name: wrong or "ok" for name, wrong in found.items()}}
        return web.json_response(body, status=200 if ok else 503, dumps=_readable)


def _readable(body: object) -> str:
    return json.dumps(body, ensure_ascii=False)


async def _ask(probe: Probe) -> str:
    try:
        return await asyncio.wait_for(probe(), PROBE_S)
    except TimeoutError:
        return f"не отвечает {PROBE_S:.0f} с"
    except Exception as error:  # a probe that breaks says that its part is not well
        return str(error) or type(error).__name__
