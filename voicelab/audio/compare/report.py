"""What a check found, as a value."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import Any, Final

from voicelab.audio.clip import Audio
from voicelab.audio.compare.alignment import Alignment
from voicelab.audio.compare.echo import Echo
from voicelab.audio.compare.edge import Edge
from voicelab.audio.compare.ends import Ends
from voicelab.audio.compare.exactness import Exactness
from voicelab.audio.compare.faults import Fault
from voicelab.audio.compare.filters import LineFilter
from voicelab.audio.compare.levels import Levels
from voicelab.audio.compare.named import Named
from voicelab.audio.compare.noise import Noise
from voicelab.audio.compare.quality import Quality
from voicelab.audio.compare.spectra import Spectra
from voicelab.audio.compare.table import Row, rows
from voicelab.audio.compare.tops import Tops
from voicelab.audio.compare.verdict import FINE, verdict
from voicelab.audio.format import AudioFormat

_NAMES: Final = (
    *("verdict", "exact", "format", "equal_share", "one_step_off_share", "first_difference"),
    *("delay_ms", "drift_ppm", "inverted", "gaps", "gain_db", "active_dbfs", "peak_dbfs"),
    *("noise_dbfs", "offset", "clipped_runs", "clipped_samples", "snr_db", "segsnr_db"),
    *("codec_snr_db", "codec_segsnr_db", "spectral_distance_db", "filtered", "low_hz", "high_hz"),
    *("echo_ms", "echo_db", "bandwidth_hz", "stoi", "pesq", "windows_scored", "windows"),
)
_DIGITS: Final = {
    **dict.fromkeys(("low_hz", "high_hz", "bandwidth_hz"), 0),
    **dict.fromkeys(("active_dbfs", "peak_dbfs", "noise_dbfs", "offset"), 1),
    **dict.fromkeys(("echo_ms", "echo_db"), 1),
    **dict.fromkeys(("gain_db", "snr_db", "segsnr_db", "codec_snr_db", "codec_segsnr_db"), 2),
    **{"spectral_distance_db": 2, "drift_ppm": 3, "pesq": 3, "delay_ms": 4, "stoi": 4},
    **dict.fromkeys(("equal_share", "one_step_off_share"), 6),
}


@dataclass(frozen=True, slots=True, repr=False)
class CodecReport(Named):
    """A recording compared with its reference.

    Every number of the JSON is an attribute of its own too: ``delay_ms``, ``drift_ppm``, ``gaps``,
    ``snr_db``, ``segsnr_db``, ``stoi``, ``pesq`` and the rest (docs/clinic.md), not rounded.

    Attributes
    ----------
    verdict : str
        One sentence that a person can act on.
    format : AudioFormat or None
        What the reference went through: as given, as found by exactness, or as the recording's
        levels say; None where its rate is no telephone's.
    alignment : Alignment or None
        None where the reference is not in the recording.
    line : LineFilter or None
        The filter on the way, such as a telephone's band; None where there is none.
    echo : Echo or None
        The copy of the reference that is heard later; None where there is none.
    faults : tuple of Fault
        Gaps, repeats, insertions, and what was left out.
    ends : Ends
        What one of the two has at its ends and the other has not.
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
    tops : Tops or None
        Where it is cut off, at a level beyond which the reference goes on.
    edge : Edge or None
        Where in the spectrum the difference begins, if it lies at the upper edge alone.
    """

    verdict: str = field(init=False)
    format: AudioFormat | None
    alignment: Alignment | None
    line: LineFilter | None
    echo: Echo | None
    faults: tuple[Fault, ...]
    ends: Ends
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
    tops: Tops | None
    edge: Edge | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "verdict", verdict(self))

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON: units in the names, None where something could not be measured."""
        found = {name: getattr(self, name) for name in _NAMES}
        found |= {name: _rounded(found[name], digits) for name, digits in _DIGITS.items()}
        form = str(self.format) if self.format else None
        return found | {"format": form, "gaps": [gap.as_json() for gap in self.gaps]}

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
