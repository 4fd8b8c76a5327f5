"""Interruption: what the caller cut short, and what the model is told of it.

The model believes it said all it has sent. Who plays its audio has to say how much was heard:
``conversation.item.truncate`` for what was begun, ``conversation.item.delete`` for what was not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

from voicelab.call.agent_voice import CLEAR_NS, AgentVoice, Cut
from voicelab.call.history import History
from voicelab.protocol import realtime

_SHORTER = re.compile(r"Audio content of (\d+) ?ms is already shorter")


class Interruption:
    """Keeps what was cut short until it can be told.

    Parameters
    ----------
    history : History
    send : callable
        Gives the model an event.
    note : callable
        Puts a fact into the journal.
    counts : Counter
        Takes ``late_deltas``.
    """

    def __init__(
        self,
        history: History,
        send: Callable[[realtime.ClientEvent], bool],
        note: Callable[..., None],
        counts: Counter[str],
    ) -> None:
        self._history = history
        self._send = send
        self._note = note
        self._counts = counts
        self._content: dict[str, int] = {}
        self._begun: dict[str, list[str]] = {}
        self._dropped_items: set[str] = set()
        self._dropped_responses: set[str] = set()
        self._cuts: list[Cut] = []
        self._due_ns = 0

    def wanted(self, item: str, response: str, content_index: int) -> bool:
        """Whether an item's audio is still to be played."""
        if item in self._dropped_items or response in self._dropped_responses:
            self._counts["late_deltas"] += 1
            return False
        if item not in self._content:
            self._begun.setdefault(response, []).append(item)
        self._content[item] = content_index
        return True

    def dropped(self, item: str) -> bool:
        """Whether an item was cut short."""
        return item in self._dropped_items

    def interrupt(self, now_ns: int, voice: AgentVoice, response: str | None) -> None:
        """Stop the voice; what the response still gives is dropped."""
        if response is not None:
            self._dropped_responses.add(response)
        cuts = voice.interrupt(now_ns)
        if cuts:
            self._cuts += cuts
            self._due_ns = now_ns + CLEAR_NS
        for cut in cuts:
            self._dropped_items.add(cut.item)
            self._note(
                "interrupted",
                item=cut.item,
                heard_ms=round(cut.heard.ms, 1),
                source=cut.heard.source,
                uncertainty_ms=round(cut.heard.uncertainty_ms, 1),
                received_ms=round(cut.received_ms, 1),
            )

    @property
    def due_ns(self) -> int | None:
        """When the model is told even if the line does not say that it was flushed."""
        return self._due_ns if self._cuts else None

    def settle(self) -> None:
        """Tell the model what was heard."""
        cuts, self._cuts = self._cuts, []
        for cut in cuts:
            heard_ms = int(cut.heard.ms)
            if heard_ms > 0:
                self._history.heard(cut.item, cut.heard.ms / max(cut.received_ms, 1.0))
                self._truncate(cut.item, heard_ms, event_id=cut.item)
            else:
                self._never_heard(cut.item)

    def response_done(self, response: dict[str, Any]) -> list[str]:
        """Take a response that is over; return the messages of which anything was played.

        Of one that was dropped the others are deleted: nobody heard of them.
        """
        name = str(response.get("id"))
        if name in self._dropped_responses:
            self._dropped_responses.discard(name)
            for item in response.get("output") or ():
                item_id = str(item.get("id"))
                if item.get("type") == "message" and item_id not in self._content:
                    self._content[item_id] = 0
                    self._never_heard(item_id)
        return self._begun.pop(name, [])

    def refused(self, error: realtime.ErrorDetail) -> bool:
        """Whether an error is about a truncation; one that was too long is tried once more."""
        if error.event_id not in self._content:
            return False
        item = str(error.event_id)
        self._note("truncate_refused", item=item, reason=error.message)
        if shorter := _SHORTER.search(error.message):
            self._truncate(item, int(shorter[1]), event_id=None)
        return True

    def session_lost(self) -> list[str]:
        """Forget the items of a session that is gone; return those that may be unfinished."""
        items, self._content = list(self._content), {}
        self._begun.clear()
        self._dropped_items.clear()
        self._dropped_responses.clear()
        return items

    def _truncate(self, item: str, heard_ms: int, *, event_id: str | None) -> None:
        if item in self._content:
            self._send(
                realtime.ConversationItemTruncate(
                    item_id=item,
                    content_index=self._content[item],
                    audio_end_ms=heard_ms,
                    event_id=event_id,
                )
            )

    def _never_heard(self, item: str) -> None:
        self._dropped_items.add(item)
        self._history.unheard(item)
        if item in self._content:
            self._send(realtime.ConversationItemDelete(item_id=item))
