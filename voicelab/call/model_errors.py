"""Which errors of a model end a call, and which mean nothing."""

from __future__ import annotations

from typing import Final

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
