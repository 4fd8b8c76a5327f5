"""What a Realtime server's errors and closings are called, and its limits.

The codes are those of OpenAI's server, as its SDK and captured sessions show them.
"""

from __future__ import annotations

from typing import Final

BETA_API_SHAPE_DISABLED: Final = "beta_api_shape_disabled"
"""The ``OpenAI-Beta`` header was sent; the socket closes with :data:`CLOSE_BETA`."""
INVALID_API_KEY: Final = "invalid_api_key"
INSUFFICIENT_QUOTA: Final = "insufficient_quota"
MODEL_NOT_FOUND: Final = "model_not_found"
"""In the ``status_details`` of a failed response: no such model, or none for this key."""
SESSION_EXPIRED: Final = "session_expired"
"""The session reached :data:`SESSION_S`; the socket closes with :data:`CLOSE_EXPIRED`."""

MISSING_REQUIRED_PARAMETER: Final = "missing_required_parameter"
UNKNOWN_PARAMETER: Final = "unknown_parameter"
INVALID_VALUE: Final = "invalid_value"
"""Also the answer to a truncation beyond the audio's end."""
CANNOT_UPDATE_VOICE: Final = "cannot_update_voice"
"""The model has spoken already."""

INPUT_AUDIO_BUFFER_COMMIT_EMPTY: Final = "input_audio_buffer_commit_empty"
"""Fewer than :data:`MIN_COMMIT_MS` were appended."""
ITEM_CREATE_DUPLICATE_ITEM_ID: Final = "item_create_duplicate_item_id"
ITEM_RETRIEVE_INVALID_ITEM_ID: Final = "item_retrieve_invalid_item_id"
ITEM_DELETE_INVALID_ITEM_ID: Final = "item_delete_invalid_item_id"
ITEM_TRUNCATE_INVALID_ITEM_ID: Final = "item_truncate_invalid_item_id"
UNSUPPORTED_CONTENT_TYPE: Final = "unsupported_content_type"
"""Only what the model said aloud can be truncated."""

CONVERSATION_ALREADY_HAS_ACTIVE_RESPONSE: Final = "conversation_already_has_active_response"
RESPONSE_CANCEL_NOT_ACTIVE: Final = "response_cancel_not_active"
"""There was nothing to cancel; harmless."""

CLOSE_EXPIRED: Final = 1001
CLOSE_INVALID_KEY: Final = 3000
CLOSE_BETA: Final = 4000

MAX_APPEND_BYTES: Final = 15 * 1024 * 1024
"""The most audio one ``input_audio_buffer.append`` may hold."""
MIN_COMMIT_MS: Final = 100
"""The least audio a commit takes."""
SESSION_S: Final = 3600
"""How long a session may last; a client cannot shorten it."""
