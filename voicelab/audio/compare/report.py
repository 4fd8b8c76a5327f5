"""What a check found, as a value."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

from voicelab.audio.clip import Audio
from voicelab.audio.compare.alignment import Alignment
from voicelab.audio.compare.exactness import Exactness
from voicelab.audio.compare.faults import Fault
from voicelab.audio.compare.filters import LineFilter
from voicelab.audio.compare.levels import Levels
from voicelab.audio.compare.noise import Noise
from voicelab.audio.compare.quality import Quality
from voicelab.audio.compare.spectra import Spectra
from voicelab.audio.compare.table import Row, rows
from voicelab.audio.compare.verdict import FINE
from voicelab.audio.format import AudioFormat


@dataclass(frozen=True, slots=True, repr=False)
class CodecReport:
    """A recording compared with its reference.

    Attributes
    ----------
    verdict : str
        One sentence that a person can act on.
    exact : bool
        Whether every sample is what the line makes of the reference.
    format : AudioFormat or None
        What the reference went through: as given, as found by exactness, or as the recording's
        levels say; None where its rate is no telephone's.
    alignment : Alignment or None
        None where the reference is not in the recording.
    line : LineFilter or None
        The filter on the way, such as a telephone's band; None where there is none.
    faults : tuple of Fault
        Gaps, repeats, insertions, and what was left out.
    exactness : Exactness
    levels, reference_levels : Levels
        Of the recording and of the reference.
    gain_db : float or None
        How much louder than the reference the recording is, where they are aligned.
    offset : float
        What is added to every sample of the reference, in steps of 16 bits.
    spectra : Spectra
    noise : Noise or None
    quality : Quality or None
    recording, reference : Audio
        What was compared.
    """

    verdict: str
    exact: bool
    format: AudioFormat | None
    alignment: Alignment | None
    line: LineFilter | None
    faults: tuple[Fault, ...]
    exactness: Exactness
    levels: Levels
    reference_levels: Levels
    gain_db: float | None
    offset: float
    spectra: Spectra
    noise: Noise | None
    quality: Quality | None
    recording: Audio
    reference: Audio

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON: units in the names, None where something could not be measured."""
        noise, quality, alignment = self.noise, self.quality, self.alignment
        off, compared = self.exactness.one_step_off, self.exactness.compared
        return {
            "verdict": self.verdict,
            "exact": self.exact,
            "format": str(self.format) if self.format else None,
            "equal_share": round(self.exactness.share, 6),
            "one_step_off_share": _rounded(off / compared if compared else 0.0, 6),
            "first_difference": self.exactness.first_difference,
            "delay_ms": _rounded(alignment.delay_ms if alignment else None, 4),
            "drift_ppm": _rounded(alignment.drift_ppm if alignment else None, 3),
            "inverted": self.inverted,
            "gaps": [
                {
                    "kind": fault.kind,
                    "at_s": round(fault.begin_s, 6),
                    "length_ms": round(1000 * fault.length_s, 3),
                    "detail": fault.detail,
                }
                for fault in self.faults
            ],
            "gain_db": _rounded(self.gain_db, 2),
            "active_dbfs": _rounded(self.levels.active_dbfs, 1),
            "peak_dbfs": _rounded(self.levels.peak_dbfs, 1),
            "noise_dbfs": _rounded(self.levels.noise_dbfs, 1),
            "offset": _rounded(self.offset, 1),
            "clipped_runs": self.levels.clipped_runs,
            "clipped_samples": self.levels.clipped_samples,
            "snr_db": _rounded(noise.snr_db if noise else None, 2),
            "segsnr_db": _rounded(noise.segmental_db if noise else None, 2),
            "codec_snr_db": _rounded(noise.codec_snr_db if noise else None, 2),
            "codec_segsnr_db": _rounded(noise.codec_segmental_db if noise else None, 2),
            "spectral_distance_db": _rounded(self.spectra.distance_db, 2),
            "filtered": self.line is not None,
            "low_hz": _rounded(self.line.low_hz if self.line else None, 0),
            "high_hz": _rounded(self.line.high_hz if self.line else None, 0),
            "bandwidth_hz": _rounded(self.spectra.bandwidth_hz, 0),
            "stoi": _rounded(quality.stoi if quality else None, 4),
            "pesq": _rounded(quality.pesq if quality else None, 3),
            "windows_scored": quality.windows if quality else 0,
            "windows": quality.of if quality else 0,
        }

    @property
    def inverted(self) -> bool | None:
        """Whether the polarity is the other one; None where it cannot be told."""
        if self.alignment is None or (self.line and not self.line.tells_polarity):
            return None
        return self.alignment.inverted

    @property
    def fine(self) -> bool:
        """Whether the verdict asks for nothing."""
        return self.verdict.endswith(f"{FINE}.")

    def rows(self) -> list[Row]:
        """The report as a table: name, value in words, meaning."""
        return list(rows(self))

    def __repr__(self) -> str:
        return f"CodecReport({self.verdict})"

    def _repr_html_(self) -> str:
        cells = "".join(
            f'<tr><th style="text-align:left">{escape(name)}</th>'
            f'<td style="text-align:left">{escape(value)}</td></tr>'
            for name, value, _ in self.rows()
        )
        return f"<table>{cells}</table>"


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(value, digits) + 0.0
