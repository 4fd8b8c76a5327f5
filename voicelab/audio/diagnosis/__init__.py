"""The clinic: what was this audio, and what went wrong with it?

Every fault is an inverse and the traces it leaves. What bytes were read wrongly shows in the levels
that are used and in how much better the right reading sounds; what was lost, repeated or moved
shows at the seams of frames. Nothing wrong is an answer, and so is not knowing.
"""

from __future__ import annotations

from voicelab.audio.diagnosis.diagnose import diagnose
from voicelab.audio.diagnosis.diagnosis import Diagnosis, Hypothesis

__all__ = ["Diagnosis", "Hypothesis", "diagnose"]
