"""What is none of the known messages, and what a journal's line can hold of it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicelab.protocol import vobiz

from .examples import (
    JSON_VALUES,
    KNOWN,
    MEDIA,
    parse,
)


def test_unknown_events_keep_their_data():
    connected = {"event": "connected", "protocol": "Call"}
    assert parse(connected) == vobiz.Unknown("connected", connected)
    assert parse({"event": 5}) == vobiz.Unknown(None, {"event": 5})
    assert parse({}) == vobiz.Unknown(None, {})
    assert parse(MEDIA | {"event": "Media"}).event == "Media"


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("", "not JSON"),
        ("hello", "not JSON"),
        ('{"event":"media"', "not JSON"),
        ('{"event":"media","x":NaN}', "not JSON"),
        ('{"event":"stop"}{}', "not JSON"),
        ('{"event":"stop","x":"\\ud800"}', "not JSON"),
        ("\ufeff{}", "not JSON"),
        ("[]", "not a JSON object"),
        ("null", "not a JSON object"),
        ('"\ud800"', "not UTF-8 text"),
        (b'{"event":"stop","x":"\xff"}', "not UTF-8 text"),
        ("[" * 200_000 + "]" * 200_000, "nested too deeply"),
    ],
)
def test_malformed(raw, reason):
    assert vobiz.parse(raw) == vobiz.Malformed(reason)


@given(st.text(st.characters()) | st.binary())
def test_no_text_raises(raw):
    assert isinstance(vobiz.parse(raw), vobiz.Message)


@given(JSON_VALUES)
def test_no_json_raises(value):
    assert isinstance(parse(value), vobiz.Message)


@given(data=st.data(), base=st.sampled_from(KNOWN))
def test_no_mutated_message_raises(data, base):
    mutant = json.loads(json.dumps(base))
    places = [mutant, *(value for value in mutant.values() if isinstance(value, dict))]
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.sampled_from(places))
        if place:
            place[data.draw(st.sampled_from(sorted(place)))] = data.draw(JSON_VALUES)
    message = parse(mutant)
    if isinstance(message, vobiz.Media):
        assert all(
            value is None or 0 <= value < 2**63
            for value in (message.chunk, message.timestamp_ms, message.sequence)
        )


@given(data=st.data(), base=st.sampled_from(KNOWN))
def test_no_damaged_text_raises(data, base):
    raw = bytearray(json.dumps(base).encode())
    at = data.draw(st.integers(0, len(raw) - 1))
    raw[at : at + data.draw(st.integers(0, 4))] = data.draw(st.binary(max_size=4))
    message = vobiz.parse(bytes(raw))
    if not isinstance(message, vobiz.Malformed):
        json.loads(raw)


@pytest.mark.parametrize(
    "raw", ["{}", " [1, 2.5] ", '"a\\nb"', "null", "-0", '{"a":1,"a":2}', b'"\xc3\xa9"', "1" * 30]
)
def test_json_that_fits_a_line(raw):
    assert vobiz.is_json(raw)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "hello",
        "{}\n",
        "[1,\r2]",
        "NaN",
        "-Infinity",
        "1e999",
        "01",
        "{} {}",
        "{'a':1}",
        '"a\tb"',
        '"\\ud800"',
        '"\ud800"',
        b'"\xff"',
        b"\x80",
        "\ufeff{}",
        "[" * 200_000 + "]" * 200_000,
    ],
)
def test_what_cannot_stand_on_a_json_line(raw):
    assert not vobiz.is_json(raw)


@given(JSON_VALUES)
def test_is_json_means_that_a_line_reads_back(value):
    raw = json.dumps(value)
    if vobiz.is_json(raw):
        line = f'{{"m":{raw}}}\n'
        assert line.splitlines() == [line[:-1]]
        assert json.loads(line)["m"] == json.loads(raw)
