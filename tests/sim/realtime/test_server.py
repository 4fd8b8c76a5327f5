"""The local server over real sockets, as clients of every kind meet it."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from voicelab import LocalRealtime
from voicelab.audio.format import AudioFormat
from voicelab.call.turn import HangUp
from voicelab.errors import PortBusy, SettingError

pytestmark = pytest.mark.net

PCMU = AudioFormat("mulaw", 8000)
LISTEN = {
    "type": "realtime",
    "audio": {
        "input": {
            "format": {"type": "audio/pcmu"},
            "turn_detection": {"type": "server_vad", "silence_duration_ms": 500},
        },
        "output": {"format": {"type": "audio/pcmu"}},
    },
}


@pytest.fixture
async def server() -> AsyncIterator[LocalRealtime]:
    async with LocalRealtime(speed=1000) as server:
        yield server
    assert server.left() == {"sessions": 0, "answers": 0}


async def send(socket: ClientConnection, type: str, **fields) -> None:
    await socket.send(json.dumps({"type": type, **fields}))


async def until(socket: ClientConnection, type: str) -> list[dict]:
    events = []
    async with asyncio.timeout(20):
        while not events or events[-1]["type"] != type:
            events.append(json.loads(await socket.recv()))
    return events


async def say(socket: ClientConnection, sound: bytes) -> None:
    for at in range(0, len(sound), 160):
        audio = base64.b64encode(sound[at : at + 160]).decode()
        await send(socket, "input_audio_buffer.append", audio=audio)


async def gone(server: LocalRealtime) -> None:
    """Wait until the server has noticed that its clients are gone."""
    async with asyncio.timeout(20):
        while server.sessions:  # noqa: ASYNC110 - from outside there is nothing to wait for
            await asyncio.sleep(0.01)


async def test_a_turn_comes_back_byte_for_byte(server, prompt):
    async with connect(f"{server.url}?model=any", compression=None) as socket:
        assert (await until(socket, "session.created"))[0]["session"]["model"] == "any"
        await send(socket, "session.update", session=LISTEN)
        sound = prompt("order", PCMU)
        await say(socket, sound)
        events = await until(socket, "response.done")
        said = b"".join(
            base64.b64decode(e["delta"]) for e in events if e["type"].endswith("audio.delta")
        )
        assert said in sound
        assert len(said) > 4 * 8000
        assert server.sessions == 1
    await gone(server)
    assert (server.opened, server.ended) == (1, {"client": 1})


async def test_an_update_may_come_before_the_session_was_read(server):
    async with connect(server.url) as socket:
        await send(socket, "session.update", session={"type": "realtime", "instructions": "hi"})
        events = await until(socket, "session.updated")
    assert [each["type"] for each in events] == ["session.created", "session.updated"]


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (None, None),
        (["realtime", "openai-insecure-api-key.ek_1"], "realtime"),
        (["openai-insecure-api-key.ek_1"], None),
        (["something"], None),
    ],
)
async def test_the_subprotocol_is_chosen_where_it_is_offered(server, offered, chosen):
    async with connect(server.url, subprotocols=offered) as socket:
        assert socket.subprotocol == chosen
        await until(socket, "session.created")


@pytest.mark.parametrize(
    "path", ["/v1/realtime", "/openai/v1/realtime?model=a&b=c", "/v1/realtime?x"]
)
async def test_any_model_and_any_key_will_do(server, path):
    base = server.url.removesuffix("/v1/realtime")
    for headers in ({}, {"Authorization": "Bearer anything"}):
        async with connect(base + path, additional_headers=headers) as socket:
            await until(socket, "session.created")


@pytest.mark.parametrize("path", ["/", "/v1", "/v1/realtime/calls", "/v1/chat"])
async def test_other_paths_are_not_found(server, path):
    with pytest.raises(InvalidStatus) as refused:
        await connect(server.url.removesuffix("/v1/realtime") + path)
    assert refused.value.response.status_code == 404
    assert server.refused == 1


@pytest.mark.parametrize(
    "beta",
    [
        {"additional_headers": {"OpenAI-Beta": "realtime=v1"}},
        {"subprotocols": ["realtime", "openai-beta.realtime-v1"]},
    ],
    ids=["header", "subprotocol"],
)
async def test_the_beta_dialect_is_told_that_it_is_over(server, beta):
    async with connect(server.url, **beta) as socket:
        (error,) = await until(socket, "error")
        assert error["error"]["code"] == "beta_api_shape_disabled"
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd.code == 4000
    assert server.ended == {"beta": 1}
    assert server.errors == {"beta_api_shape_disabled": 1}


async def test_a_session_expires_with_its_reason():
    async with LocalRealtime(session_s=0.05) as server, connect(server.url) as socket:
        events = await until(socket, "error")
        assert events[-1]["error"]["code"] == "session_expired"
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
        assert closed.value.rcvd.code == 1001
        assert closed.value.rcvd.reason == events[-1]["error"]["message"]
        await gone(server)
        assert server.ended == {"expired": 1}


async def test_garbage_is_answered_and_the_session_goes_on(server, prompt):
    async with connect(server.url) as socket:
        for text in ("{", "[]", b"\xff\xfe", "null", '{"type":"nothing"}', "[" * 50_000):
            await socket.send(text)
        await send(socket, "session.update", session={"type": "realtime"})
        events = await until(socket, "session.updated")
    assert [each["type"] for each in events[1:-1]] == ["error"] * 6
    assert server.errors == {"invalid_event": 5, "invalid_value": 1}


async def test_a_client_that_floods_does_not_keep_others_waiting(server):
    async def flood() -> None:
        async with connect(server.url, max_queue=None) as socket:
            for _ in range(200):
                await socket.send("{}")
                await socket.send('{"type":"input_audio_buffer.append","audio":""}')
            socket.transport.write(b"\x81\x82\0\0\0\0{}" * 20_000)
            await send(socket, "session.update", session={"type": "realtime"})
            await until(socket, "session.updated")

    flooding = asyncio.create_task(flood())
    async with connect(server.url) as socket:
        for _ in range(20):
            await send(socket, "session.update", session={"type": "realtime"})
            await until(socket, "session.updated")
        await flooding
    assert server.errors == {"invalid_event": 20_200}


async def test_a_message_that_is_too_big_ends_the_session(server):
    async with connect(server.url) as socket:
        await until(socket, "session.created")
        length = (25 * 1024 * 1024).to_bytes(8, "big")
        socket.transport.write(b"\x81\xff" + length + bytes(4))  # RFC 6455 section 5.2
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    assert closed.value.rcvd.code == 1009
    await gone(server)
    assert server.ended == {"too_big": 1}


async def test_a_client_that_does_not_read_is_cut_off(monkeypatch):
    monkeypatch.setattr("voicelab.sim.realtime.connection.MAX_UNSENT_BYTES", 100_000)
    async with LocalRealtime(speed=10_000) as server, connect(server.url, max_queue=1) as socket:
        socket.transport.pause_reading()
        with suppress(ConnectionClosed):
            for _ in range(2000):
                await send(socket, "response.create", response={"conversation": "none"})
                await asyncio.sleep(0)
                if server.ended:
                    break
        await gone(server)
        assert server.ended == {"slow": 1}
        socket.transport.abort()


async def test_a_client_that_does_not_read_its_end_is_not_waited_for():
    async with (
        LocalRealtime(session_s=0.2, speed=10_000) as server,
        connect(server.url, max_queue=1) as socket,
    ):
        socket.transport.pause_reading()
        for _ in range(60):
            await send(socket, "response.create", response={"conversation": "none"})
        await gone(server)
        socket.transport.abort()
        assert sum(server.ended.values()) == 1


async def test_clients_that_vanish_leave_nothing(prompt):
    async def respond(turn):
        await asyncio.sleep(60)

    sound = prompt("yes", PCMU)

    async def visit(server: LocalRealtime, stage: int) -> None:
        socket = await connect(server.url, compression=None)
        if stage > 0:
            await send(socket, "session.update", session=LISTEN)
        if stage > 1:
            await send(socket, "response.create")
        if stage > 2:
            await say(socket, sound[: 160 * 60])
        if stage > 3:
            await until(socket, "response.created")
        if stage % 2:
            socket.transport.abort()
        await socket.close()

    async with LocalRealtime(respond) as server:
        for begin in range(0, 200, 20):
            await asyncio.gather(*(visit(server, n % 6) for n in range(begin, begin + 20)))
        await gone(server)
        assert server.opened == 200
        assert server.ended == {"client": 200}
        assert server.left() == {"sessions": 0, "answers": 0}
        async with connect(server.url) as socket:
            await until(socket, "session.created")


async def test_closing_the_server_closes_its_sessions():
    server = await LocalRealtime().start()
    socket = await connect(server.url)
    await until(socket, "session.created")
    await asyncio.gather(server.aclose(), server.aclose())
    await server.aclose()
    with pytest.raises(ConnectionClosed) as closed:
        await socket.recv()
    assert closed.value.rcvd.code == 1001
    with pytest.raises(OSError, match=r"."):
        await connect(server.url)


async def test_connections_that_speak_no_websocket_are_nothing(server, caplog):
    for bytes_ in (b"", b"GET / HTTP/1.1\r\n\r\n", b"\x16\x03\x01\x02\x00", b"x" * 100_000):
        reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
        writer.write(bytes_)
        writer.write_eof()
        with suppress(ConnectionError):
            await asyncio.wait_for(reader.read(), 5)
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
    async with connect(server.url) as socket:
        await until(socket, "session.created")
    assert not [each for each in caplog.records if each.levelno >= logging.ERROR]


async def test_a_function_answers_over_the_socket():
    async def respond(turn):
        yield f"You said {turn.text}, call {turn.call}."
        yield HangUp("done")

    async with (
        LocalRealtime(respond, speed=1000) as server,
        connect(f"{server.url}?call=c-1") as socket,
    ):
        await send(socket, "response.create", response={"output_modalities": ["text"]})
        events = await until(socket, "response.done")
    (text,) = [each["text"] for each in events if each["type"] == "response.output_text.done"]
    assert text == "You said None, call c-1."
    (call,) = [each for each in events if each["type"].endswith("arguments.done")]
    assert (call["name"], call["arguments"]) == ("hang_up", '{"reason": "done"}')


async def test_a_function_that_gives_an_unreadable_file_says_sorry(tmp_path, caplog):
    async with (
        LocalRealtime(lambda turn: tmp_path / "none.wav", speed=1000) as server,
        connect(server.url) as socket,
    ):
        await send(socket, "response.create")
        events = await until(socket, "response.done")
    (said,) = [each for each in events if each["type"].endswith("transcript.done")]
    assert said["transcript"].startswith("Sorry")
    assert "none.wav" in caplog.text


async def test_speech_dismisses_a_function_that_thinks(prompt):
    asked = []

    async def respond(turn):
        asked.append(turn)
        if len(asked) == 1:
            await asyncio.sleep(60)
        return "fine"

    async with (
        LocalRealtime(respond, speed=1000) as server,
        connect(server.url, compression=None) as socket,
    ):
        await send(socket, "session.update", session=LISTEN)
        await send(socket, "response.create")
        await until(socket, "response.created")
        await say(socket, prompt("yes", PCMU))
        events = await until(socket, "response.done")
        assert events[-1]["response"]["status"] == "cancelled"
        assert (await until(socket, "response.done"))[-1]["response"]["status"] == "completed"
    assert len(asked) == 2


async def test_delays_are_drawn_from_the_seed():
    async def drawn(seed: int) -> list[float]:
        server = LocalRealtime(delay_ms=(0, 1000), seed=seed)
        found = []
        for _ in range(2):
            server.opened += 1

            class Socket:
                request = None

            core = server._core(Socket())
            found += [core._delay_s() for _ in range(3)]
        return found

    first, again, other = await drawn(1), await drawn(1), await drawn(2)
    assert first == again != other
    assert len(set(first)) == 6
    assert all(0 <= each <= 1 for each in first)


async def test_a_busy_port_is_told(server):
    with pytest.raises(PortBusy):
        await LocalRealtime(port=server.port).start()


@pytest.mark.parametrize(
    "wrong",
    [
        {"delay_ms": (5, 1)},
        {"delay_ms": (-1, 1)},
        {"session_s": 0},
        {"speed": 0},
        {"tool_calls": 0},
        {"answer_timeout_s": 0},
        {"port": 70_000},
        {"agent": "robot"},
    ],
)
def test_options_are_checked(wrong):
    with pytest.raises(SettingError):
        LocalRealtime(**wrong)


def test_it_shows_itself():
    def respond(turn): ...

    assert repr(LocalRealtime(respond)) == "<LocalRealtime respond, not started>"
    assert LocalRealtime(host="0.0.0.0", port=99).url == "ws://127.0.0.1:99/v1/realtime"
    assert LocalRealtime(host="::1", port=99).url == "ws://[::1]:99/v1/realtime"
