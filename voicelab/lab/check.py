"""Checks of recordings, wherever they are: in files, in calls, in memory."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from voicelab.audio.clip import Audio
from voicelab.audio.compare.report import CodecReport
from voicelab.audio.format import AudioFormat
from voicelab.errors import FormatError
from voicelab.lab.call import Call
from voicelab.lab.load import load
from voicelab.lab.places import existing
from voicelab.store.wavfile import read_wav

if TYPE_CHECKING:
    from voicelab.analysis.figures import Picture


class Check(CodecReport):
    """A report that draws itself."""

    __slots__ = ()

    def plot(self, begin_s: float | None = None, length_s: float = 10.0) -> Picture:
        """Reference, recording and difference on one time axis, with the faults.

        Parameters
        ----------
        begin_s : float, optional
            Where in the recording to begin; default: a second before the first fault, or where the
            reference begins.
        length_s : float
            At most 60.
        """
        from voicelab.analysis.check_figures import aligned_figure

        return aligned_figure(self, self._begin_s(begin_s), length_s)

    def spectrograms(self, begin_s: float | None = None, length_s: float = 10.0) -> Picture:
        """Both spectrograms side by side; the parameters are those of :meth:`plot`."""
        from voicelab.analysis.check_figures import spectrogram_figure

        return spectrogram_figure(self, self._begin_s(begin_s), length_s)

    def times(self) -> Picture:
        """How late the recording is all along it, and where its faults are."""
        from voicelab.analysis.check_figures import time_figure

        return time_figure(self)

    def _begin_s(self, given: float | None) -> float:
        if given is not None:
            return given
        if self.faults:
            return max(self.faults[0].begin_s - 1.0, 0.0)
        alignment = self.alignment
        return alignment.segments[0].begin / alignment.rate_hz if alignment else 0.0


def check(
    recording: object,
    reference: object,
    format: str | AudioFormat | None = None,
    *,
    full: bool = False,
) -> Check:
    """Compare a recording with what it should be: aligned first, then sample by sample.

    Parameters
    ----------
    recording, reference : Audio, Call, str, Path or ndarray of int16
        Sound in memory, a call (its caller's side), a file, or samples at the rate of `format`.
        They need neither begin together nor have one rate.
    format : str or AudioFormat, optional
        What the leg between them carried, ``mulaw/8000``; found out where it is not given.
    full : bool
        Whether STOI and PESQ score all windows of ten seconds, instead of twelve.

    Returns
    -------
    Check
        A :class:`~voicelab.audio.compare.CodecReport` with figures.

    Raises
    ------
    FormatError
        Where one of them is no audio, empty, of several channels or below 8 kHz.
    CallNotFound
        Where there is no such file.
    """
    from voicelab.audio.compare.check import check as compare

    leg = None if format is None else AudioFormat.parse(format)
    report = compare(sound_of(recording, leg), sound_of(reference, leg), leg, full=full)
    return Check(**{field.name: getattr(report, field.name) for field in fields(report)})


def sound_of(given: Any, leg: AudioFormat | None = None) -> Audio:
    """The sound of anything that :func:`check` takes."""
    if isinstance(given, Audio):
        return given
    if isinstance(given, Call):
        return given.audio()
    if isinstance(given, np.ndarray):
        if leg is None:
            raise FormatError("Samples alone have no rate: give Audio(samples, rate_hz) instead.")
        return Audio(given, leg.rate_hz)
    if not isinstance(given, (str, Path)):
        raise FormatError(
            f"Give a file, a call, Audio(samples, rate_hz) or samples, not {type(given).__name__}."
        )
    path = existing(given)
    if path.is_dir():
        raise FormatError(f"{path} is a directory: give a file in it, such as a WAV.")
    if path.is_file() and path.suffix != ".jsonl":
        return read_wav(path)[0]
    return load(path).audio()
