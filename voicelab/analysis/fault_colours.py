"""One colour for each kind of fault, in every figure."""

from __future__ import annotations

from voicelab.analysis.figures import AGENT, FAULT, INK, MARK, STALL

FAULT_COLOURS = {"gap": FAULT, "repeat": STALL, "other": INK, "insertion": AGENT, "skip": MARK}
