from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicelab.errors import ProtocolError
from voicelab.protocol import vobiz

START = vobiz.Start("c-1", "s-1", "500777", ("inbound",), "audio/x-mulaw", 8000, 0)
MEDIA = vobiz.Media(b"\xf8\xff\xf8", "inbound", 41, 1767323045820, "s-1", 41)
DTMF = vobiz.Dtmf("5", "s-1", "inbound", 1767323046800, 90)
PLAY = vobiz.PlayAudio("s-1", "audio/x-l16", 8000, b"\x00\x01")
CHECKPOINT = vobiz.Checkpoint("s-1", "turn-7")
TEXTS = {
    '{"sequenceNumber":0,"event":"start","start":{"callId":"c-1","streamId":"s-1",'
    '"accountId":"500777","tracks":["inbound"],"mediaFormat":{"encoding":"audio/x-mulaw",'
    '"sampleRate":8000}},"extra_headers":"{}"}': START,
    '{"sequenceNumber":41,"streamId":"s-1","event":"media","media":{"track":"inbound",'
    '"timestamp":"1767323045820","chunk":41,"payload":"+P/4"},"extra_headers":"{}"}': MEDIA,
    '{"event":"playedStream","name":"turn-7"}': vobiz.PlayedStream("turn-7"),
    '{"sequenceNumber":0,"event":"clearedAudio","streamId":"s-1"}': vobiz.ClearedAudio("s-1", 0),
    '{"sequenceNumber":90,"streamId":"s-1","event":"dtmf","dtmf":{"track":"inbound","digit":"5",'
    '"timestamp":"1767323046800"}}': DTMF,
    '{"event":"stop","streamId":"s-1"}': vobiz.Stop("s-1"),
    '{"event":"stop","streamId":"s-1","reason":"hangup"}': vobiz.Stop("s-1", "hangup"),
    '{"event":"playAudio","streamId":"s-1","media":{"contentType":"audio/x-l16",'
    '"sampleRate":8000,"payload":"AAE="}}': PLAY,
    '{"event":"checkpoint","streamId":"s-1","name":"turn-7"}': CHECKPOINT,
    '{"event":"clearAudio","streamId":"s-1"}': vobiz.ClearAudio("s-1"),
}


def changed(message: vobiz.Message, **changes: object) -> vobiz.Message:
    return msgspec.structs.replace(message, **changes)


@pytest.mark.parametrize(("text", "message"), TEXTS.items())
def test_the_wire_shape_and_the_way_back(text, message):
    assert vobiz.build(message) == text
    assert vobiz.parse(text) == message


def test_played_stream_is_written_without_a_stream_id():
    assert vobiz.build(vobiz.PlayedStream("a", "s-1")) == '{"event":"playedStream","name":"a"}'


def test_a_missing_sequence_is_0_where_it_always_is():
    assert '"sequenceNumber":0,' in vobiz.build(changed(START, sequence=None))
    assert '"sequenceNumber":0,' in vobiz.build(vobiz.ClearedAudio("s-1"))


@pytest.mark.parametrize("stream_id", [None, "", 5])
@pytest.mark.parametrize("message", [START, MEDIA, DTMF, PLAY, CHECKPOINT, vobiz.ClearAudio("x")])
def test_a_stream_id_is_needed(message, stream_id):
    with pytest.raises(ProtocolError, match="stream_id"):
        vobiz.build(changed(message, stream_id=stream_id))


@pytest.mark.parametrize("message", [vobiz.Stop(None), vobiz.ClearedAudio("")])
def test_a_stream_id_is_needed_here_too(message):
    with pytest.raises(ProtocolError, match="stream_id"):
        vobiz.build(message)


@pytest.mark.parametrize(
    ("message", "field", "value"),
    [
        (START, "call_id", None),
        (START, "account_id", ""),
        (START, "encoding", None),
        (START, "encoding", "audio/x-l16;rate=8000"),
        (START, "rate_hz", None),
        (START, "rate_hz", 0),
        (START, "tracks", ()),
        (START, "tracks", ("caller",)),
        (MEDIA, "chunk", None),
        (MEDIA, "chunk", -1),
        (MEDIA, "chunk", True),
        (MEDIA, "chunk", 2**63),
        (MEDIA, "sequence", None),
        (MEDIA, "timestamp_ms", 1.5),
        (MEDIA, "track", "both"),
        (DTMF, "digit", "E"),
        (DTMF, "digit", ""),
        (DTMF, "timestamp_ms", None),
        (CHECKPOINT, "name", ""),
        (vobiz.PlayedStream("a"), "name", ""),
    ],
)
def test_what_would_be_misread_is_refused(message, field, value):
    with pytest.raises(ProtocolError, match=f"{type(message).__name__}.{field}"):
        vobiz.build(changed(message, **{field: value}))


@pytest.mark.parametrize(
    ("content_type", "rate_hz"),
    [
        ("audio/x-mulaw", 8000),
        ("audio/x-l16", 8000),
        ("audio/x-l16", 16000),
        ("audio/x-l16", 24000),
    ],
)
def test_what_the_provider_plays(content_type, rate_hz):
    play = changed(PLAY, content_type=content_type, rate_hz=rate_hz)
    assert vobiz.parse(vobiz.build(play)) == play


@pytest.mark.parametrize(
    ("content_type", "rate_hz"),
    [
        ("audio/x-mulaw", 16000),
        ("audio/x-l16", 48000),
        ("audio/x-l16;rate=8000", 8000),
        ("audio/x-alaw", 8000),
        ("wav", 8000),
        ("audio/x-l16", "8000"),
    ],
)
def test_what_the_provider_does_not_play(content_type, rate_hz):
    with pytest.raises(ProtocolError, match="provider plays"):
        vobiz.build(changed(PLAY, content_type=content_type, rate_hz=rate_hz))


@pytest.mark.parametrize(
    ("payload", "match"),
    [
        (b"", "empty"),
        (b"\x00" * 321, "half a sample"),
        (b"RIFF\x24\x00\x00\x00WAVE", "WAV file"),
    ],
)
def test_payloads_that_are_refused(payload, match):
    with pytest.raises(ProtocolError, match=match):
        vobiz.build(changed(PLAY, payload=payload))


def test_an_odd_number_of_mulaw_bytes_is_fine():
    play = vobiz.PlayAudio("s-1", "audio/x-mulaw", 8000, b"\xff" * 43)
    assert vobiz.parse(vobiz.build(play)) == play


@pytest.mark.parametrize("message", [vobiz.Unknown("x", {}), vobiz.Malformed("not JSON")])
def test_what_was_read_and_not_understood_cannot_be_sent(message):
    with pytest.raises(ProtocolError, match=type(message).__name__):
        vobiz.build(message)


def test_half_a_surrogate_pair_is_refused():
    with pytest.raises(ProtocolError, match="surrogate"):
        vobiz.build(vobiz.Checkpoint("s-1", "\ud800"))


@given(
    payload=st.binary(min_size=1).filter(lambda payload: not payload.startswith(b"RIFF")),
    name=st.text(st.characters(), min_size=1),
    number=st.integers(0, 2**63 - 1),
)
def test_whatever_is_built_reads_back_and_fits_a_line(payload, name, number):
    for message in (
        vobiz.Media(payload, "outbound", number, number, name, number),
        vobiz.PlayAudio(name, "audio/x-mulaw", 8000, payload),
        vobiz.Checkpoint(name, name),
        vobiz.PlayedStream(name),
        vobiz.Stop(name, name),
    ):
        try:
            text = vobiz.build(message)
        except ProtocolError:
            assert any(0xD800 <= ord(character) <= 0xDFFF for character in name)
            continue
        assert vobiz.parse(text) == message
        assert vobiz.is_json(text)
