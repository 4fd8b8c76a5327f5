"""A conversation between a stream and a model that are both played by the test."""

from __future__ import annotations

import base64
import json
from typing import Any

from voicelab.audio.format import AudioFormat
from voicelab.call.conversation import Conversation
from voicelab.call.conversation_settings import ConversationSettings
from voicelab.call.listener import StreamListener
from voicelab.call.settings import StreamSettings
from voicelab.call.stream import Stream
from voicelab.call.tool_calls import ToolRequest
from voicelab.protocol import realtime, vobiz

MS = 1_000_000
MULAW = AudioFormat("mulaw", 8000)


class Bridged(StreamListener):
    """Time stands still until :meth:`run` lets it pass."""

    def __init__(self, line: str = "mulaw/8000", begin: bool = True, **settings: Any) -> None:
        self.now = 0
        self.line = AudioFormat.parse(line)
        self.to_phone: list[dict[str, Any]] = []
        self.to_model: list[realtime.ClientEvent] = []
        self.facts: list[dict[str, Any]] = []
        self.agent_sound: list[tuple[int, bytes]] = []
        self.tools: list[ToolRequest] = []
        self.closed: tuple[int, str] | None = None
        self.model_is_open = True
        settings.setdefault("greeting", False)
        forced = StreamSettings(format=self.line, byte_order="little")
        self.stream = Stream("id", self, lambda: self.now, forced)
        self.conversation = Conversation(
            self.stream,
            self.send,
            ConversationSettings(**settings),
            run_tool=self.tools.append,
            wake=lambda: None,
        )
        self.stream.audience.add(self)
        self.stream.audience.add(self.conversation)
        self._chunk = 0
        if begin:
            self.begin()

    # What the conversation sees

    def send_text(self, text: str) -> bool:
        self.to_phone.append(json.loads(text))
        return True

    def ping(self) -> None:
        self.stream.on_pong(0)

    def close(self, code: int, reason: str) -> None:
        self.closed = (code, reason)

    def send(self, event: realtime.ClientEvent) -> bool:
        if self.model_is_open:
            self.to_model.append(event)
        return self.model_is_open

    def on_moment(self, moment: Any) -> None:
        if moment.kind == "ev":
            self.facts.append(moment.data)

    def on_agent_audio(self, offset: int, pcm: bytes) -> None:
        self.agent_sound.append((offset, pcm))

    # What the test does

    def start(self) -> None:
        line = {"encoding": self.line.mime, "sampleRate": self.line.rate_hz}
        start = {"callId": "c", "streamId": "s", "tracks": ["inbound"], "mediaFormat": line}
        self.stream.on_text(json.dumps({"event": "start", "sequenceNumber": 0, "start": start}))

    def begin(self) -> None:
        self.start()
        self.phone_says(vobiz.PlayedStream("voicelab-probe-1"))
        self.agree()

    def agree(self, **changed: Any) -> None:
        """The server takes the last configuration that it was sent."""
        update = [each for each in self.to_model if isinstance(each, realtime.SessionUpdate)][-1]
        self.model_says("session.updated", session={**update.session, **changed})

    def caller(self, payload: bytes) -> None:
        self._chunk += 1
        media = {"payload": base64.b64encode(payload).decode(), "chunk": self._chunk}
        self.stream.on_text(json.dumps({"event": "media", "media": media}))

    def phone_says(self, message: vobiz.Message) -> None:
        self.stream.on_text(vobiz.build(message))

    def model_says(self, type: str, **fields: Any) -> None:
        raw = json.dumps({"type": type, "event_id": "e", **fields})
        event = realtime.parse(raw)
        assert not isinstance(event, realtime.Malformed | realtime.Unknown), event
        self.conversation.on_event(event)

    def audio(self, item: str, data: bytes, response: str = "r1") -> None:
        self.model_says(
            "response.output_audio.delta",
            response_id=response,
            item_id=item,
            output_index=0,
            content_index=0,
            delta=base64.b64encode(data).decode(),
        )

    def audio_done(self, item: str, response: str = "r1") -> None:
        self.model_says(
            "response.output_audio.done",
            response_id=response,
            item_id=item,
            output_index=0,
            content_index=0,
        )

    def created(self, response: str = "r1") -> None:
        self.model_says("response.created", response={"id": response})

    def done(self, response: str = "r1", status: str = "completed", **fields: Any) -> None:
        self.model_says(
            "response.done", response={"id": response, "status": status, "output": [], **fields}
        )

    def speech_started(self) -> None:
        self.model_says("input_audio_buffer.speech_started", item_id="u", audio_start_ms=0)

    def speech_stopped(self) -> None:
        self.model_says("input_audio_buffer.speech_stopped", item_id="u", audio_end_ms=1)

    def error(self, code: str, message: str = "", **fields: Any) -> None:
        body = {"type": "invalid_request_error", "code": code, "message": message, **fields}
        self.model_says("error", error=body)

    def calls(self, name: str, call_id: str = "c1", arguments: str = "{}") -> None:
        item = {"type": "function_call", "status": "completed", "name": name, "id": f"i{call_id}"}
        item |= {"call_id": call_id, "arguments": arguments}
        self.model_says("response.output_item.done", response_id="r1", output_index=0, item=item)

    def run(self, ms: float, step_ms: float = 5) -> None:
        end = self.now + round(ms * MS)
        while self.now < end:
            self.now = min(end, self.now + round(step_ms * MS))
            self.conversation.tick()

    # What the test looks at

    def played(self) -> bytes:
        return b"".join(
            base64.b64decode(text["media"]["payload"])
            for text in self.to_phone
            if text["event"] == "playAudio"
        )

    def events(self) -> list[str]:
        return [text["event"] for text in self.to_phone]

    def checkpoints(self, which: str) -> list[str]:
        return [text["name"] for text in self.to_phone if text.get("name", "").endswith(which)]

    def told(self, kind: type) -> list[Any]:
        return [event for event in self.to_model if isinstance(event, kind)]

    def noted(self, name: str) -> list[dict[str, Any]]:
        return [fact for fact in self.facts if fact["name"] == name]
