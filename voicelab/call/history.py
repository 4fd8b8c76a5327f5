"""What was said in a call so far, as the model should know it: for a session that starts anew."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from voicelab.protocol import realtime

UNTRANSCRIBED = "[The caller said something here that was not transcribed.]"
UNSPOKEN = "[You said something here of which no transcript exists.]"
MAX_ENTRIES = 500

AGAIN = "voicelab-again"

Role = Literal["user", "assistant", "item"]


@dataclass(slots=True)
class Entry:
    """One turn of either side, or an item that is neither."""

    role: Role
    text: str = ""
    heard_share: float = 1.0
    item: dict[str, Any] = field(default_factory=dict)


class History:
    """Turns by item id, in order; the oldest are forgotten beyond :data:`MAX_ENTRIES`."""

    def __init__(self) -> None:
        self._entries: dict[str, Entry] = {}
        self._added = 0

    def user(self, item: str, text: str | None = None) -> None:
        """The caller's turn, and its transcript once that is known."""
        entry = self._entry(item, "user")
        if text is not None:
            entry.text = text

    def assistant(self, item: str, text: str = "", *, more: bool = False) -> None:
        """The agent's turn; `more` adds to the transcript so far."""
        entry = self._entry(item, "assistant")
        entry.text = entry.text + text if more else text or entry.text

    def heard(self, item: str, share: float) -> None:
        """Only this share of the agent's turn was heard."""
        if item in self._entries:
            self._entries[item].heard_share = share

    def unheard(self, item: str) -> None:
        """Nothing of the turn was heard; it never happened."""
        self._entries.pop(item, None)

    def item(self, key: str, item: dict[str, Any]) -> None:
        """An item that is kept as it is: a tool's call or its output."""
        self._entry(key, "item").item = item

    def add(self, item: dict[str, Any]) -> None:
        """An item that nobody speaks of again: keys, a message from outside."""
        self._added += 1
        self.item(f"added {self._added}", item)

    @property
    def awaits_answer(self) -> bool:
        """Whether the last word is not the agent's."""
        last = next(reversed(self._entries.values()), None)
        return last is not None and last.role != "assistant"

    def told_again(self) -> list[realtime.ConversationItemCreate]:
        """What tells a new session of the turns; an error about it names :data:`AGAIN`."""
        return [realtime.ConversationItemCreate(item=item, event_id=AGAIN) for item in self.items()]

    def items(self) -> list[dict[str, Any]]:
        """The turns as items that a client may create; sound is given as text."""
        return [_item(entry) for entry in self._entries.values()]

    def _entry(self, key: str, role: Role) -> Entry:
        if key not in self._entries:
            self._entries[key] = Entry(role)
            if len(self._entries) > MAX_ENTRIES:
                del self._entries[next(iter(self._entries))]
        return self._entries[key]


def _item(entry: Entry) -> dict[str, Any]:
    match entry.role:
        case "user":
            return realtime.user_text(entry.text or UNTRANSCRIBED)
        case "assistant":
            return realtime.assistant_text(_heard_text(entry) or UNSPOKEN)
        case _:
            return entry.item


def _heard_text(entry: Entry) -> str:
    """The words that were heard, by their share of the sound, to the next word's end."""
    if entry.heard_share >= 1.0:
        return entry.text
    length = round(len(entry.text) * entry.heard_share)
    end = entry.text.find(" ", length)
    return entry.text if end < 0 else f"{entry.text[:end]} …"
