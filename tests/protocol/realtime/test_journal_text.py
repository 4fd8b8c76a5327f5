from __future__ import annotations

import base64
import json
import zlib

import pytest

from voicelab.protocol import realtime
from voicelab.protocol.realtime import without_audio

PCM = bytes(range(256)) * 4
B64 = base64.b64encode(PCM).decode()
SHORT = {"bytes": 1024, "crc32": f"{zlib.crc32(PCM):08x}"}


@pytest.mark.parametrize(
    ("wire_type", "field"),
    [
        ("input_audio_buffer.append", "audio"),
        ("response.output_audio.delta", "delta"),
        ("response.audio.delta", "delta"),
    ],
)
@pytest.mark.parametrize("separators", [(",", ":"), (" ,\t", " : ")])
def test_sound_becomes_its_size_and_checksum(wire_type, field, separators):
    event = {"type": wire_type, "event_id": B64, "item_id": "i", field: B64, "n": 1.0}
    text = json.dumps(event, separators=separators)
    expected = text[::-1].replace(f'"{B64}"'[::-1], "\0", 1)[::-1].replace("\0", compact(SHORT))
    assert without_audio(text) == expected
    assert json.loads(expected) == event | {field: SHORT}


def compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


def test_sound_inside_an_item():
    item = realtime.user_audio(PCM, 'the key "audio": "is" not here')
    text = realtime.build(realtime.ConversationItemCreate(item))
    read = json.loads(without_audio(text))
    assert read["item"]["content"] == [item["content"][0] | {"audio": SHORT}]


def test_escaped_slashes_are_still_base64():
    text = '{"type":"input_audio_buffer.append","audio":"\\/\\/\\/\\/"}'
    assert json.loads(without_audio(text))["audio"] == {
        "bytes": 3,
        "crc32": f"{zlib.crc32(bytes([255] * 3)):08x}",
    }


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[]",
        '{"type": 5}',
        '{"type": "response.output_text.delta", "delta": "AAAA"}',
        '{"type": "response.output_audio.delta", "delta": 5}',
        '{"type": "response.output_audio.delta", "delta": "no base64!"}',
        '{"type": "response.output_audio.delta", "x": "\\"delta\\":\\"AAAA\\""}',
        '{"type": "session.update", "session": {"audio": {"output": {"voice": "marin"}}}}',
        '{"type": "input_audio_buffer.append", "audio": {"bytes": 5, "crc32": "00000000"}}',
        '{"type": "response.function_call_arguments.delta", "delta": "AAAA"}',
    ],
)
def test_other_text_is_unchanged(text):
    assert without_audio(text) == text


def test_no_sound_at_all():
    assert without_audio('{"type":"response.output_audio.delta","delta":""}') == (
        '{"type":"response.output_audio.delta","delta":{"bytes":0,"crc32":"00000000"}}'
    )
