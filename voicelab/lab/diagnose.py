"""Diagnoses of sound, wherever it is: in files, in calls, on the wire, in memory."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from voicelab.audio.clip import Audio
from voicelab.audio.diagnosis.diagnosis import Diagnosis
from voicelab.audio.format import AudioFormat
from voicelab.lab.call import Side
from voicelab.lab.sound import cut_words, heard_of, name_of, naming
from voicelab.store.whole_file import write_whole

if TYPE_CHECKING:
    from voicelab.analysis.figures import Lane, Picture


@dataclass(frozen=True, slots=True, repr=False)
class Diagnosed(Diagnosis):
    """A diagnosis that draws itself, and writes itself as a page.

    Parameters
    ----------
    reference : Audio or None
        How it ought to sound.
    name, reference_name : str
        What was given.
    """

    reference: Audio | None = field(default=None)
    name: str = "sound"
    reference_name: str = "reference"

    @property
    def changed(self) -> bool:
        """Whether the repair changed anything."""
        heard, repaired = self.heard, self.repaired
        return heard.rate_hz != repaired.rate_hz or not np.array_equal(
            heard.samples, repaired.samples
        )

    @property
    def place_s(self) -> float:
        """Where in seconds something is to be heard: the first repair, else the first sound."""
        from voicelab.lab.clinic.diagnosis_page import first_difference_s

        return first_difference_s(self.heard, self.repaired)

    def sounds(self) -> list[tuple[str, Audio]]:
        """What can be listened to: heard, repaired where that is another, and the reference."""
        found = [("heard", self.heard)]
        if self.changed:
            found.append(("repaired", self.repaired))
        if self.reference is not None:
            found.append(("reference", self.reference))
        return found

    def speed(self, sound: Audio) -> float:
        """How many seconds of what was heard pass in one of `sound`."""
        if sound is self.heard:
            return 1.0
        ratio = self.heard.duration_s / max(self.repaired.duration_s, 1e-9)
        return ratio if 0.2 < ratio < 5 else 1.0

    def later_s(self, sound: Audio) -> float:
        """By how many of its seconds `sound` begins later than the repaired one; for reference."""
        from voicelab.lab.clinic.diagnosis_page import delay_s

        return delay_s(self.repaired, sound) if sound is self.reference else 0.0

    def plot(
        self, begin_s: float | None = None, length_s: float = 10.0, *, titled: bool = True
    ) -> Picture:
        """What was heard, the same repaired, and the reference under it.

        Parameters
        ----------
        begin_s : float, optional
            Where to begin; default: a second before the first repair.
        length_s : float
        titled : bool
            Whether the verdict stands above it.
        """
        from voicelab.analysis.diagnosis_figures import waveform_figure

        return waveform_figure(self._lanes(begin_s, length_s), self.verdict if titled else "")

    def spectrograms(self, begin_s: float | None = None, length_s: float = 10.0) -> Picture:
        """The spectrograms of the same, side by side."""
        from voicelab.analysis.spectrogram import spectrograms

        return spectrograms(self._lanes(begin_s, length_s))

    def levels(self) -> Picture:
        """Which levels what was heard uses, beside the steps of G.711."""
        from voicelab.analysis.level_figure import level_figure

        return level_figure(self.heard.samples)

    def cut_short(self) -> list[str]:
        """Which of the files ends before its header says, and how much is missing."""
        both = (self.name, self.heard), (self.reference_name, self.reference)
        return [said for name, sound in both if sound and (said := cut_words(name, sound))]

    def remarks(self) -> list[str]:
        """What stands beside the hypotheses: what was taken for granted, and what is missing."""
        return [*([self.assumed] if self.assumed else []), *self.cut_short()]

    def as_json(self) -> dict[str, Any]:
        """``verdict``, ``hypotheses``, ``assumed``, and how much of the file is missing."""
        return Diagnosis.as_json(self) | {
            "assumed": self.assumed or None,
            "cut_short_s": round(self.heard.cut_short_s, 6),
        }

    def __str__(self) -> str:
        return "\n".join([Diagnosis.__str__(self), *self.cut_short()])

    def html(self) -> str:
        """A page with figures, players and all numbers, which needs no network."""
        from voicelab.lab.clinic.diagnosis_page import diagnosis_page

        return diagnosis_page(self)

    def save_html(self, path: str | Path) -> Path:
        """Write that page, replacing what is there."""
        return write_whole(Path(path).expanduser(), self.html().encode())

    def _lanes(self, begin_s: float | None, length_s: float) -> list[Lane]:
        from voicelab.analysis.diagnosis_figures import lanes

        begin_s = max(self.place_s - 1.0, 0.0) if begin_s is None else begin_s
        sounds = [(name, s, self.speed(s), self.later_s(s)) for name, s in self.sounds()]
        return lanes(sounds, begin_s, length_s)

    def __repr__(self) -> str:
        return f"Diagnosis({self.verdict})"

    def _repr_html_(self) -> str:
        from voicelab.lab.clinic.diagnosis_page import diagnosis_output

        return diagnosis_output(self)


def diagnose(
    given: object,
    reference: object | None = None,
    hint: str | None = None,
    format: str | AudioFormat | None = None,
    *,
    side: Side = "caller",
    channel: int | None = None,
    rate_hz: int | None = None,
) -> Diagnosed:
    """Find out what went wrong with some audio.

    Parameters
    ----------
    given : str, Path, Call, bytes, Audio or ndarray
        A file, a call (its caller's side), wire bytes, the bytes of an audio file, a clip, or
        samples as they were heard: int16, or floats from -1 to 1. An hour takes no longer than two
        minutes do: parts of it are looked at.
    reference : the same, optional
        How it ought to sound, at its true rate; any delay will do.
    hint : str, optional
        A fault that is suspected; it counts more where anything speaks for it.
    format : str or AudioFormat, optional
        How wire bytes were decoded, ``mulaw/8000``; default ``l16/8000``.
    side : {"caller", "heard", "ear"}
        Of a call; of a recording of both sides the louder one is looked at.
    channel : int, optional
        Of a sound with several, which one, from 1 on; default: the loudest.
    rate_hz : int, optional
        Of samples in an array, or of wire bytes; default 8000, which the diagnosis then says. Of
        the reference too, where that is an array.

    Returns
    -------
    Diagnosed
        Hypotheses with evidence, the repaired sound, and figures.

    Raises
    ------
    FormatError
        Where there is nothing to look at, or no such channel.
    SettingError
        Where `hint` names no fault.
    CallNotFound
        Where there is no such file.

    Examples
    --------
    >>> diagnose(np.zeros(8000, np.int16)).fault
    'silent'
    """
    from voicelab.audio.diagnosis.diagnose import diagnose as find_out

    known = None
    if reference is not None:
        with naming(reference, "The reference"):
            own = isinstance(reference, np.ndarray)
            known = _reference(reference, format, rate_hz if own else None)
    with naming(given):
        heard = heard_of(given, format, side, channel)
        found = find_out(heard, known, hint, format, rate_hz=rate_hz)
    if isinstance(heard, Audio):
        found.heard.cut_short_s = heard.cut_short_s
    return Diagnosed(
        **{each.name: getattr(found, each.name) for each in fields(found)},
        reference=known,
        name=name_of(given, "sound"),
        reference_name=name_of(reference, "reference"),
    )


def _reference(given: object, format: str | AudioFormat | None, rate_hz: int | None) -> Audio:
    """A reference that is a file is no wire bytes, whatever was heard is."""
    from voicelab.audio.diagnosis.reading import read_given

    data = heard_of(given, None, "caller")
    heard = read_given(data, format, rate_hz)
    cut_short_s = data.cut_short_s if isinstance(data, Audio) else 0.0
    return Audio(heard.samples, heard.rate_hz, cut_short_s)
