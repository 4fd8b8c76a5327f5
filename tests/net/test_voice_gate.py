"""Who may open a session, and who may see the calls."""

import asyncio

import aiohttp
import pytest

from voicelab.errors import PortBusy, ProtocolError, SettingError
from voicelab.net.voice import VoiceServer
from voicelab.net.voice_options import SPOKEN, VoiceOptions
from voicelab.secret import Secret

from .voice_client import event

pytestmark = pytest.mark.net

EVIL = {"Origin": "https://evil.example"}


async def opens(voice, path="/voice", **more):
    """The status of opening a session, and the answer's headers."""
    try:
        ws = await voice.socket(path, **more)
    except aiohttp.WSServerHandshakeError as error:
        return error.status, error.headers
    await ws.close()
    return 101, ws._response.headers


async def asks(voice, path="/voice", **more):
    async with voice.http.get(voice.url + path, **more) as answer:
        return answer.status, await answer.json(), answer.headers


@pytest.mark.parametrize(
    "origin",
    [None, "http://localhost:8888", "https://127.0.0.1", "http://[::1]:3", "https://me.example"],
)
async def test_these_pages_may(make_voice, origin):
    voice = await make_voice(public_url="https://me.example")
    headers = {"Origin": origin} if origin else {}
    assert (await opens(voice, headers=headers))[0] == 101
    status, body, _ = await asks(voice, headers=headers)
    assert (status, body["status"]) == (200, 200)


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://localhost.evil.example", "https://me.example:1", "x"],
)
async def test_these_pages_may_not(make_voice, origin):
    voice = await make_voice(public_url="https://me.example", rate="1 per 60 seconds")
    for _ in range(3):
        assert (await opens(voice, headers={"Origin": origin}))[0] == 403
    status, body, headers = await asks(voice, headers={"Origin": origin})
    assert (status, body["status"]) == (403, 403)
    assert "origins" in body["reason"]
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert (await opens(voice))[0] == 101


async def test_further_pages_by_option(make_voice):
    voice = await make_voice(origins=("https://app.example",))
    assert (await opens(voice, headers={"Origin": "https://app.example"}))[0] == 101
    assert (await opens(voice, headers={"Origin": "http://app.example"}))[0] == 403


async def test_so_many_sessions_and_then_a_pause(make_voice):
    voice = await make_voice(rate="2 per 60 seconds")
    for _ in range(5):
        assert (await asks(voice))[0] == 200
    assert [(await opens(voice))[0] for _ in range(3)] == [101, 101, 429]
    status, headers = await opens(voice)
    assert status == 429
    assert 1 <= int(headers["Retry-After"]) <= 60
    status, body, headers = await asks(voice)
    assert (status, body["status"]) == (429, 429)
    assert body["retry_after_s"] == int(headers["Retry-After"])
    assert headers["Access-Control-Expose-Headers"] == "Retry-After"
    assert voice.server.refused["429 Too Many Requests"] == 3


async def test_five_a_minute_by_default_and_none_turns_it_off(make_voice):
    assert VoiceOptions().rate == "5 per 60 seconds"
    voice = await make_voice(rate=None)
    assert {(await opens(voice))[0] for _ in range(12)} == {101}


async def test_sessions_with_a_token_of_the_lab_are_not_counted(make_voice):
    voice = await make_voice(rate="1 per 60 seconds")
    tokens = [voice.server.one_time_token() for _ in range(3)]
    paths = [f"/voice?token={token}" for token in tokens]
    assert (await asks(voice, paths[0]))[0] == 200
    assert [(await opens(voice, path))[0] for path in paths] == [101, 101, 101]
    assert (await opens(voice))[0] == 101
    assert (await opens(voice, paths[0]))[0] == 429
    assert (await opens(voice, "/voice?token=guess"))[0] == 429
    assert (await opens(voice, paths[1], headers=EVIL))[0] == 403


async def test_unused_tokens_are_bounded(make_voice):
    voice = await make_voice(rate="1 per 60 seconds")
    first = voice.server.one_time_token()
    for _ in range(100):
        last = voice.server.one_time_token()
    assert (await opens(voice))[0] == 101
    assert (await opens(voice, f"/voice?token={first}"))[0] == 429
    assert (await opens(voice, f"/voice?token={last}"))[0] == 101


async def test_the_calls_are_for_this_machine(voice):
    assert (await asks(voice, "/calls"))[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "203.0.113.9"},
        {"Forwarded": "for=203.0.113.9"},
        {"Host": "me.example"},
    ],
)
async def test_a_tunnel_that_ends_here_is_not_this_machine(make_voice, headers):
    voice = await make_voice(token=Secret("tok"))
    status, _, answer = await asks(voice, "/calls", headers=headers)
    assert status == 401
    assert answer["WWW-Authenticate"] == "Bearer"
    allowed = {**headers, "Authorization": "Bearer tok"}
    assert (await asks(voice, "/calls", headers=allowed))[0] == 200


async def test_a_wrong_token_is_wrong_everywhere(make_voice):
    voice = await make_voice(token=Secret("tok"))
    for path in ("/calls", "/calls/x"):
        status, _, _ = await asks(voice, path, headers={"Authorization": "Bearer nope"})
        assert status == 403
    async with voice.http.post(
        voice.url + "/calls/x/items", data="{}", headers={"Authorization": "Bearer é"}
    ) as answer:
        assert answer.status == 403


async def test_a_token_of_bytes_that_are_no_text_is_wrong_as_well(make_voice):
    voice = await make_voice(token=Secret("tok"))
    reader, writer = await asyncio.open_connection("127.0.0.1", voice.server.port)
    head = b"GET /calls HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer \xff\xfe\r\n"
    writer.write(head + b"Connection: close\r\n\r\n")
    assert b" 403 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


async def test_a_page_of_elsewhere_cannot_use_a_browser_of_this_machine(voice):
    assert (await asks(voice, "/calls", headers=EVIL))[0] == 403
    async with voice.http.post(voice.url + "/calls/x/items", data="{}", headers=EVIL) as answer:
        assert answer.status == 403
    with pytest.raises(aiohttp.WSServerHandshakeError, match="403"):
        await voice.socket("/calls/x", headers=EVIL)


async def test_the_token_may_come_from_the_environment(make_voice, monkeypatch):
    monkeypatch.setenv("VOICE_TOKEN", "tok")
    voice = await make_voice()
    headers = {"Authorization": "Bearer tok", "X-Forwarded-For": "203.0.113.9"}
    assert (await asks(voice, "/calls", headers=headers))[0] == 200


async def test_ports_go_by_the_rules(make_voice, monkeypatch):
    voice = await make_voice()
    with pytest.raises(PortBusy):
        await make_voice(port=voice.server.port)
    monkeypatch.setenv("VOICE_PORT", "0")
    assert VoiceOptions().wanted_port() == (0, True)
    monkeypatch.delenv("VOICE_PORT")
    assert VoiceOptions().wanted_port() == (8080, False)
    monkeypatch.setenv("VOICE_PORT", "many")
    with pytest.raises(SettingError, match="VOICE_PORT"):
        VoiceOptions().wanted_port()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"port": 70000}, "port"),
        ({"origins": ("app.example",)}, "origin"),
        ({"origins": ("https://app.example/x",)}, "origin"),
        ({"public_url": "ftp://x"}, "public_url"),
        ({"journal": "some"}, "journal"),
    ],
)
def test_an_option_that_makes_no_sense(options, words):
    with pytest.raises(SettingError, match=words):
        VoiceOptions(**options)


def test_a_rate_that_makes_no_sense():
    with pytest.raises(SettingError, match="5 per 60 seconds"):
        VoiceServer(VoiceOptions(rate="often"))


def test_a_session_that_no_server_would_take():
    from dataclasses import replace

    with pytest.raises(ProtocolError):
        VoiceOptions(conversation=replace(SPOKEN, silence_ms=-1))


async def test_no_configuration_leaves_the_servers_own(make_voice, stub):
    voice = await make_voice(conversation=None)
    async with voice.socket() as ws:
        await event(ws)
        await ws.send_str('{"type":"response.create"}')
        await stub.until(lambda: len(stub.texts) == 1)
    assert stub.events[0]["type"] == "response.create"
