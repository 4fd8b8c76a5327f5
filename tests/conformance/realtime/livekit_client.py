"""LiveKit's `RealtimeModel`, in an `AgentSession` with a microphone and an ear of its own."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

from livekit import rtc
from livekit.agents import Agent, AgentSession, function_tool
from livekit.agents.voice.io import AudioInput, AudioOutput, AudioOutputCapabilities
from livekit.plugins.openai.realtime import RealtimeModel
from talking import BYTES_PER_MS, FRAME_BYTES, PLAYED_S, RATE_HZ, Microphone, Watch, run, speech

MODEL = "gpt-realtime-2.1"
NOTHING_TO_CANCEL = "response_cancel_not_active"
"""The client cancels whatever it interrupts, and passes over this answer."""


class Mouth(AudioInput):
    """Gives the session what the microphone heard."""

    def __init__(self) -> None:
        super().__init__(label="mouth")
        self._frames: asyncio.Queue[rtc.AudioFrame] = asyncio.Queue()

    async def hear(self, frame: bytes) -> None:
        await self._frames.put(rtc.AudioFrame(frame, RATE_HZ, 1, FRAME_BYTES // 2))

    async def __anext__(self) -> rtc.AudioFrame:
        return await self._frames.get()


class Ear(AudioOutput):
    """Plays in real time, as far as anybody can tell, and keeps each stretch of speech."""

    def __init__(self) -> None:
        capabilities = AudioOutputCapabilities(pause=False)
        super().__init__(label="ear", capabilities=capabilities, sample_rate=RATE_HZ)
        self.stretches: list[bytearray] = []
        self._began: float | None = None
        self._end: asyncio.TimerHandle | None = None

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        await super().capture_frame(frame)
        if self._began is None:
            self._began = time.monotonic()
            self.stretches.append(bytearray())
            self.on_playback_started(created_at=time.time())
        self.stretches[-1] += bytes(frame.data)

    def flush(self) -> None:
        super().flush()
        if self._began is not None:
            left_s = self._began + self._given_s() - time.monotonic()
            loop = asyncio.get_running_loop()
            self._end = loop.call_later(max(left_s, 0), self._finish, False)

    def clear_buffer(self) -> None:
        if self._began is not None:
            self._finish(True)

    def _given_s(self) -> float:
        return len(self.stretches[-1]) / BYTES_PER_MS / 1000

    def _finish(self, interrupted: bool) -> None:
        if self._end:
            self._end.cancel()
        played_s = min(time.monotonic() - self._began, self._given_s())
        self._began = self._end = None
        self.on_playback_finished(playback_position=played_s, interrupted=interrupted)


class Talk:
    """A session with its ear, and what the server sent."""

    def __init__(self, session: AgentSession, ear: Ear) -> None:
        self.ear = ear
        self.events = Watch()
        self._adding: set[asyncio.Task] = set()
        session.on("error", lambda event: self._do(self.events.fail(AssertionError(event))))

    def take(self, event: dict) -> None:
        self._do(self.events.add(event))
        if event["type"] == "error" and event["error"]["code"] != NOTHING_TO_CANCEL:
            self._do(self.events.fail(AssertionError(event)))

    def _do(self, what: object) -> None:
        task = asyncio.create_task(what)
        self._adding.add(task)
        task.add_done_callback(self._adding.discard)

    async def until(self, type_: str, number: int = 1) -> dict:
        def found(events: list) -> object:
            matching = [event for event in events if event["type"] == type_]
            return matching[number - 1] if len(matching) >= number else None

        return await self.events.until(f"{type_} number {number}", found)


@contextlib.asynccontextmanager
async def connected(url: str, *tools: object) -> AsyncIterator[tuple[Talk, Microphone]]:
    model = RealtimeModel(
        base_url=url.removesuffix("/realtime").replace("ws", "http", 1), api_key="none", model=MODEL
    )
    # An echo canceller, which would make it deaf in the first seconds of speech, is not needed
    # without a loudspeaker.
    session = AgentSession(
        llm=model,
        vad=None,
        turn_handling={
            "turn_detection": "realtime_llm",
            "interruption": {"resume_false_interruption": False},
        },
        aec_warmup_duration=None,
    )
    mouth, ear = Mouth(), Ear()
    session.input.audio, session.output.audio = mouth, ear
    agent = Agent(instructions="Be brief.", tools=list(tools))
    talk = Talk(session, ear)
    await session.start(agent)
    agent.realtime_llm_session.on("openai_server_event_received", talk.take)
    try:
        async with Microphone(mouth.hear) as microphone:
            yield talk, microphone
    finally:
        await session.aclose()
        await model.aclose()


async def audio_turn(url: str, prompts: Path) -> str:
    words = speech(prompts / "question.wav")
    async with connected(url) as (talk, microphone):
        await microphone.say(words)
        await talk.until("response.done")
        await talk.ear.wait_for_playout()
        return microphone.echoed(bytes(talk.ear.stretches[0]), words)


async def interruption(url: str, prompts: Path) -> str:
    words = speech(prompts / "question.wav")
    async with connected(url) as (talk, microphone):
        await microphone.say(words)
        item_id = (await talk.until("response.output_audio.delta"))["item_id"]
        await asyncio.sleep(PLAYED_S)
        saying = asyncio.create_task(microphone.say(words))
        truncated = await talk.until("conversation.item.truncated")
        assert truncated["item_id"] == item_id, truncated
        cut_ms = truncated["audio_end_ms"]
        given_ms = len(talk.ear.stretches[0]) // BYTES_PER_MS
        assert 0 < cut_ms <= given_ms, f"cut at {cut_ms} ms of {given_ms}"
        await saying
        await talk.until("response.done", 2)
        await talk.ear.wait_for_playout()
        return f"cut at {cut_ms} ms, then " + microphone.echoed(bytes(talk.ear.stretches[1]), words)


async def tool_turn(url: str, prompts: Path) -> str:
    calls = []

    @function_tool
    async def order_pizza(kind: str, count: int) -> str:
        """Order pizzas."""
        calls.append((kind, count))
        return "ordered"

    async with connected(url, order_pizza) as (talk, microphone):
        await microphone.say(speech(prompts / "question.wav"))
        await talk.until("response.done", 2)
        await talk.ear.wait_for_playout()
        assert len(calls) == 1, calls
        [audio] = talk.ear.stretches
        return f"order_pizza{calls[0]}, then {len(audio) // BYTES_PER_MS} ms of speech"


if __name__ == "__main__":
    checks = {"audio turn": audio_turn, "interruption": interruption, "tool turn": tool_turn}
    run("LiveKit RealtimeModel", "livekit-plugins-openai", checks)
