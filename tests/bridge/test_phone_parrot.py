"""Phone to parrot to phone over real sockets, in every format, past a strict provider."""

from __future__ import annotations

import aiohttp
import numpy as np
import pytest

from voicelab.audio.g711 import ulaw_decode
from voicelab.sim.realtime.agents import Parrot
from voicelab.sim.realtime.outputs import Ask, Sound
from voicelab.sim.realtime.server import LocalRealtime

from .conftest import until
from .speech import caller, find, prompt


class Listening(Parrot):
    """A parrot whose committed items can be looked at."""

    def __init__(self, items: list[bytes]) -> None:
        self._items = items

    async def answer(self, ask: Ask):
        async for given in super().answer(ask):
            if isinstance(given, Sound):
                self._items.append(given.payload)
            yield given


@pytest.fixture
def committed(monkeypatch) -> list[bytes]:
    items: list[bytes] = []
    monkeypatch.setattr("voicelab.sim.realtime.agents.Parrot", lambda: Listening(items))
    return items


def correlated(ear: np.ndarray, said: np.ndarray) -> tuple[int, float]:
    """Where the words are in the ear, and how alike they are there, 1 for the same."""
    ear, said = ear.astype(float), said.astype(float)
    size = len(ear) + len(said)
    spectrum = np.fft.rfft(ear, size) * np.conj(np.fft.rfft(said, size))
    product = np.fft.irfft(spectrum, size)[: len(ear) - len(said) + 1]
    at = int(np.argmax(product))
    piece = ear[at : at + len(said)]
    return at, float(product[at] / np.sqrt((piece**2).sum() * (said**2).sum()))


@pytest.mark.parametrize("line", ["mulaw/8000", "l16/8000", "l16/16000", "alaw/8000"])
async def test_the_words_come_back_and_a_strict_provider_finds_nothing(bridge, facts, line):
    rate_hz = 16000 if line == "l16/16000" else 8000
    answer = "mulaw/8000" if line == "alaw/8000" else line
    words = caller("question", rate_hz=rate_hz)
    async with LocalRealtime() as model:
        made = await bridge(model.url, answer)
        call, session = await made.dial(words, rate_hz, format=line)
        result = await call.ended(30)
        journal = await made.journal(session)
    assert result.offences == ()
    assert result.ended_by == "caller"
    at, alike = correlated(call.heard_pcm(), words)
    assert at > len(words)
    assert alike > 0.98
    (ready,) = facts(journal, "model_ready")
    assert (ready["heard"], ready["said"]) == {
        "mulaw/8000": ("mulaw/8000", "mulaw/8000"),
        "alaw/8000": ("alaw/8000", "mulaw/8000"),
    }.get(line, ("l16/24000", "l16/24000"))
    assert facts(journal, "interrupted") == []
    assert model.left() == {"sessions": 0, "answers": 0}


async def test_on_mulaw_the_ear_holds_the_bytes_of_each_item_unchanged(bridge, committed):
    async with LocalRealtime() as model:
        made = await bridge(model.url)
        call, session = await made.dial(caller("question", 3.5, "yes"))
        await call.ended(40)
        await session.ended.wait()
    assert len(committed) == 2
    places = [find(call.heard_pcm(), ulaw_decode(item)) for item in committed]
    assert 0 < places[0] < places[1]


async def test_the_heard_wav_has_the_agent_where_the_ear_heard_it(bridge):
    async with LocalRealtime() as model:
        made = await bridge(model.url)
        call, session = await made.dial(caller("question"))
        await call.ended(30)
        await made.journal(session)
    from voicelab.store.sound_file import read_sound

    heard = read_sound(session.recording.files.heard)[0].samples
    ear = call.heard_pcm()
    at_ear, _ = correlated(ear, prompt("question"))
    at_heard, alike = correlated(heard[:, 1], prompt("question"))
    assert alike > 0.98
    assert abs(at_heard - at_ear) < 0.05 * 8000
    assert np.array_equal(heard[:, 0][: len(call.sent_pcm())], call.sent_pcm())


async def test_the_agent_greets_a_caller_who_listens(bridge):
    async with LocalRealtime() as model:
        made = await bridge(model.url, greeting=True)
        call, session = await made.dial(caller("yes"), listen_s=5.0)
        result = await call.ended(30)
        await session.ended.wait()
    at, alike = correlated(call.heard_pcm(), prompt("greeting"))
    assert alike > 0.98
    assert at < 8000
    assert correlated(call.heard_pcm(), prompt("yes"))[1] > 0.98
    assert result.offences == ()


async def test_the_connection_to_the_model_is_begun_when_the_call_is_answered(bridge):
    """Before there is a socket; and closed again where none comes."""
    async with LocalRealtime() as model, aiohttp.ClientSession() as http:
        made = await bridge(model.url)
        async with http.post(
            made.server.url, data={"CallUUID": "c1", "Event": "StartApp"}
        ) as answer:
            assert answer.status == 200
        await until(lambda: model.sessions)
        async with http.post(made.server.url, data={"CallUUID": "c1", "Event": "Hangup"}):
            pass
        await until(lambda: not model.sessions)
        assert model.opened == 1


async def test_a_call_that_never_comes_to_its_socket_costs_no_session_for_long(bridge):
    async with LocalRealtime() as model, aiohttp.ClientSession() as http:
        made = await bridge(model.url, agent={"ring_s": 0.2})
        async with http.post(made.server.url, data={"CallUUID": "c1", "Event": "StartApp"}):
            pass
        await until(lambda: model.opened and not model.sessions)


async def test_a_call_takes_the_connection_that_was_begun_for_it(bridge):
    async with LocalRealtime() as model:
        made = await bridge(model.url)
        call, session = await made.dial(caller("yes"), hold_s=0.2)
        await call.ended(30)
        journal = await made.journal(session)
        told = [each.data for each in journal.moments if (each.leg, each.way) == ("model", "out")]
    assert model.opened == 1
    assert sum("session.update" in text for text in told) == 1
