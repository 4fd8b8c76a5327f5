"""The kinds of line that a bridge is spoken to over: how each opens, speaks, and is understood."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import msgspec
import numpy as np
import wire

from voicelab.audio.format import AudioFormat
from voicelab.audio.resample import Resampler, resample
from voicelab.call.model_audio import ToLine, ToModel, model_format
from voicelab.sim.prompts import prompt_names
from voicelab.sim.speech import Speech

TEXT, BINARY = 1, 2
STRIDE = 7
"""So many frames into the speech each voice begins after the one before, so no two are alike."""
MODEL_VOICES = 400
"""The voices of the model's side are counted from here."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """A kind of line.

    Attributes
    ----------
    name : str
    path : str
        Where its WebSocket is opened.
    line : AudioFormat
        What goes over it, both ways.
    speaks : {"pcm", "realtime", "phone"}
        Audio in binary frames and events back, Realtime both ways, or a provider's messages.
    """

    name: str
    path: str
    line: AudioFormat
    speaks: Literal["pcm", "realtime", "phone"]

    @property
    def model(self) -> AudioFormat:
        """What the model hears and says."""
        return self.line if self.speaks != "phone" else model_format(self.line)

    def opening(self, call_id: str) -> bytes:
        """What is sent before anything else."""
        if self.speaks == "phone":
            return client_text(
                {
                    "sequenceNumber": 0,
                    "event": "start",
                    "start": {
                        "callId": call_id,
                        "streamId": f"stream-{call_id}",
                        "accountId": "500777",
                        "tracks": ["inbound"],
                        "mediaFormat": {
                            "encoding": self.line.mime,
                            "sampleRate": self.line.rate_hz,
                        },
                    },
                    "extra_headers": "{}",
                }
            )
        return client_text(SESSION_UPDATE) if self.speaks == "realtime" else b""

    def spoken(self, call_id: str, said: bytes) -> list[bytes]:
        """A caller's audio as frames of 20 ms."""
        size = frame_bytes(self.line)
        pieces = [said[at : at + size] for at in range(0, len(said), size)]
        if self.speaks == "pcm":
            return [wire.client_frame(BINARY, piece) for piece in pieces]
        texts = [base64.b64encode(piece).decode() for piece in pieces]
        if self.speaks == "realtime":
            return [
                client_text({"type": "input_audio_buffer.append", "audio": text}) for text in texts
            ]
        return [
            client_text(
                {
                    "sequenceNumber": number,
                    "streamId": f"stream-{call_id}",
                    "event": "media",
                    "media": {
                        "track": "inbound",
                        "timestamp": str(wire.FIRST_TIMESTAMP_MS + number * wire.FRAME_MS),
                        "chunk": number,
                        "payload": text,
                    },
                    "extra_headers": "{}",
                }
            )
            for number, text in enumerate(texts, start=1)
        ]

    def heard(self, text: bytes) -> bytes | None:
        """The agent's audio in a message, if any."""
        message = _decode(text)
        if message.event == "playAudio":
            return message.media.payload if message.media else None
        return message.delta if message.type == "response.output_audio.delta" else None

    def to_model(self, said: bytes) -> list[bytes]:
        """What the model is to hear of a caller, frame by frame."""
        size = frame_bytes(self.line)
        frames = [said[at : at + size] for at in range(0, len(said), size)]
        if self.model == self.line:
            return frames
        convert = ToModel(self.line)
        return [convert.convert(self.line.to_pcm(frame), frame) for frame in frames]

    def to_line(self, said: bytes) -> list[bytes]:
        """What the caller is to hear of the model, delta by delta, and what its end adds."""
        size = frame_bytes(self.model)
        convert = ToLine(self.model, self.line)
        deltas = [convert.convert(said[at : at + size]) for at in range(0, len(said), size)]
        return [*deltas, convert.finish()]

    @property
    def resampling_ms(self) -> tuple[float, float]:
        """By how much the resamplers hold audio back: toward the model, and toward the caller."""
        if self.model == self.line:
            return 0.0, 0.0
        there = Resampler(self.line.rate_hz, self.model.rate_hz)
        back = Resampler(self.model.rate_hz, self.line.rate_hz)
        return there.delay_ms, back.delay_ms


BROWSER = Dialect("browser", "/voice", AudioFormat("l16", 24_000), "pcm")
DIRECT = Dialect("direct", "/v1/realtime", AudioFormat("l16", 24_000), "realtime")
MULAW = Dialect("mulaw", "/stream", AudioFormat("mulaw", 8000), "phone")
L16 = Dialect("l16", "/stream", AudioFormat("l16", 8000), "phone")
DIALECTS = {each.name: each for each in (BROWSER, DIRECT, MULAW, L16)}

PCM = {"type": "audio/pcm", "rate": 24_000}
SESSION_UPDATE = {
    "type": "session.update",
    "session": {"type": "realtime", "audio": {"input": {"format": PCM}, "output": {"format": PCM}}},
}


class _Audio(msgspec.Struct, gc=False):
    payload: bytes = b""


class _Message(msgspec.Struct, gc=False):
    type: str = ""
    event: str = ""
    delta: Any = None
    media: _Audio | None = None


class _Delta(msgspec.Struct, gc=False):
    delta: bytes


_decode_any = msgspec.json.Decoder(_Message).decode
_decode_delta = msgspec.json.Decoder(_Delta).decode


def _decode(text: bytes) -> _Message:
    message = _decode_any(text)
    if message.type == "response.output_audio.delta":
        message.delta = _decode_delta(text).delta
    return message


def frame_bytes(format: AudioFormat) -> int:
    """How many bytes 20 ms take."""
    return format.frame_samples(wire.FRAME_MS) * format.sample_bytes


def voice(index: int, frames: int, format: AudioFormat) -> bytes:
    """What voice ``index`` says in so many frames."""
    spoken, size = _speech(format), frame_bytes(format)
    begin = index * STRIDE * size % len(spoken)
    turned = spoken[begin:] + spoken[:begin]
    return (turned * (1 + frames * size // len(spoken)))[: frames * size]


def client_text(message: dict[str, Any]) -> bytes:
    """A message as a masked frame."""
    return wire.client_frame(TEXT, msgspec.json.encode(message))


@cache
def _speech(format: AudioFormat) -> bytes:
    """All bundled prompts one after the other, in whole frames."""
    spoken = [Speech.read(path) for path in prompt_names().values()]
    samples = [resample(each.samples, each.rate_hz, format.rate_hz) for each in spoken]
    data = format.from_int16(np.concatenate(samples))
    return data[: len(data) // frame_bytes(format) * frame_bytes(format)]
