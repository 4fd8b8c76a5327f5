"""What a stream sends to the provider, and when it may not."""

import json

import numpy as np
import pytest

from voicelab.call.stream import StreamState
from voicelab.errors import StateError
from voicelab.protocol import vobiz

from .rig import Rig, law


def test_what_is_sent_is_well_formed_and_journalled():
    rig = Rig()
    rig.start()
    rig.stream.play(np.zeros(160, np.int16))
    rig.stream.checkpoint("turn-1")
    rig.stream.clear()
    rig.stream.stop()
    assert [m["event"] for m in rig.socket.sent] == [
        "playAudio",
        "checkpoint",
        "clearAudio",
        "stop",
    ]
    assert all(m["streamId"] == "ST1" for m in rig.socket.sent)
    out = [m for m in rig.ears.moments if m.way == "out"]
    assert len(out) == 4
    assert not rig.stream.clear()
    assert not rig.stream.stop()
    assert len(rig.socket.sent) == 4


def test_what_the_socket_refuses_is_not_journalled(rig: Rig):
    rig.start()
    rig.stream.close(1001, "shutdown", "closing")
    assert rig.stream.state is StreamState.CLOSING
    assert not rig.stream.play(np.zeros(160, np.int16))
    rig.stream.close(1000, "error", "again")
    assert rig.socket.closed == (1001, "closing")
    assert not [m for m in rig.ears.moments if m.way == "out"]
    rig.media(law(1), 1)
    assert rig.stream.samples == 160


def test_nothing_can_be_sent_before_start(rig: Rig):
    with pytest.raises(StateError, match="waiting for start") as caught:
        rig.stream.checkpoint("x")
    assert (caught.value.state, caught.value.event) == ("waiting for start", "Checkpoint")


def test_the_played_audio_parses_as_the_protocol_says(rig: Rig):
    rig.start()
    rig.stream.play(np.arange(160, dtype=np.int16))
    message = vobiz.parse(json.dumps(rig.socket.sent[0]))
    assert isinstance(message, vobiz.PlayAudio)
    assert (message.content_type, message.rate_hz, len(message.payload)) == (
        "audio/x-mulaw",
        8000,
        160,
    )
