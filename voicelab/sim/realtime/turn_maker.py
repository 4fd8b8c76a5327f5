"""What an agent is told of a conversation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from voicelab.audio.format import AudioFormat
from voicelab.call.turn import Said, Turn, Who, keys_in
from voicelab.sim.rates import to_rate
from voicelab.sim.realtime.items import Item
from voicelab.sim.realtime.outputs import Sound

_WHO: dict[str, Who] = {"user": "user", "assistant": "assistant", "system": "system"}


def turn_of(
    new: Sequence[Item],
    context: Sequence[Item],
    format: AudioFormat,
    *,
    call: str | None,
    interrupted: bool,
) -> Turn:
    """Make the turn of what the user said since the agent last spoke.

    Parameters
    ----------
    new : sequence of Item
        The user's items that nobody answered yet.
    context : sequence of Item
        All items, these included.
    format : AudioFormat
        The session's input format; the turn's sound is at its rate.
    call : str or None
    interrupted : bool
    """
    pieces = [
        to_rate(item.format.to_int16(bytes(item.audio)), item.format.rate_hz, format.rate_hz)
        for item in new
        if item.format
    ]
    words = [item.words for item in new]
    keys = [keys_in(each) for each in words if each]
    text = " ".join(each for each in words if each and keys_in(each) is None)
    return Turn(
        audio=np.concatenate(pieces) if pieces else np.zeros(0, np.int16),
        rate_hz=format.rate_hz,
        text=text or None,
        keys="".join(filter(None, keys)),
        history=tuple(said for item in context if (said := _said(item))),
        call=call,
        interrupted=interrupted,
    )


def sounds_of(items: Sequence[Item]) -> tuple[Sound, ...]:
    """Return the sound of each item that has one, as it came."""
    return tuple(
        Sound(bytes(item.audio), item.format, item.words or "")
        for item in items
        if item.format and item.audio
    )


def _said(item: Item) -> Said | None:
    if item.wire["type"] == "function_call_output":
        return Said("tool", item.text)
    who = _WHO.get(item.role or "")
    return Said(who, item.words, item.audio_ms, item.cut) if who else None
