"""A caller who says several things: sounds, pauses between them, and listening."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np

from voicelab.audio.clip import Audio
from voicelab.audio.format import AudioFormat
from voicelab.audio.samples import Int16Array
from voicelab.errors import FormatError
from voicelab.sim.caller import FRAME_MS, Caller
from voicelab.sim.speech import MAX_SPEECH_S, Speech

Part: TypeAlias = str | Path | Audio | float
"""A sound, or a pause in seconds."""


def read_parts(parts: Sequence[Part]) -> list[Speech | float]:
    """Read the sounds among the parts.

    Raises
    ------
    FormatError
        Where one is not audio, or a pause makes no sense.
    """
    return [_read(part) for part in parts]


def prompted(parts: Sequence[Speech | float], *, polite: bool) -> Callable[[AudioFormat], Caller]:
    """Make a caller that says these, one after the other.

    Parameters
    ----------
    parts : sequence of Speech or float
        A number is a pause in seconds, whoever speaks meanwhile.
    polite : bool
        Whether the caller listens, before each sound that follows another, until the other side
        has said something.
    """
    return lambda line: _caller(parts, line, polite=polite)


def _caller(parts: Sequence[Speech | float], line: AudioFormat, *, polite: bool) -> Caller:
    frame = line.frame_samples(FRAME_MS)
    pieces: list[Int16Array] = []
    waits: list[int] = []
    notes: list[str] = []
    frames, after_sound = 0, False
    for part in parts:
        if isinstance(part, Speech):
            if polite and after_sound:
                waits.append(frames)
            said = Caller.from_speech(part, line)
            samples = said.samples
            notes += [note for note in said.notes if note not in notes]
        else:
            samples = np.zeros(round(part * 1000 / FRAME_MS) * frame, np.int16)
        after_sound = isinstance(part, Speech)
        pieces.append(samples)
        frames += len(samples) // frame
    return Caller(
        line,
        np.concatenate(pieces) if pieces else np.zeros(0, np.int16),
        frames * FRAME_MS / 1000,
        tuple(notes),
        tuple(waits),
    )


def _read(part: Part) -> Speech | float:
    match part:
        case str() | Path():
            return Speech.read(part)
        case Audio():
            return Speech(_mono(part), part.rate_hz)
        case int() | float() if 0 <= part <= MAX_SPEECH_S:
            return float(part)
    raise FormatError(
        "A caller says the path of an audio file or an Audio, with pauses in seconds between, "
        f"such as ['order.wav', 1.5, 'question.wav']; {part!r} is none of these."
    )


def _mono(audio: Audio) -> Int16Array:
    if audio.channels == 1:
        return audio.samples
    mixed: Int16Array = np.rint(audio.samples.mean(axis=1)).astype(np.int16)
    return mixed
