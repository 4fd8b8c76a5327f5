"""A recording beside its reference: aligned first, then compared.

``check`` goes through the parts in this order: ``sound`` (one rate), ``tracking`` (where each block
lies), ``drift`` and ``alignment`` (a line through that, and its steps), ``exactness``, ``frames``
(energies), ``faults``, ``noise``, ``spectra``, ``quality``, ``verdict``.
"""

from __future__ import annotations

from voicelab.audio.compare.check import check
from voicelab.audio.compare.report import CodecReport

__all__ = ["CodecReport", "check"]
