"""What the provider tells over HTTP about one call: stream status callbacks, then the hang-up."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Literal

from voicelab.protocol import vobiz
from voicelab.sim.callback_faults import CallbackFaults
from voicelab.sim.output import End, Status
from voicelab.sim.webhooks import Method, Webhooks

DRAIN_S: Final = 5.0


class Notices:
    """The callbacks of one call.

    Parameters
    ----------
    webhooks : Webhooks
    call : CallDetails
    hangup_url : str
    method : {"POST", "GET"}
        Of the hang-up callback; status callbacks have the answer's own.
    faults : CallbackFaults
    """

    def __init__(
        self,
        webhooks: Webhooks,
        call: vobiz.CallDetails,
        hangup_url: str,
        method: Method,
        faults: CallbackFaults,
    ) -> None:
        self._webhooks = webhooks
        self._call = call
        self._hangup_url = hangup_url
        self._method = method
        self._faults = faults
        self._answered: datetime | None = None
        self._stream: vobiz.StreamElement | None = None
        self._stream_id = ""

    def answered(self, stream: vobiz.StreamElement, stream_id: str) -> None:
        """Note that the call was answered with a stream, whose status is told from now on."""
        self._answered = datetime.now(UTC)
        self._stream = stream
        self._stream_id = stream_id

    def reconnected(self, stream_id: str) -> None:
        """Note that the call goes on in another stream."""
        self._stream_id = stream_id

    def status(self, status: Status) -> None:
        """Tell a stream's status in the background, where the answer asked to be told."""
        stream = self._stream
        if stream is None or not stream.status_callback_url:
            return
        method: Literal["GET", "POST"] = "GET" if stream.status_callback_method == "GET" else "POST"
        fields = vobiz.stream_status_fields(
            self._call,
            event=status.event,
            stream_id=self._stream_id,
            at=datetime.now(UTC),
            callback_url=stream.status_callback_url,
            callback_method=method,
            name=status.name,
            service_url=stream.url if status.event == "StartStream" else None,
            extra_headers=stream.extra_headers,
        )
        self._post(method, stream.status_callback_url, fields)

    async def finish(self, end: End) -> None:
        """Tell the end: the stream's, and when all before it is told or given up, the call's."""
        self.status(end.status)
        await self.hangup(end.hangup)

    async def hangup(self, cause: vobiz.HangupCause) -> None:
        """Tell that the call is over; takes at most 10 s, whatever the other end does."""
        fields = vobiz.hangup_fields(
            self._call, cause=cause, answered=self._answered, ended=datetime.now(UTC)
        )
        await self._webhooks.drain(DRAIN_S)
        self._post(self._method, self._hangup_url, fields)
        if held := self._faults.flush():
            self._webhooks.post_in_turn(held)
        await self._webhooks.drain(DRAIN_S)

    def _post(self, method: Method, url: str, fields: dict[str, str]) -> None:
        for callback in self._faults.take(method, url, fields):
            self._webhooks.post(*callback)

    @property
    def lost(self) -> int:
        """How many callbacks nobody took."""
        return self._webhooks.lost

    async def aclose(self) -> None:
        """Give up what is on its way, and close every socket."""
        await self._webhooks.aclose()
