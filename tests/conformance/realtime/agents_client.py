"""The `openai-agents` package: RealtimeRunner, with all its defaults."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from agents import function_tool
from agents.realtime import RealtimeAgent, RealtimeRunner
from talking import BYTES_PER_MS, PLAYED_S, Microphone, Watch, run, speech

MODEL = "gpt-realtime-2.1"
TRUNCATED = "conversation.item.truncated"


class Talk:
    """A session, and what it told."""

    def __init__(self, session: object) -> None:
        self.session = session
        self.events = Watch()

    async def listen(self) -> None:
        try:
            async for event in self.session:
                assert event.type != "error", event.error
                is_raw = event.type == "raw_model_event"
                assert not (is_raw and event.data.type == "exception"), event.data
                await self.events.add(event)
            raise AssertionError("the session ended")
        except Exception as error:
            await self.events.fail(error)

    async def until(self, type_: str, number: int = 1) -> object:
        def found(events: list) -> object:
            matching = [event for event in events if event.type == type_]
            return matching[number - 1] if len(matching) >= number else None

        return await self.events.until(f"{type_} number {number}", found)

    async def until_raw(self, type_: str) -> dict[str, object]:
        def found(events: list) -> object:
            return next((raw for raw in raw_events(events) if raw["type"] == type_), None)

        return await self.events.until(type_, found)

    def audio(self, response: int) -> bytes:
        """What was said in one response, by its place in their order."""
        heard: dict[str, bytes] = {}
        for event in self.events.seen:
            if event.type == "audio":
                said = event.audio
                heard[said.response_id] = heard.get(said.response_id, b"") + said.data
        return list(heard.values())[response]


def raw_events(events: list) -> list[dict[str, object]]:
    data = [event.data for event in events if event.type == "raw_model_event"]
    return [each.data for each in data if each.type == "raw_server_event"]


@contextlib.asynccontextmanager
async def connected(url: str, *tools: object) -> AsyncIterator[tuple[Talk, Microphone]]:
    agent = RealtimeAgent(name="Pizza", instructions="Be brief.", tools=list(tools))
    config = {"url": f"{url}?model={MODEL}", "api_key": "none"}
    async with await RealtimeRunner(agent).run(model_config=config) as session:
        talk = Talk(session)
        listening = asyncio.create_task(talk.listen())
        try:
            await talk.until_raw("session.updated")
            async with Microphone(session.send_audio) as microphone:
                yield talk, microphone
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)


async def audio_turn(url: str, prompts: Path) -> str:
    words = speech(prompts / "question.wav")
    async with connected(url) as (talk, microphone):
        await microphone.say(words)
        await talk.until("audio_end")
        await talk.until("agent_end")
        return microphone.echoed(talk.audio(0), words)


async def interruption(url: str, prompts: Path) -> str:
    words = speech(prompts / "question.wav")
    async with connected(url) as (talk, microphone):
        await microphone.say(words)
        said = await talk.until("audio")
        await asyncio.sleep(PLAYED_S)
        saying = asyncio.create_task(microphone.say(words))
        interrupted = await talk.until("audio_interrupted")
        truncated = await talk.until_raw(TRUNCATED)
        assert interrupted.item_id == truncated["item_id"] == said.item_id, truncated
        cut_ms, given_ms = truncated["audio_end_ms"], len(talk.audio(0)) // BYTES_PER_MS
        assert 0 < cut_ms <= given_ms, f"cut at {cut_ms} ms of {given_ms}"
        await saying
        await talk.until("agent_end", 2)
        return f"cut at {cut_ms} ms, then " + microphone.echoed(talk.audio(1), words)


async def tool_turn(url: str, prompts: Path) -> str:
    calls = []

    @function_tool
    def order_pizza(kind: str, count: int) -> str:
        """Order pizzas."""
        calls.append((kind, count))
        return "ordered"

    async with connected(url, order_pizza) as (talk, microphone):
        await microphone.say(speech(prompts / "question.wav"))
        ended = await talk.until("tool_end")
        assert (ended.tool.name, ended.output) == ("order_pizza", "ordered"), ended
        await talk.until("agent_end", 2)
        assert len(calls) == 1, calls
        audio = talk.audio(0)
        assert audio, "nothing was said after the tool's answer"
        return f"order_pizza{calls[0]}, then {len(audio) // BYTES_PER_MS} ms of speech"


if __name__ == "__main__":
    checks = {"audio turn": audio_turn, "interruption": interruption, "tool turn": tool_turn}
    run("openai-agents RealtimeRunner", "openai-agents", checks)
