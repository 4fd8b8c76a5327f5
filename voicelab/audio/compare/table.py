"""All numbers of a report in words, each with what it means."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from voicelab.audio.compare.exactness import Exactness
from voicelab.audio.compare.faults import Fault
from voicelab.audio.compare.noise import BEST_DB, Noise
from voicelab.audio.compare.wording import LAWS, count, lateness, length

if TYPE_CHECKING:
    from voicelab.audio.compare.report import CodecReport

_NAMED = 6


class Row(NamedTuple):
    """A number by name, in words, and what it means in one line."""

    name: str
    value: str
    meaning: str


def rows(report: CodecReport) -> Iterator[Row]:
    """The report from what matters most to what matters least; what is unknown is left out."""
    yield Row("verdict", report.verdict, "What it comes to, and what to do.")
    yield Row(
        "format",
        _format(report),
        "What the line between the two carried: as given, else as the samples tell.",
    )
    exactness = report.exactness
    if exactness.compared:
        yield Row(
            "exact",
            f"{'yes' if report.exact else 'no'}: {exactness.equal:,} of "
            f"{count(exactness.compared, 'sample')} equal{_beside_boundaries(exactness)}",
            "Whether the recording is, sample for sample, what that format makes of the reference.",
        )
        if exactness.first_difference is not None and not report.exact:
            at_s = exactness.first_difference / report.recording.rate_hz
            yield Row(
                "first difference",
                f"sample {exactness.first_difference:,}, at {at_s:.3f} s",
                "The first sample of the recording that is another one.",
            )
    yield from _alignment(report)
    yield Row(
        "faults",
        fault_words(report.faults),
        "Gaps, repeats and other sound where the reference says something; what was put in or "
        "left out.",
    )
    yield from _levels(report)
    if report.noise:
        yield from _noise(report.noise)
    spectra = report.spectra
    if spectra.distance_db is not None:
        yield Row(
            "spectral distance",
            f"{spectra.distance_db:.1f} dB",
            "How far the short-time spectra are apart on average; 0 is none, 1 is hardly heard.",
        )
    yield Row(
        "bandwidth",
        f"{spectra.bandwidth_hz:,.0f} Hz",
        "The highest frequency that the recording uses, 60 dB below its loudest.",
    )
    if report.line:
        low, high = report.line.low_hz, report.line.high_hz
        yield Row(
            "filter",
            f"{f'{low:,.0f}' if low else 'lowest'} to {f'{high:,.0f} Hz' if high else 'highest'}",
            "What is left of the reference's frequencies; the rest is measured behind the filter.",
        )
    if report.echo:
        yield Row(
            "echo",
            f"{1000 * report.echo.delay_s:.1f} ms later, {report.echo.level_db:.1f} dB",
            "Another copy of the reference; all but the spectra is measured with it.",
        )
    yield from _scores(report)


def _format(report: CodecReport) -> str:
    law = LAWS.get(report.levels.law)
    if report.format is None and law:
        return f"{law} at {report.recording.rate_hz} Hz, which no telephone line carries"
    return str(report.format or "unknown")


def _beside_boundaries(exactness: Exactness) -> str:
    if not exactness.one_step_off:
        return ""
    return f", {exactness.one_step_off:,} one step off at a decision boundary"


def fault_words(faults: tuple[Fault, ...]) -> str:
    """The first faults one by one, and how many more there are."""
    if not faults:
        return "none"
    named = [
        f"{fault.kind} of {length(fault.length_s)} at {fault.begin_s:.3f} s"
        for fault in faults[:_NAMED]
    ]
    more = f", and {len(faults) - _NAMED:,} more" if len(faults) > _NAMED else ""
    return ", ".join(named) + more


def _alignment(report: CodecReport) -> Iterator[Row]:
    alignment = report.alignment
    if alignment is None:
        yield Row("alignment", "none", "The reference was not found in the recording.")
        return
    yield Row(
        "delay",
        lateness(alignment.delay_ms) or "none",
        "When the reference's first sample comes in the recording, to a tenth of a millisecond.",
    )
    drift = alignment.drift_ppm
    word = "none" if abs(drift) < 0.05 else f"{drift:+.1f} ppm"
    yield Row(
        "drift",
        word,
        "How much slower the recording's clock is; 100 ppm are 0.36 s an hour.",
    )
    yield Row(
        "polarity",
        {True: "inverted", False: "the same", None: "cannot be told"}[report.inverted],
        "Whether each sample has the other sign; not heard, but it cancels when mixed.",
    )


def _levels(report: CodecReport) -> Iterator[Row]:
    levels = report.levels
    beside = "" if report.gain_db is None else f", {report.gain_db:+.1f} dB to the reference"
    yield Row(
        "level",
        f"{levels.active_dbfs:.1f} dBFS while active{beside.replace('+0.0 dB', '0.0 dB')}",
        "Loudness while somebody speaks, against full scale; telephone speech is at -30 to -15.",
    )
    yield Row("peak", f"{levels.peak_dbfs:.1f} dBFS", "The largest sample.")
    yield Row(
        "noise floor",
        "digital silence" if levels.noise_dbfs <= -120 else f"{levels.noise_dbfs:.1f} dBFS",
        "What the quietest tenth of the recording stays below.",
    )
    yield Row(
        "offset",
        f"{report.offset:.0f} steps of 16 bits" if round(report.offset) else "none",
        "What is added to every sample of the reference; it should be none.",
    )
    yield Row(
        "clipping",
        _clipping(report),
        "Runs of three samples or more at the limit; samples at a level that the reference passes.",
    )


def _clipping(report: CodecReport) -> str:
    clipped, tops = report.levels.clipped_samples, report.tops
    if tops:
        return f"{count(tops.samples, 'sample')} at a limit of {tops.level:,}"
    if not clipped:
        return "none"
    return f"{count(clipped, 'sample')} in {count(report.clipped_runs, 'run')}"


def _noise(noise: Noise) -> Iterator[Row]:
    yield Row(
        "SNR",
        decibels(noise.snr_db) + _beside(noise.codec_snr_db),
        "How far the reference stands out of what differs, level and offset matched, faults left "
        "out.",
    )
    yield Row(
        "segmental SNR",
        decibels(noise.segmental_db) + _beside(noise.codec_segmental_db),
        "The same as a mean over 10 ms at a time while somebody speaks: quiet words count too.",
    )


def decibels(value: float) -> str:
    """A ratio, or that there is no noise at all."""
    return "nothing differs" if value >= BEST_DB else f"{value:.1f} dB"


def _beside(codec_db: float | None) -> str:
    return "" if codec_db is None else f"; the codec alone leaves {codec_db:.1f} dB"


def _scores(report: CodecReport) -> Iterator[Row]:
    quality = report.quality
    if quality is None:
        return
    scored = f", from {quality.windows} of {count(quality.of, 'window')}"
    stoi = "too little speech" if quality.stoi is None else f"{quality.stoi:.3f}{scored}"
    yield Row("STOI", stoi, "Intelligibility, 0 to 1, over windows of ten seconds; above 0.9 good.")
    if quality.pesq is not None:
        yield Row(
            "PESQ",
            f"{quality.pesq:.2f}{scored}",
            "Quality as listeners would grade it (ITU-T P.862), about 1 to 4.6.",
        )
