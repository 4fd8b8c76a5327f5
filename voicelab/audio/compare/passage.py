"""How the reference came into the recording: to which place, by what filter, with what echo."""

from __future__ import annotations

from dataclasses import dataclass

from voicelab.audio.compare.alignment import Alignment, align, laid, together
from voicelab.audio.compare.echo import Echo, differs, echo
from voicelab.audio.compare.filters import LineFilter, line_filter
from voicelab.audio.compare.sound import Pair
from voicelab.audio.compare.tops import tops
from voicelab.audio.compare.tracking import Track, track
from voicelab.audio.samples import Int16Array


@dataclass(frozen=True, slots=True)
class Passage:
    """The way of the reference.

    Attributes
    ----------
    said : ndarray of int16, shape (m,)
        The reference as it comes out, at one rate with the recording.
    alignment : Alignment or None
        None where the reference is not in the recording.
    line : LineFilter or None
        The filter on the way.
    echo : Echo or None
        The copy of it that is heard later.
    """

    said: Int16Array
    alignment: Alignment | None = None
    line: LineFilter | None = None
    echo: Echo | None = None

    @property
    def level(self) -> float:
        """By how much it was made quieter so that nothing is clipped, at most 1."""
        return (self.line.level if self.line else 1.0) * (self.echo.level if self.echo else 1.0)


def passage(both: Pair) -> Passage:
    """Lay the recording on the reference, through the filter and with the echo of the line."""
    found = track(both.rec, both.ref, both.rate_hz)
    if found is None:
        return Passage(both.ref)
    line = line_filter(both.rec, both.ref, found, both.rate_hz)
    plain = None
    if line is None or not (line.low_hz or line.high_hz):
        straight = laid(both.rec, both.ref, found, both.rate_hz)
        plain = _with_echo(both, found, Passage(both.ref, straight))
        if line is None or plain.echo:  # a short one is much like a filter
            return plain
    said = line.apply(both.ref)
    through = align(both.rec, said, both.rate_hz)
    # What was clipped fits a filter a little better than a change of level, without one.
    if plain is None or through is None or not tops(both.rec, both.ref, through, 0.0):
        return _with_echo(both, found, Passage(said, through, line))
    return plain


def side_by_side(both: Pair) -> Passage:
    """Both begin together, and nothing is on the way."""
    return Passage(both.ref, together(both.rec, both.ref, both.rate_hz))


def _with_echo(both: Pair, found: Track, plain: Passage) -> Passage:
    if plain.alignment is None or not differs(found):
        return plain
    heard = echo(both.rec, plain.said, plain.alignment)
    if heard is None:
        return plain
    said = heard.apply(plain.said)
    return Passage(said, align(both.rec, said, both.rate_hz), plain.line, heard)
