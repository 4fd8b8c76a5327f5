"""What a stream is told before it begins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from voicelab.audio.format import AudioFormat

REFERENCE_FORMAT = AudioFormat("l16", 8000)
"""What the provider sends where the answer asks for nothing."""


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """What a stream is told beforehand.

    Attributes
    ----------
    format : AudioFormat
        What was asked for in the answer; assumed where no ``start`` says otherwise.
    byte_order : str
        ``"auto"`` finds the byte order of L16 from the audio; ``"big"`` and ``"little"`` force it.
    max_gap_s, late_s : float
        See :class:`~voicelab.call.placing.Placer`.
    early_s : float
        How much media before ``start`` is kept; with more, ``format`` is assumed.
    open_timeout_s, media_timeout_s : float
        The stream is closed when neither ``start`` nor media has come for so long after the socket
        opened, or no media for so long afterwards.
    stop_timeout_s : float
        How long the other side has to close after a ``stop``.
    """

    format: AudioFormat = REFERENCE_FORMAT
    byte_order: Literal["auto", "big", "little"] = "auto"
    max_gap_s: float = 5.0
    late_s: float = 1.0
    early_s: float = 1.0
    open_timeout_s: float = 10.0
    media_timeout_s: float = 30.0
    stop_timeout_s: float = 2.0
