"""The aiohttp server of a node: for now only whether it lives. /healthz answers 200 when all parts do, else 503."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from types import TracebackType

from aiohttp import web

from voicebot.errors import InputFault

#: Each part says what is wrong with it, in Russian, or ''.
Probe = Callable[[], Awaitable[str]]

PROBE_S = 3.0


class PortTaken(InputFault):
    """The port of the web server is in use."""

    code = "web-port-taken"


class WebServer:
    """Serves on one address until left. Use as `async with`."""

    def __init__(self, host: str, port: int, probes: Mapping[str, Probe]) -> None:
        self._host, self._port, self._probes = host, port, probes
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
                f"Порт {self._host}:{self._port} занят или недоступен ({error.strerror}).",
                "Освободите его или задайте другой: web.port в voicebot.yaml.",
            ) from None
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _health(self, request: web.Request) -> web.Response:
        found = dict(zip(self._probes, await asyncio.gather(*map(_ask, self._probes.values())), strict=True))
        ok = not any(found.values())
        body = {"ok": ok, "parts": {name: wrong or "ok" for name, wrong in found.items()}}
        return web.json_response(body, status=200 if ok else 503)


async def _ask(probe: Probe) -> str:
    try:
        return await asyncio.wait_for(probe(), PROBE_S)
    except TimeoutError:
        return "не отвечает"
