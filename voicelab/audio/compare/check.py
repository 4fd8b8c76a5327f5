"""A recording and its reference in; what happened between them out."""

from __future__ import annotations

from dataclasses import replace
from math import log10

from voicelab.audio.clip import Audio
from voicelab.audio.compare.alignment import Alignment, align, laid, together
from voicelab.audio.compare.edge import Edge, edge
from voicelab.audio.compare.ends import ends
from voicelab.audio.compare.exactness import exactness
from voicelab.audio.compare.faults import Fault, faults
from voicelab.audio.compare.filters import LineFilter, line_filter
from voicelab.audio.compare.frames import frames
from voicelab.audio.compare.levels import Levels, levels
from voicelab.audio.compare.noise import Noise, noise
from voicelab.audio.compare.order import reordered
from voicelab.audio.compare.quality import Quality, quality
from voicelab.audio.compare.report import CodecReport
from voicelab.audio.compare.sound import Pair, pair
from voicelab.audio.compare.spectra import Spectra, bandwidth, distance
from voicelab.audio.compare.tops import Tops, tops
from voicelab.audio.compare.tracking import track
from voicelab.audio.format import FORMATS, AudioFormat


def check(
    recording: Audio,
    reference: Audio,
    format: str | AudioFormat | None = None,
    *,
    full: bool = False,
    scores: bool = True,
) -> CodecReport:
    """Compare a recording with what it should be.

    Parameters
    ----------
    recording, reference : Audio
        Mono, at any rate from 8 kHz on; they need not begin together.
    format : str or AudioFormat, optional
        What the line between them carried; found out where it is not given.
    full : bool
        Whether to score all windows of ten seconds, instead of twelve.
    scores : bool
        Whether to compute STOI and PESQ at all.

    Raises
    ------
    FormatError
        Where one of them is empty, has several channels or a rate below 8 kHz, or `format` is no
        format.

    Examples
    --------
    >>> import numpy as np
    >>> said = Audio(np.arange(-8000, 8000, dtype=np.int16), 8000)
    >>> check(said, said).exact
    True
    """
    given = None if format is None else AudioFormat.parse(format)
    both = pair(recording, reference, given)
    heard = levels(recording.samples, recording.rate_hz)
    said = levels(reference.samples, reference.rate_hz)
    alignment, line = _aligned(both)
    same = exactness(both, alignment, given)
    if same.format and same.format.rate_hz < both.rate_hz:
        both = pair(recording, reference, same.format)
        alignment, line = _aligned(both)
    if heard.silent and not said.silent:
        same = replace(same, exact=False)  # it may equal a pause of the reference: that is no call
    elif alignment is None and same.exact and not said.silent:
        alignment = together(both.rec, both.ref, both.rate_hz)
    elif not same.exact and not heard.silent:
        side_by_side = exactness(both, None, given)
        if side_by_side.exact:
            same, line = side_by_side, None
            alignment = together(both.rec, both.ref, both.rate_hz)
    form = given or same.format or _by_levels(heard, both)
    found: tuple[Fault, ...] = ()
    gain_db: float | None = None
    offset = 0.0
    flat: Tops | None = None
    other_edge: Edge | None = None
    measured_noise: Noise | None = None
    scored: Quality | None = None
    apart: float | None = None
    if alignment is not None:
        said_there = line.apply(both.ref) if line else both.ref
        measured = frames(both.rec, said_there, alignment, form)
        found = faults(both.rec, alignment, measured)
        found = reordered(both.rec, said_there, alignment, measured, found)
        offset = measured.offset
        gain_db = 20 * log10(measured.gain * (line.level if line else 1.0))
        measured_noise = noise(measured, found, both.rate_hz)
        if not same.exact:
            flat = tops(both.rec, said_there, alignment, offset)
            other_edge = None if line else edge(both.rec, both.ref, alignment, measured, form)
        if flat:  # what is cut off tells nothing of the level
            gain_db = 20 * log10(flat.gain * (line.level if line else 1.0))
        apart = distance(both.rec, both.ref, alignment, measured)
        if scores:
            scored = quality(both.rec, both.ref, alignment, measured, full)
    return CodecReport(
        format=form,
        alignment=alignment,
        line=line,
        faults=found,
        ends=ends(both, alignment, heard, said),
        exactness=same,
        levels=heard,
        reference_levels=said,
        gain_db=gain_db,
        offset=offset,
        spectra=Spectra(apart, bandwidth(recording.samples, recording.rate_hz)),
        noise=measured_noise,
        quality=scored,
        recording=recording,
        reference=reference,
        tops=flat,
        edge=other_edge,
    )


def _aligned(both: Pair) -> tuple[Alignment | None, LineFilter | None]:
    """Lay the recording on the reference, through the line's filter where there is one."""
    found = track(both.rec, both.ref, both.rate_hz)
    if found is None:
        return None, None
    line = line_filter(both.rec, both.ref, found, both.rate_hz)
    if line is not None:
        through = align(both.rec, line.apply(both.ref), both.rate_hz)
        band = line.low_hz or line.high_hz
        # What was clipped fits a filter a little better than a change of level, without one.
        if band or through is None or not tops(both.rec, both.ref, through, 0.0):
            return through, line
    return laid(both.rec, both.ref, found, both.rate_hz), None


def _by_levels(heard: Levels, both: Pair) -> AudioFormat | None:
    name = f"{heard.law}/{both.rate_hz}"
    return next((form for form in FORMATS if str(form) == name), None)
