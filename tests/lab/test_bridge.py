"""A bridge alone, and beside a sink: a client that speaks the Realtime protocol."""

import json

import pytest
from websockets.asyncio.client import connect

from voicelab import Bridge, Lab
from voicelab.errors import PortBusy, SettingError
from voicelab.sim.prompts import prompt_path
from voicelab.sim.rates import to_rate
from voicelab.sim.speech import Speech

pytestmark = pytest.mark.net

SILENCE = bytes(48_000)


def spoken(name: str) -> bytes:
    speech = Speech.read(prompt_path(name))
    return to_rate(speech.samples, speech.rate_hz, 24_000).tobytes()


async def say_yes(url: str) -> list[str]:
    """Speak once; return the events up to the end of the answer."""
    kinds = []
    async with connect(url, compression=None, proxy=None) as socket:
        await socket.send(spoken("yes") + SILENCE)
        async for raw in socket:
            event = json.loads(raw)
            kinds.append(event["type"])
            if event["type"] == "response.output_audio_transcript.done":
                kinds.append(event["transcript"])
            if event["type"] == "response.done":
                break
    return kinds


@pytest.mark.parametrize("host", ["kernel", "thread"])
async def test_a_bridge_alone_answers_a_browser(tmp_path, host):
    async with await Bridge.open(port=0, host=host, recordings=tmp_path) as bridge:
        assert repr(bridge).startswith(f"<Bridge: open on {bridge.url}, agent local, calls: 0")
        kinds = await say_yes(bridge.voice_url)
        (call,) = bridge.calls()
        await call.ended(timeout=10)
        freed = await bridge.close()
    assert kinds[0] == "session.created"
    assert "input_audio_buffer.speech_started" in kinds
    assert "Yes, that is right." in kinds
    assert freed.left == ()
    assert freed.port == bridge.port
    turns = call.turns()
    assert list(turns.who) == ["caller", "agent"]
    assert list(turns.text) == ["Yes, that is right."] * 2
    assert call.facts.rate_hz == 24_000


async def test_a_labs_calls_are_those_of_both_doors(tmp_path):
    places = {"recordings": tmp_path, "webhook_log": tmp_path / "log"}
    async with await Lab.open(port=0, voice_port=0, **places) as lab:
        await say_yes(lab.voice_url)
        telephone = await lab.dial("data/prompts/yes.wav")
        assert len(lab.calls()) == 2
        assert "calls: 1 running, 2 in all" in repr(lab)
        await telephone.hangup()
        await lab.stop()
        assert not lab.bridge.is_open
        await lab.start()
        assert lab.bridge.is_open
        assert "Yes, that is right." in await say_yes(lab.voice_url)


async def test_a_second_bridge_replaces_the_first(tmp_path):
    first = await Bridge.open(port=0, recordings=tmp_path)
    async with await Bridge.open(port=0, recordings=tmp_path) as second:
        assert first.closing
        assert second.is_open
        with pytest.raises(PortBusy):
            await Bridge.open(port=second.port, recordings=tmp_path, name="other")


@pytest.mark.parametrize(
    "options",
    [{"agent": None}, {"agent": "robot"}, {"port": 70000}, {"rate": "often"}, {"origins": ["me"]}],
)
async def test_what_makes_no_sense_is_told_and_leaves_nothing(tmp_path, options):
    with pytest.raises(SettingError):
        await Bridge.open(**({"port": 0, "recordings": tmp_path} | options))


@pytest.mark.parametrize("options", [{"voice_port": 70000}, {"origins": ["me"]}])
async def test_a_lab_whose_bridge_cannot_be_leaves_nothing(tmp_path, options):
    with pytest.raises(SettingError):
        await Lab.open(**({"port": 0, "voice_port": 0, "recordings": tmp_path} | options))


async def test_a_lab_whose_voice_port_is_busy_leaves_nothing(tmp_path):
    places = {"recordings": tmp_path, "webhook_log": tmp_path / "log"}
    async with await Bridge.open(port=0, recordings=tmp_path) as bridge:
        with pytest.raises(PortBusy):
            await Lab.open(port=0, voice_port=bridge.port, **places)
