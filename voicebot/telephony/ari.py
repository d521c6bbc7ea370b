"""A thin client of ARI: requests over HTTP, events over a websocket that comes back by itself."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import logging
from types import TracebackType
from typing import Any, Protocol

import aiohttp

from voicebot.telephony.events import AriEvent, Channel, parse_channel, parse_event
from voicebot.telephony.port import TelephonyDown, TelephonyError

log = logging.getLogger(__name__)

_REQUEST_S = 5.0
_CONNECT_S = 2.0
_CLOSE_S = 1.0  # for the peer's goodbye
_ECHO = "voicebot-echo"
_ECHO_S = 2.0
#: Pauses between two checks that our application still hears: soon after a connect, then every few seconds.
_WATCH_S = (0.1, 0.4, 1.0, 3.0)
_WATCH_ON_S = 5.0
_FORGOTTEN_S = 0.5
_BACKOFF_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)


class AriError(TelephonyError):
    """ARI answered with an HTTP error; status is its number."""

    code = "ari"

    def __init__(self, status: int, where: str, said: str) -> None:
        super().__init__(f"Asterisk отказал: {where}: {status} {said}".rstrip() + ".", self._remedy(status))
        self.status = status

    @staticmethod
    def _remedy(status: int) -> str:
        return "Проверьте имя и пароль ARI." if status == 401 else ""


class AriNotFound(AriError):
    """404: the channel or bridge is gone."""

    code = "ari-not-found"


class AriConflict(AriError):
    """409: that id is taken, or the channel is in a state that does not allow it."""

    code = "ari-conflict"


class AriListener(Protocol):
    """Who hears what happens."""

    def on_event(self, event: AriEvent) -> None:
        """An event, in Asterisk's order."""

    async def on_connected(self) -> None:
        """After every (re)connect and before its first event: Asterisk queues nothing for a client that is away, so
        look what is there now. Raising TelephonyDown makes the client connect again."""

    def on_away(self, seconds: float) -> None:
        """The event socket is down for this long now; called at the loss and after every failed try."""


class AriClient:
    """Use as `async with`: entering waits until the first connect (raises TelephonyDown, AriError on a wrong password).

    url: http://host:port
    app: the name of our ARI application
    """

    def __init__(self, url: str, user: str, password: str, app: str, listener: AriListener) -> None:
        self.url = url
        self.app = app
        self._authorization = aiohttp.encode_basic_auth(user, password)
        self._listener = listener
        self._session: aiohttp.ClientSession | None = None
        self._reader: asyncio.Task[None] | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._echo = asyncio.Event()

    @property
    def session(self) -> aiohttp.ClientSession:
        """The HTTP session, with our name and password; for the media sockets too."""
        if self._session is None or self._session.closed:
            raise TelephonyDown("Соединение с Asterisk не открыто.")
        return self._session

    async def __aenter__(self) -> AriClient:
        self._session = aiohttp.ClientSession(
            headers={"Authorization": self._authorization},
            # the default limit of 100 stalls call 100; Asterisk closes idle connections after 15 s, we before that
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=5),
            timeout=aiohttp.ClientTimeout(total=_REQUEST_S),
        )
        try:
            socket, early = await self._connect()
        except BaseException:
            await self._session.close()
            raise
        self._reader = asyncio.create_task(self._read_for_ever(socket, early), name=f"ari-{self.app}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if self._reader:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
            await self._wait_until_forgotten()
        if self._session:
            await self._session.close()

    async def get(self, path: str, **params: str) -> Any:
        return await self._request("GET", path, params=params)

    async def post(self, path: str, **body: Any) -> Any:
        """The parameters go as a JSON body: a "+" in a number survives it, and lists are lists."""
        return await self._request("POST", path, body=body)

    async def delete(self, path: str, **params: str) -> None:
        """Delete; what is gone already is a success."""
        with contextlib.suppress(AriNotFound):
            await self._request("DELETE", path, params=params)

    async def channels(self) -> dict[str, Channel]:
        """Every channel that exists now, by id."""
        return {channel.id: channel for channel in map(parse_channel, await self.get("channels"))}

    async def cut(self) -> None:
        """Close the event socket, as a broken network would; the client comes back by itself. For rehearsals."""
        if self._socket:
            await self._socket.close()

    async def _request(self, method: str, path: str, *, params: dict[str, str] | None = None, body: Any = None) -> Any:
        where = f"{method} {path}"
        try:
            async with self.session.request(method, f"{self.url}/ari/{path}", params=params, json=body) as answer:
                text = await answer.text()
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TelephonyDown(f"Asterisk не отвечает: {where}: {error or type(error).__name__}.") from error
        if answer.status >= 300:
            kind = {404: AriNotFound, 409: AriConflict}.get(answer.status, AriError)
            raise kind(answer.status, where, _message(text))
        try:
            return json.loads(text) if text else None
        except ValueError as error:
            raise AriError(answer.status, where, "ответ не JSON") from error

    async def _connect(self) -> tuple[aiohttp.ClientWebSocketResponse, list[str]]:
        """An event socket that hears, and what it heard so far."""
        try:
            async with asyncio.timeout(_CONNECT_S):
                socket = await self.session.ws_connect(
                    f"{self.url}/ari/events",
                    params={"app": self.app, "subscribeAll": "false"},
                    max_msg_size=0,
                    timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_S),
                )
        except aiohttp.WSServerHandshakeError as error:
            raise AriError(error.status, "events", error.message) from error
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise TelephonyDown(
                f"Asterisk не отвечает на {self.url}: {error or type(error).__name__}.", "Проверьте, что он запущен."
            ) from error
        try:
            early = await self._first_echo(socket)
            await self._listener.on_connected()
        except BaseException:
            await socket.close()
            raise
        return socket, early

    async def _ask_for_echo(self) -> None:
        """Have Asterisk send an event to our own application. Raises AriNotFound when it has no such application."""
        await self._request("POST", f"events/user/{_ECHO}", params={"application": self.app})

    async def _first_echo(self, socket: aiohttp.ClientWebSocketResponse) -> list[str]:
        """Prove that the new socket hears; the texts that came before the echo. Raises TelephonyDown."""
        await self._ask_for_echo()
        early: list[str] = []
        try:
            async with asyncio.timeout(_ECHO_S):
                while True:
                    text = await socket.receive_str()
                    if _ECHO in text:
                        return early
                    early.append(text)
        except (TimeoutError, TypeError, aiohttp.ClientError) as error:  # TypeError: it closed
            raise TelephonyDown(f"Asterisk не шлёт событий приложению {self.app}.") from error

    async def _watch(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Close the socket when it does not hear any more: the client then connects anew.

        Asterisk unregisters the application when it cleans up after an older socket of the same application, also
        when the newer one is connected already: that one stays open, deaf for ever. A peer that hangs is found too.
        """
        for pause in itertools.chain(_WATCH_S, itertools.repeat(_WATCH_ON_S)):
            await asyncio.sleep(pause)
            self._echo.clear()
            try:
                await self._ask_for_echo()
                async with asyncio.timeout(_ECHO_S):
                    await self._echo.wait()
            except (TelephonyError, TelephonyDown, TimeoutError) as error:
                log.warning("the event socket of %s is deaf: %r", self.app, error)
                await socket.close()
                return

    async def _wait_until_forgotten(self) -> None:
        """Asterisk cleans up after a closed socket a moment later, and would do it to our successor (see _watch)."""
        with contextlib.suppress(TelephonyError, TelephonyDown, TimeoutError):
            async with asyncio.timeout(_FORGOTTEN_S):
                while True:
                    await self.get(f"applications/{self.app}")
                    await asyncio.sleep(0.01)

    async def _read_for_ever(self, socket: aiohttp.ClientWebSocketResponse, early: list[str]) -> None:
        loop = asyncio.get_running_loop()
        while True:
            self._socket = socket
            for text in early:
                self._hear(text)
            watch = asyncio.create_task(self._watch(socket), name=f"ari-watch-{self.app}")
            try:
                await self._read(socket)
            finally:
                watch.cancel()
                await asyncio.gather(watch, return_exceptions=True)
            lost_at, tries = loop.time(), 0
            log.warning("ARI event socket of %s closed (%s)", self.app, socket.close_code)
            while True:
                self._listener.on_away(loop.time() - lost_at)
                await asyncio.sleep(_BACKOFF_S[min(tries, len(_BACKOFF_S) - 1)])
                tries += 1
                try:
                    socket, early = await self._connect()
                    break
                except (TelephonyDown, TelephonyError) as error:
                    log.info("ARI is away: %s", error)

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Until the socket closes: a clean close just ends the loop, without an exception."""
        try:
            async for message in socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._hear(message.data)
        except (aiohttp.ClientError, OSError) as error:
            log.info("ARI event socket: %r", error)
        finally:
            await socket.close()

    def _hear(self, text: str) -> None:
        try:
            raw = json.loads(text)
            if raw.get("eventname") == _ECHO:
                self._echo.set()
            event = parse_event(raw)
        except (AttributeError, KeyError, TypeError, ValueError):
            log.exception("an ARI event of another shape: %.300s", text)
            return
        if event is not None:
            try:
                self._listener.on_event(event)
            except Exception:  # a defect in one call must not deafen all the others
                log.exception("an ARI event was not digested: %.300s", text)


def _message(text: str) -> str:
    """What ARI says in the body of an error."""
    try:
        said = json.loads(text)
    except ValueError:
        return text[:200]
    return str(said.get("message") or said.get("error") or "") if isinstance(said, dict) else text[:200]
