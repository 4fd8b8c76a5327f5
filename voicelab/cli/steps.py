"""In which step of a check or a diagnosis a thread is, by the module that it is in."""

from __future__ import annotations

from types import FrameType
from typing import Final

STEPS: Final = {
    "voicelab.store.sound_file": "reading the file",
    "voicelab.audio.compare.sound": "bringing both to one rate",
    "voicelab.audio.compare.alignment": "laying it on the reference",
    "voicelab.audio.compare.exactness": "looking for what is exact",
    "voicelab.audio.compare.frames": "comparing frame by frame",
    "voicelab.audio.compare.faults": "looking for gaps",
    "voicelab.audio.compare.tops": "looking for clipping",
    "voicelab.audio.compare.edge": "measuring spectra",
    "voicelab.audio.compare.levels": "measuring levels",
    "voicelab.audio.compare.noise": "measuring the noise",
    "voicelab.audio.compare.spectra": "measuring spectra",
    "voicelab.audio.compare.quality": "scoring",
    "voicelab.audio.diagnosis.reading": "reading the samples",
    "voicelab.audio.diagnosis.blind": "looking for traces of faults",
    "voicelab.audio.diagnosis.against": "trying every reading against the reference",
}
"""Modules and packages, and what is done in them."""


def step_of(frame: FrameType | None) -> str | None:
    """The step that a stack is in: that of its outermost function that is in one of :data:`STEPS`.

    Parameters
    ----------
    frame : FrameType or None
        The innermost.
    """
    step = None
    while frame is not None:
        module = str(frame.f_globals.get("__name__"))
        step = STEPS.get(module) or STEPS.get(module.rpartition(".")[0]) or step
        frame = frame.f_back
    return step
