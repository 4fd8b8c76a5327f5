"""Status callbacks: read, checked, logged, and handed to their call."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

from aiohttp import web

from voicelab.call.moment import Kind, Moment
from voicelab.errors import ProtocolError
from voicelab.net.options import SinkOptions
from voicelab.net.recorder import Recorder
from voicelab.net.registry import CallRegistry
from voicelab.protocol import vobiz
from voicelab.store.weblog import append_entry, webhook_entry

log = logging.getLogger("voicelab.net")


class Webhooks:
    """Takes the callbacks of a server.

    Attributes
    ----------
    counts : Counter
        Callbacks by event, and what was wrong with others by name.
    """

    def __init__(
        self,
        options: SinkOptions,
        registry: CallRegistry,
        recorder: Recorder,
        clock: Callable[[], int],
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._options = options
        self._registry = registry
        self._recorder = recorder
        self._clock = clock
        self._token = options.token()

    async def take(
        self, request: web.Request, url: str | None
    ) -> tuple[vobiz.Callback, web.Response | None]:
        """Log one callback and journal it with its call.

        Parameters
        ----------
        request : aiohttp.web.Request
        url : str or None
            The public address it was sent to, which its signature covers.

        Returns
        -------
        callback : Callback
            Without fields where it could not be read.
        refusal : Response or None
            What to answer instead of 200.
        """
        t_ns = self._clock()
        try:
            body = await read_body(request, self._options.limits.request_s)
        except web.HTTPException as error:
            self.counts[error.reason] += 1
            raise
        refusal: web.Response | None = None
        try:
            callback = vobiz.parse_callback(
                request.method,
                request.headers.get("Content-Type"),
                body,
                request.rel_url.raw_query_string,
            )
        except ProtocolError as error:
            self.counts["unreadable"] += 1
            callback = vobiz.Callback({}, "form")
            refusal = web.Response(status=400, text=f"{error}\n")
        signature = self._signature(request, url)
        if signature in self._refused():
            self.counts[f"signature {signature}"] += 1
            refusal = web.Response(status=403, text=f"The callback's signature is {signature}.\n")
        else:
            self.counts[callback.event or "no event"] += 1
        await self._log(request, callback, body, signature)
        if refusal is None or refusal.status == 400:
            self._journal(t_ns, request, callback, body)
        return callback, refusal

    def _refused(self) -> tuple[str, ...]:
        match self._options.signatures:
            case "off":
                return ()
            case "if-present":
                return ("invalid",)
            case "require":
                return ("invalid", "absent")

    def _signature(self, request: web.Request, url: str | None) -> str:
        if self._token is None:
            present = vobiz.verify(request.headers, url or "", "") != "absent"
            return "unchecked" if present else "absent"
        return vobiz.verify(request.headers, url or "", self._token.reveal())

    async def _log(
        self, request: web.Request, callback: vobiz.Callback, body: bytes, signature: str
    ) -> None:
        entry = webhook_entry(
            callback.fields,
            received=datetime.now(UTC),
            id=str(uuid.uuid4()),
            method=request.method,
            path=request.path,
            query=request.rel_url.raw_query_string,
            content_type=request.headers.get("Content-Type", ""),
            body=body,
            signature=signature,
        )
        path = self._options.webhook_log
        try:
            await self._recorder.do(lambda: append_entry(path, entry))
        except OSError as error:
            self.counts["not logged"] += 1
            log.error("A callback is not in %s: %s", path, error)

    def _journal(
        self, t_ns: int, request: web.Request, callback: vobiz.Callback, body: bytes
    ) -> None:
        moment = request_moment(t_ns, request, body)
        session = self._registry.find(callback.call_id, callback.stream_id)
        if session is not None:
            session.on_callback(moment, callback.event)
        elif callback.call_id and (answered := self._registry.pending(callback.call_id)):
            answered.moments.append(moment)
        else:
            self.counts["of no known call"] += 1


async def read_body(request: web.Request, timeout_s: float) -> bytes:
    """A request's body, within the server's limits of size (413) and time (408)."""
    try:
        async with asyncio.timeout(timeout_s):
            return await request.read()
    except TimeoutError:
        raise web.HTTPRequestTimeout(text="The body did not come in time.\n") from None


def request_moment(t_ns: int, request: web.Request, body: bytes) -> Moment:
    """What a request said, as it came: its body, or the query of a request without one."""
    kind: Kind = "text"
    data: str | bytes
    try:
        data = body.decode() if body else request.rel_url.raw_query_string
        if body and vobiz.is_json(data):
            kind = "m"
    except UnicodeDecodeError:
        kind, data = "bin", body
    return Moment(t_ns, "webhook", "in", kind, data)
