"""A conversation: items in order, and how each operation on them fails."""

from __future__ import annotations

from typing import Final

from voicelab.protocol.realtime import codes
from voicelab.sim.realtime.items import Item
from voicelab.sim.realtime.refusal import Refused

ROOT: Final = "root"
MAX_ITEMS: Final = 10_000
MAX_AUDIO_BYTES: Final = 256 * 1024 * 1024
"""An hour and a half of PCM; past it the sound of the oldest items is forgotten."""


class Conversation:
    """Items by id, in their order.

    Attributes
    ----------
    items : list of Item
    """

    def __init__(self) -> None:
        self.items: list[Item] = []
        self._by_id: dict[str, Item] = {}

    def place(self, item: Item, after: str | None = None) -> str | None:
        """Put an item behind another, or at the end; return the id of the one before it.

        Raises
        ------
        Refused
            There is an item of that id, none to be behind, or there are too many.
        """
        if item.id in self._by_id:
            raise Refused(
                f"Error adding item: an item with the ID '{item.id}' is already in the "
                "conversation.",
                codes.ITEM_CREATE_DUPLICATE_ITEM_ID,
                "item.id",
            )
        if len(self.items) >= MAX_ITEMS:
            raise Refused(f"A conversation holds {MAX_ITEMS} items.", codes.INVALID_VALUE, "item")
        index = len(self.items)
        if after == ROOT:
            index = 0
        elif after is not None:
            behind = self.find(after, "previous_item_id", codes.INVALID_VALUE)
            index = self.items.index(behind) + 1
        self.items.insert(index, item)
        self._by_id[item.id] = item
        self._forget_oldest_sound()
        return self.items[index - 1].id if index else None

    @property
    def last_id(self) -> str | None:
        """The id of the item at the end."""
        return self.items[-1].id if self.items else None

    def get(self, item_id: str) -> Item | None:
        """Return an item, or None where there is none of that id."""
        return self._by_id.get(item_id)

    def find(self, item_id: str, where: str, code: str) -> Item:
        """Return an item.

        Raises
        ------
        Refused
            With this code where there is none of that id.
        """
        item = self.get(item_id)
        if item is None:
            raise Refused(
                f"Item with item_id '{item_id}' does not exist in the conversation.", code, where
            )
        return item

    def delete(self, item_id: str) -> None:
        """Take an item out."""
        item = self.find(item_id, "item_id", codes.ITEM_DELETE_INVALID_ITEM_ID)
        self.items.remove(item)
        del self._by_id[item_id]

    def retrieve(self, item_id: str) -> Item:
        """Return an item for the client that asks for it."""
        return self.find(item_id, "item_id", codes.ITEM_RETRIEVE_INVALID_ITEM_ID)

    def truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> Item:
        """Cut the model's sound to what was heard of it."""
        item = self.find(item_id, "item_id", codes.ITEM_TRUNCATE_INVALID_ITEM_ID)
        if item.role != "assistant" or not item.has_audio() or not item.audio:
            raise Refused(
                "Only model output audio messages can be truncated",
                codes.UNSUPPORTED_CONTENT_TYPE,
                "item_id",
            )
        if not 0 <= content_index < len(item.wire["content"]):
            raise Refused(
                f"Invalid content_index {content_index}.", codes.INVALID_VALUE, "content_index"
            )
        if audio_end_ms < 0:
            raise Refused(
                f"Invalid audio_end_ms {audio_end_ms}.", codes.INVALID_VALUE, "audio_end_ms"
            )
        if audio_end_ms > item.audio_ms:
            raise Refused(
                f"Audio content of {item.audio_ms}ms is already shorter than {audio_end_ms}ms",
                codes.INVALID_VALUE,
                "audio_end_ms",
            )
        item.truncate(audio_end_ms)
        return item

    def _forget_oldest_sound(self) -> None:
        excess = sum(len(item.audio) for item in self.items) - MAX_AUDIO_BYTES
        for item in self.items:
            if excess <= 0:
                return
            excess -= len(item.audio)
            item.audio = bytearray()
