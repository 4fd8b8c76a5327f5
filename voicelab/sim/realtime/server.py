"""`LocalRealtime`: a Realtime server on this machine, for clients that know only the real one."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from socket import socket
from types import TracebackType
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from voicelab.errors import SettingError
from voicelab.net.listen import listen
from voicelab.net.public_url import origin_allowed
from voicelab.protocol import realtime
from voicelab.protocol.realtime import codes
from voicelab.sim.realtime import known_text
from voicelab.sim.realtime.agents import Agent, AgentGiven, agent_maker
from voicelab.sim.realtime.callable_agent import ANSWER_TIMEOUT_S, CallableAgent, Runner, here
from voicelab.sim.realtime.connection import Connection
from voicelab.sim.realtime.core import RealtimeCore
from voicelab.sim.realtime.voice import Voice

PATH: Final = "/v1/realtime"
SUBPROTOCOL: Final = "realtime"
BETA_SUBPROTOCOL: Final = "openai-beta.realtime-v1"
MAX_MESSAGE_BYTES: Final = 24 * 1024 * 1024
"""15 MiB of sound are 20 MiB of base64."""
PING_S: Final = 20.0
PONG_S: Final = 120.0  # a notebook's loop may stand still for long
CLOSE_TIMEOUT_S: Final = 1.0
MAX_SESSIONS: Final = 1000

# A handshake that fails is the client's affair; the library would log its traceback.
_quiet = logging.getLogger("voicelab.realtime.sockets")
_quiet.setLevel(logging.CRITICAL)

_BETA_MESSAGE: Final = (
    "The Realtime Beta API is no longer supported. Please use /v1/realtime for the GA API."
)


class LocalRealtime:
    """OpenAI's Realtime API over a WebSocket, offline: same events, same errors, a simple agent.

    Parameters
    ----------
    agent : str or callable
        ``"parrot"`` says back what it hears; ``"script:FILE"`` says a file's lines in turn;
        ``"module:function"`` or a function of a `Turn` answers as it likes.
    host : str
    port : int
        0 takes any free one.
    session_s : float
        A session's longest life.
    delay_ms : tuple of float
        Each response thinks for a time drawn from this range before it speaks.
    seed : int
        Of what is drawn.
    speed : float
        Seconds of the model's sound in a second.
    tool_calls : int
        How many tools ``parrot`` and ``script`` call at once in the first turn of a session that
        has tools and allows several calls.
    answer_timeout_s : float
        How long a function may take for each part of its answer.
    runner : callable, optional
        ``runner(coroutine)`` runs a function's answer on the loop where it belongs.
    find : callable
        Where a sound file is that a function gave the name of.
    clock : callable
        Monotonic nanoseconds.

    Attributes
    ----------
    opened : int
        Sessions that there ever were.
    ended : Counter
        Of those that are over: ``client``, ``expired``, ``slow``, ``too_big``, ``beta``,
        ``error``.
    errors : Counter
        Of the ``error`` events that were sent, by their code.
    refused : int
        Requests that were no session: another path, a page of another machine, or too many at a
        time.

    Raises
    ------
    SettingError
        A value that an option cannot have.

    Examples
    --------
    >>> LocalRealtime("parrot", port=8765)
    <LocalRealtime parrot, not started>
    """

    def __init__(
        self,
        agent: AgentGiven = "parrot",
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        session_s: float = codes.SESSION_S,
        delay_ms: tuple[float, float] = (0.0, 0.0),
        seed: int = 0,
        speed: float = 10.0,
        tool_calls: int = 1,
        answer_timeout_s: float = ANSWER_TIMEOUT_S,
        runner: Runner = here,
        find: Callable[[str], Path] = Path,
        clock: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        low, high = delay_ms
        if not 0 <= low <= high < float("inf"):
            raise SettingError(f"delay_ms is a range such as (100, 300), not {delay_ms}.")
        _check("session_s", session_s, least=0.01)
        _check("speed", speed, least=0.1)
        _check("tool_calls", tool_calls, least=1)
        _check("answer_timeout_s", answer_timeout_s, least=0.001)
        _check("port", port, least=0, most=65535)
        self.agent = agent
        self.host = host
        self.opened = 0
        self.ended: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.refused = 0
        self._make_agent = agent_maker(agent)
        self._given_port = port
        self._session_s = session_s
        self._delay_ms = delay_ms
        self._seed = seed
        self._speed = speed
        self._tool_calls = tool_calls
        self._answer_timeout_s = answer_timeout_s
        self._runner = runner
        self._clock = clock
        self._voice = Voice.found(find)
        self._server: Server | None = None
        self._sock: socket | None = None
        self._port: int | None = None
        self._open: set[Connection] = set()

    # Its life

    async def start(self) -> LocalRealtime:
        """Listen.

        Raises
        ------
        PortBusy
            Somebody else listens on the port that was given.
        """
        if self._server is None:
            await asyncio.to_thread(known_text.prepare)
            sock = listen(self.host, self._given_port, given=True)
            self._sock = sock
            self._port = sock.getsockname()[1]
            self._server = await serve(
                self._serve,
                sock=sock,
                process_request=self._route,
                select_subprotocol=_subprotocol,
                compression=None,
                max_size=MAX_MESSAGE_BYTES,
                ping_interval=PING_S,
                ping_timeout=PONG_S,
                close_timeout=CLOSE_TIMEOUT_S,
                server_header="voicelab",
                logger=_quiet,
            )
        return self

    async def aclose(self) -> None:
        """Close every session with 1001 and stop listening; once is enough, again does no harm."""
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def abandon(self) -> None:
        """Free the port when the event loop is gone."""
        if self._sock is not None:
            self._sock.close()

    async def __aenter__(self) -> LocalRealtime:
        return await self.start()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.aclose()

    # What can be asked about it

    @property
    def port(self) -> int:
        """Where it listens, once started."""
        return self._given_port if self._port is None else self._port

    @property
    def url(self) -> str:
        """Where a client connects; it appends its ``?model=``."""
        host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"ws://{f'[{host}]' if ':' in host else host}:{self.port}{PATH}"

    @property
    def sessions(self) -> int:
        """How many are open now."""
        return len(self._open)

    def left(self) -> dict[str, int]:
        """Count what is there now: ``sessions`` and ``answers`` that agents are giving."""
        return {
            "sessions": len(self._open),
            "answers": sum(len(connection.answers) for connection in self._open),
        }

    def __repr__(self) -> str:
        agent = self.agent if isinstance(self.agent, str) else self.agent.__name__
        state = f"{self.url}, {self.sessions} open" if self._server else "not started"
        return f"<LocalRealtime {agent}, {state}>"

    # A client comes

    def _route(self, connection: ServerConnection, request: Request) -> Response | None:
        if not urlsplit(request.path).path.endswith(PATH):
            self.refused += 1
            return connection.respond(
                HTTPStatus.NOT_FOUND, f"Nothing is here. The Realtime API is at {PATH}.\n"
            )
        if not all(origin_allowed(each, None) for each in request.headers.get_all("Origin")):
            self.refused += 1
            return connection.respond(
                HTTPStatus.FORBIDDEN, "Pages of this origin may not open a session here.\n"
            )
        if len(self._open) >= MAX_SESSIONS:
            self.refused += 1
            return connection.respond(HTTPStatus.SERVICE_UNAVAILABLE, "Too many sessions.\n")
        return None

    async def _serve(self, socket: ServerConnection) -> None:
        self.opened += 1
        if _speaks_beta(socket):
            self.ended["beta"] += 1
            self.errors[_BETA] += 1
            with suppress(ConnectionClosed):
                await socket.send(realtime.build(_beta_error()))
                await socket.close(codes.CLOSE_BETA, f"invalid_request_error.{_BETA}")
            return
        connection = Connection(
            socket, self._core(socket), self._agent(), self._voice, self._now_s, self.errors
        )
        self._open.add(connection)
        try:
            await connection.run()
        finally:
            self._open.discard(connection)
            self.ended[connection.why] += 1

    def _core(self, socket: ServerConnection) -> RealtimeCore:
        asked = parse_qs(urlsplit(socket.request.path).query if socket.request else "")
        draw = random.Random(f"{self._seed}/{self.opened}")
        low, high = self._delay_ms
        return RealtimeCore(
            mint=_mint(),
            model=asked.get("model", [realtime.DEFAULT_MODEL])[0],
            begin_s=self._now_s(),
            epoch_s=time.time(),
            session_s=self._session_s,
            delay_s=lambda: draw.uniform(low, high) / 1000,
            speed=self._speed,
            tool_calls=self._tool_calls,
            call=asked.get("call", [None])[0],
            transcribe_only=asked.get("intent") == ["transcription"],
        )

    def _agent(self) -> Agent:
        made = self._make_agent()
        if callable(made):
            return CallableAgent(made, runner=self._runner, timeout_s=self._answer_timeout_s)
        return made

    def _now_s(self) -> float:
        return self._clock() / 1e9


_BETA: Final = codes.BETA_API_SHAPE_DISABLED


def _speaks_beta(socket: ServerConnection) -> bool:
    if socket.request is None:
        return False
    headers = socket.request.headers
    offered = ",".join(headers.get_all("Sec-WebSocket-Protocol"))
    return "OpenAI-Beta" in headers or BETA_SUBPROTOCOL in offered


def _beta_error() -> realtime.ErrorEvent:
    detail = realtime.ErrorDetail(type="invalid_request_error", message=_BETA_MESSAGE, code=_BETA)
    return realtime.ErrorEvent(event_id=_mint()("event"), error=detail)


def _subprotocol(
    connection: ServerConnection, offered: list[Subprotocol] | Any
) -> Subprotocol | None:
    """Choose ``realtime`` where it is offered, ask for none, and never name the one with a key."""
    return Subprotocol(SUBPROTOCOL) if SUBPROTOCOL in offered else None


def _mint() -> Callable[[str], str]:
    """Return a maker of ids: one random beginning, then a count."""
    token, count = uuid.uuid4().hex[:16], itertools.count(1)
    return lambda prefix: f"{prefix}_{token}{next(count):05x}"


def _check(name: str, value: float, *, least: float, most: float = float("inf")) -> None:
    if not least <= value <= most:
        limit = f"at least {least:g}" if most == float("inf") else f"{least:g} to {most:g}"
        raise SettingError(f"{name}={value:g} cannot be; it is {limit}.")
