from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicelab.protocol import vobiz
from voicelab.protocol.vobiz import END_OF_XML, HANGUP_VERB, INVALID_ANSWER_XML, Answer

URL = "wss://h.example/ws"
REFUSED = Answer(None, (), INVALID_ANSWER_XML)
LAUGHS = (
    '<!DOCTYPE r [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    f"<Response><Stream>{URL}&b;</Stream></Response>"
)


def read(inner: str, content_type: str | None = "application/xml") -> Answer:
    return vobiz.parse_answer(f"<Response>{inner}</Response>".encode(), content_type)


def stream(attributes: str = 'bidirectional="true" keepCallAlive="true"', url: str = URL) -> str:
    return f"<Stream {attributes}>{url}</Stream>"


def test_causes_are_those_of_the_provider():
    assert (INVALID_ANSWER_XML.code, INVALID_ANSWER_XML.source) == (8011, "Error")
    assert (END_OF_XML.code, END_OF_XML.source) == (4010, "Vobiz")
    assert vobiz.NORMAL_HANGUP.code == 4000


def test_a_stream_that_holds_the_call():
    held = vobiz.StreamElement(URL, bidirectional=True, keep_call_alive=True)
    assert read(stream()) == Answer(held)
    assert read(stream() + "<Speak>bye</Speak><Hangup/>") == Answer(held, ("Speak", "Hangup"))


@pytest.mark.parametrize(
    "content_type", ["text/xml", "application/xml; charset=utf-8", "Application/XML"]
)
def test_content_types_of_xml(content_type):
    assert read(stream(), content_type).hangup is None


@pytest.mark.parametrize("content_type", [None, "", "text/html", "application/json", "xml"])
def test_other_content_types_are_refused(content_type):
    assert read(stream(), content_type) == REFUSED


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"hello",
        b"<Response>",
        b"<Response><Stream>wss://h.example/?a=1&b=2</Stream></Response>",
        b"<response><Stream>wss://h.example/</Stream></response>",
        b"<html/>",
        b'<?xml version="1.0" encoding="no-such"?><Response/>',
        b'<?xml version="1.0" encoding="utf-7"?><Response/>',
        b"<Response>\xff</Response>",
        b"<Response>\x00</Response>",
        b"<!DOCTYPE Response><Response><Stream>wss://h.example/</Stream></Response>",
        b'<!DOCTYPE r SYSTEM "file:///etc/hostname"><Response/>',
        LAUGHS.encode(),
        b"<Response>" + b" " * vobiz.MAX_ANSWER_BYTES + b"</Response>",
        b"<Response>&nope;</Response>",
    ],
)
def test_what_is_no_answer_is_refused(body):
    assert vobiz.parse_answer(body, "application/xml") == REFUSED


def test_the_largest_answer():
    frame = f"<Response>{stream()}<!--%s--></Response>"
    body = frame % ("x" * (vobiz.MAX_ANSWER_BYTES - len(frame % "")))
    assert vobiz.parse_answer(body.encode(), "text/xml").hangup is None
    assert vobiz.parse_answer(body.encode() + b" ", "text/xml") == REFUSED


@pytest.mark.parametrize("url", ["", "  ", "\n\t", "<!-- wss://h.example -->"])
def test_a_blank_address_is_refused(url):
    assert read(stream(url=url)).hangup == INVALID_ANSWER_XML
    assert read('<Stream url="wss://h.example/"/>').hangup == INVALID_ANSWER_XML


def test_the_address_is_trimmed_and_unescaped():
    answer = read(stream(url="\n  wss://h.example/?a=1&amp;b=2 "))
    assert answer.stream.url == "wss://h.example/?a=1&b=2"


@pytest.mark.parametrize("track", ["both", "outbound"])
def test_bidirectional_takes_no_other_track(track):
    answer = read(stream(f'bidirectional="true" keepCallAlive="true" audioTrack="{track}"'))
    assert answer == Answer(None, (), END_OF_XML)
    assert read(stream(f'audioTrack="{track}"') + "<Wait/>").stream.audio_track == track


@pytest.mark.parametrize("attributes", ["", 'bidirectional="true"', 'keepCallAlive="true"'])
def test_a_stream_that_holds_nothing_begins_and_the_call_ends(attributes):
    answer = read(stream(attributes))
    assert answer.stream.url == URL
    assert answer.hangup == END_OF_XML


def test_verbs_after_a_stream_that_does_not_hold():
    assert read(stream("") + "<Wait/><Hangup/>").hangup is None
    assert read(stream("") + "<Hangup/>").hangup == HANGUP_VERB


def test_answers_without_a_stream():
    assert read("") == Answer(None, (), END_OF_XML)
    assert read("<Speak>hello</Speak>") == Answer(None, ("Speak",), END_OF_XML)
    assert read("<Hangup/>") == Answer(None, ("Hangup",), HANGUP_VERB)


def test_verbs_before_the_stream_do_not_follow_it():
    assert read("<Record/>" + stream()).following == ()


@pytest.mark.parametrize(
    ("given_text", "retries"),
    [
        ("3", 3),
        ("0", 0),
        ("10", 10),
        ("11", 10),
        ("9" * 18, 10),
        ("-1", 0),
        ("many", 0),
        ("2.5", 0),
        (" 4 ", 4),
        ("1_0", 0),
    ],
)
def test_max_retries_is_read_leniently(given_text, retries):
    assert read(stream(f'maxRetries="{given_text}"')).stream.max_retries == retries


@pytest.mark.parametrize(
    ("given_text", "expected"), [("60", 60), ("0", None), ("-1", None), ("x", None)]
)
def test_stream_timeout_is_read_leniently(given_text, expected):
    assert read(stream(f'streamTimeout="{given_text}"')).stream.stream_timeout_s == expected


def test_flags_methods_and_headers_are_read_leniently():
    element = read(
        stream('bidirectional="TRUE" statusCallbackMethod="get" extraHeaders="a_b=1, c = 2,,d"')
    ).stream
    assert element.bidirectional
    assert element.status_callback_method == "GET"
    assert element.extra_headers == {"a_b": "1", "c": "2", "d": ""}


@given(st.binary(max_size=200), st.sampled_from(["text/xml", None]))
def test_no_body_raises(body, content_type):
    assert isinstance(vobiz.parse_answer(body, content_type), Answer)


@given(st.text("<>/=\"'& Responsetam!-?[]", max_size=80))
def test_no_near_xml_raises(inner):
    assert isinstance(read(inner), Answer)


def test_deep_nesting_is_only_nested():
    depth = 5_000
    answer = read(stream() + "<a>" * depth + "</a>" * depth)
    assert answer.following == ("a",)


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"<Response/>", "text/html", "text/html is not accepted"),
        (b"<Response/>", None, "no content type"),
        (b"<Response>&</Response>", "text/xml", "cannot be read as XML"),
        (b"<Answer/>", "text/xml", "<Answer>"),
        (b"<Response><Hangup/></Response>", "text/xml", "no <Stream>"),
        (b"<Response><Stream> </Stream></Response>", "text/xml", "no address"),
    ],
)
def test_what_is_wrong_is_said(body, kind, said):
    assert said in vobiz.parse_answer(body, kind).problem
