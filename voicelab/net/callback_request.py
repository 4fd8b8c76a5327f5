"""A callback as it came: its body within the limits, its fields, and why it may be refused."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from aiohttp import web

from voicelab.call.moment import Kind, Moment, fact
from voicelab.errors import ProtocolError
from voicelab.net.options import Limits
from voicelab.protocol import vobiz

_REASON_CHARS = 200


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not taken: the HTTP ``status``, a ``name`` to count by, and a sentence."""

    status: int
    name: str
    reason: str

    def response(self) -> web.Response:
        """What to answer."""
        return web.Response(status=self.status, text=f"{self.reason}\n")


@dataclass(frozen=True, slots=True)
class CallbackRequest:
    """One callback.

    Attributes
    ----------
    t_ns : int
        When it came, by the clock.
    method, path, query, content_type : str
    body : bytes or None
        None where not all of it was taken.
    body_bytes : int
        What was taken, or what was announced where that is more.
    callback : Callback
        Where it cannot be read, only the names of its call, as far as they were found.
    refusal : Refusal or None
    signature : str
        ``valid invalid absent unchecked``
    """

    t_ns: int
    method: str
    path: str
    query: str
    content_type: str
    body: bytes | None
    body_bytes: int
    callback: vobiz.Callback
    refusal: Refusal | None
    signature: str = "absent"

    @property
    def refused(self) -> dict[str, int | str] | None:
        """The refusal in words and figures; None where it was taken."""
        if self.refusal is None:
            return None
        status, reason = self.refusal.status, self.refusal.reason
        return {"status": status, "reason": reason, "bytes": self.body_bytes}

    @property
    def moment(self) -> Moment:
        """What a call's journal keeps of it: the request as it came, or that it was refused."""
        if self.refused is not None:
            return fact(self.t_ns, "callback_refused", self.refused)
        if self.method == "GET":
            return Moment(self.t_ns, "webhook", "in", "text", self.query)
        kind: Kind = "text"
        data: str | bytes = self.body or b""
        try:
            data = (self.body or b"").decode()
            if "\n" not in data and "\r" not in data and vobiz.is_json(data):
                kind = "m"
        except UnicodeDecodeError:
            kind = "bin"
        return Moment(self.t_ns, "webhook", "in", kind, data)


async def read_request(t_ns: int, request: web.Request, limits: Limits) -> CallbackRequest:
    """Read a callback that came at ``t_ns``, within the limits of size (413) and time (408)."""
    taken, refusal = await _read_body(request, limits)
    content_type = request.headers.get("Content-Type", "")
    query = request.rel_url.raw_query_string
    body: bytes | None = taken
    size = len(taken)
    if refusal is not None:
        body, size = None, max(size, min(request.content_length or 0, vobiz.MAX_COUNT))
        callback = vobiz.glean_callback(taken, query, cut=True)
    else:
        try:
            callback = vobiz.parse_callback(request.method, content_type, taken, query)
        except ProtocolError as error:
            refusal = Refusal(400, "unreadable", str(error)[:_REASON_CHARS])
            callback = vobiz.glean_callback(taken, query)
    return CallbackRequest(
        t_ns, request.method, request.path, query, content_type, body, size, callback, refusal
    )


async def _read_body(request: web.Request, limits: Limits) -> tuple[bytes, Refusal | None]:
    """As much of the body as may be taken, and why that is not all."""
    taken = bytearray()
    refusal: Refusal | None = None
    try:
        async with asyncio.timeout(limits.request_s):
            while refusal is None and (chunk := await request.content.readany()):
                taken += chunk
                if len(taken) > limits.body_bytes:
                    said = f"The body is larger than {limits.body_bytes:,} bytes."
                    refusal = Refusal(413, "too large", said)
    except TimeoutError:
        said = f"The body did not come within {limits.request_s:g} s."
        refusal = Refusal(408, "too slow", said)
    except web.RequestPayloadError:
        said = "The body is not encoded as its headers say."
        refusal = Refusal(400, "unreadable", said)
    except ConnectionError:
        refusal = Refusal(400, "cut off", "The connection broke before the body was whole.")
    return bytes(taken), refusal
