"""A stream with its clock, its socket and its listener in hand."""

import base64
import json

from voicelab.call.listener import StreamEnd, StreamListener
from voicelab.call.moment import Moment
from voicelab.call.settings import StreamSettings
from voicelab.call.stream import Stream


class Socket:
    def __init__(self) -> None:
        self.sent: list[dict] = []
        self.closed: tuple[int, str] | None = None

    def send_text(self, text: str) -> bool:
        self.sent.append(json.loads(text))
        return self.closed is None

    def close(self, code: int, reason: str) -> None:
        self.closed = code, reason


class Ears(StreamListener):
    def __init__(self) -> None:
        self.moments: list[Moment] = []
        self.audio: list[tuple[int, bytes]] = []
        self.orders: list[tuple[str, bool]] = []
        self.ends: list[StreamEnd] = []
        self.named: list[str | None] = []

    def on_moment(self, moment: Moment) -> None:
        self.moments.append(moment)

    def on_audio(self, offset: int, pcm: bytes) -> None:
        self.audio.append((offset, pcm))

    def on_byte_order(self, order: str, swapped: bool) -> None:
        self.orders.append((order, swapped))

    def on_end(self, end: StreamEnd) -> None:
        self.ends.append(end)

    def on_named(self, stream: Stream) -> None:
        self.named.append(stream.call_id)

    def facts(self, name: str) -> list[dict]:
        return [m.data for m in self.moments if m.name == name]


class Rig:
    def __init__(self, **settings: object) -> None:
        self.now_s = 100.0
        self.socket = Socket()
        self.ears = Ears()
        self.stream = Stream(
            "our-id",
            self.socket,
            lambda: int(self.now_s * 1e9),
            StreamSettings(**settings),
            adopt=lambda call_id: "answered-id" if call_id == "CA-known" else None,
        )
        self.stream.audience.add(self.ears)

    def start(self, encoding: str = "audio/x-mulaw", rate: int = 8000, call: str = "CA1") -> None:
        self.text(
            event="start",
            sequenceNumber=0,
            start={
                "callId": call,
                "streamId": "ST1",
                "tracks": ["inbound"],
                "mediaFormat": {"encoding": encoding, "sampleRate": rate},
            },
        )

    def media(self, payload: bytes, chunk: int | None, **more: object) -> None:
        media = {
            "track": "inbound",
            "timestamp": str(int(self.now_s * 1000)),
            "payload": base64.b64encode(payload).decode(),
        }
        if chunk is not None:
            media["chunk"] = chunk
        self.text(event="media", sequenceNumber=chunk, media=media | more)

    def text(self, **message: object) -> None:
        self.stream.on_text(json.dumps(message))

    def recorded(self) -> bytes:
        out = bytearray(self.stream.samples * 2)
        for offset, pcm in self.ears.audio:
            out[2 * offset : 2 * offset + len(pcm)] = pcm
        return bytes(out)


def law(n: int) -> bytes:
    return bytes((n * 7 + i) % 256 for i in range(160))
