"""What was this audio, and what went wrong with it?"""

from __future__ import annotations

from typing import Final

import numpy as np

from voicelab.audio.clip import Audio
from voicelab.audio.compare.wording import count
from voicelab.audio.diagnosis.against import Reference, find_against
from voicelab.audio.diagnosis.blind import find_blind
from voicelab.audio.diagnosis.diagnosis import Diagnosis, Hypothesis
from voicelab.audio.diagnosis.finding import Finding
from voicelab.audio.diagnosis.heard import Heard
from voicelab.audio.diagnosis.nothing import nothing
from voicelab.audio.diagnosis.reading import Given, assumed, read_given
from voicelab.audio.diagnosis.words import MEANINGS
from voicelab.audio.format import AudioFormat
from voicelab.errors import SettingError

_SHORTEST_S: Final = 0.1
_HINTED: Final = 0.2


def diagnose(
    given: Given,
    reference: Given | None = None,
    hint: str | None = None,
    format: str | AudioFormat | None = None,
    *,
    rate_hz: int | None = None,
) -> Diagnosis:
    """Find out what went wrong with some audio.

    Parameters
    ----------
    given : bytes, Audio or ndarray
        Wire bytes, the bytes of an audio file, a clip, or samples as they were heard: int16, or
        floats from -1 to 1. An hour takes no longer than two minutes do: parts of it are looked at.
    reference : bytes, Audio or ndarray, optional
        How it ought to sound, at its true rate; any delay will do.
    hint : str, optional
        A fault that is suspected; it counts more where anything speaks for it.
    format : str or AudioFormat, optional
        How wire bytes were decoded, ``mulaw/8000``; default ``l16/8000``.
    rate_hz : int, optional
        Of samples in an array, or of wire bytes; default 8000, which the diagnosis then says. Of
        the reference too, where that is an array.

    Raises
    ------
    FormatError
        Where there is nothing to look at.
    SettingError
        Where `hint` names no fault.

    Examples
    --------
    >>> import numpy as np
    >>> diagnose(np.zeros(8000, np.int16)).fault
    'silent'
    """
    if hint is not None and hint not in MEANINGS:
        raise SettingError(f"No fault is called {hint!r}; they are {', '.join(MEANINGS)}.")
    heard = read_given(given, format, rate_hz)
    known = None
    if reference is not None:
        own = isinstance(reference, np.ndarray)
        known = read_given(reference, format, rate_hz if own else None)
    findings = _findings(heard, known)
    if hint is not None:
        findings = [_favoured(finding, hint) for finding in findings]
        findings.sort(key=lambda finding: -finding.confidence)
    samples, repaired_hz = findings[0].repair(heard)
    return Diagnosis(
        tuple(Hypothesis(f.fault, float(f.confidence), f.evidence) for f in findings),
        Audio(heard.samples, heard.rate_hz),
        Audio(samples, repaired_hz),
        assumed(given, format, rate_hz, heard),
    )


def _findings(heard: Heard, known: Heard | None) -> list[Finding]:
    if heard.duration_s < _SHORTEST_S:
        verb = "is" if heard.samples.size == 1 else "are"
        return [
            Finding(
                "unknown",
                1.0,
                f"{count(heard.samples.size, 'sample')} {verb} too little to tell anything by; "
                "give a longer recording",
            )
        ]
    if known is not None:
        if known.duration_s < _SHORTEST_S:
            few = count(known.samples.size, "sample")
            return [
                Finding("unknown", 1.0, f"the reference is too short: {few}; give a longer one"),
                *find_blind(heard),
            ]
        return find_against(heard, Reference(known.samples, known.rate_hz))
    return find_blind(heard) or [nothing(heard)]


def _favoured(finding: Finding, hint: str) -> Finding:
    if finding.fault != hint:
        return finding
    return Finding(
        finding.fault,
        min(1.0, finding.confidence + _HINTED),
        f"{finding.evidence}; it was suspected",
        finding.repair,
    )
