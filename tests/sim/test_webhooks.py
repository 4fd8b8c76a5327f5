from __future__ import annotations

import asyncio

import aiohttp
import pytest
from aiohttp import web

from voicelab.sim import webhooks as webhooks_module
from voicelab.sim.webhooks import MAX_BODY_BYTES, RETRIES, Webhooks, without_query

pytestmark = pytest.mark.net


@pytest.fixture
async def server():
    """Answers each path its own way, and keeps what came."""
    seen = []
    statuses = []
    release = asyncio.Event()

    async def handle(request: web.Request) -> web.Response:
        seen.append((request.method, request.path_qs, (await request.read()).decode()))
        if request.path == "/slow":
            await release.wait()
        if request.path == "/huge":
            return web.Response(body=b"x" * (MAX_BODY_BYTES * 3))
        return web.Response(status=statuses.pop(0) if statuses else 200, text="fine")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, shutdown_timeout=0.05)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield base, seen, statuses
    release.set()
    await runner.cleanup()


@pytest.fixture
async def webhooks():
    webhooks = Webhooks(backoff_s=0)
    yield webhooks
    await webhooks.aclose()


async def test_fields_go_into_the_body_or_the_query(server, webhooks):
    base, seen, _ = server
    fields = {"Event": "Hangup", "To": "1 2", "Name": "ü&="}
    reply = await webhooks.ask("POST", base + "/a?x=1", fields)
    assert (reply.status, reply.good, reply.body) == (200, True, b"fine")
    await webhooks.ask("GET", base + "/a?x=1#top", fields)
    encoded = "Event=Hangup&To=1+2&Name=%C3%BC%26%3D"
    assert seen == [("POST", "/a?x=1", encoded), ("GET", f"/a?x=1&{encoded}", "")]


async def test_a_huge_body_is_cut(server, webhooks):
    reply = await webhooks.ask("POST", server[0] + "/huge", {})
    assert len(reply.body) == MAX_BODY_BYTES


async def test_a_callback_is_retried_until_it_is_taken(server, webhooks):
    base, seen, statuses = server
    statuses += [500, 302]
    webhooks.post("POST", base + "/", {"Event": "Hangup"})
    await webhooks.drain(10)
    assert len(seen) == 3
    assert webhooks.lost == 0


async def test_a_callback_that_nobody_takes_is_lost_after_its_retries(server, webhooks):
    base, seen, statuses = server
    statuses += [500] * 20
    webhooks.post("POST", base + "/", {"Event": "Hangup"})
    webhooks.post("POST", "nowhere", {"Event": "Hangup"})
    await webhooks.drain(10)
    assert len(seen) == 1 + RETRIES
    assert webhooks.lost == 2


async def test_waiting_for_callbacks_is_bounded(server, webhooks, monkeypatch):
    monkeypatch.setattr(webhooks_module, "MAX_PENDING", 3)
    for _ in range(5):
        webhooks.post("POST", server[0] + "/slow", {})
    assert webhooks.lost == 2
    await webhooks.drain(0.05)
    assert webhooks.lost == 5


async def test_closing_gives_up_what_is_on_its_way(server):
    webhooks = Webhooks()
    webhooks.post("POST", server[0] + "/slow", {})
    await asyncio.sleep(0)
    await webhooks.aclose()


async def test_a_reply_that_does_not_come_in_time(server, webhooks):
    with pytest.raises(TimeoutError):
        await webhooks.ask("POST", server[0] + "/slow", {}, timeout_s=0.01)
    with pytest.raises(aiohttp.ClientError):
        await webhooks.ask("POST", "http://127.0.0.1:1/", {})


def test_an_address_is_shown_without_its_query():
    assert without_query("http://h/p?token=1#x") == "http://h/p"
