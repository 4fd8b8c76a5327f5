"""What is said where no fault shows: also whether there was any speech to judge by."""

from __future__ import annotations

from typing import Final

from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.tones import is_tones
from voicelab.audio.diagnosis.waves import is_wave

_SURE: Final = 0.9
_EVEN_DB: Final = 2.0
"""White noise rises 1.3 dB above its own quietest tenth, and speech 5 dB below such noise 2.3."""


def nothing(heard: Heard) -> Finding:
    """Nothing was found; without speech that says little.

    Parameters
    ----------
    heard : Heard
    """
    sound = _instead_of_speech(heard)
    if sound is None:
        return Finding("none", _SURE, "none of the known faults shows")
    return Finding(
        "none",
        _SURE,
        f"no speech here: {sound}; none of the known faults shows in it, but most of them show "
        "only where somebody speaks",
    )


def _instead_of_speech(heard: Heard) -> str | None:
    if is_tones(heard):
        return "all that sounds is a few steady tones"
    if is_wave(heard):
        return "all that sounds is one wave that repeats"
    if heard.snr_db < _EVEN_DB:
        return "it is as loud all the time as noise is"
    return None
