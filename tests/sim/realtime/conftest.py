"""A session without a socket: the core under a fake clock, its agent asked at once."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import soundfile

from voicelab.audio.format import AudioFormat
from voicelab.protocol import realtime
from voicelab.sim.prompts import prompt_path
from voicelab.sim.rates import to_rate
from voicelab.sim.realtime.agents import Parrot
from voicelab.sim.realtime.core import RealtimeCore
from voicelab.sim.realtime.outputs import Ask, Close, Dismiss, Send
from voicelab.sim.realtime.voice import Voice

PCM = {"type": "audio/pcm", "rate": 24000}
FORMATS = {
    "audio/pcm": AudioFormat("l16", 24000),
    "audio/pcmu": AudioFormat("mulaw", 8000),
    "audio/pcma": AudioFormat("alaw", 8000),
}
DELTAS = ("response.output_audio.delta", "response.output_audio_transcript.delta")


class Session:
    """Talks to a core as a client does, in JSON, and keeps what comes back."""

    def __init__(self, agent: Any = None, **options: Any) -> None:
        count = itertools.count(1)
        options.setdefault("mint", lambda prefix: f"{prefix}_{next(count)}")
        self.core = RealtimeCore(**options)
        self.agent = agent or Parrot()
        self.now_s = 0.0
        self.events: list[dict[str, Any]] = []
        self.asks: list[Ask] = []
        self.dismissed: list[str] = []
        self.closed: Close | None = None
        self.held: list[Ask] | None = None
        self._perform(self.core.open())

    def send(self, type: str, **fields: Any) -> list[dict[str, Any]]:
        """Send one event; return what came of it."""
        before = len(self.events)
        raw = json.dumps({"type": type, **fields})
        self._perform(self.core.on_event(self.now_s, realtime.parse_client(raw)))
        return self.events[before:]

    def update(self, **session: Any) -> list[dict[str, Any]]:
        return self.send("session.update", session={"type": "realtime", **session})

    def listen(self, format: dict[str, Any] = PCM, **detection: Any) -> None:
        """Take turns by server VAD with 500 ms of silence, this format both ways."""
        found = {"type": "server_vad", "silence_duration_ms": 500, **detection}
        self.update(
            audio={
                "input": {"format": format, "turn_detection": found},
                "output": {"format": format},
            }
        )
        self.events.clear()

    def say(self, payload: bytes, step: int | None = None) -> list[dict[str, Any]]:
        """Append sound in 20 ms steps of it."""
        before = len(self.events)
        step = step or self.format.frame_bytes(20)
        for start in range(0, len(payload), step):
            event = realtime.InputAudioBufferAppend(audio=payload[start : start + step])
            self._perform(self.core.on_event(self.now_s, event))
        return self.events[before:]

    def pass_s(self, seconds: float) -> list[dict[str, Any]]:
        """Let time go on, with a tick whenever one is due."""
        before, end_s = len(self.events), self.now_s + seconds
        while self.core.next_wake_s <= end_s:
            self.now_s = max(self.now_s, self.core.next_wake_s)
            self._perform(self.core.tick(self.now_s))
        self.now_s = end_s
        return self.events[before:]

    def hold_answers(self) -> list[Ask]:
        """Leave questions unanswered from now on; `answer` answers one."""
        self.held = []
        return self.held

    def answer(self, response_id: str, *parts: Any, finish: bool = True) -> list[dict[str, Any]]:
        before = len(self.events)
        for part in parts:
            self._perform(self.core.say(self.now_s, response_id, part))
        if finish:
            self._perform(self.core.finish(self.now_s, response_id))
        return self.events[before:]

    @property
    def format(self) -> AudioFormat:
        return FORMATS[self.core.session["audio"]["input"]["format"]["type"]]

    def types(self) -> list[str]:
        """Take all events by type, each run of deltas once."""
        found = [event["type"] for event in self.events]
        self.events.clear()
        joined = ["response.…delta" if each in DELTAS else each for each in found]
        return [each for each, _ in itertools.groupby(joined)]

    def errors(self) -> list[tuple[str, str | None]]:
        """Take the code and the param of each error."""
        found = [event["error"] for event in self.of("error")]
        self.events.clear()
        return [(each.get("code"), each.get("param")) for each in found]

    def of(self, type: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event["type"] == type]

    def _perform(self, outputs: list[Any]) -> None:
        for output in outputs:
            match output:
                case Send():
                    self.events.append(json.loads(realtime.build(output.event)))
                case Ask():
                    self.asks.append(output)
                    if self.held is None:
                        self._respond(output)
                    else:
                        self.held.append(output)
                case Dismiss():
                    self.dismissed.append(output.response_id)
                case Close():
                    self.closed = output

    def _respond(self, ask: Ask) -> None:
        async def parts() -> list[Any]:
            voice = Voice()
            return [await voice.part(given, ask.format) async for given in self.agent.answer(ask)]

        loop = asyncio.new_event_loop()
        try:
            said = loop.run_until_complete(parts())
            loop.run_until_complete(loop.shutdown_default_executor())
        finally:
            loop.close()
        for part in said:
            self._perform(self.core.say(self.now_s, ask.response_id, part))
        self._perform(self.core.finish(self.now_s, ask.response_id))


@pytest.fixture
def prompt() -> Callable[..., bytes]:
    """A bundled prompt with silence around it, as wire bytes."""

    def prompt(name: str, format: AudioFormat, before_ms: int = 500, after_ms: int = 1000) -> bytes:
        samples, rate_hz = soundfile.read(prompt_path(name), dtype="int16")
        speech = to_rate(samples, rate_hz, format.rate_hz)
        before = np.zeros(format.frame_samples(before_ms), np.int16)
        after = np.zeros(format.frame_samples(after_ms), np.int16)
        return format.from_int16(np.concatenate([before, speech, after]))

    return prompt


@pytest.fixture
def session() -> Callable[..., Session]:
    return Session
