"""A voice server with a scripted model behind it, and clients of it."""

from __future__ import annotations

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import aiohttp
import numpy as np
import soundfile

from voicelab.net.voice import VoiceServer
from voicelab.store.journal import Journal, read_journal

from .realtime_stub import StubRealtime


class VoiceUnderTest:
    def __init__(
        self,
        server: VoiceServer,
        http: aiohttp.ClientSession,
        folder: Path,
        stub: StubRealtime,
    ) -> None:
        self.server = server
        self.http = http
        self.recordings = folder / "recordings"
        self.stub = stub

    @property
    def url(self) -> str:
        return self.server.url

    def socket(self, path: str = "/voice", **more: Any) -> aiohttp.client._WSRequestContextManager:
        return self.http.ws_connect(self.url + path, **more)

    def journals(self) -> list[Journal]:
        return [read_journal(path) for path in sorted(self.recordings.glob("*.jsonl"))]

    def heard(self) -> np.ndarray:
        (path,) = self.recordings.glob("*.heard.wav")
        return soundfile.read(path, dtype="int16")[0]

    def caller(self) -> np.ndarray:
        (path,) = [p for p in self.recordings.glob("*.wav") if p.name.count(".") == 1]
        return soundfile.read(path, dtype="int16")[0]

    async def settled(self) -> None:
        """Wait until every session that closed has its files finished."""
        async with asyncio.timeout(5):
            for session in list(self.server.registry):
                await session.closed.wait()


def delta(pcm: bytes, item: str = "item_1") -> dict[str, Any]:
    return {
        "type": "response.output_audio.delta",
        "event_id": "event_2",
        "response_id": "resp_1",
        "item_id": item,
        "output_index": 0,
        "content_index": 0,
        "delta": base64.b64encode(pcm).decode(),
    }


def append(pcm: bytes) -> str:
    audio = base64.b64encode(pcm).decode()
    return json.dumps({"type": "input_audio_buffer.append", "audio": audio})


async def event(ws: aiohttp.ClientWebSocketResponse) -> dict[str, Any]:
    async with asyncio.timeout(5):
        got: dict[str, Any] = json.loads(await ws.receive_str())
        return got


async def closed(ws: aiohttp.ClientWebSocketResponse) -> tuple[int | None, str]:
    """Read to the end; return the close code and its reason."""
    async with asyncio.timeout(5):
        while True:
            message = await ws.receive()
            if message.type is aiohttp.WSMsgType.CLOSE:
                return message.data, message.extra
            if message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR):
                return ws.close_code, ""
