"""The two steps before a call runs: the answer URL is asked, the media socket is opened."""

from __future__ import annotations

import asyncio
import inspect
import struct
import sys
from collections.abc import Mapping
from socket import SO_LINGER, SOL_SOCKET
from typing import Any, Final, NoReturn

import aiohttp
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidHandshake, InvalidStatus, InvalidURI

from voicelab.errors import DialError
from voicelab.protocol import vobiz
from voicelab.sim.webhooks import Method, Reply, Webhooks, without_query

OPEN_TIMEOUT_S: Final = 10.0
CLOSE_TIMEOUT_S: Final = 2.0
MAX_MESSAGE_BYTES: Final = 16 * 1024 * 1024
RECONNECT_S: Final = 0.2
_EXCERPT_CHARS: Final = 200
_RESET: Final = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)
"""Linger for 0 s, which makes a close a reset (RFC 9293 section 3.6.1, socket(7))."""

# websockets 15 began to look for a proxy; the HTTP side of a call does not use one either.
_DIRECT: Final[dict[str, Any]] = (
    {"proxy": None} if "proxy" in inspect.signature(connect).parameters else {}
)


async def ask_for_answer(
    webhooks: Webhooks, method: Method, url: str, fields: Mapping[str, str]
) -> Reply:
    """Ask the answer URL what to do with the call.

    Raises
    ------
    DialError
        At stage ``answer``: nobody answered, or not with a 2xx.
    """
    shown = without_query(url)
    try:
        reply = await webhooks.ask(method, url, fields)
    except TimeoutError:
        _refuse(f"{shown} did not answer in time. Is the application busy?", "answer")
    except ValueError as error:
        _refuse(f"{shown} is not a URL that can be dialled ({error}). Give http://host:port/.")
    except aiohttp.ClientError as error:
        why = getattr(error, "strerror", None) or error
        _refuse(f"Nobody answers at {shown} ({why}). Start the application, or check the URL.")
    if not reply.good:
        _refuse(
            f"{method} {shown} was answered with status {reply.status}{excerpt(reply)}. "
            "The answer URL must give 200 and XML with a <Stream>."
        )
    return reply


async def open_socket(stream: vobiz.StreamElement) -> ClientConnection:
    """Open the media socket, as often as the answer's ``maxRetries`` allows.

    Raises
    ------
    DialError
        At stage ``socket``.
    """
    retries = stream.max_retries or 0
    for attempt in range(1 + retries):
        if attempt:
            await asyncio.sleep(RECONNECT_S)
        try:
            return await _connect(stream.url)
        except (OSError, InvalidHandshake, InvalidURI, TimeoutError, ValueError) as error:
            trouble: Exception = error
    tries = f" in {1 + retries} tries" if retries else ""
    _refuse(
        f"The media socket {without_query(stream.url)} did not open{tries}: {_why(trouble)}. "
        "Check the URL in the answer's <Stream>, and that its server takes WebSockets there.",
        "socket",
    )


def reset(socket: ClientConnection) -> None:
    """Let the connection end with a TCP reset: no close frame, no FIN."""
    raw = socket.transport.get_extra_info("socket")
    raw.setsockopt(SOL_SOCKET, SO_LINGER, _RESET)
    socket.transport.abort()


async def _connect(url: str) -> ClientConnection:
    return await connect(
        url,
        open_timeout=OPEN_TIMEOUT_S,
        close_timeout=CLOSE_TIMEOUT_S,
        ping_interval=None,  # a notebook's loop may stand still for longer than any ping
        compression=None,
        max_size=MAX_MESSAGE_BYTES,
        user_agent_header="Vobiz",
        **_DIRECT,
    )


def excerpt(reply: Reply) -> str:
    """Return the beginning of a reply's body, for the middle of a sentence."""
    text = " ".join(reply.body.decode("utf-8", "replace").split())
    if not text:
        return " and no body"
    return f' and "{text[:_EXCERPT_CHARS]}{"…" if len(text) > _EXCERPT_CHARS else ""}"'


def _why(error: Exception) -> str:
    if isinstance(error, InvalidStatus):
        body = (error.response.body or b"").decode("utf-8", "replace").strip()
        said = f', "{body[:_EXCERPT_CHARS]}"' if body else ""
        return f"status {error.response.status_code} instead of 101{said}"
    if isinstance(error, TimeoutError):
        return f"no handshake in {OPEN_TIMEOUT_S:g} s"
    return str(error) or type(error).__name__


def _refuse(message: str, stage: str = "answer") -> NoReturn:
    raise DialError(message, stage=stage) from None
