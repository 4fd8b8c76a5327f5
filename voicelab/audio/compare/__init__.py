"""A recording beside its reference: aligned first, then compared.

``check`` goes through the parts in this order: ``sound`` (one rate), ``passage`` (where the
reference lies, by ``tracking``, ``drift`` and ``alignment``, and what ``filters`` and ``echo`` it
went through), ``exactness``, ``frames`` (energies), ``faults`` and ``order``, ``noise``,
``spectra``, ``quality``, ``verdict``.
"""

from __future__ import annotations

from voicelab.audio.compare.check import check
from voicelab.audio.compare.report import CodecReport

__all__ = ["CodecReport", "check"]
