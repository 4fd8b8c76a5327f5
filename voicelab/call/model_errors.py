"""Which errors of a model end a call, and which mean nothing."""

from __future__ import annotations

from typing import Any, Final

from voicelab.protocol import realtime

HARMLESS: Final = frozenset(
    {realtime.RESPONSE_CANCEL_NOT_ACTIVE, realtime.INPUT_AUDIO_BUFFER_COMMIT_EMPTY}
)
"""What was asked for had come about by itself."""

FATAL: Final = frozenset(
    {
        realtime.BETA_API_SHAPE_DISABLED,
        realtime.INVALID_API_KEY,
        realtime.MODEL_NOT_FOUND,
        realtime.INSUFFICIENT_QUOTA,
    }
)
"""Asking again would give the same."""

FAULT: Final = "A fault inside voicelab ended the agent; see the log."

MAY_FAIL: Final = 1
"""So many responses in a row may fail."""


class Failures:
    """Responses that failed one after the other."""

    def __init__(self) -> None:
        self._in_a_row = 0

    def too_many(self, code: str) -> bool:
        """Take one more; whether asking again makes no sense."""
        self._in_a_row += 1
        return code in FATAL or self._in_a_row > MAY_FAIL

    def forget(self) -> None:
        """The model speaks."""
        self._in_a_row = 0


def failure_of(response: dict[str, Any]) -> tuple[str, str] | None:
    """The code and the message of a response that failed; None for any other."""
    if response.get("status") != "failed":
        return None
    details = response.get("status_details")
    error = details.get("error") if isinstance(details, dict) else None
    if not isinstance(error, dict):
        return "None", ""
    return str(error.get("code")), str(error.get("message") or "")
