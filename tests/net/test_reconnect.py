"""A call whose socket comes again, or whose start comes late: one call in several journals."""

import asyncio
import json

import pytest

from voicelab import load
from voicelab.call.settings import StreamSettings
from voicelab.net.options import parse_format

pytestmark = pytest.mark.net


async def test_a_reconnect_continues_the_call(sink):
    await sink.call(sink.law_frames(2))
    await sink.call(sink.law_frames(2))
    first, second = sink.journals()
    assert second.header["continues"] == first.header["id"]
    assert first.header["id"] != second.header["id"]
    assert len(list(sink.recordings.glob("*Z.wav"))) == 2


async def test_a_reconnect_takes_over_the_waiting_for_hangup(sink):
    await sink.call(sink.law_frames(2))
    (first,) = sink.server.registry
    assert not first.closed.is_set()
    await sink.call(sink.law_frames(2))
    await asyncio.wait_for(first.closed.wait(), 5)
    _, second = sink.server.registry
    assert not second.closed.is_set()
    for fields in ({"Event": "DroppedStream", "StreamID": "ST-CA1"}, {"Event": "Hangup"}):
        async with sink.http.post(f"{sink.url}/webhook", data={"CallUUID": "CA1", **fields}):
            pass
    await second.closed.wait()
    assert second.callbacks[-1] == "Hangup"
    assert "Hangup" in sink.journals()[1].moments[-1].data


async def test_a_late_start_adopts_what_was_answered_and_goes_on_from(make_sink):
    sink = await make_sink(stream=StreamSettings(format=parse_format("mulaw/8000")))
    await sink.call(sink.law_frames(2))
    async with sink.http.post(f"{sink.url}/", data={"CallUUID": "CA1", "Event": "StartApp"}):
        pass
    answered = sink.server.registry.pending("CA1").id
    by_answer = sink.server.hub.subscribe(f"call:{answered}")
    with sink.server.hub.subscribe("calls") as calls:
        async with sink.socket() as ws:
            for chunk, frame in enumerate(sink.law_frames(60), 1):
                await ws.send_json(sink.media(frame, chunk))
            session = await anext(calls)
            by_first_name = sink.server.hub.subscribe(session.topic)
            await ws.send_json(sink.start())
            await ws.send_json(sink.media(sink.law_frames(1)[0], 61))
    await sink.settled()
    earlier, journal = sink.journals()
    (adopted,) = [m.data for m in journal.moments if m.name == "adopted"]
    assert adopted["id"] == session.stream.id == answered != journal.header["id"]
    assert adopted["continues"] == earlier.header["id"]
    assert journal.header["call_id"] is None
    webhooks = [m for m in journal.moments if m.leg == "webhook"]
    assert [m.way for m in webhooks] == ["in", "out"]
    assert all(m.t_ns < 0 for m in webhooks)
    assert session.callbacks == ["StartApp"]
    facts = load(sorted(sink.recordings.glob("*.jsonl"))[1]).facts
    assert (facts.id, facts.call_id, facts.callbacks) == (answered, "CA1", ("StartApp",))
    for follower in (by_answer, by_first_name):
        follower.close()
        seen = [m async for m in follower if m.leg == "carrier"]
        assert json.loads(seen[-1].data)["media"]["chunk"] == 61
