"""What a journal says of each turn, gathered moment by moment. Times are in ms.

There are two clocks: the journal's own, and the call's time axis, on which begins and ends are.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec

from voicelab.audio.format import AudioFormat
from voicelab.call.moment import Moment

_PREFIX_MS, _SILENCE_MS = 300.0, 500.0
_SHOWN_CHARS = 120
_APPEND = '"input_audio_buffer.append"'
_TOLD = ('"conversation.item.create"', '"conversation.item.truncate"')
_PCM = AudioFormat("l16", 24_000)


class _Event(msgspec.Struct, gc=False):
    """What is of interest in any event of a model."""

    type: str = ""
    item_id: str = ""
    audio_start_ms: float = 0.0
    audio_end_ms: float = 0.0
    transcript: str = ""
    delta: Any = None
    item: dict[str, Any] | None = None
    session: dict[str, Any] | None = None


_event = msgspec.json.Decoder(_Event, strict=False).decode


@dataclass(slots=True)
class ToolUse:
    """One call of a function."""

    call: str
    ms: float = 0.0
    output: str = ""

    @property
    def words(self) -> str:
        """``price_of({"pizza": "mushroom"}) → 12``."""
        output = self.output or "…"
        return f"{self.call} → {output[:_SHOWN_CHARS]}{'…' * (len(output) > _SHOWN_CHARS)}"


@dataclass(slots=True)
class Item:
    """One item of the model's conversation that is somebody's turn.

    Attributes
    ----------
    begin_ms, end_ms : float or None
        On the time axis.
    stopped_ms : float or None
        A caller's: when the model said that the turn is over.
    given_ms, sent_ms, heard_at_ms : float or None
        An agent's: when its first audio came, went out, and was heard.
    """

    who: Literal["caller", "agent"]
    text: str = ""
    begin_ms: float | None = None
    end_ms: float | None = None
    stopped_ms: float | None = None
    given_ms: float | None = None
    sent_ms: float | None = None
    heard_at_ms: float | None = None
    said_ms: float = 0.0
    heard_ms: float | None = None
    uncertainty_ms: float | None = None
    interrupted: bool = False
    is_over: bool = False
    tools: list[ToolUse] = field(default_factory=list)


class TurnReading:
    """Takes a journal's moments in the order of time.

    Parameters
    ----------
    rate_hz : int
        Of the time axis.

    Attributes
    ----------
    stalls : list of tuple
        Begin and end of each, on the journal's clock.
    """

    def __init__(self, rate_hz: int) -> None:
        self.stalls: list[tuple[float, float]] = []
        self._rate_hz = rate_hz
        self._items: dict[str, Item] = {}
        self._tools: dict[str, ToolUse] = {}
        self._new_tools: list[ToolUse] = []
        self._zero_ms: float | None = None
        self._prefix_ms, self._silence_ms = _PREFIX_MS, _SILENCE_MS
        self._said = _PCM
        self._client_plays = False

    @property
    def items(self) -> list[Item]:
        """All turns, in the order in which they came about."""
        items = list(self._items.values())
        agents = [item for item in items if item.who == "agent"]
        if self._new_tools and agents:  # a call that nothing was said after, such as hang_up
            agents[-1].tools += self._new_tools
            self._new_tools = []
        return items

    def take(self, moment: Moment) -> None:
        """Take one moment."""
        t_ms = moment.t_ns / 1e6
        if moment.kind == "ev" and moment.leg == "lab":
            self._fact(t_ms, moment.data)
        elif moment.leg == "model" and moment.kind == "m":
            self._message(t_ms, moment.way, moment.data)
        elif moment.leg == "browser" and moment.way == "in":
            self._browser(t_ms, moment)

    # What voicelab noted

    def _fact(self, t_ms: float, fact: dict[str, Any]) -> None:
        name, item = fact.get("name"), self._items.get(str(fact.get("item")))
        if name == "stall":
            self.stalls.append((t_ms, t_ms + fact["ms"]))
        elif name == "pause" and self._zero_ms is not None:
            self._zero_ms += 1000 * fact["samples"] / self._rate_hz
        elif name == "model_ready":
            self._zero_ms = fact["at_ms"] - fact["delay_ms"]
            self._said = AudioFormat.parse(fact["said"])
        elif name == "tool" and (tool := self._tools.get(fact["call_id"])) is not None:
            tool.ms = fact["ms"]
        elif item is not None:
            self._item_fact(t_ms, item, fact)

    def _item_fact(self, t_ms: float, item: Item, fact: dict[str, Any]) -> None:
        match fact["name"]:
            case "item_begins":
                item.sent_ms = t_ms
            case "item_placed":
                item.begin_ms = 1000 * fact["at"] / self._rate_hz
                item.heard_at_ms = fact["heard_ms"]
            case "item_over":
                item.end_ms = 1000 * fact["until"] / self._rate_hz
                item.is_over = True
            case "item_heard":
                item.is_over = True
            case "interrupted":
                item.interrupted = True
                item.heard_ms, item.uncertainty_ms = fact["heard_ms"], fact["uncertainty_ms"]
                item.said_ms = max(item.said_ms, fact["received_ms"])

    # What the model said

    def _message(self, t_ms: float, way: str, raw: str) -> None:
        if way == "out" and not any(name in raw[:200] for name in _TOLD):
            return  # mostly audio
        try:
            event = _event(raw)
        except msgspec.MsgspecError:
            return
        match event.type:
            case "conversation.item.create":
                self._told(event.item or {})
            case "conversation.item.truncate" if self._client_plays:
                self._truncated(event)
            case "session.updated" | "session.created":
                self._session(event.session or {})
            case "input_audio_buffer.speech_started":
                item = self._item(event.item_id, "caller")
                item.begin_ms = self._on_axis(event.audio_start_ms + self._prefix_ms)
            case "input_audio_buffer.speech_stopped":
                item = self._item(event.item_id, "caller")
                item.stopped_ms = t_ms
                item.end_ms = self._on_axis(event.audio_end_ms - self._silence_ms)
                item.begin_ms = min(item.begin_ms or item.end_ms, item.end_ms)
            case "conversation.item.input_audio_transcription.completed":
                if event.item_id in self._items:
                    self._items[event.item_id].text = event.transcript
            case "response.output_audio.delta":
                self._audio(t_ms, event)
            case "response.output_audio_transcript.delta":
                if isinstance(event.delta, str) and event.item_id in self._items:
                    self._items[event.item_id].text += event.delta
            case "response.output_audio_transcript.done":
                self._item(event.item_id, "agent").text = event.transcript
            case "response.output_item.done":
                self._called(event.item or {})

    def _audio(self, t_ms: float, event: _Event) -> None:
        item = self._item(event.item_id, "agent")
        size = event.delta.get("bytes", 0) if isinstance(event.delta, dict) else 0
        if isinstance(event.delta, str):
            size = len(event.delta) * 3 // 4 - event.delta.count("=", -2)
        item.said_ms += self._said.duration_ms(size)
        if item.given_ms is None:
            item.given_ms = t_ms
            item.tools, self._new_tools = self._new_tools, []
            if self._client_plays:
                item.begin_ms = t_ms
        if self._client_plays and item.begin_ms is not None and not item.interrupted:
            item.end_ms = item.begin_ms + item.said_ms

    def _told(self, item: dict[str, Any]) -> None:
        tool = self._tools.get(str(item.get("call_id")))
        if tool is not None and item.get("type") == "function_call_output":
            tool.output = str(item.get("output", ""))

    def _called(self, item: dict[str, Any]) -> None:
        if item.get("type") == "function_call":
            arguments = item.get("arguments") or ""
            tool = ToolUse(f"{item.get('name')}({arguments if arguments != '{}' else ''})")
            self._tools[str(item.get("call_id"))] = tool
            self._new_tools.append(tool)

    def _session(self, session: dict[str, Any]) -> None:
        given = ((session.get("audio") or {}).get("input") or {}).get("turn_detection") or {}
        if given.get("type") == "server_vad":
            self._prefix_ms = given.get("prefix_padding_ms", _PREFIX_MS)
            self._silence_ms = given.get("silence_duration_ms", _SILENCE_MS)

    def _item(self, name: str, who: Literal["caller", "agent"]) -> Item:
        return self._items.setdefault(name, Item(who))

    def _on_axis(self, audio_ms: float) -> float:
        return max(0.0, (self._zero_ms or 0.0) + audio_ms)

    # A client that plays by itself

    def _browser(self, t_ms: float, moment: Moment) -> None:
        """The first audio of a browser's call ties the model's clock to the axis."""
        if self._zero_ms is None and (moment.kind == "bin" or '"audio"' in str(moment.data)[:200]):
            self._client_plays = True
            self._zero_ms = t_ms - (
                _PCM.duration_ms(len(moment.data)) if moment.kind == "bin" else 0
            )

    def _truncated(self, event: _Event) -> None:
        item = self._items.get(event.item_id)
        if item is not None and item.begin_ms is not None:
            item.interrupted, item.heard_ms = True, event.audio_end_ms
            item.end_ms = item.begin_ms + event.audio_end_ms
