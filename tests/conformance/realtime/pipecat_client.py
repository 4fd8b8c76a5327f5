"""Pipecat's `OpenAIRealtimeLLMService`, in the pipeline its examples build, without a device."""

from __future__ import annotations

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

from loguru import logger
from pipecat.adapters.llm.schemas.function_schema import FunctionSchema
from pipecat.adapters.llm.schemas.tools_schema import ToolsSchema
from pipecat.frames.frames import (
    BotStartedSpeakingFrame,
    BotStoppedSpeakingFrame,
    Frame,
    FunctionCallResultFrame,
    InputAudioRawFrame,
    InterruptionFrame,
    LLMFullResponseEndFrame,
    LLMRunFrame,
    OutputAudioRawFrame,
    StartFrame,
    TTSAudioRawFrame,
    TTSStartedFrame,
)
from pipecat.pipeline.pipeline import Pipeline
from pipecat.pipeline.worker import PipelineParams, PipelineWorker
from pipecat.processors.aggregators.llm_context import LLMContext
from pipecat.processors.aggregators.llm_response_universal import LLMContextAggregatorPair
from pipecat.processors.frame_processor import FrameDirection, FrameProcessor
from pipecat.services.llm_service import FunctionCallParams
from pipecat.services.openai.realtime.llm import OpenAIRealtimeLLMService
from pipecat.transports.base_output import BaseOutputTransport
from pipecat.transports.base_transport import TransportParams
from pipecat.workers.runner import WorkerRunner
from talking import BYTES_PER_MS, PLAYED_S, RATE_HZ, Microphone, Watch, run, speech

ORDER = FunctionSchema(
    name="order_pizza",
    description="Order pizzas.",
    properties={"kind": {"type": "string"}, "count": {"type": "integer"}},
    required=["kind", "count"],
)


class Ear(BaseOutputTransport):
    """Plays in real time, to nobody."""

    def __init__(self) -> None:
        super().__init__(TransportParams(audio_out_enabled=True, audio_out_sample_rate=RATE_HZ))

    async def start(self, frame: StartFrame) -> None:
        await super().start(frame)
        await self.set_transport_ready(frame)

    async def write_audio_frame(self, frame: OutputAudioRawFrame) -> bool:
        await asyncio.sleep(len(frame.audio) / BYTES_PER_MS / 1000)
        return True


class Talk(FrameProcessor):
    """Stands behind the service and notes what it says."""

    def __init__(self, llm: OpenAIRealtimeLLMService) -> None:
        super().__init__()
        self.llm = llm
        self.frames = Watch()
        self.assistant_items: list[str] = []
        llm.add_event_handler("on_conversation_item_created", self._item_created)

    async def _item_created(self, _: object, item_id: str, item: object) -> None:
        if item.role == "assistant":
            self.assistant_items.append(item_id)

    async def process_frame(self, frame: Frame, direction: FrameDirection) -> None:
        await super().process_frame(frame, direction)
        await self.frames.add(frame)
        await self.push_frame(frame, direction)

    async def until(self, kind: type[Frame], number: int = 1) -> Frame:
        def found(frames: list) -> object:
            matching = [frame for frame in frames if isinstance(frame, kind)]
            return matching[number - 1] if len(matching) >= number else None

        return await self.frames.until(f"{kind.__name__} number {number}", found)

    def audio(self, turn: int) -> bytes:
        heard: list[bytes] = []
        for frame in self.frames.seen:
            if isinstance(frame, TTSStartedFrame):
                heard.append(b"")
            elif isinstance(frame, TTSAudioRawFrame):
                heard[-1] += frame.audio
        return heard[turn]


@contextlib.asynccontextmanager
async def connected(url: str, *tools: FunctionSchema) -> AsyncIterator[tuple[Talk, Microphone]]:
    """Begin a call; the agent speaks first, and is on the line when this gives it away."""
    llm = OpenAIRealtimeLLMService(api_key="none", base_url=url)
    context = LLMContext(tools=ToolsSchema(standard_tools=list(tools)))
    aggregators = LLMContextAggregatorPair(context)
    talk = Talk(llm)
    pipeline = Pipeline([aggregators.user(), llm, talk, Ear(), aggregators.assistant()])
    rates = PipelineParams(audio_in_sample_rate=RATE_HZ, audio_out_sample_rate=RATE_HZ)
    worker = PipelineWorker(pipeline, params=rates)

    @worker.event_handler("on_pipeline_error")
    async def on_error(_: object, frame: Frame) -> None:
        await talk.frames.fail(AssertionError(frame))

    runner = WorkerRunner(handle_sigint=False)
    await runner.add_workers(worker)
    running = asyncio.create_task(runner.run())

    async def send(frame: bytes) -> None:
        await worker.queue_frame(InputAudioRawFrame(frame, RATE_HZ, 1))

    try:
        await worker.queue_frame(LLMRunFrame())
        await talk.until(BotStartedSpeakingFrame)
        async with Microphone(send) as microphone:
            yield talk, microphone
    finally:
        await worker.cancel()
        await running


async def audio_turn(url: str, prompts: Path) -> str:
    words = speech(prompts / "question.wav")
    async with connected(url) as (talk, microphone):
        await talk.until(BotStoppedSpeakingFrame)
        await microphone.say(words)
        await talk.until(LLMFullResponseEndFrame, 2)
        greeting_ms = len(talk.audio(0)) // BYTES_PER_MS
        assert greeting_ms, "there was no greeting"
        return f"{greeting_ms} ms of greeting, then " + microphone.echoed(talk.audio(1), words)


async def interruption(url: str, prompts: Path) -> str:
    words = speech(prompts / "question.wav")
    async with connected(url) as (talk, microphone):
        await asyncio.sleep(PLAYED_S)
        await microphone.say(words)
        await talk.until(InterruptionFrame)
        given_ms = len(talk.audio(0)) // BYTES_PER_MS
        item = await talk.llm.retrieve_conversation_item(talk.assistant_items[0])
        kept_ms = len(base64.b64decode(item.content[0].audio)) // BYTES_PER_MS
        assert 0 < kept_ms < given_ms, f"{kept_ms} ms of {given_ms} were kept"
        await talk.until(TTSStartedFrame, 2)
        await talk.until(BotStoppedSpeakingFrame, 2)
        return f"cut at {kept_ms} ms, then " + microphone.echoed(talk.audio(1), words)


async def tool_turn(url: str, prompts: Path) -> str:
    calls = []

    async def order_pizza(params: FunctionCallParams) -> None:
        calls.append(dict(params.arguments))
        await params.result_callback({"ordered": True})

    async with connected(url, ORDER) as (talk, microphone):
        talk.llm.register_function("order_pizza", order_pizza)
        await talk.until(BotStoppedSpeakingFrame)
        await microphone.say(speech(prompts / "question.wav"))
        await talk.until(FunctionCallResultFrame)
        await talk.until(BotStoppedSpeakingFrame, 2)
        assert len(calls) == 1, calls
        return f"order_pizza({calls[0]}), then {len(talk.audio(1)) // BYTES_PER_MS} ms of speech"


if __name__ == "__main__":
    logger.remove()
    checks = {"audio turn": audio_turn, "interruption": interruption, "tool turn": tool_turn}
    run("Pipecat OpenAIRealtimeLLMService", "pipecat-ai", checks)
