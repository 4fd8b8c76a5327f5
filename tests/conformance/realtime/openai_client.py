"""The `openai` package: its own connection, each event held against its own types."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

from openai import AsyncOpenAI
from openai.types.realtime import RealtimeServerEvent
from pydantic import TypeAdapter
from talking import BYTES_PER_MS, PLAYED_S, Microphone, Watch, run, speech

MODEL = "gpt-realtime-2.1"
EVENTS = TypeAdapter(RealtimeServerEvent)
ORDER = {
    "type": "function",
    "name": "order_pizza",
    "description": "Order pizzas.",
    "parameters": {
        "type": "object",
        "properties": {"kind": {"type": "string"}, "count": {"type": "integer"}},
        "required": ["kind", "count"],
    },
}


class Talk:
    """A connection, what came over it, and what it said aloud."""

    def __init__(self, connection: object) -> None:
        self.connection = connection
        self.events = Watch()

    async def listen(self) -> None:
        try:
            while True:
                raw = await self.connection.recv_bytes()
                event = EVENTS.validate_json(raw)
                assert event.type != "error", raw
                await self.events.add(event)
        except Exception as error:
            await self.events.fail(error)

    async def append(self, frame: bytes) -> None:
        await self.connection.input_audio_buffer.append(audio=base64.b64encode(frame).decode())

    async def until(self, type_: str, number: int = 1) -> object:
        def found(events: list) -> object:
            matching = [event for event in events if event.type == type_]
            return matching[number - 1] if len(matching) >= number else None

        return await self.events.until(f"{type_} number {number}", found)

    def audio(self, response_id: str) -> bytes:
        deltas = [
            event for event in self.events.seen if event.type == "response.output_audio.delta"
        ]
        return b"".join(base64.b64decode(e.delta) for e in deltas if e.response_id == response_id)


@contextlib.asynccontextmanager
async def connected(url: str, **session: object) -> AsyncIterator[tuple[Talk, Microphone]]:
    async with (
        AsyncOpenAI(api_key="none", websocket_base_url=url.removesuffix("/realtime")) as client,
        client.realtime.connect(model=MODEL) as connection,
    ):
        talk = Talk(connection)
        listening = asyncio.create_task(talk.listen())
        try:
            await connection.session.update(session={"type": "realtime", **session})
            await talk.until("session.updated")
            async with Microphone(talk.append) as microphone:
                yield talk, microphone
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def audio_turn(url: str, prompts: Path) -> str:
    words = speech(prompts / "question.wav")
    async with connected(url) as (talk, microphone):
        await microphone.say(words)
        done = await talk.until("response.done")
        assert done.response.status == "completed", done
        return microphone.echoed(talk.audio(done.response.id), words)


async def interruption(url: str, prompts: Path) -> str:
    words = speech(prompts / "question.wav")
    async with connected(url) as (talk, microphone):
        await microphone.say(words)
        delta = await talk.until("response.output_audio.delta")
        begin = time.monotonic()
        await asyncio.sleep(PLAYED_S)
        saying = asyncio.create_task(microphone.say(words))
        await talk.until("input_audio_buffer.speech_started", 2)
        heard_ms = int((time.monotonic() - begin) * 1000)
        heard_ms = min(heard_ms, len(talk.audio(delta.response_id)) // BYTES_PER_MS)
        await talk.connection.conversation.item.truncate(
            item_id=delta.item_id, content_index=0, audio_end_ms=heard_ms
        )
        truncated = await talk.until("conversation.item.truncated")
        assert (truncated.item_id, truncated.audio_end_ms) == (delta.item_id, heard_ms), truncated
        cut = await talk.until("response.done")
        assert cut.response.status == "cancelled", cut
        assert cut.response.status_details.reason == "turn_detected", cut
        await talk.connection.conversation.item.retrieve(item_id=delta.item_id)
        kept = await talk.until("conversation.item.retrieved")
        kept_ms = len(base64.b64decode(kept.item.content[0].audio)) // BYTES_PER_MS
        assert kept_ms == heard_ms, f"{kept_ms} ms are left of an item cut to {heard_ms} ms"
        await saying
        done = await talk.until("response.done", 2)
        assert done.response.status == "completed", done
        return f"cut at {heard_ms} ms, then " + microphone.echoed(
            talk.audio(done.response.id), words
        )


async def tool_turn(url: str, prompts: Path) -> str:
    words = speech(prompts / "question.wav")
    async with connected(url, tools=[ORDER]) as (talk, microphone):
        await microphone.say(words)
        call = await talk.until("response.function_call_arguments.done")
        arguments = json.loads(call.arguments)
        assert call.name == "order_pizza", call
        assert isinstance(arguments["kind"], str), arguments
        assert isinstance(arguments["count"], int), arguments
        done = await talk.until("response.done")
        assert [item.type for item in done.response.output] == ["function_call"], done
        output = {"type": "function_call_output", "call_id": call.call_id, "output": '{"ok":true}'}
        await talk.connection.conversation.item.create(item=output)
        await talk.connection.response.create()
        spoken = await talk.until("response.done", 2)
        assert spoken.response.status == "completed", spoken
        audio = talk.audio(spoken.response.id)
        assert audio, "nothing was said after the tool's answer"
        return f"{call.name}({call.arguments}), then {len(audio) // BYTES_PER_MS} ms of speech"


if __name__ == "__main__":
    checks = {"audio turn": audio_turn, "interruption": interruption, "tool turn": tool_turn}
    run("openai", "openai", checks)
