"""What one interruption took and left, from the call's journal and the simulated caller's ear."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from voicelab.audio.format import AudioFormat
from voicelab.audio.samples import Int16Array
from voicelab.call.model_audio import ToLine, model_format
from voicelab.call.moment import Moment
from voicelab.protocol import realtime


class Spoilt(Exception):
    """A call that cannot be measured, or in which something went wrong; the message says what."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """A call in which the agent was interrupted once.

    Attributes
    ----------
    line : AudioFormat
    loud_s : float
        The caller's first loud sample; call time, which is that of the ear.
    journal : list of Moment
        With the model's audio.
    zero_s : float
        The journal's zero, in call time.
    ear : ndarray of int16, shape (n,)
        From call time 0, at the line's rate; 0 where nothing played.
    """

    line: AudioFormat
    loud_s: float
    journal: list[Moment]
    zero_s: float
    ear: Int16Array


@dataclass(frozen=True, slots=True)
class Interruption:
    """What it took and left, in ms.

    Attributes
    ----------
    reaction_ms : float
        From the caller's first loud sample to the agent's last in the ear: the sum of the next
        three.
    vad_ms : float
        Until the model's server said ``speech_started``, without voicelab's part in it.
    voicelab_ms : float
        From the deciding frame to its ``append``, and from ``speech_started`` to ``clearAudio``.
    flush_ms : float
        From ``clearAudio`` to the last sample in the ear.
    told_ms : int
        ``audio_end_ms`` of the truncation.
    heard_ms : float
        What of the item the ear holds.
    doubt_ms : float
        By how much voicelab says that it may be wrong.
    acked : bool
        Whether the provider had said when the item began.
    stalled : bool
        Whether the event loop stood still between the item's first frame and its truncation.
    """

    reaction_ms: float
    vad_ms: float
    voicelab_ms: float
    flush_ms: float
    told_ms: int
    heard_ms: float
    doubt_ms: float
    acked: bool
    stalled: bool

    @property
    def error_ms(self) -> float:
        """By how much more the model was told than was heard."""
        return self.told_ms - self.heard_ms


def measure(call: Evidence) -> Interruption:
    """Take a call apart.

    Raises
    ------
    Spoilt
        Where it does not hold exactly one interruption, or the ear holds anything but its item.
    """
    facts = [moment for moment in call.journal if moment.leg == "lab"]
    cuts = [moment for moment in facts if moment.name == "interrupted"]
    if len(cuts) != 1:
        raise Spoilt(f"{len(cuts)} items were interrupted, not one")
    cut = cuts[0]
    item = cut.data["item"]
    begins = _only(
        (each for each in facts if each.name == "item_begins" and each.data["item"] == item),
        "beginning of the item",
    )
    started = _last(call.journal, "model", "in", "input_audio_buffer.speech_started", cut.t_ns)
    append = _last(call.journal, "model", "out", "input_audio_buffer.append", started.t_ns)
    media = _last(call.journal, "carrier", "in", "media", append.t_ns)
    cleared = _only(_messages(call.journal, "carrier", "out", "clearAudio"), "clearAudio")
    told = _only(
        _messages(call.journal, "model", "out", "conversation.item.truncate"), "truncation"
    )
    truncation = json.loads(told.data)
    if truncation["item_id"] != item:
        raise Spoilt("another item was truncated than was interrupted")
    heard, end = heard_of(said(call.journal, item, call.line), call.ear)
    loud_ms = 1000 * (call.loud_s - call.zero_s)
    forward_ms = (append.t_ns - media.t_ns) / 1e6
    last_ms = 1000 * (end / call.line.rate_hz - call.zero_s)
    return Interruption(
        reaction_ms=last_ms - loud_ms,
        vad_ms=started.t_ns / 1e6 - loud_ms - forward_ms,
        voicelab_ms=forward_ms + (cleared.t_ns - started.t_ns) / 1e6,
        flush_ms=last_ms - cleared.t_ns / 1e6,
        told_ms=truncation["audio_end_ms"],
        heard_ms=1000 * heard / call.line.rate_hz,
        doubt_ms=cut.data["uncertainty_ms"],
        acked=cut.data["source"] == "ack",
        stalled=any(_overlaps(each, begins.t_ns, told.t_ns) for each in facts),
    )


def said(journal: list[Moment], item: str, line: AudioFormat) -> Int16Array:
    """All that the model gave of an item, as it would sound on the line.

    Raises
    ------
    Spoilt
        Where the journal does not hold the audio.
    """
    deltas = [
        event.delta
        for moment in _messages(journal, "model", "in", "response.output_audio.delta")
        if isinstance(event := realtime.parse(moment.data), realtime.ResponseOutputAudioDelta)
        and event.item_id == item
    ]
    if not deltas:
        raise Spoilt("the journal holds no audio of the item")
    to_line = ToLine(model_format(line), line)
    return line.to_int16(b"".join([*map(to_line.convert, deltas), to_line.finish()]))


def heard_of(item: Int16Array, ear: Int16Array) -> tuple[int, int]:
    """How many samples of an item were heard, and where in the ear they end.

    The item may be interspersed with silence, where the queue ran dry, but nothing else.

    Parameters
    ----------
    item : ndarray of int16, shape (n,)
        No sample of it is 0, or hardly any, and it is like nothing else in the ear.
    ear : ndarray of int16, shape (m,)
        The item is the first thing in it.

    Raises
    ------
    Spoilt
        Where the ear holds another sample in the midst of the item.
    """
    heard, at = 0, _next_sound(ear, 0)
    if at == ear.size or ear[at] != item[0]:
        raise Spoilt("the ear does not hold the item's beginning")
    while True:
        size = min(item.size - heard, ear.size - at)
        differs = item[heard : heard + size] != ear[at : at + size]
        same = int(differs.argmax()) if differs.any() else size
        heard, at = heard + same, at + same
        if heard == item.size or at == ear.size:
            return heard, at
        if ear[at]:
            raise Spoilt(f"the ear holds something else after {heard} samples of the item")
        following = _next_sound(ear, at)
        rest = ear[following : following + item.size - heard][:_SURE]
        if not rest.size or not np.array_equal(rest, item[heard : heard + rest.size]):
            return heard, at
        at = following


_SURE = 16
"""So many samples in a row that are those of the item are no chance."""


def _next_sound(ear: Int16Array, begin: int) -> int:
    sounds = np.flatnonzero(ear[begin:])
    return begin + int(sounds[0]) if sounds.size else ear.size


def _messages(journal: list[Moment], leg: str, way: str, kind: str) -> Iterable[Moment]:
    """Moments that are messages of a kind, by ``type`` or ``event``."""
    key = "event" if leg == "carrier" else "type"
    return (
        moment
        for moment in journal
        if (moment.leg, moment.way, moment.kind) == (leg, way, "m") and _is(moment.data, key, kind)
    )


def _is(text: str, key: str, kind: str) -> bool:
    if f'"{kind}"' not in text:
        return False
    found: Any = json.loads(text)
    return bool(found.get(key) == kind)


def _only(found: Iterable[Moment], what: str) -> Moment:
    moments = list(found)
    if len(moments) != 1:
        raise Spoilt(f"{what}: found {len(moments)}, not one")
    return moments[0]


def _last(journal: list[Moment], leg: str, way: str, kind: str, until_ns: int) -> Moment:
    found = [each for each in _messages(journal, leg, way, kind) if each.t_ns <= until_ns]
    if not found:
        raise Spoilt(f"no {kind} came before")
    return max(found, key=lambda each: each.t_ns)


def _overlaps(moment: Moment, begin_ns: int, end_ns: int) -> bool:
    """Whether this is a stall that touches a stretch of time."""
    if moment.name != "stall":
        return False
    return moment.t_ns <= end_ns and moment.t_ns + moment.data["ms"] * 1e6 >= begin_ns
