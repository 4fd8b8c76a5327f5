from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicelab.errors import ProtocolError
from voicelab.protocol import vobiz

WORDS = st.from_regex(r"\A[A-Za-z0-9]{1,8}\Z")
PATHS = st.text("abc/?&=;<>\"'%20-_.~é", max_size=30)
FULL = vobiz.StreamElement(
    "wss://h.example/ws?c=1&d=2",
    bidirectional=True,
    audio_track="inbound",
    content_type="audio/x-mulaw;rate=8000",
    keep_call_alive=True,
    stream_timeout_s=600,
    status_callback_url='https://h.example/s?a="1"&b=2',
    status_callback_method="POST",
    extra_headers={"tenant": "42", "k": "v"},
    max_retries=3,
)


def test_no_stream():
    assert vobiz.build_answer(None) == "<Response/>"


def test_the_reference_answer():
    stream = vobiz.StreamElement(
        "wss://h.example/stream",
        bidirectional=True,
        keep_call_alive=True,
        status_callback_url="https://h.example/webhook",
    )
    assert vobiz.build_answer(stream) == (
        '<Response><Stream bidirectional="true" statusCallbackUrl="https://h.example/webhook" '
        'keepCallAlive="true">wss://h.example/stream</Stream></Response>'
    )


def test_every_attribute_in_order_and_escaped():
    assert vobiz.build_answer(FULL) == (
        '<Response><Stream bidirectional="true" audioTrack="inbound" '
        'contentType="audio/x-mulaw;rate=8000" '
        'statusCallbackUrl="https://h.example/s?a=&quot;1&quot;&amp;b=2" '
        'statusCallbackMethod="POST" keepCallAlive="true" streamTimeout="600" '
        'extraHeaders="tenant=42,k=v" maxRetries="3">'
        "wss://h.example/ws?c=1&amp;d=2</Stream></Response>"
    )


def test_defaults_are_left_out():
    text = vobiz.build_answer(vobiz.StreamElement("ws://localhost:3000/s", extra_headers={}))
    assert text == "<Response><Stream>ws://localhost:3000/s</Stream></Response>"
    none = vobiz.build_answer(vobiz.StreamElement("ws://localhost/s", max_retries=0))
    assert 'maxRetries="0"' in none


@pytest.mark.parametrize(
    "changes",
    [
        {"url": ""},
        {"url": "https://h.example/"},
        {"url": "wss://"},
        {"url": "wss:///path"},
        {"url": "wss://h.example/a b"},
        {"url": "wss://h.example/a\x00b"},
        {"url": " wss://h.example/"},
        {"url": "wss://h.example/\ud800"},
        {"url": "wss://h.example:99999/"},
        {"url": "wss://[::1/"},
        {"audio_track": "both"},
        {"audio_track": "outbound"},
        {"audio_track": "caller"},
        {"content_type": "audio/x-l16;rate=24000"},
        {"content_type": "audio/x-mulaw"},
        {"bidirectional": False},
        {"stream_timeout_s": 0},
        {"stream_timeout_s": 1.5},
        {"stream_timeout_s": True},
        {"status_callback_url": "/relative"},
        {"status_callback_url": "wss://h.example/"},
        {"status_callback_url": None},
        {"status_callback_method": "PUT"},
        {"status_callback_method": "post"},
        {"extra_headers": {"a_b": "1"}},
        {"extra_headers": {"a": "1,b=2"}},
        {"extra_headers": {"": "1"}},
        {"extra_headers": {"é": "1"}},
        {"extra_headers": {"a": "1" * 511}},
        {"max_retries": -1},
        {"max_retries": 11},
        {"max_retries": True},
    ],
)
def test_what_the_provider_would_refuse_or_misread(changes):
    with pytest.raises(ProtocolError, match="StreamElement"):
        vobiz.build_answer(replace(FULL, **changes))


def test_the_longest_extra_headers():
    assert "extraHeaders" in vobiz.build_answer(replace(FULL, extra_headers={"a": "1" * 510}))


@given(
    path=PATHS,
    keep=st.booleans(),
    content_type=st.none() | st.sampled_from(vobiz.STREAM_CONTENT_TYPES),
    timeout_s=st.none() | st.integers(1, 86400),
    callback=st.none() | PATHS.map(lambda path: f"https://h.example/{path}"),
    headers=st.none() | st.dictionaries(WORDS, WORDS, min_size=1, max_size=4),
    retries=st.none() | st.integers(0, 10),
)
def test_what_is_built_reads_back(path, keep, content_type, timeout_s, callback, headers, retries):
    stream = vobiz.StreamElement(
        f"wss://h.example/{path}",
        bidirectional=True,
        content_type=content_type,
        keep_call_alive=keep,
        stream_timeout_s=timeout_s,
        status_callback_url=callback,
        extra_headers=headers,
        max_retries=retries,
    )
    answer = vobiz.parse_answer(vobiz.build_answer(stream).encode(), "application/xml")
    assert answer.stream == stream
    assert answer.hangup == (None if keep else vobiz.END_OF_XML)
