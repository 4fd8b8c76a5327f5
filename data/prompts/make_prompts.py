"""Speak the sentences of ``prompts.json`` with espeak-ng and store them as small WAV files.

The files are kept in the repository, so this is only run to add or to change a sentence::

    python data/prompts/make_prompts.py

The same espeak-ng version gives the same bytes each time; ``prompts.json`` names the version used.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

Samples = NDArray[np.int16]

HERE = Path(__file__).parent
RATE_HZ = 16_000
PEAK_DBFS = -6.0
MARGIN_MS = 40
"""Silence kept before the first and after the last sound."""
QUIET = 0.01
"""Share of the peak below which the edges of a sentence count as silence."""


def speak(text: str, voice: str, words_per_minute: int, pitch: int) -> tuple[Samples, int]:
    """Have espeak-ng say a sentence.

    Parameters
    ----------
    text : str
        One sentence.
    voice : str
        An espeak-ng voice, such as ``"en-us"`` or ``"en-gb+f3"``.
    words_per_minute : int
        80 to 450.
    pitch : int
        0 to 99.

    Returns
    -------
    tuple of numpy.ndarray and int
        int16 samples of shape (n,), and their rate in Hz.
    """
    options = ["-v", voice, "-s", str(words_per_minute), "-p", str(pitch), "--stdout"]
    spoken = subprocess.run(["espeak-ng", *options, text], check=True, capture_output=True)
    with wave.open(io.BytesIO(spoken.stdout)) as wav:
        # On a pipe espeak-ng cannot know the length, and its header says "endless".
        samples = np.frombuffer(wav.readframes(wav.getnframes()), "<i2")
        return samples, wav.getframerate()


def shape(samples: Samples, rate_hz: int) -> Samples:
    """Bring a sentence to 16 kHz and -6 dBFS, with 40 ms of silence at either end.

    Parameters
    ----------
    samples : numpy.ndarray
        int16, shape (n,).
    rate_hz : int
        The rate of ``samples`` in Hz.

    Returns
    -------
    numpy.ndarray
        int16, shape (m,).
    """
    common = np.gcd(rate_hz, RATE_HZ)
    speech = resample_poly(samples.astype(float), RATE_HZ // common, rate_hz // common)
    loud = np.flatnonzero(np.abs(speech) > QUIET * np.abs(speech).max())
    speech = speech[loud[0] : loud[-1] + 1]
    speech *= 32_768 * 10 ** (PEAK_DBFS / 20) / np.abs(speech).max()
    return np.pad(np.rint(speech).astype("<i2"), MARGIN_MS * RATE_HZ // 1000)


def main() -> int:
    """Write every prompt; 1 when espeak-ng is not there.

    Returns
    -------
    int
        The exit code.
    """
    if shutil.which("espeak-ng") is None:
        print(
            "espeak-ng is not installed. Install your system's package espeak-ng and try again.",
            file=sys.stderr,
        )
        return 1
    prompts = json.loads((HERE / "prompts.json").read_text("utf-8"))
    for name, prompt in prompts["files"].items():
        speaker = prompts["speakers"][prompt["speaker"]]
        samples = shape(*speak(prompt["text"], **speaker))
        with wave.open(str(HERE / name), "wb") as wav:
            wav.setnchannels(1)
            wav.setsampwidth(2)
            wav.setframerate(RATE_HZ)
            wav.writeframes(samples.tobytes())
        print(f"{name:18} {len(samples) / RATE_HZ:5.2f} s  {prompt['text']}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
