"""Keys the caller presses, gathered into one entry."""

from __future__ import annotations

from collections.abc import Callable

from voicelab.call.history import History
from voicelab.call.turn import keys_text
from voicelab.protocol import realtime

PAUSE_NS = 2_000_000_000
"""An entry is over when so long no key was pressed."""

END_KEY = "#"


class KeyPresses:
    """Gathers digits until ``#`` or a pause of two seconds, and tells the model.

    Parameters
    ----------
    history : History
    send : callable
        Gives the model an event.
    """

    def __init__(self, history: History, send: Callable[[realtime.ClientEvent], bool]) -> None:
        self._history = history
        self._send = send
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

    def tell(self, now_ns: int) -> bool:
        """Tell the model of an entry that is over; whether there was one.

        Where no session takes it, the next one is told with the rest of the history.
        """
        if self._due_ns is None or now_ns < self._due_ns:
            return False
        item = realtime.user_text(keys_text(self._keys))
        self._keys, self._due_ns = "", None
        self._send(realtime.ConversationItemCreate(item=item))
        self._history.add(item)
        return True
