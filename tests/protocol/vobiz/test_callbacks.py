from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicelab.errors import ProtocolError
from voicelab.protocol.vobiz import (
    Callback,
    encode_form,
    encode_query,
    glean_callback,
    parse_callback,
)

FORM = "application/x-www-form-urlencoded"
PLAYED = (
    b"From=919000000001&CallUUID=6d1c&Event=PlayedStream&StreamID=0b9e&Name=turn-7&"
    b"Timestamp=2026-01-02+03%3A04%3A11&Error="
)


def test_a_form():
    callback = parse_callback("POST", FORM, PLAYED, "")
    assert callback.shape == "form"
    assert (callback.event, callback.call_id) == ("PlayedStream", "6d1c")
    assert (callback.stream_id, callback.name) == ("0b9e", "turn-7")
    assert callback.fields["Timestamp"] == "2026-01-02 03:04:11"
    assert callback.fields["Error"] == ""
    assert next(iter(callback.fields)) == "From"


@pytest.mark.parametrize("content_type", [None, "", "text/plain", FORM + "; charset=utf-8"])
def test_a_form_that_says_nothing_of_its_kind(content_type):
    assert parse_callback("post", content_type, PLAYED, "") == parse_callback(
        "POST", FORM, PLAYED, ""
    )


@pytest.mark.parametrize("content_type", ["application/json", "application/vnd.x+json", None])
def test_json_keeps_its_types(content_type):
    body = b'\xef\xbb\xbf {"Event": "Hangup", "CallUUID": 7, "Duration": 1.5, "a": [1, null]}\n'
    callback = parse_callback("POST", content_type, body, "")
    assert callback == Callback(
        {"Event": "Hangup", "CallUUID": 7, "Duration": 1.5, "a": [1, None]}, "json"
    )
    assert callback.call_id == "7"


def test_a_query():
    expected = Callback({"Event": "Ring", "From": "1 2"}, "query")
    assert parse_callback("GET", None, b"", "Event=Ring&From=1+2") == expected
    assert parse_callback("POST", FORM, b"", "Event=Ring&From=1+2") == expected
    assert parse_callback("GET", FORM, b"ignored", "Event=Ring&From=1+2") == expected


def test_a_body_goes_before_the_query():
    assert parse_callback("POST", FORM, b"Event=Ring", "Event=Hangup").event == "Ring"


def test_nothing_at_all():
    assert parse_callback("POST", None, b"", "") == Callback({}, "form")
    assert parse_callback("GET", None, b"", "") == Callback({}, "query")


def test_the_last_of_a_repeated_field_counts():
    assert parse_callback("POST", FORM, b"a=1&a=2", "").fields == {"a": "2"}
    assert parse_callback("GET", None, b"", "a=1&a=2").fields == {"a": "2"}
    assert parse_callback("POST", "application/json", b'{"a":1,"a":2}', "").fields == {"a": 2}


def test_a_caller_name_in_another_charset_does_not_lose_the_callback():
    fields = parse_callback("POST", FORM, b"Event=Ring&CallerName=Ren%E9", "").fields
    assert fields == {"Event": "Ring", "CallerName": "Ren\ufffd"}


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/json", b"{"),
        ("application/json", b""),
        ("application/json", b"[]"),
        ("application/json", b"null"),
        ("application/json", b'{"a": NaN}'),
        ("application/json", b"[" * 200_000),
        ("application/json", b'{"a": "\xff"}'),
        (None, b"{broken"),
        (FORM, b"a=\xff"),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("application/xml", b"<a/>"),
    ],
)
def test_what_cannot_be_read(content_type, body):
    with pytest.raises(ProtocolError):
        parse_callback("POST", content_type, body, "")


@pytest.mark.parametrize("value", ["", None, True, [], {}, 1.5])
def test_a_property_is_a_text_or_none(value):
    fields = dict.fromkeys(("Event", "CallUUID", "StreamID", "Name"), value)
    callback = Callback(fields, "json")
    assert [callback.event, callback.call_id, callback.stream_id, callback.name] == [None] * 4


@given(st.dictionaries(st.text(), st.text()))
def test_what_is_encoded_reads_back(fields):
    assert parse_callback("POST", FORM, encode_form(fields), "").fields == fields
    assert parse_callback("GET", None, b"", encode_query(fields)).fields == fields


def test_half_a_surrogate_pair_is_not_encoded():
    with pytest.raises(ProtocolError, match="surrogate"):
        encode_form({"a": "\ud800"})


@given(
    method=st.sampled_from(["GET", "POST", "DELETE"]),
    content_type=st.none() | st.sampled_from([FORM, "application/json"]) | st.text(),
    body=st.binary() | st.recursive(st.none(), st.lists).map(lambda v: json.dumps(v).encode()),
    query=st.text(),
)
def test_it_is_read_or_refused(method, content_type, body, query):
    try:
        callback = parse_callback(method, content_type, body, query)
    except ProtocolError:
        return
    assert all(isinstance(key, str) for key in callback.fields)


@pytest.mark.parametrize(
    ("body", "query"),
    [
        (b"Event=Ring&CallUUID=6d1c-a&Stre", ""),
        (b'{"CallUUID" : "6d1c-a", "StreamID": "0b', ""),
        (b"<r><CallUUID>6d1c-a</CallUUID>", ""),
        (b"CallUUID=other&", "CallUUID=6d1c-a"),
        (b"\xff\xfe&CallUUID=6d1c-a&CallUUID=other&", ""),
    ],
)
def test_the_call_of_a_callback_that_cannot_be_read(body, query):
    assert glean_callback(body, query, cut=True).fields == {"CallUUID": "6d1c-a"}


def test_half_a_name_is_none():
    assert glean_callback(b"CallUUID=6d1", "", cut=True).fields == {}
    assert glean_callback(b"CallUUID=6d1", "").call_id == "6d1"
    assert glean_callback(b"CallUUID=" + b"6" * 65 + b"&", "").fields == {}
    assert glean_callback(b"ParentCallUUID=6d1&", "").fields == {}


@given(st.binary(), st.text(), st.booleans())
def test_anything_can_be_gleaned(body, query, cut):
    assert glean_callback(body, query, cut=cut).event is None
