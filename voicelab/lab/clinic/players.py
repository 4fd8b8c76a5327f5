"""Players of short pieces of sound, which are inside the page."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from voicelab.audio.clip import Audio
from voicelab.audio.compare.wording import length
from voicelab.audio.wav import wav_bytes
from voicelab.lab.clinic.elements import words

MOST_BYTES = 960_000
"""So much of one sound is put into a page: a minute at 8 kHz."""
TURNING = "Nothing is made louder. Starting one stops the others and goes on at the same place."
_PART_S = 20.0
_MOST_PARTS = 3
_BEFORE_S = 2.0


@dataclass(frozen=True, slots=True)
class Clip:
    """A sound to be played.

    Attributes
    ----------
    name : str
    sound : Audio
        As it is, never normalised.
    from_s : float
        Where it begins on the time axis that all clips of a part share.
    speed : float
        How many seconds of that axis pass in one of its own.
    """

    name: str
    sound: Audio
    from_s: float = 0.0
    speed: float = 1.0


def players(clips: Sequence[Clip], part: str = "whole") -> str:
    """Players side by side; those of one part are at the same place when one goes to the other."""
    return f'<div class="players">{"".join(_player(clip, part) for clip in clips)}</div>'


def players_in_a_row(clips: Sequence[Clip]) -> str:
    """The same where no style sheet is, as in a notebook's output."""
    cells = (f'<div style="flex:1;min-width:17em">{_player(clip, "whole")}</div>' for clip in clips)
    return f'<div style="display:flex;flex-wrap:wrap;gap:1em">{"".join(cells)}</div>'


def _player(clip: Clip, part: str) -> str:
    played = clip.sound.playable
    data = base64.b64encode(wav_bytes(played.samples, played.rate_hz)).decode()
    peak = clip.sound.peak_dbfs
    loud = "silent" if peak == float("-inf") else f"peak {peak + 0.0:.1f} dBFS"
    said = f"{length(clip.sound.duration_s)}, {clip.sound.rate_hz:,} Hz, {loud}"
    return (
        f'<div class="player"><p><b>{escape(clip.name)}</b><br><small>{words(said)}</small></p>'
        f'<audio controls preload="metadata" style="width:100%" aria-label="{escape(clip.name)}" '
        f'data-part="{escape(part)}" data-from="{clip.from_s:.6f}" data-speed="{clip.speed:.9f}" '
        f'src="data:audio/wav;base64,{data}"></audio></div>'
    )


def cut(sound: Audio, begin_s: float, length_s: float) -> Audio:
    """A piece of a sound; what lies before its beginning or after its end is left out."""
    begin = max(round(begin_s * sound.rate_hz), 0)
    end = max(round((begin_s + length_s) * sound.rate_hz), begin)
    return Audio(sound.samples[begin:end], sound.rate_hz)


def parts(sounds: Sequence[Audio], places_s: Sequence[float]) -> list[tuple[float, float]] | None:
    """Which parts are put into a page, as begins and lengths in seconds; None for all of it.

    Parameters
    ----------
    sounds : sequence of Audio
        That are to be heard beside each other.
    places_s : sequence of float
        Where something is to be heard, in the order of time; a part begins two seconds before.
    """
    budget_s = MOST_BYTES / (2 * max(sound.rate_hz for sound in sounds))
    if max(sound.duration_s for sound in sounds) <= budget_s:
        return None
    length_s = min(_PART_S, budget_s / _MOST_PARTS)
    found: list[tuple[float, float]] = []
    for place_s in places_s or [0.0]:
        if found and place_s < found[-1][0] + length_s:
            continue
        if len(found) == _MOST_PARTS:
            break
        found.append((max(place_s - min(_BEFORE_S, length_s / 4), 0.0), length_s))
    return found
