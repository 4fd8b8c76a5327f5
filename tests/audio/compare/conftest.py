"""Speech at 8 kHz, and what lines do to it."""

from pathlib import Path

import numpy as np
import pytest

from voicelab.audio.resample import resample
from voicelab.store.sound_file import read_sound

PROMPTS = Path(__file__).parents[3] / "data" / "prompts"
FRAME = 160


@pytest.fixture(scope="session")
def speech():
    names = ("greeting", "order", "question", "sorry")
    parts = [read_sound(PROMPTS / f"{name}.wav")[0].samples for name in names]
    return np.concatenate([resample(part, 16000, 8000) for part in parts])


@pytest.fixture(scope="session")
def loud_frames(speech):
    """Frames of 20 ms in which somebody speaks up, well inside the recording."""
    frames = speech[: len(speech) // FRAME * FRAME].reshape(-1, FRAME).astype(float)
    loud = np.flatnonzero((frames**2).mean(axis=1) > (speech.astype(float) ** 2).mean())
    return loud[(loud > 50) & (loud < len(frames) - 50)]


@pytest.fixture(scope="session")
def through():
    """``through(samples, delay_s, drift_ppm)``: the same sound by another clock, and later."""

    def through(samples, delay_s, drift_ppm):
        stretch = 1 + drift_ppm * 1e-6
        length = int(np.ceil(len(samples) * stretch + delay_s * 8000))
        at = (np.arange(length) - delay_s * 8000) / stretch
        whole = np.floor(at).astype(int)
        padded = np.concatenate((samples, np.zeros(1)))
        heard = np.zeros(length)
        for k in range(-32, 33):
            index = whole + k
            distance = at - index
            window = np.cos(np.pi * distance / 66) ** 2
            inside = (index >= 0) & (index < len(samples))
            heard += padded[np.where(inside, index, -1)] * np.sinc(distance) * window
        return np.clip(np.rint(heard), -32768, 32767).astype(np.int16)

    return through


@pytest.fixture
def noisy():
    """``noisy(samples, snr_db)``: with white noise of a fixed seed."""

    def noisy(samples, snr_db):
        power = (samples.astype(float) ** 2).mean() / 10 ** (snr_db / 10)
        noise = np.random.default_rng(7).normal(0, np.sqrt(power), len(samples))
        return np.clip(np.rint(samples + noise), -32768, 32767).astype(np.int16)

    return noisy
