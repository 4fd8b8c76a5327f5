"""A whole bridged call in virtual time: provider, stream, conversation and model, no socket.

Everything is a state machine that is given the time, so this is one loop over what is due next.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from voicelab.audio.format import AudioFormat
from voicelab.call.conversation import Conversation
from voicelab.call.conversation_settings import ConversationSettings
from voicelab.call.listener import StreamListener
from voicelab.call.moment import Moment
from voicelab.call.settings import StreamSettings
from voicelab.call.stream import Stream
from voicelab.call.tool_calls import ToolRequest
from voicelab.protocol import realtime, vobiz
from voicelab.sim import output as line
from voicelab.sim.caller import Caller
from voicelab.sim.carrier import CarrierCore
from voicelab.sim.faults import Faults
from voicelab.sim.impairment import Impairment
from voicelab.sim.realtime import outputs as model
from voicelab.sim.realtime.agents import Agent, Parrot
from voicelab.sim.realtime.core import RealtimeCore

Int16 = np.ndarray


@dataclass
class Delays:
    """One way, in seconds."""

    to_line: float = 0.0
    from_line: float = 0.0
    to_model: float = 0.02
    from_model: float = 0.02


@dataclass
class Said:
    """One item of the model: its bytes as they were given to the bridge."""

    audio: bytearray = field(default_factory=bytearray)


class VirtualCall(StreamListener):
    """Runs to its end in :meth:`run`; then look at it."""

    def __init__(
        self,
        caller: Int16,
        *,
        format: str = "mulaw/8000",
        agent: Agent | None = None,
        delays: Delays | None = None,
        faults: dict[str, Any] | None = None,
        seed: int = 0,
        hold_s: float = 2.0,
        listen_s: float = 0.0,
        settings: dict[str, Any] | None = None,
        tools: Callable[[ToolRequest], str] | None = None,
        model: dict[str, Any] | None = None,
        echo: tuple[float, float] | None = None,
    ) -> None:
        self.now_s = 0.0
        self.moments: list[Moment] = []
        self.said: dict[str, Said] = {}
        self.truncated: dict[str, int] = {}
        self.deleted: list[str] = []
        self.errors: list[realtime.ErrorDetail] = []
        self.delays = delays or Delays()
        line_format = AudioFormat.parse(format)
        self.carrier = CarrierCore(
            Caller.from_samples(caller, line_format.rate_hz, line_format),
            call_id="call-1",
            stream_id="stream-1",
            hold_s=hold_s,
            listen_s=listen_s,
            strict=True,
        )
        self._impairment = Impairment(Faults.of(faults or {}), seed, line_format.sample_bytes)
        self._agent = agent or Parrot()
        count = itertools.count(1)
        self.model = RealtimeCore(
            mint=lambda prefix: f"{prefix}_{next(count)}", speed=10.0, **(model or {})
        )
        self.sent: list[realtime.ClientEvent] = []
        self._echo = echo
        self.stream = Stream(
            "id", self, lambda: round(self.now_s * 1e9), StreamSettings(format=line_format)
        )
        self.conversation = Conversation(
            self.stream,
            self.send,
            ConversationSettings(**{"greeting": False, **(settings or {})}),
            run_tool=self._tool,
            wake=lambda: None,
        )
        self.stream.audience.add(self)
        self.stream.audience.add(self.conversation)
        self._tools = tools or (lambda request: "done")
        self._later: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()

    # The stream's transport, and the conversation's model

    def send_text(self, text: str) -> bool:
        self._at(
            self.now_s + self.delays.to_line,
            lambda: self._line(self.carrier.on_text(self.now_s, text)),
        )
        return True

    def ping(self) -> None:
        trip_s = self.delays.to_line + self.delays.from_line
        self._at(self.now_s + trip_s, lambda: self.stream.on_pong(round(trip_s * 1e9)))

    def close(self, code: int, reason: str) -> None:
        self._line(self.carrier.on_close(self.now_s))

    def send(self, event: realtime.ClientEvent) -> bool:
        self.sent.append(event)
        match event:
            case realtime.ConversationItemTruncate():
                self.truncated[event.item_id] = event.audio_end_ms
            case realtime.ConversationItemDelete():
                self.deleted.append(event.item_id)
        at_s = self.now_s + self.delays.to_model
        self._at(at_s, lambda: self._model(self.model.on_event(self.now_s, event)))
        return True

    def on_moment(self, moment: Moment) -> None:
        self.moments.append(moment)

    # Its course

    def run(self, until_s: float = 120.0) -> VirtualCall:
        """Let time pass until the call is over."""
        self._line(self.carrier.start())
        self._model(self.model.open())
        while not self.carrier.end and self.now_s < until_s:
            self.now_s = max(self.now_s, self._next_s())
            while self._later and self._later[0][0] <= self.now_s:
                heapq.heappop(self._later)[2]()
            self._line(self.carrier.tick(self.now_s))
            self._model(self.model.tick(self.now_s))
            self.conversation.tick()
        self.stream.on_close(1000)
        return self

    def _next_s(self) -> float:
        wake_ns = self.conversation.wake_ns
        return min(
            self.carrier.next_wake_s,
            self._impairment.next_wake_s,
            self.model.next_wake_s,
            math.inf if wake_ns is None else wake_ns / 1e9,
            self._later[0][0] if self._later else math.inf,
        )

    def _at(self, at_s: float, act: Callable[[], None]) -> None:
        heapq.heappush(self._later, (at_s, next(self._count), act))

    def _line(self, outputs: list[line.Output]) -> None:
        for each in self._impairment.take(self.now_s, outputs):
            if isinstance(each, line.Send):
                text = self._echoed(each.text)
                at_s = self.now_s + self.delays.from_line
                self._at(at_s, lambda text=text: self.stream.on_text(text))

    def _echoed(self, text: str) -> str:
        """What the caller's microphone hears of the ear: after so long, so much of it."""
        message = vobiz.parse(text)
        if self._echo is None or not isinstance(message, vobiz.Media):
            return text
        after_s, share = self._echo
        line, rate_hz = self.stream.format, self.stream.format.rate_hz
        own = line.to_int16(message.payload).astype(float)
        end = round((self.now_s - after_s) * rate_hz)
        if end < len(own):
            return text
        heard = self.carrier.ear.render(end / rate_hz)[-len(own) :]
        both = np.clip(own + share * heard, -32768, 32767).astype(np.int16)
        return vobiz.build(msgspec.structs.replace(message, payload=line.from_int16(both)))

    def _model(self, outputs: list[model.Output]) -> None:
        for each in outputs:
            match each:
                case model.Send(event=event):
                    self._note(event)
                    at_s = self.now_s + self.delays.from_model
                    self._at(at_s, lambda event=event: self.conversation.on_event(event))
                case model.Ask():
                    for part in _given(self._agent.answer(each)):
                        self._model(self.model.say(self.now_s, each.response_id, part))
                    self._model(self.model.finish(self.now_s, each.response_id))

    def _note(self, event: realtime.ServerEvent) -> None:
        if isinstance(event, realtime.ResponseOutputAudioDelta):
            self.said.setdefault(event.item_id, Said()).audio += event.delta
        elif isinstance(event, realtime.ErrorEvent):
            self.errors.append(event.error)

    def _tool(self, request: ToolRequest) -> None:
        output = self._tools(request)
        self._at(self.now_s + 0.05, lambda: self.conversation.on_tool(request.call_id, output))

    # What can be asked of it

    def ear(self) -> Int16:
        """What the caller heard, as int16 at the line's rate."""
        return self.carrier.ear.render(self.now_s)

    def facts(self, name: str) -> list[dict[str, Any]]:
        return [{"t_s": each.t_s, **each.data} for each in self.moments if each.name == name]


def _given(answer: Any) -> list[Any]:
    """All that an agent gives which waits for nothing."""
    given = []
    while True:
        try:
            answer.__anext__().send(None)
        except StopIteration as one:
            given.append(one.value)
        except StopAsyncIteration:
            return given
