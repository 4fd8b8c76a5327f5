"""A session's ear: what is appended becomes turns, by the rules of ``turn_detection``."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from voicelab.audio.format import AudioFormat
from voicelab.sim.realtime.input_buffer import InputBuffer
from voicelab.sim.realtime.turn_detector import Began, Ended, TurnDetector

SEMANTIC_SILENCE_MS: Final = {"low": 1000, "medium": 500, "auto": 500, "high": 300}
"""``semantic_vad`` without a model of meaning: the eager one waits less."""

SEMANTIC_PREFIX_MS: Final = 300
SEMANTIC_THRESHOLD: Final = 0.5

QUIET_KEPT_MS: Final = 10_000
"""While nobody speaks, only the newest sound is kept."""


@dataclass(frozen=True, slots=True)
class SpeechStarted:
    """Somebody began to speak; prefix padding included."""

    start_ms: int


@dataclass(frozen=True, slots=True)
class SpeechStopped:
    """Somebody stopped; the turn's bytes as they came, padding and final silence included."""

    end_ms: int
    audio: bytes


@dataclass(frozen=True, slots=True)
class TimedOut:
    """After the model's last words it was silent for ``idle_timeout_ms``."""

    start_ms: int
    end_ms: int
    audio: bytes


Heard: TypeAlias = SpeechStarted | SpeechStopped | TimedOut


class Hearing:
    """The input buffer and who listens to it.

    Parameters
    ----------
    format : AudioFormat
    detection : mapping or None
        The session's ``turn_detection``; None leaves turns to the client.
    """

    def __init__(self, format: AudioFormat, detection: Mapping[str, Any] | None) -> None:
        self.buffer = InputBuffer(format)
        self._detection = dict(detection) if detection else None
        self._listen_anew()

    @property
    def speaking(self) -> bool:
        """Whether a turn is under way."""
        return self._detector is not None and self._detector.speaking

    def configure(self, format: AudioFormat, detection: Mapping[str, Any] | None) -> None:
        """Take the session's settings; the same ones again change nothing."""
        detection = dict(detection) if detection else None
        if format == self.buffer.format and detection == self._detection:
            return
        if format != self.buffer.format:
            self.buffer.change(format)
        self._detection = detection
        self._listen_anew()

    def append(self, data: bytes) -> list[Heard]:
        """Take more sound; return what happened in it, in order."""
        self.buffer.append(data)
        if self._detector is None:
            return []
        heard: list[Heard] = [self._turn(turn) for turn in self._detector.hear(data)]
        if not heard and not self.speaking:
            if self.buffer.end_ms >= self._idle_ms:
                heard.append(self._time_out())
            self.buffer.drop(self.buffer.end_ms - max(QUIET_KEPT_MS, self._prefix_ms))
        return heard

    def take(self) -> bytes:
        """Take all that is held, for a client that commits."""
        taken = self.buffer.take(self.buffer.begin_ms, self.buffer.end_ms)
        self._listen_anew()
        return taken

    def clear(self) -> None:
        """Forget all that is held, and a turn under way with it."""
        self.take()

    def wait_for_speech(self, played_ms: float) -> None:
        """Let the idle time begin once the model's words, which end so much later, were played."""
        timeout_ms = (self._detection or {}).get("idle_timeout_ms")
        self._idle_from_ms = self.buffer.end_ms + played_ms
        self._idle_ms = math.inf if timeout_ms is None else self._idle_from_ms + timeout_ms

    def stop_waiting(self) -> None:
        """Forget the idle time: the model speaks."""
        self._idle_ms = math.inf

    def _listen_anew(self) -> None:
        self.stop_waiting()
        self._idle_from_ms = self._prefix_ms = 0.0
        self._detector: TurnDetector | None = None
        if self._detection is None:
            return
        threshold, silence_ms = SEMANTIC_THRESHOLD, SEMANTIC_SILENCE_MS["auto"]
        self._prefix_ms = SEMANTIC_PREFIX_MS
        if self._detection["type"] == "server_vad":
            threshold = self._detection["threshold"]
            silence_ms = self._detection["silence_duration_ms"]
            self._prefix_ms = self._detection["prefix_padding_ms"]
        else:
            silence_ms = SEMANTIC_SILENCE_MS[self._detection["eagerness"]]
        self._detector = TurnDetector(
            self.buffer.format,
            threshold=threshold,
            silence_ms=silence_ms,
            begin_ms=self.buffer.end_ms,
        )

    def _turn(self, turn: Began | Ended) -> Heard:
        if isinstance(turn, Began):
            self.stop_waiting()
            self.buffer.drop(turn.at_ms - self._prefix_ms)
            return SpeechStarted(round(self.buffer.begin_ms))
        audio = self.buffer.take(self.buffer.begin_ms, turn.at_ms)
        return SpeechStopped(round(turn.at_ms), audio)

    def _time_out(self) -> TimedOut:
        begin_ms, end_ms = self._idle_from_ms, self._idle_ms
        self.stop_waiting()
        audio = self.buffer.take(begin_ms, end_ms)
        return TimedOut(round(begin_ms), round(end_ms), audio)
