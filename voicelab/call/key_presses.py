"""Keys the caller presses, gathered into one entry."""

from __future__ import annotations

from voicelab.call.turn import keys_text

PAUSE_NS = 2_000_000_000
"""An entry is over when so long no key was pressed."""

END_KEY = "#"


class KeyPresses:
    """Gathers digits until ``#`` or a pause of two seconds."""

    def __init__(self) -> None:
        self._keys = ""
        self._due_ns: int | None = None

    def press(self, now_ns: int, key: str) -> None:
        """Take one key."""
        self._keys += key
        self._due_ns = now_ns if key == END_KEY else now_ns + PAUSE_NS

    @property
    def wake_ns(self) -> int | None:
        """When the entry is over as things are; None where there is none."""
        return self._due_ns

    def take(self, now_ns: int) -> str | None:
        """Give the text for the model once the entry is over."""
        if self._due_ns is None or now_ns < self._due_ns:
            return None
        keys, self._keys, self._due_ns = self._keys, "", None
        return keys_text(keys)
