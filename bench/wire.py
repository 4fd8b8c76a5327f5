"""What a caller of a benchmark says, as bytes for the wire, built before they are sent."""

from __future__ import annotations

import base64
import os
from functools import cache

import numpy as np

from voicelab.audio.resample import resample
from voicelab.sim.prompts import prompt_names
from voicelab.sim.speech import Speech

RATE_HZ = 8000
FRAME_MS = 20
FRAME_BYTES = RATE_HZ * FRAME_MS // 1000 * 2
FIRST_TIMESTAMP_MS = 1_778_574_093_306
TEXT, CLOSE = 1, 8
STRIDE = 7
"""So many frames into the speech each caller begins after the one before, so no two are alike."""


@cache
def speech() -> bytes:
    """All bundled prompts one after the other, 16-bit little-endian in whole frames."""
    spoken = [Speech.read(path) for path in prompt_names().values()]
    samples = np.concatenate([resample(each.samples, each.rate_hz, RATE_HZ) for each in spoken])
    data = samples.astype("<i2").tobytes()
    return data[: len(data) // FRAME_BYTES * FRAME_BYTES]


def audio(index: int, frames: int) -> bytes:
    """What caller ``index`` says in so many frames."""
    spoken = speech()
    begin = index * STRIDE * FRAME_BYTES % len(spoken)
    size = frames * FRAME_BYTES
    turned = spoken[begin:] + spoken[:begin]
    return (turned * (1 + size // len(spoken)))[:size]


def call_id(batch: int, index: int) -> str:
    """A call's name, from which :func:`caller` reads the index."""
    return f"{batch:08x}-0000-4000-8000-{index:012d}"


def caller(call_id: str) -> int:
    """The index in a call's name."""
    return int(call_id.rpartition("-")[2])


def start(call_id: str) -> bytes:
    """The first message of a call, as a frame."""
    return client_frame(
        TEXT,
        b'{"sequenceNumber":0,"event":"start","start":{"callId":"%b","streamId":"%b",'
        b'"accountId":"500777","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-l16",'
        b'"sampleRate":8000}},"extra_headers":"{}"}' % (call_id.encode(), stream_id(call_id)),
    )


def media(call_id: str, frames: int) -> list[bytes]:
    """All media messages of a call, as frames."""
    stream, said = stream_id(call_id), audio(caller(call_id), frames)
    return [
        client_frame(
            TEXT,
            b'{"sequenceNumber":%d,"streamId":"%b","event":"media","media":{"track":"inbound",'
            b'"timestamp":"%d","chunk":%d,"payload":"%b"},"extra_headers":"{}"}'
            % (
                number,
                stream,
                FIRST_TIMESTAMP_MS + number * FRAME_MS,
                number,
                base64.b64encode(said[(number - 1) * FRAME_BYTES : number * FRAME_BYTES]),
            ),
        )
        for number in range(1, frames + 1)
    ]


def goodbye() -> bytes:
    """A close frame, code 1000."""
    return client_frame(CLOSE, (1000).to_bytes(2, "big"))


def stream_id(call_id: str) -> bytes:
    """The name of a call's only stream."""
    return call_id.replace("-4000-", "-4001-").encode()


def client_frame(opcode: int, data: bytes) -> bytes:
    """One whole frame, masked as a client must (RFC 6455 section 5.3)."""
    size, key = len(data), os.urandom(4)
    if size < 126:
        return bytes((0x80 | opcode, 0x80 | size)) + key + masked(key, data)
    return bytes((0x80 | opcode, 0xFE)) + size.to_bytes(2, "big") + key + masked(key, data)


def masked(key: bytes, data: bytes) -> bytes:
    """Mask or unmask, all at once."""
    size = len(data)
    stream = (key * (size // 4 + 1))[:size]
    return (int.from_bytes(data, "big") ^ int.from_bytes(stream, "big")).to_bytes(size, "big")
