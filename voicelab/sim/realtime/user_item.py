"""What the user said, as an item, and the transcript a session asked for."""

from __future__ import annotations

from voicelab.audio.format import AudioFormat
from voicelab.protocol import realtime
from voicelab.sim.realtime.items import Item
from voicelab.sim.realtime.known_text import known_text
from voicelab.sim.realtime.message import Events
from voicelab.sim.realtime.usage import transcription_usage


def user_item(item_id: str, audio: bytes, format: AudioFormat) -> Item:
    """Make the item of a committed turn; its words are known where it is a bundled prompt."""
    wire = {
        "id": item_id,
        "object": "realtime.item",
        "type": "message",
        "status": "completed",
        "role": "user",
        "content": [{"type": "input_audio", "transcript": None}],
    }
    known = known_text(format.to_int16(audio), format.rate_hz)
    return Item(wire, format, bytearray(audio), known.text if known else "")


def transcribed(item: Item) -> Events:
    """Tell the words of an item, none where they are not known."""
    text = item.spoken
    item.wire["content"][0]["transcript"] = text
    completed = realtime.ConversationItemInputAudioTranscriptionCompleted(
        item_id=item.id,
        content_index=0,
        transcript=text,
        usage=transcription_usage(item.audio_ms, text),
    )
    if not text:
        return [completed]
    delta = realtime.ConversationItemInputAudioTranscriptionDelta(
        item_id=item.id, content_index=0, delta=text
    )
    return [delta, completed]
