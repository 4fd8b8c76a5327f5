"""Status callbacks: read, checked, logged, and handed to their call."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

from aiohttp import web

from voicelab.call.moment import Kind, Moment
from voicelab.errors import ProtocolError
from voicelab.net.options import SinkOptions
from voicelab.net.registry import CallRegistry
from voicelab.protocol import vobiz
from voicelab.store.weblog import append_entry, webhook_entry

log = logging.getLogger("voicelab.net")

_LOG_S = 1.0
"""So long an answer waits for the log; a provider calls again when it waits for more than 3 s."""


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
        clock: Callable[[], int],
    ) -> None:
        self.counts: Counter[str] = Counter()
        self._options = options
        self._registry = registry
        self._clock = clock
        self._thread: ThreadPoolExecutor
        self._token = options.token()

    def start(self) -> None:
        """Begin to write the log; once closed, it can be started again."""
        self._thread = ThreadPoolExecutor(1, "voicelab-webhooks")

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
            log.warning("A callback was refused: %d %s.", error.status, error.reason)
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
        signature = self.signature(request, url)
        forbidden = self.refusal(signature)
        if forbidden is None:
            self.counts[callback.event or "no event"] += 1
        else:
            refusal = forbidden
        if refusal is not None:
            said = (refusal.text or "").strip()
            log.warning("A callback was refused: %d %s", refusal.status, said)
        else:
            log.debug("Callback %s of call %s.", callback.event, callback.call_id)
        await self._log(request, callback, body, signature)
        if refusal is None or refusal.status == 400:
            self._journal(t_ns, request, callback, body)
        return callback, refusal

    def refusal(self, signature: str) -> web.Response | None:
        """What to answer a request whose signature the policy does not let pass."""
        refused: dict[str, tuple[str, ...]] = {
            "off": (),
            "if-present": ("invalid",),
            "require": ("invalid", "absent"),
        }
        if signature not in refused[self._options.signatures]:
            return None
        self.counts[f"signature {signature}"] += 1
        return web.Response(status=403, text=f"This request's signature is {signature}.\n")

    def signature(self, request: web.Request, url: str | None) -> str:
        """``valid invalid absent``, or ``unchecked`` where no token is set."""
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
        writing = asyncio.get_running_loop().run_in_executor(
            self._thread, append_entry, path, entry
        )
        writing.add_done_callback(self._logged)
        await asyncio.wait({writing}, timeout=_LOG_S)

    def _logged(self, writing: asyncio.Future[None]) -> None:
        if not writing.cancelled() and (error := writing.exception()) is not None:
            self.counts["not logged"] += 1
            log.error("A callback is not in %s: %s", self._options.webhook_log, error)

    async def aclose(self) -> None:
        """Write what is still to be written and end the thread."""
        await asyncio.get_running_loop().run_in_executor(None, self._thread.shutdown)

    def abandon(self) -> None:
        """End the thread without a loop."""
        self._thread.shutdown(wait=True)

    def _journal(
        self, t_ns: int, request: web.Request, callback: vobiz.Callback, body: bytes
    ) -> None:
        moment = request_moment(t_ns, request, body)
        session = self._registry.find(callback.call_id, callback.stream_id)
        if session is not None:
            session.on_callback(moment, callback.event)
        elif callback.call_id and (answered := self._registry.pending(callback.call_id)):
            if not answered.add(moment, callback.event):
                self.counts["too many before the socket"] += 1
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
    """What a request said, as it came: its body, or the query of a GET."""
    if request.method == "GET":
        return Moment(t_ns, "webhook", "in", "text", request.rel_url.raw_query_string)
    kind: Kind = "text"
    data: str | bytes
    try:
        data = body.decode()
        if "\n" not in data and "\r" not in data and vobiz.is_json(data):
            kind = "m"
    except UnicodeDecodeError:
        kind, data = "bin", body
    return Moment(t_ns, "webhook", "in", kind, data)
