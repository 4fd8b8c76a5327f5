"""Checks of recordings, wherever they are: in files, in calls, in memory."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from voicelab.audio.compare.report import CodecReport
from voicelab.audio.compare.table import Row
from voicelab.audio.format import AudioFormat
from voicelab.lab.sound import check_mono, cut_words, label_of, name_of, naming, sound_of
from voicelab.store.whole_file import write_whole

if TYPE_CHECKING:
    from voicelab.analysis.figures import Picture


@dataclass(frozen=True, slots=True, repr=False)
class Check(CodecReport):
    """A report that draws itself, and writes itself as a page.

    Attributes
    ----------
    recording_name, reference_name : str
        What was given: the names of the files.
    """

    recording_name: str = "recording"
    reference_name: str = "reference"

    def plot(
        self, begin_s: float | None = None, length_s: float = 10.0, *, titled: bool = True
    ) -> Picture:
        """Reference, recording and difference on one time axis, with the faults.

        Parameters
        ----------
        begin_s : float, optional
            Where in the recording to begin; default: a second before the first fault, or where the
            reference begins.
        length_s : float
            At most 60.
        titled : bool
            Whether the verdict stands above it.
        """
        from voicelab.analysis.check_figures import aligned_figure

        return aligned_figure(self, self._begin_s(begin_s), length_s, titled=titled)

    def spectrograms(self, begin_s: float | None = None, length_s: float = 10.0) -> Picture:
        """Both spectrograms side by side; the parameters are those of :meth:`plot`."""
        from voicelab.analysis.check_figures import spectrogram_figure

        return spectrogram_figure(self, self._begin_s(begin_s), length_s)

    def times(self) -> Picture:
        """How late the recording is all along it, where its faults are, and how long they are."""
        from voicelab.analysis.time_figure import time_figure

        return time_figure(self)

    def snr(self) -> Picture:
        """The segmental SNR all along it, beside what the leg's codec leaves."""
        from voicelab.analysis.snr_figure import snr_figure

        return snr_figure(self)

    def levels_used(self) -> Picture:
        """Which levels the recording uses, beside the steps of G.711."""
        from voicelab.analysis.level_figure import level_figure

        return level_figure(self.recording.samples)

    def cut_short(self) -> list[str]:
        """Which of the two files ends before its header says, and how much is missing."""
        both = (self.recording_name, self.recording), (self.reference_name, self.reference)
        return [said for name, sound in both if (said := cut_words(name, sound))]

    @property
    def cut_short_s(self) -> float:
        """How much of the recording's file is missing."""
        return self.recording.cut_short_s

    @property
    def reference_cut_short_s(self) -> float:
        """How much of the reference's file is missing."""
        return self.reference.cut_short_s

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON, with how much of either file is missing, in seconds."""
        return CodecReport.as_dict(self) | {
            "cut_short_s": round(self.cut_short_s, 6),
            "reference_cut_short_s": round(self.reference_cut_short_s, 6),
        }

    def rows(self) -> list[Row]:
        """The report as a table: name, value in words, meaning."""
        said = "What is there was compared; a download or a copy may have broken off."
        return [*CodecReport.rows(self), *(Row("cut short", cut, said) for cut in self.cut_short())]

    def html(self) -> str:
        """A page with all figures, players and numbers, which needs no network."""
        from voicelab.lab.clinic.check_page import check_page

        return check_page(self)

    def save_html(self, path: str | Path) -> Path:
        """Write that page, replacing what is there."""
        return write_whole(Path(path).expanduser(), self.html().encode())

    def _begin_s(self, given: float | None) -> float:
        if given is not None:
            return given
        if self.faults:
            return max(self.faults[0].begin_s - 1.0, 0.0)
        alignment = self.alignment
        return alignment.segments[0].begin / alignment.rate_hz if alignment else 0.0

    def __repr__(self) -> str:
        return f"CodecReport({self.verdict})"

    def _repr_html_(self) -> str:
        from voicelab.lab.clinic.check_page import check_output

        return check_output(self)


def check(
    recording: object,
    reference: object,
    format: str | AudioFormat | None = None,
    *,
    full: bool = False,
    channel: int | None = None,
) -> Check:
    """Compare a recording with what it should be: aligned first, then sample by sample.

    Parameters
    ----------
    recording, reference : Audio, Call, str, Path, bytes or ndarray of int16
        Sound in memory, a call (its caller's side), a file, the bytes of one, or samples at the
        rate of `format`.
        They need neither begin together nor have one rate.
    format : str or AudioFormat, optional
        What the leg between them carried, ``mulaw/8000``; found out where it is not given.
    full : bool
        Whether STOI and PESQ score all windows of ten seconds, instead of twelve.
    channel : int, optional
        Of a recording with several, which one, from 1 on. In a call's ``.heard.wav`` 1 is the
        caller, 2 the agent.

    Returns
    -------
    Check
        A :class:`~voicelab.audio.compare.CodecReport` with figures.

    Raises
    ------
    FormatError
        Where one of them is no audio, empty or below 8 kHz, or has several channels of which none
        was chosen.
    CallNotFound
        Where there is no such file.
    """
    from voicelab.audio.compare.check import check as compare
    from voicelab.audio.compare.sound import check_sound

    leg = None if format is None else AudioFormat.parse(format)
    with naming(recording, "The recording"):
        heard = sound_of(recording, leg, channel)
    with naming(reference, "The reference"):
        said = sound_of(reference, leg)
    check_mono(heard, said, recording, reference)
    check_sound(label_of(recording, "The recording"), heard)
    check_sound(label_of(reference, "The reference"), said)
    report = compare(heard, said, leg, full=full)
    return Check(
        **{field.name: getattr(report, field.name) for field in fields(report) if field.init},
        recording_name=name_of(recording, "recording"),
        reference_name=name_of(reference, "reference"),
    )
