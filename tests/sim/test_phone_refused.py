"""Simulated calls that do not come about."""

from __future__ import annotations

import socket as sockets

import pytest

from voicelab.errors import DialError
from voicelab.sim import Carrier
from voicelab.sim.dialling import excerpt
from voicelab.sim.webhooks import Reply

pytestmark = pytest.mark.net

FAST = {"speed": 20.0, "hold_s": 0.5}


async def refused(app_or_url, tone, **options) -> DialError:
    url = app_or_url if isinstance(app_or_url, str) else app_or_url.base
    with pytest.raises(DialError) as error:
        await Carrier(url, **FAST, **options).dial(tone)
    return error.value


async def test_nobody_answers(tone):
    with sockets.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        error = await refused(f"http://127.0.0.1:{taken.getsockname()[1]}/?key=secret", tone)
    assert error.stage == "answer"
    assert "Nobody answers at http://127.0.0.1" in str(error)
    assert "secret" not in str(error)


async def test_an_address_that_is_none(tone):
    for url in ("localhost:3000", "", "ws://127.0.0.1/"):
        assert (await refused(url, tone)).stage == "answer"


async def test_the_answer_is_an_error(application, tone):
    app = await application(status=500, body="it   broke\nhere")
    error = await refused(app, tone)
    assert error.stage == "answer"
    assert 'status 500 and "it broke here"' in str(error)
    assert app.events() == ["StartApp"]


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"body": "<Response>"}, "8011"),
        ({"content_type": "text/html"}, "8011"),
        ({"body": "<Response><Stream bidirectional='true'> </Stream></Response>"}, "8011"),
        ({"body": "<Response/>"}, "4010"),
        (
            {
                "body": "<Response><Stream bidirectional='true' audioTrack='both'>ws://x/</Stream>"
                "</Response>"
            },
            "4010",
        ),
        (
            {
                "body": "<Response><Stream bidirectional='true' keepCallAlive='true' "
                "contentType='audio/opus'>ws://x/</Stream></Response>"
            },
            "8011",
        ),
    ],
)
async def test_an_answer_the_provider_refuses(application, tone, options, code):
    app = await application(**options)
    error = await refused(app, tone)
    assert error.stage == "xml"
    assert app.events() == ["StartApp", "Hangup"]
    assert app.fields("Hangup")["HangupCauseCode"] == code
    assert code in str(error) or "audio/opus" in str(error)


async def test_the_socket_does_not_open(application, tone):
    app = await application(refuse_upgrades=9)
    error = await refused(app, tone)
    assert error.stage == "socket"
    assert 'status 503 instead of 101, "not yet"' in str(error)
    assert "secret" not in str(error)
    assert app.events() == ["StartApp", "DroppedStream", "Hangup"]


async def test_a_socket_that_opens_on_the_second_try(application, tone):
    app = await application(refuse_upgrades=1, stream={"max_retries": 1})
    result = await (await Carrier(app.base, **FAST).dial(tone)).ended(timeout=20)
    assert result.ended_by == "caller"
    assert len(app.upgrades) == 2


async def test_nobody_listens_at_the_socket(application, tone):
    with sockets.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        app = await application(stream={"url": f"ws://127.0.0.1:{taken.getsockname()[1]}/s"})
        error = await refused(app, tone)
    assert error.stage == "socket"


def test_an_excerpt_is_short():
    assert excerpt(Reply(200, None, b"")) == " and no body"
    assert excerpt(Reply(200, None, b"x" * 999)).endswith('x…"')
