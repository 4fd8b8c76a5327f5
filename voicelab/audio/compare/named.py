"""The numbers of a report under the names that they have in its JSON."""

from __future__ import annotations

from voicelab.audio.clip import Audio
from voicelab.audio.compare.alignment import Alignment
from voicelab.audio.compare.echo import Echo
from voicelab.audio.compare.edge import Edge
from voicelab.audio.compare.ends import Ends
from voicelab.audio.compare.exactness import Exactness
from voicelab.audio.compare.faults import Fault
from voicelab.audio.compare.filters import LineFilter
from voicelab.audio.compare.levels import Levels
from voicelab.audio.compare.noise import Noise
from voicelab.audio.compare.quality import Quality
from voicelab.audio.compare.spectra import Spectra
from voicelab.audio.compare.tops import Tops
from voicelab.audio.format import AudioFormat


class Named:
    """What a report holds in parts, one name a number; None where it could not be measured."""

    __slots__ = ()

    alignment: Alignment | None
    echo: Echo | None
    edge: Edge | None
    ends: Ends
    exactness: Exactness
    faults: tuple[Fault, ...]
    format: AudioFormat | None
    gain_db: float | None
    levels: Levels
    line: LineFilter | None
    noise: Noise | None
    offset: float
    quality: Quality | None
    recording: Audio
    reference: Audio
    reference_levels: Levels
    spectra: Spectra
    tops: Tops | None

    @property
    def exact(self) -> bool:
        """Whether every sample is what the line makes of the reference."""
        return self.exactness.exact

    @property
    def equal_share(self) -> float:
        """How many samples are equal, of 1."""
        return self.exactness.share

    @property
    def one_step_off_share(self) -> float:
        """How many are one step of G.711 off, beside a boundary between two codes, of 1."""
        compared = self.exactness.compared
        return self.exactness.one_step_off / compared if compared else 0.0

    @property
    def first_difference(self) -> int | None:
        """The first sample of the recording that is another one."""
        return self.exactness.first_difference

    @property
    def delay_ms(self) -> float | None:
        """When the reference's first sample comes in the recording."""
        return self.alignment.delay_ms if self.alignment else None

    @property
    def drift_ppm(self) -> float | None:
        """How much slower the recording's clock is."""
        return self.alignment.drift_ppm if self.alignment else None

    @property
    def inverted(self) -> bool | None:
        """Whether the polarity is the other one; None where it cannot be told."""
        if self.alignment is None or (self.line and not self.line.tells_polarity):
            return None
        return self.alignment.inverted

    @property
    def gaps(self) -> tuple[Fault, ...]:
        """All faults, of every kind; the same as ``faults``."""
        return self.faults

    @property
    def active_dbfs(self) -> float:
        """How loud the recording is while somebody speaks."""
        return self.levels.active_dbfs

    @property
    def peak_dbfs(self) -> float:
        """Its largest sample."""
        return self.levels.peak_dbfs

    @property
    def noise_dbfs(self) -> float:
        """What its quietest tenth stays below."""
        return self.levels.noise_dbfs

    @property
    def clipped_runs(self) -> int:
        """Runs of three samples or more at the limit."""
        return self.levels.clipped_runs

    @property
    def clipped_samples(self) -> int:
        """Samples in these runs."""
        return self.levels.clipped_samples

    @property
    def snr_db(self) -> float | None:
        """How far the reference stands out of what differs."""
        return self.noise.snr_db if self.noise else None

    @property
    def segsnr_db(self) -> float | None:
        """The same as a mean over 10 ms at a time."""
        return self.noise.segmental_db if self.noise else None

    @property
    def codec_snr_db(self) -> float | None:
        """What the format's own law leaves of this reference; None for L16."""
        return self.noise.codec_snr_db if self.noise else None

    @property
    def codec_segsnr_db(self) -> float | None:
        """The same as a mean over 10 ms at a time."""
        return self.noise.codec_segmental_db if self.noise else None

    @property
    def spectral_distance_db(self) -> float | None:
        """How far short spectra are apart."""
        return self.spectra.distance_db

    @property
    def bandwidth_hz(self) -> float:
        """The highest frequency in use."""
        return self.spectra.bandwidth_hz

    @property
    def filtered(self) -> bool:
        """Whether a filter is on the way."""
        return self.line is not None

    @property
    def low_hz(self) -> float | None:
        """From where it lets through."""
        return self.line.low_hz if self.line else None

    @property
    def high_hz(self) -> float | None:
        """To where it lets through."""
        return self.line.high_hz if self.line else None

    @property
    def echo_ms(self) -> float | None:
        """How much later a copy of the reference is heard."""
        return 1000 * self.echo.delay_s if self.echo else None

    @property
    def echo_db(self) -> float | None:
        """How loud that copy is beside the reference; negative where it is weaker."""
        return self.echo.level_db if self.echo else None

    @property
    def stoi(self) -> float | None:
        """Intelligibility, 0 to 1."""
        return self.quality.stoi if self.quality else None

    @property
    def pesq(self) -> float | None:
        """Quality as listeners grade it, about 1 to 4.6."""
        return self.quality.pesq if self.quality else None

    @property
    def windows_scored(self) -> int:
        """How many windows of ten seconds have a score."""
        return self.quality.windows if self.quality else 0

    @property
    def windows(self) -> int:
        """How many have speech in them."""
        return self.quality.of if self.quality else 0
