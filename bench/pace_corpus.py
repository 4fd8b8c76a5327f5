"""Speech at true and at wrong rates, and what is no speech, to fit the judgement of pace on.

espeak-ng in plausible voices, and recordings of people where folders are given; through telephones
and other channels, in noise, at any level and length.
"""

from __future__ import annotations

import io
import random
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import soundfile
from scipy.signal import butter, lfilter, resample_poly, sosfilt
from speakers import SENTENCES

from voicelab.audio.g711 import ulaw_decode, ulaw_encode
from voicelab.audio.samples import Int16Array

Sound = npt.NDArray[np.float64]

ODD = (
    "robo",
    "robot",
    "demonic",
    "tweaky",
    "storm",
    "fast",
    "anxious",
    "iven",
    "ricishay",
    "klatt5",
)
"""Variants of espeak-ng that nobody sounds like begin, end or go on like this."""
RATES = {
    1: ((8000, 8000),) * 3 + tuple((hz, hz) for hz in (16000, 24000, 44100, 48000)),
    0.5: ((16000, 8000),) * 2 + ((48000, 24000), (24000, 12000), (8000, 4000), (32000, 16000)),
    2: ((8000, 16000),) * 3 + ((24000, 48000), (12000, 24000), (22050, 44100)),
    3: ((8000, 24000),) * 2 + ((16000, 48000),),
}
"""True rate and rate played at, for each speed."""
TURNS = (1, 1, 1, 10 / 11, 11 / 12, 19 / 20, 24 / 25, 25 / 24, 20 / 19, 12 / 11, 11 / 10)
"""Voices are made up to a tenth larger or smaller, for the people whom espeak-ng does not know."""
NOISES = ("white", "pink", "brown", "blue", "hum", "crackle", "street", "babble", "babble")


def spoken(number: int) -> tuple[str, Sound, int]:
    """One utterance of espeak-ng: name, samples, rate."""
    chance = random.Random(number)
    language = chance.choice(names_of("--voices", 1))
    variants = [name.split("/")[-1] for name in names_of("--voices=variant", -1)]
    plausible = [name for name in variants if not any(odd in name.lower() for odd in ODD)]
    variant = chance.choice([*plausible, *[""] * 12])
    voice = f"{language}+{variant}" if variant else language
    words = int(min(max(chance.gauss(168, 25), 115), 225))
    pitch = int(min(max(chance.gauss(50, 14), 18), 82))
    texts = [SENTENCES.get(language.split("-")[0], chance.choice(list(SENTENCES.values())))]
    command = ["espeak-ng", "-v", voice, "-s", str(words), "-p", str(pitch), "--stdout", *texts]
    data = subprocess.run(command, check=True, capture_output=True).stdout
    samples, rate_hz = soundfile.read(io.BytesIO(data))
    return variant or language, samples[: 14 * rate_hz], rate_hz


@cache
def names_of(option: str, column: int) -> list[str]:
    """Read a column of a list of espeak-ng."""
    listed = subprocess.run(
        ["espeak-ng", option], check=True, capture_output=True, text=True
    ).stdout
    return [line.split()[column] for line in listed.splitlines()[1:]]


def recorded(path: Path) -> tuple[Sound, int]:
    """A recording, as mono."""
    samples, rate_hz = soundfile.read(path, always_2d=True)
    return samples.mean(axis=1), rate_hz


def at(samples: Sound, from_hz: int, to_hz: int) -> Sound:
    """Convert."""
    common = int(np.gcd(from_hz, to_hz))
    return np.asarray(resample_poly(samples, to_hz // common, from_hz // common))


def said(
    samples: Sound, from_hz: int, rate_hz: int, rng: np.random.Generator, others: Iterator[Sound]
) -> Int16Array:
    """Good speech of a rate, as it may reach a file: part of it, a channel, a level, a noise."""
    turn = Fraction(TURNS[rng.integers(len(TURNS))]).limit_denominator(30)
    samples = at(resample_poly(samples, turn.numerator, turn.denominator), from_hz, rate_hz)
    length = int(rng.uniform(2, 12) * rate_hz)
    if samples.size > length:
        first = rng.integers(samples.size - length + 1)
        samples = samples[first : first + length]
    if rng.random() < 0.25:
        samples = np.pad(samples, [int(rng.uniform(0, 1.5) * rate_hz) for _ in range(2)])
    samples = _through_channel(samples, from_hz, rate_hz, rng)
    samples = samples / np.abs(samples).max() * rng.choice((30000, 16000, 16000, 6370, 2536))
    snr_db = rng.choice((99, 99, 30, 20, 14, 8))
    if snr_db < 99:
        active = np.abs(samples) > 0.05 * np.abs(samples).max()
        level = np.sqrt(np.mean(samples[active] ** 2)) * 10 ** (-snr_db / 20)
        hiss = noise(NOISES[rng.integers(len(NOISES))], samples.size, rate_hz, rng, others)
        samples = samples + hiss * (level / hiss.std())
    wire = np.clip(np.rint(samples), -32768, 32767).astype(np.int16)
    return ulaw_decode(ulaw_encode(wire)) if rng.random() < 0.3 else wire


def _through_channel(samples: Sound, from_hz: int, rate_hz: int, rng: np.random.Generator) -> Sound:
    kind = rng.random()
    if kind < 0.35:
        edges = [rng.uniform(100, 350), min(rng.uniform(3100, 3800), 0.48 * rate_hz)]
        telephone = butter(int(rng.integers(2, 6)), edges, "bandpass", fs=rate_hz, output="sos")
        samples = np.asarray(sosfilt(telephone, samples))
    elif kind < 0.6:
        samples = np.asarray(lfilter([1, rng.uniform(-0.7, 0.7)], [1], samples))
    if min(from_hz, rate_hz) >= 16_000 and rng.random() < 0.25:
        samples = at(at(samples, rate_hz, 8000), 8000, rate_hz)
    return samples


def noise(
    kind: str, size: int, rate_hz: int, rng: np.random.Generator, others: Iterator[Sound]
) -> Sound:
    """Give one of :data:`NOISES`; `others` are voices of 8000 Hz for a babble."""
    white = rng.standard_normal(size)
    t = np.arange(size) / rate_hz
    if kind == "hum":
        first = rng.choice((50, 60))
        rows = [np.sin(2 * np.pi * first * n * t + rng.uniform(0, 6)) / n for n in range(1, 9)]
        return np.asarray(sum(row * rng.uniform(0.3, 1) for row in rows) + 0.1 * white)
    if kind == "crackle":
        clicks = white * (rng.random(size) < 20 / rate_hz) * 30
        return np.asarray(lfilter([1], [1, -0.6], clicks) + 0.3 * white)
    if kind == "street":
        swell = np.repeat(rng.uniform(-1, 1, size // rate_hz + 2), rate_hz)[:size]
        slow = lfilter([0.8 / rate_hz], [1, -1 + 0.8 / rate_hz], swell)
        return np.asarray(lfilter([1], [1, -0.9], white) * 10 ** (0.8 * slow))
    if kind == "babble":
        return np.asarray(sum(_someone(next(others), size, rate_hz, rng) for _ in range(5)))
    filters = {
        "white": ([1.0], [1.0]),
        "pink": ([0.05, -0.096, 0.051, -0.0044], [1, -2.495, 2.017, -0.522]),
        "brown": ([1.0], [1, -0.98]),
        "blue": ([1, -0.8], [1.0]),
    }
    return np.asarray(lfilter(*filters[kind], white))


def _someone(voice: Sound, size: int, rate_hz: int, rng: np.random.Generator) -> Sound:
    voice = at(voice, 8000, rate_hz)
    return np.resize(np.roll(voice, rng.integers(voice.size)), size) / (voice.std() + 1e-9)


@cache
def _notes(rate_hz: int) -> list[Sound]:
    t = np.arange(int(0.6 * rate_hz)) / rate_hz

    def note(hz: float) -> Sound:
        heard = [n for n in range(1, 15) if n * hz < 0.45 * rate_hz]
        return np.asarray(sum(np.sin(2 * np.pi * hz * n * t) / n for n in heard) * np.exp(-3 * t))

    return [note(110 * 2 ** (step / 12)) for step in range(37)]


def no_speech(rate_hz: int, rng: np.random.Generator, music: list[Sound]) -> Int16Array:
    """Music, tones, keys, noise, bursts, sweeps or clicks."""
    size = int(rng.uniform(2, 12) * rate_hz)
    t = np.arange(size) / rate_hz
    gate = np.repeat(rng.random(size // int(rng.uniform(0.05, 1) * rate_hz) + 2) < 0.5, size)
    gate = gate[:: max(gate.size // size, 1)][:size]
    kind = rng.integers(6 if music else 5)
    if kind == 0:
        pair = rng.choice((350, 400, 425, 440, 480, 620, 697, 852, 1000, 1209, 1477, 2100), 2)
        sound = np.sin(2 * np.pi * pair[0] * t) + np.sin(2 * np.pi * pair[1] * t)
        sound = sound * lfilter([0.01], [1, -0.99], gate)
    elif kind == 1:
        sound = noise(NOISES[rng.integers(7)], size, rate_hz, rng, iter(()))
        sound = sound * (lfilter([0.01], [1, -0.99], gate) if rng.random() < 0.5 else 1)
    elif kind == 2:
        notes = _notes(rate_hz)
        step = int(rng.uniform(0.1, 0.6) * rate_hz)
        tune = [notes[n][:step] for n in rng.integers(0, len(notes), size // step + 1)]
        sound = np.concatenate(tune)[:size]
    elif kind == 3:
        swing = np.sin(2 * np.pi * rng.uniform(0.2, 5) * t)
        hz = rng.uniform(200, 1500) * 2 ** (rng.uniform(0.2, 2) * swing)
        sound = np.sin(2 * np.pi * np.cumsum(hz) / rate_hz)
    elif kind == 4:
        clicks = (rng.random(size) < rng.uniform(2, 30) / rate_hz) * rng.standard_normal(size)
        sound = np.asarray(lfilter([1], [1, -rng.uniform(0.5, 0.95)], clicks))
    else:
        piece = at(music[rng.integers(len(music))], 8000, int(rate_hz / rng.choice((1, 1, 0.5, 2))))
        sound = piece[rng.integers(max(piece.size - size, 1)) :][:size]
    sound = sound / (np.abs(sound).max() + 1e-9) * rng.choice((3000, 16000, 30000))
    hiss = rng.standard_normal(sound.size) * sound.std() * 10 ** (-rng.choice((10, 20, 50)) / 20)
    return np.clip(np.rint(sound + hiss), -32768, 32767).astype(np.int16)
