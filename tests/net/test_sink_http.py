import asyncio
import json
import logging
import socket

import pytest

from voicelab.call.settings import StreamSettings
from voicelab.errors import PortBusy, StateError
from voicelab.net.options import parse_format
from voicelab.protocol import vobiz
from voicelab.secret import Secret

pytestmark = pytest.mark.net


async def test_it_is_healthy(sink):
    async with sink.http.get(f"{sink.url}/healthz") as answer:
        assert (answer.status, await answer.text()) == (200, "ok")


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_call_is_answered_with_the_references_xml(sink, method):
    async with sink.http.request(method, f"{sink.url}/") as answer:
        assert answer.status == 200
        assert answer.content_type == "application/xml"
        port = sink.server.port
        assert await answer.text() == (
            f'<Response><Stream bidirectional="true" '
            f'statusCallbackUrl="http://127.0.0.1:{port}/webhook" keepCallAlive="true">'
            f"ws://127.0.0.1:{port}/stream</Stream></Response>"
        )


async def test_a_public_address_and_a_format_are_asked_for(make_sink):
    sink = await make_sink(
        public_url="https://t.example/a&b/",
        stream=StreamSettings(format=parse_format("mulaw/8000")),
    )
    async with sink.http.get(f"{sink.url}/", headers={"Host": "anything.example"}) as answer:
        stream = vobiz.parse_answer(await answer.read(), answer.headers["Content-Type"]).stream
    assert stream.url == "wss://t.example/a&b/stream"
    assert stream.status_callback_url == "https://t.example/a&b/webhook"
    assert stream.content_type == "audio/x-mulaw;rate=8000"


async def test_a_strange_host_is_refused_with_a_word_on_what_to_set(sink, caplog):
    with caplog.at_level(logging.WARNING):
        async with sink.http.get(f"{sink.url}/", headers={"Host": "p.example"}) as answer:
            assert answer.status == 503
            assert "--public-url" in await answer.text()
    assert "--public-url" in caplog.text
    assert "p.example" in caplog.text


async def test_hangup_on_the_answer_url_starts_no_stream_and_is_logged(sink):
    async with sink.http.post(f"{sink.url}/", data={"Event": "Hangup", "CallUUID": "CA1"}) as got:
        assert await got.text() == "<Response/>"
    assert sink.entries()[0]["Event"] == "Hangup"


async def test_an_unreadable_answer_request_is_answered_all_the_same(sink):
    headers = {"Content-Type": "application/json"}
    async with sink.http.post(f"{sink.url}/", data=b"{no json", headers=headers) as answer:
        assert answer.status == 200
        assert "<Stream" in await answer.text()


async def test_callbacks_come_as_form_json_and_query(sink):
    fields = {"Event": "StartStream", "CallUUID": "CA1", "From": "+1 555"}
    for request in (
        sink.http.post(f"{sink.url}/webhook", data=fields),
        sink.http.post(f"{sink.url}/webhook", json=fields),
        sink.http.get(f"{sink.url}/webhook", params=fields),
    ):
        async with request as answer:
            assert answer.status == 200
    entries = sink.entries()
    assert [{k: e[k] for k in fields} for e in entries] == [fields] * 3
    assert [e["_voicelab"]["method"] for e in entries] == ["POST", "POST", "GET"]
    assert json.loads(entries[1]["_voicelab"]["body"]) == fields
    assert entries[2]["_voicelab"]["query"].startswith("Event=StartStream")
    assert all(e["_voicelab"]["signature"] == "absent" for e in entries)
    assert sink.server.webhooks.counts["StartStream"] == 3


async def test_an_unreadable_callback_is_logged_counted_and_refused(sink):
    headers = {"Content-Type": "application/json"}
    async with sink.http.post(f"{sink.url}/webhook", data=b"[1]", headers=headers) as answer:
        assert answer.status == 400
    assert sink.entries()[0]["_voicelab"]["body"] == "[1]"
    assert sink.server.webhooks.counts["unreadable"] == 1


async def test_no_header_reaches_the_log(sink):
    headers = {"X-Vobiz-Signature-V3": "hush", "auth-token": "hush", "Authorization": "hush"}
    async with sink.http.post(f"{sink.url}/webhook", data={"Event": "E"}, headers=headers):
        pass
    assert "hush" not in sink.log.read_text()


async def test_a_flood_of_headers_is_refused(sink):
    reader, writer = await asyncio.open_connection("127.0.0.1", sink.server.port)
    writer.write(
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-A: " + b"a" * 100_000 + b"\r\n\r\n"
    )
    assert b" 400 " in await reader.readline()
    writer.close()
    await writer.wait_closed()
    async with sink.http.get(f"{sink.url}/healthz") as answer:
        assert answer.status == 200
    assert sink.server.refused == {"400 Bad Request": 1}


@pytest.mark.parametrize(
    ("policy", "signed", "status", "said"),
    [
        ("if-present", None, 200, "absent"),
        ("if-present", "right", 200, "valid"),
        ("if-present", "wrong", 403, "invalid"),
        ("require", None, 403, "absent"),
        ("require", "right", 200, "valid"),
        ("off", "wrong", 200, "invalid"),
    ],
)
async def test_signatures(make_sink, policy, signed, status, said):
    sink = await make_sink(auth_token=Secret("right"), signatures=policy)
    url = f"{sink.url}/webhook"
    headers = vobiz.signature_headers(signed, url, "1" * 20, "2" * 20) if signed else {}
    async with sink.http.post(url, data={"Event": "E"}, headers=headers) as answer:
        assert answer.status == status
    assert sink.entries()[0]["_voicelab"]["signature"] == said


async def test_a_signature_nobody_can_check_is_called_that(sink):
    url = f"{sink.url}/webhook"
    headers = vobiz.signature_headers("t", url, "1" * 20, "2" * 20)
    async with sink.http.post(url, data={"Event": "E"}, headers=headers) as answer:
        assert answer.status == 200
    assert sink.entries()[0]["_voicelab"]["signature"] == "unchecked"


async def test_a_log_that_cannot_be_written_does_not_lose_the_callback(make_sink, tmp_path):
    sink = await make_sink(webhook_log=tmp_path / "folder")
    (tmp_path / "folder").mkdir()
    async with sink.http.post(f"{sink.url}/webhook", data={"Event": "E"}) as answer:
        assert answer.status == 200
    assert sink.server.webhooks.counts["not logged"] == 1


async def test_a_busy_port_is_an_error_and_leaves_nothing(make_sink, sink):
    with pytest.raises(PortBusy):
        await make_sink(port=sink.server.port)


async def test_a_sink_starts_once(sink):
    with pytest.raises(StateError):
        await sink.server.start()


@pytest.mark.platform
async def test_it_listens_on_ipv6_too(make_sink):
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6")
    sink = await make_sink(host="::1")
    async with sink.http.get(f"{sink.url}/") as answer:
        assert f"ws://[::1]:{sink.server.port}/stream" in await answer.text()
