"""Every way a connection to a Realtime server can end, over real sockets."""

import asyncio
import http
import json
import socket
import ssl

import pytest
from websockets.datastructures import Headers
from websockets.http11 import Response

from voicelab.errors import SettingError
from voicelab.net.upstream import Upstream, UpstreamListener
from voicelab.net.upstream_end import not_connected
from voicelab.net.upstream_options import UpstreamOptions
from voicelab.secret import Secret

pytestmark = pytest.mark.net


async def end_of(**options):
    over = asyncio.get_running_loop().create_future()

    class Listener(UpstreamListener):
        def on_close(self, end):
            over.set_result(end)

    upstream = Upstream(UpstreamOptions(**options), Listener())
    upstream.start()
    try:
        async with asyncio.timeout(5):
            return await over
    finally:
        await upstream.aclose()


def error(code: str) -> str:
    return json.dumps(
        {
            "type": "error",
            "event_id": "e",
            "error": {"type": "invalid_request_error", "code": code, "message": "no"},
        }
    )


@pytest.mark.parametrize(
    ("code", "close_code", "why", "advice"),
    [
        ("invalid_api_key", 3000, "auth", "Check it"),
        ("model_not_found", 1000, "refused", "model="),
        ("insufficient_quota", 1000, "refused", "billing"),
        ("beta_api_shape_disabled", 4000, "beta", "'ga'"),
        ("session_expired", 1001, "expired", "new one"),
        ("invalid_value", 1000, "closed", "closed the connection (1000"),
    ],
)
async def test_an_error_before_the_close_says_why(stub, code, close_code, why, advice):
    async def script(connection):
        await connection.send(error(code))
        await connection.close(close_code)

    stub.script = script
    end = await end_of(url=stub.url)
    assert (end.why, end.code) == (why, close_code)
    assert advice in end.detail


async def test_a_model_that_is_refused_in_a_response_says_why(stub):
    details = {"type": "failed", "error": {"type": "e", "code": "model_not_found"}}
    done = {"status": "failed", "status_details": details}

    async def script(connection):
        text = {"type": "response.done", "event_id": "e", "response": done}
        await connection.send(json.dumps(text))
        await connection.close(1011)

    stub.script = script
    assert (await end_of(url=stub.url)).why == "refused"


@pytest.mark.parametrize(
    ("code", "reason", "why"),
    [
        (3000, "invalid_request_error.invalid_api_key", "auth"),
        (4000, "", "beta"),
        (1001, "Your session hit the maximum duration of 60 minutes.", "expired"),
        (1001, "", "closed"),
        (1000, "", "closed"),
        (1011, "internal error", "closed"),
    ],
)
async def test_a_close_without_an_error_says_why(stub, code, reason, why):
    async def script(connection):
        await connection.close(code, reason)

    stub.script = script
    end = await end_of(url=stub.url)
    assert (end.why, end.code) == (why, code)
    assert reason in end.detail or why in ("auth", "expired")


async def test_a_connection_that_breaks(stub):
    async def script(connection):
        connection.transport.abort()

    stub.script = script
    end = await end_of(url=stub.url)
    assert (end.why, end.code) == ("closed", 1006)


@pytest.mark.parametrize(
    "wire",
    [b"\xff\xff\xff\xff garbage", b"\x81\x02\xff\xfe", b"\x03\x01x"],
    ids=["no frame", "no UTF-8", "no opcode"],
)
async def test_garbage_on_the_wire(stub, wire):
    async def script(connection):
        connection.transport.write(wire)
        await connection.wait_closed()

    stub.script = script
    end = await end_of(url=stub.url)
    assert end.why == "protocol"
    assert "no client may take" in end.detail


async def test_a_message_that_is_too_long(stub):
    async def script(connection):
        await connection.send("x" * 2000)
        await connection.wait_closed()

    stub.script = script
    end = await end_of(url=stub.url, message_bytes=1000)
    assert (end.why, end.code) == ("protocol", 1009)


async def test_a_server_that_does_not_answer_a_ping(stub):
    async def script(connection):
        connection.transport.pause_reading()
        await connection.wait_closed()

    stub.script = script
    end = await end_of(url=stub.url, ping_s=0.05, close_s=0.05)
    assert end.why == "slow"
    assert "does not answer" in end.detail
    for connection in stub.open:
        connection.transport.resume_reading()


@pytest.mark.parametrize(
    ("status", "body", "why", "advice"),
    [
        (401, b'{"error":{"code":"invalid_api_key"}}', "auth", "key"),
        (403, b"", "auth", "key"),
        (404, b"", "refused", "path"),
        (404, b'{"error":{"code":"model_not_found"}}', "refused", "model="),
        (429, b"", "refused", "later"),
        (429, b'{"error":{"code":"insufficient_quota"}}', "refused", "billing"),
        (500, b"", "refused", "trouble"),
        (400, b"", "refused", "model"),
    ],
)
async def test_a_refused_handshake(stub, status, body, why, advice):
    async def answer(connection, request):
        return Response(status, http.HTTPStatus(status).phrase, Headers(), body)

    stub.answer = answer
    end = await end_of(url=stub.url)
    assert (end.why, end.code) == (why, status)
    assert advice in end.detail


async def test_a_redirect_is_not_followed(stub):
    async def answer(connection, request):
        return Response(302, "Found", Headers({"Location": stub.url + "/x"}), b"")

    stub.answer = answer
    end = await end_of(url=stub.url, key=Secret("sk-hidden"))
    assert (end.why, end.code) == ("refused", 302)
    assert len(stub.requests) == 1


@pytest.mark.parametrize("reply", [b"", b"SSH-2.0-OpenSSH\r\n", b"HTTP/1.1 200 OK\r\n\r\n"])
async def test_something_else_listens_there(reply):
    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(reply)
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        end = await end_of(url=f"ws://127.0.0.1:{port}/")
    assert end.why in ("protocol", "refused")
    assert "Check" in end.detail


async def test_a_server_that_accepts_and_says_nothing():
    async def serve(reader, writer):
        await reader.read()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        end = await end_of(url=f"ws://127.0.0.1:{port}/", connect_s=0.05)
        assert end.why == "unreachable"
        assert "within 0.05 s" in end.detail
        server.close()


async def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    end = await end_of(url=f"ws://127.0.0.1:{port}/v1/realtime")
    assert end.why == "unreachable"
    assert "Nobody listens" in end.detail
    assert str(port) in end.detail


async def test_no_tls_there(stub):
    end = await end_of(url=stub.url.replace("ws://", "wss://"))
    assert end.why == "unreachable"
    assert "ws://" in end.detail


async def test_no_key_for_openai(monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    end = await end_of()
    assert end.why == "auth"
    assert "OPENAI_API_KEY" in end.detail


async def test_a_key_that_no_header_can_carry():
    end = await end_of(key=Secret("sk-\nX: y"))
    assert end.why == "auth"
    assert "sk-" not in end.detail


@pytest.mark.parametrize(
    ("error", "why", "words"),
    [
        (socket.gaierror(-2, "Name or service not known"), "unreachable", "name"),
        (ssl.SSLCertVerificationError(1, "certificate verify failed"), "unreachable", "certif"),
        (OSError(101, "Network is unreachable"), "unreachable", "Network is unreachable"),
        (TypeError("secret"), "error", "TypeError"),
    ],
)
def test_what_a_test_cannot_bring_about(error, why, words):
    end = not_connected(error, "wss://example.org/", 10)
    assert end.why == why
    assert words in end.detail
    assert "secret" not in end.detail


@pytest.mark.parametrize(
    "url", ["", "http://x/", "wss://", "wss://a:b@c/", "ws://x:99999/", "wss://[/", "x"]
)
def test_an_address_that_is_none(url):
    with pytest.raises(SettingError, match="must look like"):
        UpstreamOptions(url=url)


def test_a_key_stays_off_an_open_network():
    with pytest.raises(SettingError, match="wss://"):
        UpstreamOptions(url="ws://example.org/v1/realtime", key=Secret("sk-hidden"))
