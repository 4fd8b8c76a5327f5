"""A message of each kind as the provider documents it, and how to change one."""

from __future__ import annotations

import base64
import json

from hypothesis import strategies as st

from voicelab.protocol import vobiz

PAYLOAD = bytes(range(160))
B64 = base64.b64encode(PAYLOAD).decode()
START = {
    "sequenceNumber": 0,
    "event": "start",
    "start": {
        "callId": "c-1",
        "streamId": "s-1",
        "accountId": "500777",
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000},
    },
    "extra_headers": "{}",
}
MEDIA = {
    "sequenceNumber": 41,
    "streamId": "s-1",
    "event": "media",
    "media": {"track": "inbound", "timestamp": "1767323045820", "chunk": 41, "payload": B64},
    "extra_headers": "{}",
}
PLAY = {
    "event": "playAudio",
    "streamId": "s-1",
    "media": {"contentType": "audio/x-mulaw", "sampleRate": 8000, "payload": B64},
}
KNOWN = [
    START,
    MEDIA,
    PLAY,
    {"event": "playedStream", "name": "turn-7"},
    {"sequenceNumber": 0, "event": "clearedAudio", "streamId": "s-1"},
    {"event": "dtmf", "streamId": "s-1", "dtmf": {"digit": "5", "timestamp": "20"}},
    {"event": "stop", "streamId": "s-1", "reason": "hangup"},
    {"event": "checkpoint", "streamId": "s-1", "name": "turn-7"},
    {"event": "clearAudio", "streamId": "s-1"},
]
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**9, 10**30, -1, 2**63 - 1, 2**63, 2**64])
    | st.floats()
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def parse(data: object) -> vobiz.Message:
    return vobiz.parse(json.dumps(data))


def media(**changes: object) -> vobiz.Media | vobiz.Malformed:
    message = parse(MEDIA | {"media": MEDIA["media"] | changes})
    assert isinstance(message, vobiz.Media | vobiz.Malformed)
    return message


def start(**changes: object) -> vobiz.Start:
    message = parse(START | {"start": START["start"] | changes})
    assert isinstance(message, vobiz.Start)
    return message


EXPECTED_MEDIA = vobiz.Media(PAYLOAD, "inbound", 41, 1767323045820, "s-1", 41)
EXPECTED_START = vobiz.Start("c-1", "s-1", "500777", ("inbound",), "audio/x-mulaw", 8000, 0, "{}")
