"""Prompts as samples, and a caller made of prompts and pauses."""

from __future__ import annotations

from functools import cache

import numpy as np

from voicelab.audio.resample import resample
from voicelab.sim.prompts import prompt_path
from voicelab.sim.speech import Speech


@cache
def prompt(name: str, rate_hz: int = 8000) -> np.ndarray:
    speech = Speech.read(prompt_path(name))
    samples = resample(speech.samples, speech.rate_hz, rate_hz)
    samples.flags.writeable = False
    return samples


def caller(*parts: str | float, rate_hz: int = 8000) -> np.ndarray:
    """Names of prompts, and pauses in seconds."""
    return np.concatenate(
        [
            prompt(part, rate_hz)
            if isinstance(part, str)
            else np.zeros(round(part * rate_hz), np.int16)
            for part in parts
        ]
    )


def find(whole: np.ndarray, part: np.ndarray) -> int:
    """Where a piece of sound occurs exactly, or -1."""
    at = whole.astype("<i2").tobytes().find(part.astype("<i2").tobytes())
    while at % 2 == 1:
        at = whole.astype("<i2").tobytes().find(part.astype("<i2").tobytes(), at + 1)
    return at // 2 if at >= 0 else -1


def heard_of(ear: np.ndarray, item: np.ndarray) -> tuple[int, int]:
    """Where an item begins in an ear, and how many of its samples were heard without a break."""
    begin = find(ear, item[: min(len(item), 1600)])
    if begin < 0:
        begin = find(ear, item[:400])
    if begin < 0:
        return -1, 0
    length = min(len(item), len(ear) - begin)
    same = ear[begin : begin + length] == item[:length]
    return begin, length if same.all() else int(np.argmin(same))
