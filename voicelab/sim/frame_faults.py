"""Faults of media frames: missing, doubled, swapped, damaged, and with a second track beside."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import msgspec

from voicelab.protocol import vobiz
from voicelab.sim.faults import Faults, dice

OnFault = Callable[..., None]
"""``on_fault(name, **details)``: a fault was done."""


class FrameFaults:
    """Turns each frame of a caller into those that go out for it.

    Parameters
    ----------
    faults : Faults
    seed : int
    sample_bytes : int
        Of one sample on the line.
    on_fault : callable
    """

    def __init__(self, faults: Faults, seed: int, sample_bytes: int, on_fault: OnFault) -> None:
        self._faults = faults
        self._sample_bytes = sample_bytes
        self._on_fault = on_fault
        self._dice = {
            name: dice(seed, name)
            for name in ("loss", "duplicate", "swap", "odd", "split", "short")
        }
        self._carry = b""
        self._swapped: vobiz.Media | None = None

    def take(self, frame: vobiz.Media) -> list[vobiz.Media]:
        """Return what goes out now: nothing, the frame, or several."""
        out = []
        for sent in self._tracks(self._damaged(frame)):
            out += self._moved(sent) if sent.track == "inbound" else [sent]
        return out

    def flush(self) -> list[vobiz.Media]:
        """Return the frame that still waits for its next."""
        swapped, self._swapped = self._swapped, None
        return [] if swapped is None else [swapped]

    def _damaged(self, frame: vobiz.Media) -> vobiz.Media:
        carry, self._carry = self._carry, b""
        payload = carry + frame.payload
        if self._happens("odd", frame):
            payload = payload[:-1]
        if self._happens("short", frame):
            samples = len(payload) // self._sample_bytes
            payload = payload[: samples // 2 * self._sample_bytes]
        # Two in a row would make a whole number of bytes, and nobody could see that it is shifted.
        if not carry and self._happens("split", frame):
            payload, self._carry = payload[:-1], payload[-1:]
        return frame if payload == frame.payload else _with(frame, payload=payload)

    def _moved(self, frame: vobiz.Media) -> list[vobiz.Media]:
        if self._happens("loss", frame):
            return []
        copies = [frame, frame] if self._happens("duplicate", frame) else [frame]
        if self._swapped is None and self._happens("swap", frame):
            self._swapped = frame
            return copies[1:]
        return copies + self.flush()

    def _tracks(self, frame: vobiz.Media) -> Iterator[vobiz.Media]:
        """Add the outbound track, in which a telephone line gives its caller's voice back."""
        numbering = self._faults.both_tracks
        if numbering is None or frame.chunk is None:
            yield frame
            return
        for sequence, track in ((2 * frame.chunk - 1, "inbound"), (2 * frame.chunk, "outbound")):
            chunk = frame.chunk if numbering == "track" else sequence
            yield _with(frame, track=track, sequence=sequence, chunk=chunk)

    def _happens(self, fault: str, frame: vobiz.Media) -> bool:
        share = getattr(self._faults, fault)
        if share is None or self._dice[fault].random() >= share:
            return False
        self._on_fault(fault, chunk=frame.chunk)
        return True


def _with(frame: vobiz.Media, **changes: object) -> vobiz.Media:
    return msgspec.structs.replace(frame, **changes)
