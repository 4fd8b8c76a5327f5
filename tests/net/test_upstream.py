"""A connection to a Realtime server, over real sockets."""

import asyncio
import base64
import json

import pytest

from voicelab.errors import ProtocolError, StateError
from voicelab.net.upstream import FRAME_BYTES, Upstream, UpstreamListener, UpstreamState
from voicelab.net.upstream_options import UpstreamOptions
from voicelab.protocol.realtime import (
    InputAudioBufferAppend,
    ResponseCreate,
    SessionUpdate,
    Unknown,
)
from voicelab.secret import Secret

pytestmark = pytest.mark.net


class Listener(UpstreamListener):
    def __init__(self):
        self.opened = asyncio.Event()
        self.ended = asyncio.Event()
        self.said = asyncio.Queue()
        self.sent = []
        self.end = None

    def on_open(self):
        self.opened.set()

    def on_event(self, raw, event):
        self.said.put_nowait((raw, event))

    def on_sent(self, raw):
        self.sent.append(raw)

    def on_close(self, end):
        assert self.end is None, "told twice"
        self.end = end
        self.ended.set()


@pytest.fixture
async def make(stub):
    made = []

    def make(listener=None, **options):
        listener = listener or Listener()
        upstream = Upstream(UpstreamOptions(**{"url": stub.url, **options}), listener)
        made.append(upstream)
        return upstream, listener

    yield make
    for upstream in made:
        await upstream.aclose()


async def opened(made):
    upstream, listener = made
    upstream.start()
    async with asyncio.timeout(5):
        await listener.opened.wait()
        await listener.said.get()
    return upstream, listener


async def ended(listener):
    async with asyncio.timeout(5):
        await listener.ended.wait()
    return listener.end


async def test_events_come_with_their_text(make, stub):
    upstream, listener = make()
    upstream.start()
    raw, event = await listener.said.get()
    assert json.loads(raw)["type"] == "session.created"
    assert upstream.state is UpstreamState.OPEN
    assert upstream.connect_ms > 0
    await stub.say({"type": "something.new", "event_id": "e", "x": 1})
    raw, event = await listener.said.get()
    assert isinstance(event, Unknown)
    assert json.loads(raw)["x"] == 1


async def test_what_is_sent_early_goes_out_first_and_in_order(make, stub):
    upstream, listener = make()
    assert upstream.send(SessionUpdate({"type": "realtime"}))
    upstream.start()
    assert upstream.send(InputAudioBufferAppend(b"\1\0"))
    assert upstream.send('{"type": "response.create", "odd":  "spaces"}')
    await listener.opened.wait()
    assert upstream.send(InputAudioBufferAppend(b"\2\0"))
    await stub.until(lambda: len(stub.texts) == 4)
    assert [event["type"] for event in stub.events] == [
        "session.update",
        "input_audio_buffer.append",
        "response.create",
        "input_audio_buffer.append",
    ]
    assert stub.texts[2] == '{"type": "response.create", "odd":  "spaces"}'
    assert listener.sent == stub.texts
    assert upstream.unsent_bytes == 0


async def test_early_audio_is_bounded_and_the_rest_is_never_dropped(make, stub):
    upstream, _ = make(early_bytes=2000)
    upstream.send(SessionUpdate({"type": "realtime"}))
    for n in range(100):
        assert upstream.send(InputAudioBufferAppend(bytes([n]) * 96))
        if n == 50:
            upstream.send(ResponseCreate())
    upstream.start()
    await stub.until(lambda: bool(stub.texts) and '"Y2Nj' in stub.texts[-1])
    types = [event["type"] for event in stub.events]
    assert types[0] == "session.update"
    assert types[1] == "response.create"
    kept = [base64.b64decode(event["audio"])[0] for event in stub.events[2:]]
    assert kept == list(range(100 - len(kept), 100))
    assert upstream.dropped == 100 - len(kept) > 80


async def test_control_that_cannot_be_kept_ends_it(make):
    upstream, listener = make(early_bytes=2000)
    sent = [upstream.send('{"type":"response.create"}') for _ in range(100)]
    assert sent[0]
    assert not sent[-1]
    assert listener.end.why == "slow"
    assert "takes too long to connect" in listener.end.detail


async def test_long_audio_goes_in_pieces_and_nothing_else_does(make, stub):
    upstream, _ = await opened(make())
    audio = bytes(range(256)) * 8000
    assert upstream.send(InputAudioBufferAppend(audio))
    text = json.dumps(
        {"type": "input_audio_buffer.append", "audio": base64.b64encode(audio).decode()}
    )
    assert upstream.send(text)
    image = '{"type":"conversation.item.create","item":{"x":"' + "y" * FRAME_BYTES + '"}}'
    assert upstream.send(image)
    await stub.until(lambda: bool(stub.texts) and stub.texts[-1] == image)
    appends = [e for e in stub.events if e["type"] == "input_audio_buffer.append"]
    assert b"".join(base64.b64decode(each["audio"]) for each in appends) == audio + audio
    assert max(map(len, stub.texts[:-1])) <= FRAME_BYTES


async def test_more_than_a_server_takes_is_not_sent(make):
    upstream, _ = await opened(make())
    with pytest.raises(ProtocolError, match="15 MiB"):
        upstream.send('{"type":"x","y":"' + "z" * (15 << 20) + '"}')


async def test_a_close_from_here_is_told_on_both_sides(make, stub):
    upstream, listener = await opened(make())
    upstream.close(1001, "the caller hung up")
    upstream.close()
    assert (await ended(listener)).why == "shutdown"
    assert listener.end.code == 1001
    assert not upstream.send(ResponseCreate())
    await stub.until(lambda: bool(stub.closed))
    assert stub.closed == [(1001, "the caller hung up")]


async def test_a_close_is_possible_at_every_stage(make, stub):
    for pauses in range(12):
        upstream, listener = make()
        upstream.start()
        for _ in range(pauses):
            await asyncio.sleep(0)
        await upstream.aclose()
        assert upstream.state is UpstreamState.CLOSED
        assert listener.end.why == "shutdown"
    await stub.until(lambda: not stub.open)


async def test_a_close_in_the_moment_of_the_handshake(make, stub, monkeypatch):
    upstream, listener = make()
    connect = upstream._connect

    async def connect_and_be_closed(key):
        connection = await connect(key)
        upstream.close(1001, "at once")
        return connection

    monkeypatch.setattr(upstream, "_connect", connect_and_be_closed)
    upstream.start()
    assert (await ended(listener)).detail == "at once"
    upstream.close()
    assert not listener.opened.is_set()
    await stub.until(lambda: stub.closed == [(1001, "at once")])


async def test_it_is_closed_before_it_began(make, stub):
    upstream, listener = make()
    await upstream.aclose()
    assert listener.end.why == "shutdown"
    with pytest.raises(StateError):
        upstream.start()
    assert stub.opened == 0


async def test_a_listener_may_close_it_and_hears_nothing_more(make, stub):
    class Once(Listener):
        def on_event(self, raw, event):
            super().on_event(raw, event)
            upstream.close()

    upstream, listener = make(Once())
    upstream.start()
    await stub.until(lambda: bool(stub.open))
    await stub.say(*[{"type": "more", "event_id": "e"}] * 20)
    await ended(listener)
    assert listener.said.qsize() == 1


@pytest.mark.parametrize("where", ["on_open", "on_event", "on_sent", "on_close"])
async def test_a_listener_that_fails_ends_it(make, stub, where):
    listener = Listener()
    tell = getattr(listener, where)

    def fail(*what):
        tell(*what)
        raise RuntimeError(where)

    setattr(listener, where, fail)
    upstream, _ = make(listener)
    upstream.start()
    upstream.send(ResponseCreate())
    if where == "on_close":
        upstream.close()
    await ended(listener)
    assert listener.end.why == ("shutdown" if where == "on_close" else "error")
    await stub.until(lambda: not stub.open)


async def test_the_key_goes_out_and_is_shown_nowhere(make, stub, caplog, monkeypatch):
    caplog.set_level("DEBUG")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-not-for-others")
    upstream, _ = await opened(
        make(key=Secret("sk-hidden"), extra_query={"token": "sk-hidden-too"}, model="m")
    )
    assert stub.requests[0].headers["Authorization"] == "Bearer sk-hidden"
    assert "OpenAI-Beta" not in stub.requests[0].headers
    assert "Sec-WebSocket-Protocol" not in stub.requests[0].headers
    assert stub.requests[0].path == "/v1/realtime?model=m&token=sk-hidden-too"
    await upstream.aclose()
    # The stub logs what it gets; only what this side says is looked at.
    ours = "".join(r.getMessage() for r in caplog.records if r.name != "websockets.server")
    shown = ours + repr(upstream.options) + upstream.url + str(upstream.options.config())
    shown += repr(vars(upstream))
    assert "sk-" not in shown
    assert upstream.url.endswith("/v1/realtime?model=m")


async def test_a_key_of_the_environment_is_for_openai_only(make, stub, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-hidden")
    await opened(make())
    assert "Authorization" not in stub.requests[0].headers
    assert UpstreamOptions().secret().reveal() == "sk-hidden"
    assert UpstreamOptions("wss://eu.api.openai.com/v1/realtime").secret() is not None
    assert UpstreamOptions("wss://openai.com.example/v1/realtime").secret() is None


async def test_the_beta_dialect_says_so(make, stub):
    await opened(make(dialect="beta"))
    assert stub.requests[0].headers["OpenAI-Beta"] == "realtime=v1"


async def test_a_server_that_does_not_read_is_left(make, stub):
    async def deaf(connection):
        await connection.send('{"type":"session.created","event_id":"e","session":{}}')
        connection.transport.pause_reading()
        await connection.wait_closed()

    stub.script = deaf
    upstream, listener = await opened(make(unsent_bytes=1 << 20))
    for _ in range(400):
        if not upstream.send(InputAudioBufferAppend(bytes(48000))):
            break
        await asyncio.sleep(0)
    assert (await ended(listener)).why == "slow"
    assert "reads too slowly" in listener.end.detail
    for connection in stub.open:
        connection.transport.resume_reading()


async def test_a_close_does_not_wait_for_a_server_that_stalls(make, stub):
    stalled = asyncio.Event()

    async def stall(connection):
        await connection.send('{"type":"session.created","event_id":"e","session":{}}')
        connection.transport.pause_reading()
        stalled.set()
        await connection.wait_closed()

    stub.script = stall
    upstream, listener = await opened(make(close_s=0.05))
    await stalled.wait()
    await upstream.aclose()
    assert listener.end.why == "shutdown"
    for connection in stub.open:
        connection.transport.resume_reading()
