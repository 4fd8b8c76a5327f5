import asyncio
import json
import logging
import socket

import aiohttp
import numpy as np
import pytest

from voicelab.audio.format import AudioFormat
from voicelab.call.settings import StreamSettings
from voicelab.net.options import Limits
from voicelab.protocol import vobiz
from voicelab.secret import Secret

pytestmark = pytest.mark.net


async def test_a_call_is_recorded_sample_by_sample(sink, caplog):
    frames = sink.law_frames(100)
    with caplog.at_level(logging.INFO):
        await sink.call(frames)
    want = AudioFormat("mulaw", 8000).to_int16(b"".join(frames))
    assert np.array_equal(sink.wav(), want)
    assert "WAV recording saved: " in caplog.text


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("order", ["<i2", ">i2"])
async def test_l16_is_recorded_in_either_order(sink, rate, order):
    t = np.arange(rate)
    voice = (4000 * np.sin(t / 11) * np.sin(t / 900) ** 2 + 30 * np.sin(t * 2.1)).astype(np.int16)
    wire = voice.astype(order).tobytes()
    step = rate // 50 * 2
    frames = [wire[at : at + step] for at in range(0, len(wire), step)]
    await sink.call(frames, encoding="audio/x-l16", rate=rate)
    assert np.array_equal(sink.wav(), voice)


async def test_the_journal_tells_the_whole_call(sink):
    async with sink.http.post(f"{sink.url}/", data={"Event": "StartApp", "CallUUID": "CA1"}):
        pass
    async with sink.http.post(
        f"{sink.url}/webhook", data={"Event": "StartStream", "CallUUID": "CA1"}
    ):
        pass
    await sink.call(sink.law_frames(3))
    for event in ("DroppedStream", "Hangup"):
        async with sink.http.post(
            f"{sink.url}/webhook", data={"Event": event, "StreamID": "ST-CA1", "CallUUID": "CA1"}
        ):
            pass
    (session,) = sink.server.registry
    await session.closed.wait()
    (journal,) = sink.journals()
    assert journal.header["id"] == session.stream.id
    assert journal.header["call_id"] == "CA1"
    times = [m.t_ns for m in journal.moments]
    assert times == sorted(times)
    assert times[0] < 0 < times[-1]
    said = [(m.leg, m.way, m.kind) for m in journal.moments if m.leg != "lab"]
    assert said == [
        ("webhook", "in", "text"),
        ("webhook", "out", "text"),
        ("webhook", "in", "text"),
        *[("carrier", "in", "m")] * 4,
        ("webhook", "in", "text"),
        ("webhook", "in", "text"),
    ]
    assert json.loads(journal.moments[4].data)["media"]["chunk"] == 1


async def test_a_callback_after_the_journal_closed_is_appended(make_sink):
    sink = await make_sink(limits=Limits(callbacks_s=0.01))
    await sink.call(sink.law_frames(1))
    (session,) = sink.server.registry
    await session.closed.wait()
    async with sink.http.post(f"{sink.url}/webhook", data={"Event": "Hangup", "CallUUID": "CA1"}):
        pass
    assert "Hangup" in sink.journals()[0].moments[-1].data


async def test_the_id_of_the_answer_names_the_call_everywhere(sink):
    async with sink.http.post(f"{sink.url}/", data={"CallUUID": "CA1"}):
        pass
    answered = sink.server.registry.pending("CA1").id
    follower = sink.server.hub.subscribe(f"call:{answered}")
    await sink.call(sink.law_frames(2))
    assert sink.journals()[0].header["id"] == answered
    follower.close()
    seen = [m async for m in follower]
    assert sum(m.leg == "carrier" for m in seen) == 3


async def test_many_sockets_in_one_millisecond_get_files_of_their_own(sink):
    await asyncio.gather(*(sink.call(sink.law_frames(2), call=f"CA{n}") for n in range(20)))
    assert len(list(sink.recordings.glob("*Z.wav"))) == 20
    assert len({journal.header["id"] for journal in sink.journals()}) == 20


async def test_malformed_messages_are_counted_and_the_call_goes_on(sink):
    frames = sink.law_frames(4)
    async with sink.socket() as ws:
        await ws.send_json(sink.start())
        await ws.send_json(sink.media(frames[0], 1))
        for text in ("{", "[]", '{"event": 7}', '{"event":"media","media":{"payload":"@@"}}', ""):
            await ws.send_str(text)
        await ws.send_bytes(b"\x00\x01")
        await ws.send_json(sink.media(frames[1], 2))
    await sink.settled()
    (session,) = sink.server.registry
    assert session.stream.samples == 320
    assert session.stream.health.odd["malformed"] >= 3
    assert session.stream.health.odd["binary"] == 1
    assert {m.kind for m in sink.journals()[0].moments} == {"m", "text", "bin", "ev"}


async def test_a_message_over_the_limit_closes_with_1009(make_sink):
    sink = await make_sink(limits=Limits(message_bytes=10_000))
    async with sink.socket() as ws:
        await ws.send_json(sink.start())
        await ws.send_json(sink.media(sink.law_frames(1)[0], 1))
        await ws.send_str("x" * 20_000)
        assert (await ws.receive()).type is aiohttp.WSMsgType.CLOSE
        assert ws.close_code == 1009
    await sink.settled()
    (session,) = sink.server.registry
    assert session.stream.health.odd["too_big"] == 1
    assert len(sink.wav()) == 160


async def test_a_connection_that_breaks_leaves_a_finished_recording(sink):
    async with sink.socket() as ws:
        await ws.send_json(sink.start())
        await ws.send_json(sink.media(sink.law_frames(1)[0], 1))
        await ws.ping()
        ws._response.connection.transport.abort()
    await (await sink.server.registry.wait_for("CA1")).ended.wait()
    assert len(sink.wav()) == 160
    assert sink.journals()[0].moments[-1].name == "ended"


async def test_a_socket_that_says_nothing_leaves_an_empty_call(sink):
    async with sink.socket():
        pass
    await sink.settled()
    assert len(sink.wav()) == 0
    assert sink.journals()[0].header["call_id"] is None


async def test_the_open_watchdog_closes_a_silent_socket(make_sink):
    sink = await make_sink(stream=StreamSettings(open_timeout_s=0.0))
    async with sink.socket() as ws:
        message = await ws.receive(timeout=5)
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1008)
        assert "no start" in message.extra


async def test_a_format_nobody_can_read_is_refused(sink):
    async with sink.socket() as ws:
        await ws.send_json(sink.start("audio/opus", 48000))
        message = await ws.receive(timeout=5)
        assert (message.type, message.data) == (aiohttp.WSMsgType.CLOSE, 1003)


async def test_an_agent_can_be_heard(sink):
    async with sink.socket() as ws:
        await ws.send_json(sink.start())
        stream = (await sink.server.registry.wait_for("CA1")).stream
        stream.play(np.zeros(160, np.int16))
        stream.checkpoint("one")
        stream.stop()
        got = [await ws.receive_json(timeout=5) for _ in range(3)]
    assert [m["event"] for m in got] == ["playAudio", "checkpoint", "stop"]


async def test_a_peer_that_does_not_read_is_closed(make_sink):
    sink = await make_sink(limits=Limits(unsent_bytes=50_000))
    async with sink.socket() as ws:
        await ws.send_json(sink.start())
        stream = (await sink.server.registry.wait_for("CA1")).stream
        for _ in range(400):
            stream.play(np.zeros(160, np.int16))
        while (message := await ws.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
            pass
        assert (message.data, message.extra) == (1008, "you read too slowly")


async def test_strange_origins_and_too_many_streams_are_refused(make_sink):
    sink = await make_sink(limits=Limits(streams=1))
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await sink.socket(headers={"Origin": "https://evil.example"})
    assert refused.value.status == 403
    async with sink.socket(headers={"Origin": "http://localhost:8888"}):
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await sink.socket()
        assert refused.value.status == 503


async def test_the_first_offered_subprotocol_is_taken(sink):
    async with sink.socket(protocols=("audio.plivo.com", "other")) as ws:
        assert ws.protocol == "audio.plivo.com"


async def test_closing_the_sink_finishes_running_calls(make_sink):
    sink = await make_sink()
    async with sink.socket() as ws:
        await ws.send_json(sink.start())
        await ws.send_json(sink.media(sink.law_frames(1)[0], 1))
        await sink.server.registry.wait_for("CA1")
        await sink.server.aclose()
        assert (await ws.receive(timeout=5)).data == 1001
    assert len(sink.wav()) == 160
    ended = sink.journals()[0].moments[-1].data
    assert (ended["why"], ended["code"]) == ("shutdown", 1001)
    await sink.server.aclose()


async def test_a_fault_of_our_own_ends_the_call_with_its_files(sink, monkeypatch, caplog):
    async with sink.socket() as ws:
        await ws.send_json(sink.start())
        session = await sink.server.registry.wait_for("CA1")
        monkeypatch.setattr(session.stream, "on_text", lambda raw: 1 / 0)
        await ws.send_json(sink.media(sink.law_frames(1)[0], 1))
        assert (await ws.receive(timeout=5)).data == 1011
    await sink.settled()
    assert session.stream.end.why == "error"
    assert "fault of voicelab's own" in caplog.text


@pytest.mark.parametrize("seed", range(5))
async def test_lost_doubled_and_swapped_frames_are_placed_and_counted(sink, seed):
    rng = np.random.default_rng(seed)
    frames = sink.law_frames(200)
    arrivals = list(range(1, 201))
    lost = {int(n) for n in rng.choice(np.arange(2, 200), 12, replace=False)}
    doubled = [int(n) for n in rng.choice(np.arange(2, 200), 10, replace=False)]
    for n in doubled:
        arrivals.insert(arrivals.index(n) + 1, n)
    for at in rng.choice(190, 12, replace=False):
        arrivals[at], arrivals[at + 3] = arrivals[at + 3], arrivals[at]
    arrivals = [n for n in arrivals if n not in lost]
    async with sink.socket() as ws:
        await ws.send_json(sink.start())
        for n in arrivals:
            await ws.send_json(sink.media(frames[n - 1], n))
    await sink.settled()
    want = AudioFormat("mulaw", 8000).to_int16(b"".join(frames)).copy()
    for n in lost:
        want[(n - 1) * 160 : n * 160] = 0
    assert np.array_equal(sink.wav(), want)
    (session,) = sink.server.registry
    health = session.stream.health
    assert health.frames == len(arrivals)
    assert health.lost == len(lost)
    assert health.duplicates == sum(n not in lost for n in doubled)
    assert health.late == health.jumps == 0
    assert sink.journals()[0].moments[-1].data["health"] == health.as_dict()


async def test_a_peer_that_never_reads_is_cut_off(make_sink):
    """It sends frames by hand and leaves everything that comes back unread."""
    sink = await make_sink(limits=Limits(unsent_bytes=200_000))
    reader, writer = await asyncio.open_connection("127.0.0.1", sink.server.port, limit=1024)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    writer.write(
        b"GET /stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    reader._transport.pause_reading()
    text = json.dumps(sink.start()).encode()
    writer.write(b"\x81" + bytes([0x80 | 126]) + len(text).to_bytes(2, "big") + bytes(4) + text)
    session = await sink.server.registry.wait_for("CA1")
    loud = np.random.default_rng(1).integers(-9000, 9000, 16000, np.int16)
    sent = 0
    while session.stream.play(loud):
        sent += 1
        await asyncio.sleep(0)
        assert sent < 5000
    async with asyncio.timeout(10):
        await session.ended.wait()
    assert session.stream.end.code == 1008
    assert "too slowly" in session.stream.end.detail
    assert sink.server.registry.running == []
    writer.close()


async def test_a_token_opens_the_socket_of_its_call_only(make_sink):
    token = Secret("right")
    sink = await make_sink(auth_token=token, signatures="require")

    def signed(path: str) -> dict[str, str]:
        return vobiz.signature_headers("right", sink.url + path, "1" * 20, "2" * 20)

    async with sink.http.post(f"{sink.url}/", data={"CallUUID": "CA1"}) as unsigned:
        assert unsigned.status == 403
    async with sink.http.post(f"{sink.url}/", data={"CallUUID": "CA1"}, headers=signed("/")) as got:
        stream = vobiz.parse_answer(await got.read(), "application/xml").stream
    for wrong in (f"{sink.url}/stream", f"{sink.url}/stream?token=x"):
        with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
            await sink.http.ws_connect(wrong)
    async with sink.http.ws_connect(stream.url) as ws:
        await ws.send_json(sink.start(call="CA-other"))
        assert (await ws.receive(timeout=5)).data == 1008
    for _ in range(2):
        async with sink.http.ws_connect(stream.url) as ws:
            await ws.send_json(sink.start())
            await ws.send_json(sink.media(sink.law_frames(1)[0], 1))
    await sink.settled()
    secret = stream.url.split("token=")[1]
    assert len(secret) > 16
    assert all(secret not in p.read_text() for p in sink.recordings.glob("*.jsonl"))


async def test_requests_about_one_call_do_not_pile_up(sink):
    body = {"CallUUID": "CA1", "Event": "StartApp", "filler": "x" * 20_000}
    for _ in range(10):
        async with sink.http.post(f"{sink.url}/", data=body):
            pass
    held = sum(len(m.data) for m in sink.server.registry.pending("CA1").moments)
    assert 20_000 < held <= 64 << 10


async def test_one_recording_that_fails_stops_no_other(sink, monkeypatch, caplog):
    async with sink.socket() as one, sink.socket() as two:
        await one.send_json(sink.start(call="CA1"))
        await two.send_json(sink.start(call="CA2"))
        first = await sink.server.registry.wait_for("CA1")
        second = await sink.server.registry.wait_for("CA2")
        monkeypatch.setattr(first.recording, "flush", lambda: 1 / 0)
        await two.send_json(sink.media(sink.law_frames(1)[0], 1))
        flushed = asyncio.Event()
        loop, real = asyncio.get_running_loop(), second.recording.flush
        monkeypatch.setattr(
            second.recording, "flush", lambda: (real(), loop.call_soon_threadsafe(flushed.set))
        )
        async with asyncio.timeout(5):
            while (
                second.recording.files.wav.stat().st_size == 44
                or "the others go on" not in caplog.text  # whichever is flushed first
            ):
                await flushed.wait()
                flushed.clear()
