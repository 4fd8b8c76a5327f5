"""Faults of the two acknowledgements: late, lost, or with a field more than documented."""

from __future__ import annotations

import json

from voicelab.protocol import vobiz
from voicelab.sim.faults import Faults, dice
from voicelab.sim.frame_faults import OnFault


class AckFaults:
    """Says when an acknowledgement goes out, and how.

    Parameters
    ----------
    faults : Faults
    seed : int
    on_fault : callable
    """

    def __init__(self, faults: Faults, seed: int, on_fault: OnFault) -> None:
        self._faults = faults
        self._on_fault = on_fault
        self._played, self._cleared = dice(seed, "played-lost"), dice(seed, "cleared-lost")

    def played(self, ack: vobiz.PlayedStream, stream_id: str) -> tuple[str, float] | None:
        """Return a ``playedStream`` and its delay in seconds, or None where it is lost."""
        faults = self._faults
        if self._played.random() < (faults.played_lost or 0.0):
            self._on_fault("played-lost", checkpoint=ack.name)
            return None
        text = vobiz.build(ack)
        if faults.played_stream_id:
            self._on_fault("played-stream-id", checkpoint=ack.name)
            text = json.dumps(json.loads(text) | {"streamId": stream_id}, separators=(",", ":"))
        if faults.played_delay:
            self._on_fault("played-delay", checkpoint=ack.name)
        return text, faults.played_delay or 0.0

    def cleared(self, ack: vobiz.ClearedAudio) -> tuple[str, float] | None:
        """Return a ``clearedAudio`` and its delay in seconds, or None where it is lost."""
        if self._cleared.random() < (self._faults.cleared_lost or 0.0):
            self._on_fault("cleared-lost")
            return None
        if self._faults.cleared_delay:
            self._on_fault("cleared-delay")
        return vobiz.build(ack), self._faults.cleared_delay or 0.0
