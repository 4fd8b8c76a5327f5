"""What comes over the wire is said, never taken for the name of a file of this machine."""

from __future__ import annotations

import json

import numpy as np
import pytest
import soundfile
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from voicelab.call.conversation_settings import word_for_word
from voicelab.sim.realtime.server import LocalRealtime


@pytest.fixture
def secret(tmp_path):
    """A recording that is nobody's business, ten seconds long."""
    path = tmp_path / "secret.wav"
    soundfile.write(path, np.full(240_000, 1000, np.int16), 24000)
    return str(path)


def echo(turn):
    return turn.text


def repeats(turn):
    return turn.history[-1].text


async def answered(url: str, *events: dict) -> tuple[str, int]:
    """The words and the bytes of sound that come back."""
    words, size = "", 0
    async with connect(url) as socket:
        for event in events:
            await socket.send(json.dumps(event))
        async for raw in socket:
            event = json.loads(raw)
            if event["type"] == "response.output_audio.delta":
                size += len(event["delta"]) * 3 // 4
            elif event["type"] == "response.output_audio_transcript.done":
                words = event["transcript"]
            elif event["type"] == "response.done":
                return words, size
    raise AssertionError("the server left")


@pytest.mark.parametrize("agent", ["parrot", echo, repeats], ids=["parrot", "echo", "history"])
async def test_a_written_turn_is_no_path(agent, secret):
    item = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": secret}]}
    create = {"type": "conversation.item.create", "item": item}
    async with LocalRealtime(agent) as server:
        words, size = await answered(server.url, create, {"type": "response.create"})
    assert words == secret
    assert size != 480_000


async def test_what_is_to_be_said_word_for_word_is_no_path(secret):
    response = {"instructions": word_for_word(secret)}
    async with LocalRealtime() as server:
        words, size = await answered(server.url, {"type": "response.create", "response": response})
    assert words == secret
    assert size != 480_000


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example"]
)
async def test_a_page_of_elsewhere_cannot_use_the_server(origin):
    async with LocalRealtime() as server:
        with pytest.raises(InvalidStatus) as refused:
            await connect(server.url, origin=origin)
        assert refused.value.response.status_code == 403
        assert (server.opened, server.refused) == (0, 1)


@pytest.mark.parametrize("origin", [None, "http://localhost:8888", "http://127.0.0.1:5173"])
async def test_a_page_of_this_machine_can(origin):
    async with LocalRealtime() as server, connect(server.url, origin=origin) as socket:
        assert json.loads(await socket.recv())["type"] == "session.created"
