"""A sink on a free port, and the provider's side of it written by hand."""

import base64
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import aiohttp
import numpy as np
import pytest_asyncio
import soundfile

from voicelab.net.options import SinkOptions
from voicelab.net.sink import SinkServer
from voicelab.net.switchboard import Switchboard
from voicelab.net.upstream_options import UpstreamOptions
from voicelab.net.voice import VoiceServer
from voicelab.net.voice_options import VoiceOptions
from voicelab.store.journal import Journal, read_journal

from .realtime_stub import StubRealtime
from .voice_client import VoiceUnderTest


class SinkUnderTest:
    start = staticmethod(lambda *given, **more: start(*given, **more))
    media = staticmethod(lambda *given: media(*given))

    def __init__(self, server: SinkServer, http: aiohttp.ClientSession, folder: Path) -> None:
        self.server = server
        self.http = http
        self.recordings = folder / "recordings"
        self.log = folder / "webhooks.log"

    @property
    def url(self) -> str:
        return self.server.url

    def socket(self, **more: object) -> aiohttp.client._WSRequestContextManager:
        return self.http.ws_connect(f"{self.url}/stream", **more)

    @staticmethod
    def law_frames(count: int) -> list[bytes]:
        rng = np.random.default_rng(7)
        return [rng.integers(0, 256, 160, np.uint8).tobytes() for _ in range(count)]

    async def call(self, frames, *, encoding="audio/x-mulaw", rate=8000, call="CA1") -> None:
        """A whole connection, from start to close, and wait for its files."""
        async with self.socket() as ws:
            await ws.send_json(start(encoding, rate, call))
            for chunk, frame in enumerate(frames, 1):
                await ws.send_json(media(frame, chunk))
        await self.settled()

    def wav(self) -> np.ndarray:
        (path,) = [p for p in self.recordings.glob("*.wav") if p.name.count(".") == 1]
        return soundfile.read(path, dtype="int16")[0]

    def journals(self) -> list[Journal]:
        return [read_journal(path) for path in sorted(self.recordings.glob("*.jsonl"))]

    def entries(self) -> list[dict]:
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    async def settled(self) -> None:
        """Wait until every socket that closed has its files finished."""
        for session in self.server.registry:
            await session.ended.wait()


def start(encoding: str = "audio/x-mulaw", rate: int = 8000, call: str = "CA1") -> dict:
    return {
        "sequenceNumber": 0,
        "event": "start",
        "start": {
            "callId": call,
            "streamId": f"ST-{call}",
            "accountId": "500777",
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": encoding, "sampleRate": rate},
        },
        "extra_headers": "{}",
    }


def media(payload: bytes, chunk: int) -> dict:
    return {
        "sequenceNumber": chunk,
        "streamId": "ST-CA1",
        "event": "media",
        "media": {
            "track": "inbound",
            "timestamp": str(1_778_574_000_000 + 20 * chunk),
            "chunk": chunk,
            "payload": base64.b64encode(payload).decode(),
        },
        "extra_headers": "{}",
    }


@pytest_asyncio.fixture
async def make_sink(tmp_path: Path) -> AsyncIterator[Callable]:
    servers: list[SinkServer] = []
    async with aiohttp.ClientSession() as http:

        async def make(**options: object) -> SinkUnderTest:
            given = SinkOptions(
                port=0, recordings=tmp_path / "recordings", webhook_log=tmp_path / "webhooks.log"
            )
            server = SinkServer(replace(given, **options))
            await server.start()
            servers.append(server)
            return SinkUnderTest(server, http, tmp_path)

        yield make
        for server in servers:
            await server.aclose()


@pytest_asyncio.fixture
async def sink(make_sink: Callable) -> SinkUnderTest:
    return await make_sink()


@pytest_asyncio.fixture
async def stub() -> AsyncIterator[StubRealtime]:
    async with StubRealtime() as stub:
        yield stub


@pytest_asyncio.fixture
async def make_voice(tmp_path: Path, stub: StubRealtime) -> AsyncIterator[Callable]:
    servers: list[VoiceServer] = []
    async with aiohttp.ClientSession() as http:

        async def make(board: Switchboard | None = None, **options: object) -> VoiceUnderTest:
            given = VoiceOptions(
                port=0,
                recordings=tmp_path / "recordings",
                rate=None,
                upstream=UpstreamOptions(url=stub.url),
            )
            server = VoiceServer(replace(given, **options), board=board)
            await server.start()
            servers.append(server)
            return VoiceUnderTest(server, http, tmp_path, stub)

        yield make
        for server in servers:
            await server.aclose()
            assert server.left() == []


@pytest_asyncio.fixture
async def voice(make_voice: Callable) -> VoiceUnderTest:
    return await make_voice()
