"""Something a client asked for that a Realtime server does not do."""

from __future__ import annotations

from voicelab.errors import ProtocolError
from voicelab.protocol import realtime


class Refused(ProtocolError):
    """Becomes the ``error`` event that the client gets; the session goes on.

    Attributes
    ----------
    code : str or None
    param : str or None
        Where the fault lies, such as ``session.audio.input.format.rate``.
    """

    def __init__(self, message: str, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.param = param

    def event(self, event_id: str | None) -> realtime.ErrorEvent:
        """The error as the client's event `event_id` caused it."""
        detail = realtime.ErrorDetail(
            type="invalid_request_error",
            message=str(self),
            code=self.code,
            param=self.param,
            event_id=event_id,
        )
        return realtime.ErrorEvent(error=detail)
