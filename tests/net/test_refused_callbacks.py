"""A callback that is refused is counted, in the webhook log, and a fact in its call's journal."""

from __future__ import annotations

import asyncio
import gzip
import json
from contextlib import asynccontextmanager, suppress
from io import BytesIO

import pytest

from voicelab.net.options import Limits
from voicelab.secret import Secret

pytestmark = pytest.mark.net

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


@asynccontextmanager
async def running(sink, *calls: str):
    """Calls whose sockets are open and known by name."""
    sockets = [await sink.socket() for _ in calls]
    for ws, call in zip(sockets, calls, strict=True):
        await ws.send_json(sink.start(call=call))
        await sink.server.registry.wait_for(call)
    yield
    for ws in sockets:
        await ws.close()
    await sink.settled()


async def post(sink, body: bytes, headers: dict, query: str = "", path: str = "/webhook") -> int:
    address = f"{sink.url}{path}{query}"
    async with sink.http.post(address, data=BytesIO(body), headers=headers) as answer:
        return answer.status


async def half_a_post(sink, head: str) -> bytes:
    """Send what never becomes a whole request; return the status line."""
    reader, writer = await asyncio.open_connection("127.0.0.1", sink.server.port)
    writer.write(head.replace("\n", "\r\n").encode())
    status = await asyncio.wait_for(reader.readline(), 5)
    writer.close()
    await writer.wait_closed()
    return status


def refusals(journal) -> list[dict]:
    return [m.data for m in journal.moments if m.name == "callback_refused"]


LARGE = b"x" * (2 << 20)


@pytest.mark.parametrize(
    ("body", "headers", "query"),
    [
        (b"Event=StartStream&CallUUID=CA1&x=" + LARGE, FORM, ""),
        (b'{"Event": "Hangup", "CallUUID": "CA1", "x": "' + LARGE + b'"}', JSON, ""),
        (b"x=" + LARGE, FORM, "?CallUUID=CA1"),
        (b"x=" + LARGE, FORM, "?StreamID=ST-CA1"),
    ],
    ids=["form", "JSON", "query", "stream id in the query"],
)
async def test_one_that_is_too_large_is_a_fact_of_the_call_it_names(sink, body, headers, query):
    async with running(sink, "CA0", "CA1"):
        assert await post(sink, body, headers, query) == 413
    other, named = sink.journals()
    (fact,) = refusals(named)
    said = "The body is larger than 262,144 bytes."
    assert (fact["status"], fact["reason"]) == (413, said)
    assert fact["bytes"] > 262_144
    assert refusals(other) == []
    assert sink.server.webhooks.counts == {"too large": 1}
    (entry,) = sink.entries()
    assert entry["_voicelab"]["refused"] == {k: fact[k] for k in ("status", "reason", "bytes")}
    assert not {"body", "bodyBase64"} & entry["_voicelab"].keys()
    assert sink.log.stat().st_size < 1000
    (session,) = [s for s in sink.server.registry if s.stream.call_id == "CA1"]
    assert session.callbacks == []
    assert not session.released.is_set()


async def test_one_that_is_announced_as_too_large_says_how_large(sink):
    assert await post(sink, LARGE, FORM | {"Content-Length": str(len(LARGE))}) == 413
    assert sink.entries()[0]["_voicelab"]["refused"]["bytes"] == 2 << 20


@pytest.mark.parametrize("cut", ["CallUUID=CA1", "CallUUID=CA12", "x=1"])
async def test_one_that_is_no_calls_is_not_given_to_the_only_call_there_is(make_sink, cut):
    sink = await make_sink(limits=Limits(request_s=0.05))
    async with running(sink, "CA1"):
        head = f"POST /webhook HTTP/1.1\nHost: localhost\nContent-Length: 99\n\n{cut}"
        assert b" 408 " in await half_a_post(sink, head)
    assert refusals(sink.journals()[0]) == []
    (entry,) = sink.entries()
    assert entry["_voicelab"]["refused"]["status"] == 408
    assert sink.server.webhooks.counts == {"too slow": 1}


async def test_one_that_never_comes_whole_is_a_fact_of_the_call_it_names(make_sink):
    sink = await make_sink(limits=Limits(request_s=0.05))
    async with running(sink, "CA1"):
        head = "POST /webhook HTTP/1.1\nHost: localhost\nContent-Length: 99\n\nCallUUID=CA1&Ev"
        assert b" 408 " in await half_a_post(sink, head)
    (fact,) = refusals(sink.journals()[0])
    assert (fact["status"], fact["bytes"]) == (408, 99)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b'{"CallUUID": "CA1", "Event": ', JSON),
        (b"Event=Hangup&CallUUID=CA1&From=\xff", FORM),
        (b"<a><CallUUID>CA1</CallUUID></a>", {"Content-Type": "text/xml"}),
    ],
    ids=["JSON", "form", "XML"],
)
async def test_one_that_cannot_be_read_is_a_fact_of_the_call_it_names(sink, body, headers):
    async with running(sink, "CA1"):
        assert await post(sink, body, headers) == 400
    (fact,) = refusals(sink.journals()[0])
    assert (fact["status"], fact["bytes"]) == (400, len(body))
    assert sink.server.webhooks.counts == {"unreadable": 1}
    ours = sink.entries()[0]["_voicelab"]
    assert ours["refused"]["status"] == 400
    assert {"body", "bodyBase64"} & ours.keys()


async def test_a_body_that_is_not_encoded_as_it_says_is_a_fact_of_its_call(sink):
    async with running(sink, "CA1"):
        packed = {"Content-Encoding": "gzip", "Content-Length": "12"}
        assert await post(sink, b"not a gzip!!", FORM | packed, "?CallUUID=CA1") == 400
    (fact,) = refusals(sink.journals()[0])
    assert fact["reason"] == "The body is not encoded as its headers say."
    assert sink.server.webhooks.counts == {"unreadable": 1}
    assert sink.server.refused == {"400 Bad Request": 1}


async def test_a_body_that_is_packed_a_thousandfold_is_refused_as_too_large(sink):
    packed = gzip.compress(b"x" * (20 << 20))
    assert len(packed) < 64_000
    assert await post(sink, packed, FORM | {"Content-Encoding": "gzip"}) == 413


async def test_one_whose_connection_breaks_is_a_fact_of_the_call_it_names(sink):
    async with running(sink, "CA1"):
        _, writer = await asyncio.open_connection("127.0.0.1", sink.server.port)
        head = b"POST /webhook HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99\r\n\r\n"
        writer.write(head + b"CallUUID=CA1&Ev")
        await writer.drain()
        writer.transport.abort()
        async with asyncio.timeout(5):
            while not sink.server.webhooks.counts:  # noqa: ASYNC110 - a counter tells nobody
                await asyncio.sleep(0.01)
        with suppress(ConnectionError):
            await writer.wait_closed()
    assert sink.server.webhooks.counts == {"cut off": 1}
    assert [fact["status"] for fact in refusals(sink.journals()[0])] == [400]


async def test_one_that_is_not_signed_is_a_fact_without_what_it_says(make_sink):
    sink = await make_sink(auth_token=Secret("right"), signatures="require")
    async with sink.http.post(f"{sink.url}/", data={"CallUUID": "CA1"}) as answer:
        assert answer.status == 403
    answered = sink.server.registry.answered("CA1")
    assert await post(sink, b"CallUUID=CA1&Event=Hangup&word=forged", FORM) == 403
    (moment,) = answered.moments
    assert moment.data["status"] == 403
    assert "forged" not in json.dumps(moment.data)
    assert answered.events == []
    assert sink.server.webhooks.counts == {"signature absent": 2}


@pytest.mark.parametrize(("path", "status"), [("/", 413), ("/webhook", 413)])
async def test_a_call_that_is_answered_later_has_what_came_before(sink, path, status):
    async with sink.http.post(f"{sink.url}/", data={"CallUUID": "CA1", "Event": "StartApp"}):
        pass
    assert await post(sink, b"CallUUID=CA1&x=" + LARGE, FORM, path=path) == status
    async with running(sink, "CA1"):
        pass
    (journal,) = sink.journals()
    (fact,) = [m for m in journal.moments if m.name == "callback_refused"]
    assert fact.t_ns < 0


async def test_an_unreadable_request_for_an_answer_is_in_the_journal_of_its_call(sink):
    body = b'{"CallUUID": "CA1", '
    assert await post(sink, body, JSON, path="/") == 200
    assert sink.server.webhooks.counts == {"unreadable": 1}
    async with running(sink, "CA1"):
        pass
    first = sink.journals()[0].moments[0]
    assert (first.leg, first.data) == ("webhook", body.decode())


async def test_a_head_that_cannot_be_read_has_its_line_in_the_log(sink):
    flood = "X-A: " + "a" * 100_000
    assert b" 400 " in await half_a_post(sink, f"GET /webhook HTTP/1.1\n{flood}\n\n")
    await sink.server.aclose()
    (entry,) = sink.entries()
    refused = entry["_voicelab"]["refused"]
    assert (refused["status"], refused["bytes"]) == (400, 0)
    assert "aaa" not in sink.log.read_text()
    assert sink.server.refused == {"400 Bad Request": 1}
    assert sink.server.webhooks.counts == {"unreadable head": 1}


async def test_every_refusal_is_counted(make_sink):
    sink = await make_sink(limits=Limits(body_bytes=1000))
    for path, body, headers in (
        ("/webhook", b"x" * 2000, {}),
        ("/webhook", b"[1]", JSON),
        ("/absent", b"", {}),
        ("/", b"", {"Host": "p.example"}),
    ):
        assert await post(sink, body, headers, path=path) >= 400
    assert {status.split()[0] for status in sink.server.refused} == {"413", "400", "404", "503"}
