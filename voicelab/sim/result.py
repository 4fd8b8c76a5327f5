"""What came out of a simulated call, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from voicelab.protocol.vobiz import HangupCause
from voicelab.sim.carrier import CarrierCore
from voicelab.sim.line import FRAME_S
from voicelab.sim.offence import Offence
from voicelab.sim.output import EndedBy

SERVER_BROKE = "the server closed with"
"""How the note of a close begins whose code is neither 1000 nor 1001."""


@dataclass(frozen=True, slots=True)
class CallResult:
    """One call as the provider's side saw it; of a running call, so far.

    Attributes
    ----------
    call_id, stream_id : str
    frames_sent : int
        Media frames of 20 ms.
    frames_received : int
        Agent audio that came, in units of 20 ms, rounded.
    first_audio_ms : float or None
        From the first media frame to the first agent sample in the ear, in call time; 0 when the
        agent spoke first, None when it never did.
    checkpoints : int
        How many were acknowledged.
    ended_by : str or None
        ``caller agent server timeout error``; None while the call runs.
    offences : tuple of Offence
        What was wrong in what the application sent.
    hangup : HangupCause or None
        What the hang-up callback said; None while the call runs.
    notes : tuple of str
        What was converted in the caller's audio, and what went wrong.
    faults : dict
        How often each fault was done, by its name.
    strict : bool
        Whether the application was checked strictly.
    """

    call_id: str
    stream_id: str
    frames_sent: int
    frames_received: int
    first_audio_ms: float | None
    checkpoints: int
    ended_by: EndedBy | None
    offences: tuple[Offence, ...]
    hangup: HangupCause | None
    notes: tuple[str, ...]
    faults: Mapping[str, int] = field(default_factory=dict)
    strict: bool = False

    @property
    def failed(self) -> bool:
        """Whether the call broke, the application too, or it failed a strict check."""
        refused = self.strict and any(o.severity == "fail" for o in self.offences)
        broke = any(note.startswith(SERVER_BROKE) for note in self.notes)
        return self.ended_by == "error" or broke or refused

    @classmethod
    def of(cls, core: CarrierCore, faults: Mapping[str, int] | None = None) -> CallResult:
        """Read it off a core; `faults` says how often each was done."""
        return cls(
            call_id=core.call_id,
            stream_id=core.stream_id,
            frames_sent=core.frames_sent,
            frames_received=round(core.ear.received_s / FRAME_S),
            first_audio_ms=_rounded(core.first_audio_ms),
            checkpoints=core.checkpoints,
            ended_by=core.end.ended_by if core.end else None,
            offences=tuple(core.offences),
            hangup=core.end.hangup if core.end else None,
            notes=tuple(core.notes),
            faults=dict(faults or {}),
            strict=core.strict,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self) | {"offences": [offence.as_dict() for offence in self.offences]}


def _rounded(ms: float | None) -> float | None:
    """To a tenth: the audio is placed to the sample, the socket is not."""
    return None if ms is None else round(ms, 1)
