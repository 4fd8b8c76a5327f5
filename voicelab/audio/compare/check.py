"""A recording and its reference in; what happened between them out."""

from __future__ import annotations

from dataclasses import replace
from math import log10

from voicelab.audio.clip import Audio
from voicelab.audio.compare.edge import Edge, edge
from voicelab.audio.compare.ends import ends
from voicelab.audio.compare.exactness import exactness
from voicelab.audio.compare.faults import Fault, faults
from voicelab.audio.compare.frames import frames
from voicelab.audio.compare.levels import Levels, levels
from voicelab.audio.compare.noise import Noise, noise
from voicelab.audio.compare.order import reordered
from voicelab.audio.compare.passage import passage, side_by_side
from voicelab.audio.compare.quality import Quality, quality
from voicelab.audio.compare.report import CodecReport
from voicelab.audio.compare.sound import Pair, pair
from voicelab.audio.compare.spectra import Spectra, bandwidth, distance
from voicelab.audio.compare.tops import Tops, tops
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
    way = passage(both)
    same = exactness(both, way.alignment, given)
    if same.format and same.format.rate_hz < both.rate_hz:
        both = pair(recording, reference, same.format)
        way = passage(both)
    if heard.silent and not said.silent:
        same = replace(same, exact=False)  # it may equal a pause of the reference: that is no call
    elif way.alignment is None and same.exact and not said.silent:
        way = side_by_side(both)
    elif not same.exact and not heard.silent:
        together = exactness(both, None, given)
        if together.exact:
            same, way = together, side_by_side(both)
    alignment, line, echo = way.alignment, way.line, way.echo
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
        measured = frames(both.rec, way.said, alignment, form)
        found = faults(both.rec, alignment, measured)
        found = reordered(both.rec, way.said, alignment, measured, found)
        offset = measured.offset
        gain_db = 20 * log10(measured.gain * way.level)
        measured_noise = noise(measured, found, both.rate_hz)
        if not same.exact:
            flat = tops(both.rec, way.said, alignment, offset)
            other_edge = (
                None if line or echo else edge(both.rec, both.ref, alignment, measured, form)
            )
        if flat:  # what is cut off tells nothing of the level
            gain_db = 20 * log10(flat.gain * way.level)
        apart = distance(both.rec, both.ref, alignment, measured)
        if scores:
            scored = quality(both.rec, both.ref, alignment, measured, full)
    return CodecReport(
        format=form,
        alignment=alignment,
        line=line,
        echo=echo,
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


def _by_levels(heard: Levels, both: Pair) -> AudioFormat | None:
    name = f"{heard.law}/{both.rate_hz}"
    return next((form for form in FORMATS if str(form) == name), None)
