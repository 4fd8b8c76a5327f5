"""Good speech to break: the bundled prompts, and espeak-ng where it is installed."""

from __future__ import annotations

import io
import shutil
import subprocess
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

PROMPTS = Path(__file__).parents[3] / "data" / "prompts"
VOICES = ("en-us", "en-gb+f3", "de+m3", "fr+f2", "it+m7", "es+f4", "ru", "sv", "nl+m5")
SENTENCE = "The quick brown fox jumps over the lazy dog, and nobody minds at all."
PEAK = 16_000


def as_int16(wide):
    return np.clip(np.rint(wide), -32768, 32767).astype(np.int16)


def at_rate(samples, from_hz, to_hz):
    """Convert, and bring to a common peak."""
    common = np.gcd(from_hz, to_hz)
    wide = resample_poly(samples.astype(np.float64), to_hz // common, from_hz // common)
    return np.rint(wide * (PEAK / np.abs(wide).max())).astype(np.int16)


def prompt(name, rate_hz=8000):
    samples, from_hz = soundfile.read(PROMPTS / f"{name}.wav", dtype="int16")
    return at_rate(samples, from_hz, rate_hz)


def voice(name, rate_hz=8000, text=SENTENCE, options=()):
    """Speak by espeak-ng; None where it is missing."""
    if shutil.which("espeak-ng") is None:
        return None
    command = ["espeak-ng", "-v", name, *options, "--stdout", text]
    spoken = subprocess.run(command, check=True, capture_output=True).stdout
    samples, from_hz = soundfile.read(io.BytesIO(spoken), dtype="int16")
    return at_rate(samples, from_hz, rate_hz)


def noisy(samples, snr_db, rng):
    """Add white noise, so far below the level of speech."""
    if snr_db is None:
        return samples
    wide = samples.astype(np.float64)
    active = np.abs(wide) > 0.05 * np.abs(wide).max()
    level = np.sqrt(np.mean(wide[active] ** 2)) * 10 ** (-snr_db / 20)
    together = wide + level * rng.standard_normal(wide.size)
    return as_int16(together)
