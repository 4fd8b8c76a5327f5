import asyncio
import json
import signal

import numpy as np
import pytest
import soundfile

from voicelab import Carrier, load
from voicelab.sim.prompts import prompt_path

pytestmark = pytest.mark.net

ORDER = prompt_path("order")


async def call_for(command, seconds: float, **options: object):
    """Start a call and leave it running for some seconds of wall time."""
    call = await Carrier(f"{command.url}/", **options).dial(ORDER)
    await asyncio.sleep(seconds)
    return call


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("ignored", [False, True], ids=["", "sigint-ignored"])
async def test_a_signal_finishes_open_recordings(serve, number, ignored):
    command = serve(ignore_sigint=ignored)
    call = await call_for(command, 1.0)
    status, said = await asyncio.to_thread(command.stop, number)
    await call.aclose()
    assert status == 0, said
    assert "finishing 1 open recording" in said
    assert "WAV recording saved: " in said
    (wav,) = command.recordings.glob("*Z.wav")
    recorded, rate_hz = soundfile.read(wav, dtype="int16")
    assert len(recorded) >= 0.8 * rate_hz
    assert np.array_equal(recorded, call.sent_pcm()[: len(recorded)])
    assert load(wav).facts.ended_why == "shutdown"


async def test_a_killed_sink_loses_a_second_at_most(serve):
    command = serve()
    call = await call_for(command, 3.0)
    sent = call.sent_pcm()
    command.process.send_signal(signal.SIGKILL)
    await asyncio.to_thread(command.process.wait)
    await call.aclose()
    (wav,) = command.recordings.glob("*Z.wav")
    recorded, rate_hz = soundfile.read(wav, dtype="int16")
    assert len(recorded) >= len(sent) - rate_hz
    assert len(recorded) > 1.5 * rate_hz
    assert np.array_equal(recorded, call.sent_pcm()[: len(recorded)])
    heard, _ = soundfile.read(wav.with_name(wav.stem + ".heard.wav"), dtype="int16")
    assert np.array_equal(heard[: len(recorded), 0], recorded[: len(heard)])
    lines = wav.with_name(wav.stem + ".journal.jsonl").read_bytes().splitlines(keepends=True)
    whole = [json.loads(line) for line in lines if line.endswith(b"\n")]
    assert sum("media" in line.get("m", {}) for line in whole) >= len(recorded) // 160
    assert len(lines) - len(whole) <= 1
    assert load(wav).facts.samples == len(recorded)


async def test_the_format_asked_for_is_what_comes(serve):
    command = serve("--format", "l16/16000", "--byte-order", "big")
    async with await Carrier(f"{command.url}/", byte_order="big", speed=20).dial(ORDER) as call:
        await call.ended(timeout=20)
    status, said = await asyncio.to_thread(command.stop)
    assert status == 0, said
    (wav,) = command.recordings.glob("*Z.wav")
    recorded, rate_hz = soundfile.read(wav, dtype="int16")
    assert rate_hz == 16000
    assert np.array_equal(recorded, call.sent_pcm())
    events = [json.loads(line)["Event"] for line in command.log.read_text().splitlines()]
    assert sorted(events) == ["DroppedStream", "Hangup", "StartStream"]


async def test_an_agent_answers(serve):
    command = serve("--agent", "local", "--voice-port", "0")
    async with await Carrier(f"{command.url}/", listen_s=5, hold_s=1).dial(
        prompt_path("yes")
    ) as call:
        await call.ended(timeout=30)
    status, said = await asyncio.to_thread(command.stop)
    assert status == 0, said
    assert "agent        local" in said
    assert "voice        ws://127.0.0.1:" in said
    (wav,) = command.recordings.glob("*Z.wav")
    turns = load(wav).turns()
    assert list(turns.who) == ["agent", "caller", "agent"]
    assert turns.text[2] == "Yes, that is right."


def test_openai_without_a_key_is_told(run, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    got = run("serve", "--agent", "openai", "--port", "0")
    assert got.returncode == 2
    assert "OPENAI_API_KEY" in got.stderr
    assert "Traceback" not in got.stderr


def test_the_public_address_is_shown(serve):
    command = serve("--public-url", "https://t.example")
    status, said = command.stop()
    assert status == 0
    assert "https://t.example/" in said


def test_a_second_server_on_the_port_is_told_what_to_do(serve, run):
    command = serve()
    port = command.url.rsplit(":", 1)[1]
    second = run("serve", "--port", port)
    assert second.returncode == 2
    assert f"Port {port}" in second.stderr
    assert "Traceback" not in second.stderr
    assert command.stop()[0] == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--port", "many"],
        ["--port", "70000"],
        ["--format", "mp3"],
        ["--format", "l16/24000"],
        ["--byte-order", "middle"],
        ["--agent", "robot"],
        ["--voice-port", "0"],
        ["--public-url", "nowhere"],
        ["--signatures", "require"],
        ["--host", "192.0.2.1"],
    ],
)
def test_wrong_options_are_wrong_usage(run, arguments, monkeypatch):
    monkeypatch.delenv("VOBIZ_AUTH_TOKEN", raising=False)
    got = run("serve", *arguments)
    assert got.returncode == 2
    assert got.stderr
    assert "Traceback" not in got.stderr
    assert got.stdout == ""
