from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicelab.protocol import vobiz

from .examples import (
    B64,
    EXPECTED_MEDIA,
    EXPECTED_START,
    KNOWN,
    MEDIA,
    PAYLOAD,
    PLAY,
    START,
    media,
    parse,
    start,
)


def test_documented_messages():
    assert [parse(data) for data in KNOWN] == [
        EXPECTED_START,
        EXPECTED_MEDIA,
        vobiz.PlayAudio("s-1", "audio/x-mulaw", 8000, PAYLOAD),
        vobiz.PlayedStream("turn-7"),
        vobiz.ClearedAudio("s-1", 0),
        vobiz.Dtmf("5", "s-1", "inbound", 20),
        vobiz.Stop("s-1", "hangup"),
        vobiz.Checkpoint("s-1", "turn-7"),
        vobiz.ClearAudio("s-1"),
    ]


def test_bytes_read_as_text_does():
    assert vobiz.parse(json.dumps(MEDIA).encode()) == EXPECTED_MEDIA


# start


def test_flat_start():
    flat = {
        "event": "start",
        "streamId": "s-1",
        "callId": "c-1",
        "from": "1",
        "contentType": "audio/x-l16;rate=16000",
    }
    assert parse(flat) == vobiz.Start(
        "c-1", "s-1", encoding="audio/x-l16;rate=16000", rate_hz=16000
    )


def test_nested_ids_win_over_flat_ones_and_null_falls_through():
    both = START | {"streamId": "flat", "callId": "flat"}
    assert parse(both).stream_id == "s-1"
    nulled = both | {"start": START["start"] | {"streamId": None}}
    assert (parse(nulled).stream_id, parse(nulled).call_id) == ("flat", "c-1")


@pytest.mark.parametrize("body", [None, 5, "x", [], {}])
def test_a_start_that_says_nothing_is_still_a_start(body):
    assert parse({"event": "start", "start": body}) == vobiz.Start()


def test_sample_rate_as_text_and_rate_inside_the_encoding():
    assert start(mediaFormat={"encoding": "audio/x-mulaw", "sampleRate": "8000"}).rate_hz == 8000
    inside = start(mediaFormat={"encoding": "audio/x-l16;rate=8000"})
    assert (inside.encoding, inside.rate_hz) == ("audio/x-l16;rate=8000", 8000)
    both = start(mediaFormat={"encoding": "audio/x-l16;rate=8000", "sampleRate": 16000})
    assert both.rate_hz == 16000


@pytest.mark.parametrize("rate", [0, -8000, 8000.5, "fast", True, None, 10**30, [8000]])
def test_a_rate_that_makes_no_sense_is_none(rate):
    assert start(mediaFormat={"encoding": "audio/x-l16", "sampleRate": rate}).rate_hz is None


def test_account_id_as_number_or_under_its_other_name():
    assert start(accountId=500777).account_id == "500777"
    assert start(accountId=None, auth_id="MA_TEST").account_id == "MA_TEST"


@pytest.mark.parametrize(
    ("given", "text"),
    [({}, "{}"), ({"a": 1}, '{"a":1}'), (None, "{}"), ("k=v", "k=v"), ([1], "[1]")],
)
def test_extra_headers_become_text(given, text):
    assert parse(START | {"extra_headers": given}).extra_headers == text


def test_tracks_keep_texts_only():
    assert start(tracks=["inbound", 5, "outbound"]).tracks == ("inbound", "outbound")
    assert start(tracks="inbound").tracks == ()


# media


@pytest.mark.parametrize("chunk", [0, 1, 10**9, 2**63 - 1])
def test_chunk_is_kept_up_to_the_largest(chunk):
    assert media(chunk=chunk).chunk == chunk
    assert media(chunk=str(chunk)).chunk == chunk


@pytest.mark.parametrize(
    "chunk", [-1, 2**63, 10**30, 1.5, True, False, None, "", "x", "-1", "9" * 20, "４１", " 41"]
)
def test_chunk_that_makes_no_sense_is_none_and_the_audio_stays(chunk):
    message = media(chunk=chunk)
    assert (message.chunk, message.payload) == (None, PAYLOAD)


def test_integral_float_is_an_integer():
    assert media(chunk=41.0) == EXPECTED_MEDIA


@pytest.mark.parametrize(
    ("timestamp", "expected"),
    [("20", 20), (20, 20), (20.0, 20), (None, None), ("soon", None), (-20, None), ("-20", None)],
)
def test_timestamp_as_text_or_number(timestamp, expected):
    assert media(timestamp=timestamp).timestamp_ms == expected


def test_missing_and_null_fields():
    bare = parse({"event": "media", "media": {"payload": B64}})
    assert bare == vobiz.Media(PAYLOAD)
    nulls = dict.fromkeys(("track", "timestamp", "chunk")) | {"payload": B64}
    tolerant = {"event": "media", "sequenceNumber": None, "streamId": None, "media": nulls}
    assert parse(tolerant) == bare


def test_extra_fields_inside_media_are_ignored():
    assert media(contentType="audio/x-mulaw", sampleRate=8000) == EXPECTED_MEDIA


@pytest.mark.parametrize("size", [0, 1, 43, 640, 100_000])
def test_any_length_of_payload(size):
    assert media(payload=base64.b64encode(b"\xff" * size).decode()).payload == b"\xff" * size


@pytest.mark.parametrize("payload", ["+P/4=", "++", "+P_-", "é", "AA\n==", None, 5, ["AAAA"]])
def test_payload_that_is_no_base64(payload):
    assert media(payload=payload) == vobiz.Malformed("payload is not base64", "media")
    assert media(payload=payload, chunk="1") == vobiz.Malformed("payload is not base64", "media")


@pytest.mark.parametrize("body", [None, 5, "AAAA", ["AAAA"]])
def test_media_without_a_body(body):
    message = parse({"event": "media", "media": body})
    assert message == vobiz.Malformed("media is not an object", "media")


@given(
    payload=st.binary(),
    chunk=st.integers(0, 2**63 - 1),
    timestamp=st.integers(0, 2**63 - 1),
    stream=st.text(min_size=1).filter(lambda text: text.isprintable()),
)
def test_fast_and_tolerant_reading_agree(payload, chunk, timestamp, stream):
    body = {"payload": base64.b64encode(payload).decode(), "chunk": chunk, "timestamp": timestamp}
    fast = parse({"event": "media", "streamId": stream, "sequenceNumber": chunk, "media": body})
    slow = body | {"chunk": str(chunk)}
    assert fast == vobiz.Media(payload, "inbound", chunk, timestamp, stream, chunk)
    assert fast == parse(
        {"event": "media", "streamId": stream, "sequenceNumber": str(chunk), "media": slow}
    )


# the others


@pytest.mark.parametrize("digit", list("0123456789*#ABCD"))
def test_every_key(digit):
    assert parse({"event": "dtmf", "dtmf": {"digit": digit}}) == vobiz.Dtmf(digit)
    assert parse({"event": "dtmf", "digit": digit}) == vobiz.Dtmf(digit)


def test_a_key_as_number():
    assert parse({"event": "dtmf", "dtmf": {"digit": 5}}) == vobiz.Dtmf("5")


@pytest.mark.parametrize("digit", ["", "12", "E", "a", None, True, 12, "٥"])
def test_what_is_no_key(digit):
    message = parse({"event": "dtmf", "dtmf": {"digit": digit}})
    assert message == vobiz.Malformed("no digit of 0-9 * # A-D", "dtmf")


@pytest.mark.parametrize("event", ["playedStream", "checkpoint"])
@pytest.mark.parametrize("name", [None, "", True, [], 1.5])
def test_a_name_is_needed(event, name):
    assert parse({"event": event, "name": name}) == vobiz.Malformed("no name", event)


def test_played_stream_with_stream_id_and_numeric_name():
    message = parse({"event": "playedStream", "streamId": "s-1", "name": 7})
    assert message == vobiz.PlayedStream("7", "s-1")


def test_cleared_audio_without_sequence():
    assert parse({"event": "clearedAudio", "streamId": "s-1"}) == vobiz.ClearedAudio("s-1")


def test_stop_flat_nested_and_bare():
    assert parse({"event": "stop"}) == vobiz.Stop(None)
    assert parse({"event": "stop", "stop": {"streamId": "s-1"}}) == vobiz.Stop("s-1")


def test_play_audio_without_stream_id_and_with_rate_as_text():
    sent = {"event": "playAudio", "media": PLAY["media"] | {"sampleRate": "8000"}}
    assert parse(sent) == vobiz.PlayAudio(None, "audio/x-mulaw", 8000, PAYLOAD)
    wav = {"event": "playAudio", "media": PLAY["media"] | {"contentType": "wav"}}
    assert parse(wav) == vobiz.PlayAudio(None, "wav", 8000, PAYLOAD)


def test_play_audio_with_its_rate_in_the_content_type():
    body = {"contentType": "audio/x-l16;rate=16000", "payload": B64}
    message = parse(PLAY | {"media": body})
    assert message == vobiz.PlayAudio("s-1", "audio/x-l16;rate=16000", 16000, PAYLOAD)


@pytest.mark.parametrize(
    ("lack", "reason"),
    [
        ({"contentType": None}, "no content type"),
        ({"sampleRate": 0}, "no sample rate"),
        ({"sampleRate": -8000}, "no sample rate"),
        ({"payload": "?"}, "payload is not base64"),
    ],
)
def test_play_audio_that_cannot_be_played(lack, reason):
    message = parse(PLAY | {"media": PLAY["media"] | lack})
    assert message == vobiz.Malformed(reason, "playAudio")
