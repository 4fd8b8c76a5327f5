"""The items of a conversation, with the sound that stands behind them."""

from __future__ import annotations

import base64
import binascii
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Final

from voicelab.audio.format import AudioFormat
from voicelab.protocol.realtime import codes
from voicelab.sim.realtime import rules
from voicelab.sim.realtime.formats import bytes_a_ms
from voicelab.sim.realtime.refusal import Refused

MAX_ITEM_CHARS: Final = 64
"""Of an item's id."""

_PARTS: Final = {
    "system": ("input_text",),
    "user": ("input_text", "input_audio", "input_image"),
    "assistant": ("output_text",),
}
_STATUS: Final = rules.one_of("in_progress", "completed", "incomplete")
_COMMON: Final = {
    "id": rules.text,
    "object": rules.one_of("realtime.item"),
    "type": rules.anything,
    "status": rules.nullable(_STATUS),
}
_PART: Final = rules.shape(
    {
        "type": rules.text,
        "text": rules.nullable(rules.text),
        "audio": rules.nullable(rules.text),
        "transcript": rules.nullable(rules.text),
        "image_url": rules.nullable(rules.text),
        "detail": rules.nullable(rules.text),
    },
    required=("type",),
)
_ITEM: Final = rules.tagged(
    message=rules.shape(
        {**_COMMON, "role": rules.one_of(*_PARTS), "content": rules.each(_PART)},
        required=("role", "content"),
    ),
    function_call=rules.shape(
        {**_COMMON, "name": rules.text, "call_id": rules.text, "arguments": rules.text},
        required=("name", "arguments"),
    ),
    function_call_output=rules.shape(
        {**_COMMON, "call_id": rules.text, "output": rules.text},
        required=("call_id", "output"),
    ),
)


@dataclass(slots=True)
class Item:
    """One item as it goes over the wire, without its sound.

    Attributes
    ----------
    wire : dict
        The JSON object; its audio parts hold no ``audio``.
    format : AudioFormat or None
        Of the sound; None where there is none.
    audio : bytearray
        All sound of the item, its parts joined.
    spoken : str
        The words of its sound as far as they are known, whatever the wire tells of them.
    cut : bool
        Whether it was interrupted or truncated.
    """

    wire: dict[str, Any]
    format: AudioFormat | None = None
    audio: bytearray = field(default_factory=bytearray)
    spoken: str = ""
    cut: bool = False

    @property
    def id(self) -> str:
        """Its id."""
        return str(self.wire["id"])

    @property
    def role(self) -> str | None:
        """Who said it; None for calls and outputs."""
        return self.wire.get("role")

    @property
    def audio_ms(self) -> int:
        """How long its sound plays, in whole milliseconds."""
        return len(self.audio) // bytes_a_ms(self.format) if self.format else 0

    @property
    def text(self) -> str | None:
        """The words in it, written or spoken, as far as they are known."""
        if self.wire["type"] == "function_call_output":
            return str(self.wire["output"])
        words = [
            part.get("text") or part.get("transcript") for part in self.wire.get("content", ())
        ]
        return " ".join(filter(None, words)) or None

    @property
    def words(self) -> str | None:
        """All that is known of what was said in it, also what the wire does not tell."""
        return self.spoken or (None if self.cut else self.text)

    def has_audio(self) -> bool:
        """Whether any part of it is sound."""
        return any(part["type"].endswith("_audio") for part in self.wire.get("content", ()))

    def truncate(self, audio_end_ms: int) -> None:
        """Keep only so much of the sound; the transcript goes, the words near the cut stay."""
        assert self.format is not None
        share = audio_end_ms / self.audio_ms if self.audio_ms else 0.0
        if share < 1:
            self.cut = True
            words = self.spoken.split()
            self.spoken = " ".join(words[: round(len(words) * share)])
        del self.audio[audio_end_ms * bytes_a_ms(self.format) :]
        for part in self.wire["content"]:
            part.pop("transcript", None)

    def shown(self) -> dict[str, Any]:
        """Return the wire's object as it is now; the item may change later."""
        return deepcopy(self.wire)

    def with_audio(self) -> dict[str, Any]:
        """Return the wire's object with the sound in its first audio part, as base64."""
        whole = deepcopy(self.wire)
        for part in whole.get("content", ()):
            if part["type"].endswith("_audio"):
                part["audio"] = base64.b64encode(self.audio).decode("ascii")
                break
        return whole


def item_of(given: dict[str, Any], new_id: str, format: AudioFormat) -> Item:
    """Make an item of what a client gave.

    Parameters
    ----------
    given : dict
        The ``item`` of a ``conversation.item.create``.
    new_id : str
        Its id where it has none.
    format : AudioFormat
        The session's input format, of its sound.

    Raises
    ------
    Refused
        Where it is no item, or one that a client cannot create: an assistant's sound, say.
    """
    _ITEM(given, "item")
    if given.get("id") and len(given["id"]) > MAX_ITEM_CHARS:
        raise Refused(
            f"Invalid 'item.id': string too long. Expected a string with maximum length "
            f"{MAX_ITEM_CHARS}.",
            codes.INVALID_VALUE,
            "item.id",
        )
    wire = {
        "id": new_id,
        "object": "realtime.item",
        "status": "completed",
        **{name: value for name, value in deepcopy(given).items() if value is not None},
    }
    if wire["type"] == "function_call":
        wire.setdefault("call_id", f"call_{new_id}")
    item = Item(wire)
    for index, part in enumerate(wire.get("content", ())):
        where = f"item.content[{index}]"
        rules.one_of(*_PARTS[wire["role"]])(part["type"], f"{where}.type")
        if part["type"] == "input_audio":
            item.format = format
            item.audio += _decoded(part.pop("audio", None) or "", f"{where}.audio")
        elif part["type"].endswith("_text") and part.get("text") is None:
            rules.missing(f"{where}.text")
    return item


def _decoded(audio: str, where: str) -> bytes:
    try:
        return base64.b64decode(audio, validate=True)
    except binascii.Error:
        raise Refused(
            f"Invalid '{where}': expected a base64 string.", codes.INVALID_VALUE, where
        ) from None
