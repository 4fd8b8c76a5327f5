"""Malformed input over real sockets: the call goes on or ends cleanly; all is counted and kept."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from io import BytesIO

import aiohttp
import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from voicelab.audio.format import AudioFormat
from voicelab.net.options import Limits

pytestmark = pytest.mark.net

LAW = AudioFormat("mulaw", 8000)
FRAMES = [bytes([n]) * 160 for n in range(1, 5)]


def media(**body: object) -> str:
    return json.dumps({"event": "media", "streamId": "ST-CA1", "media": body})


async def alive(sink) -> None:
    async with sink.http.get(f"{sink.url}/healthz") as answer:
        assert answer.status == 200


async def a_call_with(sink, *odd: str | bytes):
    """Four good frames, the odd messages in their middle; return session and journal."""
    async with sink.socket() as ws:
        await ws.send_json(sink.start())
        for chunk, frame in enumerate(FRAMES[:2], 1):
            await ws.send_json(sink.media(frame, chunk))
        for message in odd:
            await (ws.send_bytes if isinstance(message, bytes) else ws.send_str)(message)
        with suppress(ConnectionError):
            for chunk, frame in enumerate(FRAMES[2:], 3):
                await ws.send_json(sink.media(frame, chunk))
    session = await sink.server.registry.wait_for("CA1")
    await session.ended.wait()
    await alive(sink)
    (journal,) = sink.journals()
    return session, journal


ODD = [
    ("bad JSON", "{", "malformed"),
    ("no object", "[1,2]", "malformed"),
    ("nothing", "", "malformed"),
    ("half a surrogate", '{"event":"media","media":"\\ud800"}', "malformed"),
    ("deep nesting", "[" * 50_000, "malformed"),
    ("bad base64", media(payload="@@@@"), "malformed"),
    ("short base64", media(payload="abc"), "malformed"),
    ("payload a number", media(payload=7), "malformed"),
    ("payload a list", media(payload=["AAAA"]), "malformed"),
    ("no payload", media(chunk=3), "malformed"),
    ("media a text", '{"event":"media","media":"AAAA"}', "malformed"),
    ("media null", '{"event":"media","media":null}', "malformed"),
    ("event a number", '{"event":7}', "unknown_event"),
    ("event null", '{"event":null}', "unknown_event"),
    ("no event", "{}", "unknown_event"),
    ("unknown event", '{"event":"mark"}', "unknown_event"),
    ("a command", '{"event":"clearAudio","streamId":"x"}', "wrong_way"),
    ("playedStream without name", '{"event":"playedStream"}', "malformed"),
    ("dtmf of a strange key", '{"event":"dtmf","dtmf":{"digit":"?"}}', "malformed"),
    ("start twice, wrong types", '{"event":"start","start":[1]}', "duplicate_start"),
    ("binary frame", b"\x00\xff\x01", "binary"),
]


@pytest.mark.parametrize(("what", "odd", "count"), ODD, ids=[what for what, _, _ in ODD])
async def test_a_message_nobody_understands(sink, what, odd, count):
    session, journal = await a_call_with(sink, odd)
    assert np.array_equal(sink.wav(), LAW.to_int16(b"".join(FRAMES)))
    assert session.stream.health.odd[count] == 1
    assert session.stream.end.why == "closed"
    kept = [m.data for m in journal.moments if m.leg == "carrier"]
    assert odd in kept
    facts = [m.name for m in journal.moments if m.kind == "ev" and m.name != "stall"]
    assert facts == [count, "ended"]


@pytest.mark.parametrize("wrong", [True, -1, 1.5, "x", None, [], {}, 2**63, 10**30, "9" * 40])
async def test_numbers_that_are_none_are_read_as_absent(sink, wrong):
    odd = media(payload="AAAA", chunk=wrong, timestamp=wrong, track=wrong)
    session, journal = await a_call_with(sink, odd)
    assert session.stream.end.why == "closed"
    assert LAW.to_int16(FRAMES[3]).tolist() == sink.wav()[-160:].tolist()
    assert odd in [m.data for m in journal.moments]


@pytest.mark.parametrize("chunk", [10**9, 2**63 - 1])
async def test_a_chunk_from_nowhere_adds_no_silence(sink, chunk):
    odd = json.dumps(sink.media(b"\x55" * 160, chunk))
    session, journal = await a_call_with(sink, odd)
    assert session.stream.health.jumps == 1
    assert len(sink.wav()) <= 5 * 160
    jump = next(m.data for m in journal.moments if m.name == "jump")
    assert jump["chunk"] == chunk
    assert np.array_equal(sink.wav()[:320], LAW.to_int16(b"".join(FRAMES[:2])))
    assert np.array_equal(sink.wav()[-160:], LAW.to_int16(FRAMES[3]))


@pytest.mark.parametrize("length", [0, 1, 3, 319, 321])
async def test_l16_of_an_odd_length(sink, length):
    tone = np.arange(160, dtype="<i2") * 9
    async with sink.socket() as ws:
        await ws.send_json(sink.start("audio/x-l16"))
        for chunk, frame in enumerate((tone.tobytes(), bytes(length), tone.tobytes()), 1):
            await ws.send_json(sink.media(frame, chunk))
    session = await sink.server.registry.wait_for("CA1")
    await session.ended.wait()
    assert len(sink.wav()) == 320 + length // 2
    assert session.stream.health.odd["odd_length"] == length % 2
    names = [m.name for m in sink.journals()[0].moments]
    assert names.count("odd_length") == length % 2


@pytest.mark.parametrize("binary", [False, True])
async def test_a_frame_of_two_megabytes_ends_the_call_cleanly(sink, binary):
    huge = bytes(2 << 20) if binary else "x" * (2 << 20)
    async with sink.socket() as ws:
        await ws.send_json(sink.start())
        await ws.send_json(sink.media(FRAMES[0], 1))
        with suppress(ConnectionError):
            await (ws.send_bytes if binary else ws.send_str)(huge)
        closed = await ws.receive(timeout=5)
        assert (closed.type, closed.data) == (aiohttp.WSMsgType.CLOSE, 1009)
        assert closed.extra == "a message may have 1,048,576 bytes"
    session = await sink.server.registry.wait_for("CA1")
    await session.ended.wait()
    assert session.stream.health.odd["too_big"] == 1
    assert np.array_equal(sink.wav(), LAW.to_int16(FRAMES[0]))
    (journal,) = sink.journals()
    (fact,) = [m.data for m in journal.moments if m.name == "too_big"]
    assert (fact["limit"], fact["limit_bytes"]) == ("message_bytes", 1 << 20)
    assert str(2 << 20) in fact["reason"]
    ended = journal.moments[-1].data
    assert (ended["name"], ended["why"], ended["code"]) == ("ended", "error", 1009)
    assert ended["detail"] == "a message may have 1,048,576 bytes"
    await alive(sink)


async def test_media_that_never_has_a_start_is_recorded_as_was_asked_for(sink):
    async with sink.socket() as ws:
        for chunk in range(1, 61):
            await ws.send_json(sink.media(bytes(320), chunk))
    await sink.settled()
    (session,) = sink.server.registry
    assert len(sink.wav()) == 60 * 160
    assert session.stream.health.before_start > 0
    facts = [m.name for m in sink.journals()[0].moments if m.kind == "ev"]
    assert facts == ["format_assumed", "byte_order", "ended"]


async def test_a_close_without_stop_is_an_end_like_any_other(sink):
    _, journal = await a_call_with(sink)
    ended = journal.moments[-1].data
    assert (ended["why"], ended["samples"], ended["health"]["odd"]) == ("closed", 640, {})


WEBHOOKS = [
    ("a strange type", b"<a/>", "application/xml", 400),
    ("JSON that is none", b"{", "application/json", 400),
    ("JSON that is no object", b"[1]", "application/json", 400),
    ("no UTF-8", b"\xff\xfe=1", "application/x-www-form-urlencoded", 400),
    ("too large", b"Event=" + b"x" * (1 << 20), "application/x-www-form-urlencoded", 413),
    ("empty", b"", "application/x-www-form-urlencoded", 200),
    ("not encoded", b"%%%=%&&==", "application/x-www-form-urlencoded", 200),
    ("wrong types", b'{"Event":[1],"CallUUID":{},"StreamID":7}', "application/json", 200),
    ("deep", b'{"a":' * 20_000, "application/json", 400),
]


@pytest.mark.parametrize(("what", "body", "kind", "status"), WEBHOOKS, ids=[w[0] for w in WEBHOOKS])
@pytest.mark.parametrize("path", ["/webhook", "/"])
async def test_a_webhook_of_wrong_type_or_size(sink, what, body, kind, status, path):
    headers = {"Content-Type": kind}
    async with sink.http.post(f"{sink.url}{path}", data=BytesIO(body), headers=headers) as answer:
        assert answer.status == (status if path == "/webhook" or status == 413 else 200)
    if path == "/webhook":
        assert sum(sink.server.webhooks.counts.values()) >= 1
    if path == "/webhook" or status == 413:
        (entry,) = sink.entries()
        assert entry["_voicelab"].get("refused", {}).get("status", 200) == status
    await alive(sink)


async def test_a_webhook_of_a_call_that_cannot_be_read_is_in_its_journal(sink):
    body = b'{"Event":7,"CallUUID":"CA1","x":"\xc3\xbc"}'
    async with sink.socket() as ws:
        await ws.send_json(sink.start())
        await sink.server.registry.wait_for("CA1")
        async with sink.http.post(
            f"{sink.url}/webhook", data=body, headers={"Content-Type": "application/json"}
        ) as answer:
            assert answer.status == 200
    await sink.settled()
    texts = [m.data for m in sink.journals()[0].moments if m.leg == "webhook"]
    assert texts == [body.decode()]


@pytest.mark.parametrize("path", ["/stream", "/webhook", "/"])
async def test_a_flood_of_headers_is_refused_and_a_running_call_goes_on(sink, path):
    async with sink.socket() as ws:
        await ws.send_json(sink.start())
        await ws.send_json(sink.media(FRAMES[0], 1))
        reader, writer = await asyncio.open_connection("127.0.0.1", sink.server.port)
        head = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n".encode()
        flood = b"".join(b"X-%d: %s\r\n" % (n, b"a" * 4000) for n in range(500))
        with suppress(ConnectionError):
            writer.write(head + flood)
            await writer.drain()
        status = b""
        with suppress(ConnectionError):
            status = await asyncio.wait_for(reader.readline(), 5)
        assert status == b"" or b" 400 " in status or b" 431 " in status
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
        await alive(sink)
        await ws.send_json(sink.media(FRAMES[1], 2))
    await sink.settled()
    assert np.array_equal(sink.wav(), LAW.to_int16(b"".join(FRAMES[:2])))


# Whatever a machine can think of

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["AAAA", "fn5+fg==", "inbound", "outbound", "audio/x-mulaw", "1", "@"])
)
VALUES = SCALARS | st.lists(SCALARS, max_size=2)
WORDS = """start media stop dtmf streamId callId sequenceNumber tracks mediaFormat encoding
sampleRate payload chunk timestamp track digit name contentType extra_headers"""
KEYS = st.sampled_from(WORDS.split())
BODY = st.dictionaries(KEYS, VALUES | st.dictionaries(KEYS, VALUES, max_size=3), max_size=3)
EVENTS = st.sampled_from(
    # No stop: what follows one is no longer listened to.
    ["media", "media", "start", "dtmf", "playedStream", "clearedAudio", "playAudio", "checkpoint"]
)
OBJECTS = st.builds(lambda event, body: {**body, "event": event}, EVENTS | SCALARS, BODY)
MESSAGES = st.one_of(
    OBJECTS.map(json.dumps),
    OBJECTS.map(json.dumps).flatmap(
        lambda text: st.integers(0, len(text)).map(lambda cut: text[:cut])
    ),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40),
    st.binary(max_size=40),
)
BATCH, BATCHES = 100, 100


def ten_thousand() -> list[str | bytes]:
    """10,000 messages, in batches, the same in each run."""
    made: list[str | bytes] = []

    @settings(
        max_examples=BATCHES, database=None, derandomize=True, deadline=None,
        phases=[Phase.generate], suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.lists(MESSAGES, min_size=BATCH, max_size=BATCH))
    def make(batch: list[str | bytes]) -> None:
        made.extend(batch)

    make()
    return made[: BATCH * BATCHES]


@pytest.mark.slow
async def test_ten_thousand_messages_a_machine_thought_of(make_sink):
    messages = ten_thousand()
    assert len(messages) == 10_000
    sink = await make_sink(limits=Limits(message_bytes=1 << 20))
    before, after = FRAMES[:2], FRAMES[2:]
    async with sink.socket() as ws:
        await ws.send_json(sink.start())
        for chunk, frame in enumerate(before, 1):
            await ws.send_json(sink.media(frame, chunk))
        for message in messages:
            await (ws.send_bytes if isinstance(message, bytes) else ws.send_str)(message)
        for chunk, frame in enumerate(after, 3):
            await ws.send_json(sink.media(frame, chunk))
    session = await sink.server.registry.wait_for("CA1")
    await session.ended.wait()
    await alive(sink)
    (journal,) = sink.journals()
    assert journal.broken == 0
    kept = [m.data for m in journal.moments if m.leg == "carrier" and m.way == "in"]
    assert kept[3:-2] == messages
    assert session.stream.end.why == "closed"
    odd = session.stream.health.odd
    assert odd["binary"] == sum(isinstance(message, bytes) for message in messages)
    assert min(odd["malformed"], odd["unknown_event"], odd["duplicate_start"]) > 20
    assert np.array_equal(sink.wav()[:320], LAW.to_int16(b"".join(before)))
    assert journal.moments[-1].data["health"] == session.stream.health.as_dict()
