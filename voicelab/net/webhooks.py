"""Status callbacks: read, checked, logged, and handed to their call."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

from aiohttp import web

from voicelab.net.callback_request import CallbackRequest, Refusal, read_request
from voicelab.net.options import SinkOptions
from voicelab.net.registry import CallRegistry
from voicelab.protocol import vobiz
from voicelab.store.weblog import append_entry, webhook_entry

log = logging.getLogger("voicelab.net")

_LOG_S = 1.0
"""So long an answer waits for the log; a provider calls again when it waits for more than 3 s."""

_REFUSED = {"off": (), "if-present": ("invalid",), "require": ("invalid", "absent")}


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

    async def read(self, request: web.Request, url: str | None) -> CallbackRequest:
        """Read one callback and check it; nothing is kept yet.

        Parameters
        ----------
        request : aiohttp.web.Request
        url : str or None
            The public address it was sent to, which its signature covers.
        """
        came = await read_request(self._clock(), request, self._options.limits)
        signature = self._signature(request, url)
        refusal = came.refusal
        if signature in _REFUSED[self._options.signatures]:
            said = f"This request's signature is {signature}."
            refusal = Refusal(403, f"signature {signature}", said)
        return replace(came, signature=signature, refusal=refusal)

    async def keep(self, came: CallbackRequest) -> None:
        """Count a callback, log it and journal it with its call; that it is refused, where so."""
        self.count(came)
        await asyncio.wait({self._log(came)}, timeout=_LOG_S)
        self._journal(came)

    def count(self, came: CallbackRequest) -> None:
        """Count a callback, and say where something is wrong with it."""
        if came.refusal is None:
            self.counts[came.callback.event or "no event"] += 1
            log.debug("Callback %s of call %s.", came.callback.event, came.callback.call_id)
        else:
            self.counts[came.refusal.name] += 1
            log.warning("A callback cannot be taken: %s", came.refusal.reason)

    def keep_headless(self, method: str, path: str, refusal: Refusal) -> None:
        """Count and log a request of which nothing could be read."""
        nothing = vobiz.Callback({}, "form")
        came = CallbackRequest(self._clock(), method, path, "", "", None, 0, nothing, refusal)
        self.count(came)
        self._log(came)

    def _signature(self, request: web.Request, url: str | None) -> str:
        if self._token is None:
            present = vobiz.verify(request.headers, url or "", "") != "absent"
            return "unchecked" if present else "absent"
        return vobiz.verify(request.headers, url or "", self._token.reveal())

    def _log(self, came: CallbackRequest) -> asyncio.Future[None]:
        entry = webhook_entry(
            came.callback.fields,
            received=datetime.now(UTC),
            id=str(uuid.uuid4()),
            method=came.method,
            path=came.path,
            query=came.query,
            content_type=came.content_type,
            body=came.body,
            signature=came.signature,
            refused=came.refused,
        )
        path = self._options.webhook_log
        writing = asyncio.get_running_loop().run_in_executor(
            self._thread, append_entry, path, entry
        )
        writing.add_done_callback(self._logged)
        return writing

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

    def _journal(self, came: CallbackRequest) -> None:
        callback = came.callback
        event = callback.event if came.refusal is None else None
        session = self._registry.find(callback.call_id, callback.stream_id)
        if session is not None:
            session.on_callback(came.moment, event)
        elif callback.call_id and (answered := self._registry.pending(callback.call_id)):
            if not answered.add(came.moment, event):
                self.counts["too many before the socket"] += 1
        elif came.refusal is None:
            self.counts["of no known call"] += 1
