"""How a connection to a Realtime server ends, in a word, and what to do about it."""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass
from typing import Literal

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus

from voicelab.protocol.realtime import (
    BETA_API_SHAPE_DISABLED,
    CLOSE_BETA,
    CLOSE_EXPIRED,
    CLOSE_INVALID_KEY,
    INVALID_API_KEY,
    MODEL_NOT_FOUND,
    SESSION_EXPIRED,
)

UpstreamWhy = Literal[
    "closed",
    "refused",
    "unreachable",
    "auth",
    "expired",
    "beta",
    "protocol",
    "slow",
    "shutdown",
    "error",
]

NO_KEY = "There is no key for OpenAI: set OPENAI_API_KEY in the environment, or use agent 'local'."
ODD_KEY = "The key holds a character that no key has. Copy it again."
_BAD_KEY = "The key was not accepted. Check it, and that its account may use the model."
_BETA = (
    "The server no longer speaks the beta dialect (closed by OpenAI in May 2026). Use dialect 'ga'."
)
_EXPIRED = "The session reached the server's time limit. Open a new one."
_MODEL = "There is no such model for this key. Choose another one with model=."
_QUOTA = "The account has no credit left. See its billing page."

FATAL: dict[str, tuple[UpstreamWhy, str]] = {
    INVALID_API_KEY: ("auth", _BAD_KEY),
    SESSION_EXPIRED: ("expired", _EXPIRED),
    BETA_API_SHAPE_DISABLED: ("beta", _BETA),
    MODEL_NOT_FOUND: ("refused", _MODEL),
    "insufficient_quota": ("refused", _QUOTA),
}
"""What an ``error`` or a failed response before a close means."""

_CLOSED_WITH = {CLOSE_INVALID_KEY: INVALID_API_KEY, CLOSE_BETA: BETA_API_SHAPE_DISABLED}
_OUR_FAULT_FINDING = (1002, 1003, 1007, 1009, 1010)


@dataclass(frozen=True, slots=True)
class UpstreamEnd:
    """How a connection ended.

    Attributes
    ----------
    why : str
        ``closed`` by the server, or broken; ``refused`` by it; ``unreachable``; ``auth``, the key;
        ``expired``, its time limit; ``beta``, a dialect it does not speak; ``protocol``, what came
        was no Realtime connection; ``slow``, it does not read or does not answer; ``shutdown``, by
        this side; ``error``, a fault of voicelab's own.
    code : int or None
        The close code, or the HTTP status of a refusal.
    detail : str
        A sentence that says what to do.
    """

    why: UpstreamWhy
    code: int | None
    detail: str


FAULT = UpstreamEnd("error", None, "A fault inside voicelab ended the connection; see the log.")


def not_connected(error: Exception, where: str, connect_s: float) -> UpstreamEnd:
    """Say why no connection came about.

    Parameters
    ----------
    error : Exception
        What ``websockets`` or the system raised.
    where : str
        The URL as it may be shown.
    connect_s : float
        How long was waited.
    """
    match error:
        case TimeoutError():
            return _unreachable(
                f"{where} did not answer within {connect_s:g} s. Check the address and the network."
            )
        case ssl.SSLError():
            why = getattr(error, "reason", None) or "TLS failed"
            return _unreachable(
                f"No secure connection to {where} ({why}). Check the machine's clock and "
                "certificates, or use ws:// for a server without TLS."
            )
        case InvalidStatus():
            return _refused(error.response.status_code, bytes(error.response.body or b""), where)
        case InvalidHandshake() | EOFError() | ValueError():  # ValueError: websockets 14
            return UpstreamEnd(
                "protocol",
                None,
                f"What answers at {where} is no WebSocket server ({type(error).__name__}). "
                "Check host, port and path.",
            )
        case socket.gaierror():
            return _unreachable(f"The name in {where} is not known. Check it and the network.")
        case ConnectionRefusedError():
            return _unreachable(f"Nobody listens at {where}. Start that server, or check the port.")
        case ConnectionResetError():
            return _unreachable(
                f"{where} cut the connection at once. Check whether it wants ws:// or wss://."
            )
        case OSError():
            said = error.strerror or type(error).__name__
            return _unreachable(f"{where} cannot be reached ({said}). Check the network.")
    return UpstreamEnd(
        "error",
        None,
        f"Connecting to {where} failed ({type(error).__name__}): a fault in voicelab.",
    )


def disconnected(error: ConnectionClosed, told: str | None) -> UpstreamEnd:
    """Say why a connection closed.

    Parameters
    ----------
    error : ConnectionClosed
    told : str or None
        The code of the last fatal ``error`` the server sent; see :data:`FATAL`.
    """
    received, sent = error.rcvd, error.sent
    code = received.code if received else None
    reason = received.reason.strip() if received else ""
    known = told or _CLOSED_WITH.get(code or 0)
    known = known or next((name for name in FATAL if name in reason), None)
    if known is None and code == CLOSE_EXPIRED and "maximum duration" in reason:
        known = SESSION_EXPIRED
    if known is not None:
        why, detail = FATAL[known]
        return UpstreamEnd(why, code, detail)
    if received is not None:
        said = f": {reason}" if reason else ""
        return UpstreamEnd("closed", code, f"The server closed the connection ({code}{said}).")
    if sent is None:
        return UpstreamEnd("closed", 1006, "The connection to the server broke. Connect again.")
    if sent.code in _OUR_FAULT_FINDING:
        return UpstreamEnd(
            "protocol", sent.code, f"The server sent what no client may take: {sent.reason}."
        )
    return UpstreamEnd(
        "slow", sent.code, "The server does not answer any more. Connect again, or try later."
    )


def _unreachable(detail: str) -> UpstreamEnd:
    return UpstreamEnd("unreachable", None, detail)


def _refused(status: int, body: bytes, where: str) -> UpstreamEnd:
    for name, (why, detail) in FATAL.items():
        if name.encode() in body:
            return UpstreamEnd(why, status, detail)
    match status:
        case 401 | 403:
            return UpstreamEnd("auth", status, _BAD_KEY)
        case 404:
            advice = "Check its path and the model."
        case 429:
            advice = "There are too many sessions, or no credit left; try later."
        case _ if 300 <= status < 400:
            advice = "It points elsewhere, and a key is not taken there; give the final address."
        case _ if status >= 500:
            advice = "It is in trouble; try later."
        case _:
            advice = "Check the address and the model."
    return UpstreamEnd("refused", status, f"{where} refused with HTTP status {status}. {advice}")
