import asyncio
import json
import signal
import socket
import sys
import time

import pytest
import soundfile
from aiohttp import web

from voicelab.sim.prompts import prompt_path
from voicelab.sim.switches import SWITCHES

pytestmark = pytest.mark.net

YES = str(prompt_path("yes"))
KEYS = {
    "call_id",
    "stream_id",
    "frames_sent",
    "frames_received",
    "first_audio_ms",
    "checkpoints",
    "ended_by",
    "offences",
}


def test_a_call_as_json(serve, run):
    command = serve()
    got = run("call", YES, "--to", f"{command.url}/", "--speed", "20", "--json")
    assert got.returncode == 0, got.stderr
    result = json.loads(got.stdout)
    assert result.keys() >= KEYS
    assert result["ended_by"] == "caller"
    assert result["frames_received"] == 0
    assert result["first_audio_ms"] is None
    assert result["offences"] == []
    (wav,) = command.recordings.glob("*Z.wav")
    assert soundfile.info(wav).frames == result["frames_sent"] * 160


def test_a_call_in_words_with_its_ear(serve, run, tmp_path):
    command = serve("--format", "mulaw/8000")
    ear = tmp_path / "ear.wav"
    got = run("call", YES, "--to", f"{command.url}/", "--speed", "20", "--ear", str(ear))
    assert got.returncode == 0, got.stderr
    assert "nothing was heard of an agent" in got.stdout
    assert "mu-law" in got.stderr
    assert soundfile.info(ear).samplerate == 8000


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ([], 2, "--to"),
        (["--to", "nowhere"], 2, "nowhere"),
        (["--to", "http://127.0.0.1:9/"], 1, "127.0.0.1:9"),
        (["--to", "http://"], 2, "--to"),
        (["--to", "http://127.0.0.1:99999/"], 2, "--to"),
        (["--to", "http://127.0.0.1:9/", "--speed", "0"], 2, "--speed"),
        (["--to", "http://127.0.0.1:9/", "--speed", "fast"], 2, "no number"),
        (["--to", "http://127.0.0.1:9/", "--hold", "-1"], 2, "--hold"),
        (["--to", "http://127.0.0.1:9/", "--format", "mp3"], 2, "mp3"),
    ],
)
def test_what_goes_wrong_is_told_in_a_sentence(run, arguments, status, said):
    got = run("call", YES, *arguments)
    assert got.returncode == status, got.stderr
    assert said in got.stderr
    assert "Traceback" not in got.stderr
    assert got.stdout == ""


@pytest.mark.parametrize("file", ["absent.wav", ".", __file__])
def test_a_file_that_is_no_audio(run, file):
    got = run("call", file, "--to", "http://127.0.0.1:9/")
    assert got.returncode == 2
    assert "Traceback" not in got.stderr


def test_an_interrupted_call_hangs_up(serve, start):
    command = serve()
    call = start("call", YES, "--to", f"{command.url}/", "--json", "--hold", "60")
    while not any(path.stat().st_size > 44 for path in command.recordings.glob("*Z.wav")):
        time.sleep(0.02)
    call.send_signal(signal.SIGINT)
    out, err = call.communicate(timeout=20)
    assert call.returncode == 0, err
    assert json.loads(out)["ended_by"] == "caller"


def test_a_call_interrupted_before_it_began_says_so(start):
    with socket.create_server(("127.0.0.1", 0)) as mute:
        call = start("call", YES, "--to", f"http://127.0.0.1:{mute.getsockname()[1]}/")
        connection, _ = mute.accept()
        call.send_signal(signal.SIGTERM)
        out, err = call.communicate(timeout=20)
        connection.close()
    assert (call.returncode, out) == (130, "")
    assert "interrupted" in err
    assert "Traceback" not in err


def test_faults_are_done_and_told(serve, run):
    command = serve()
    got = run(
        "call", YES, "--to", f"{command.url}/", "--speed", "20", "--hold", "0.5", "--json",
        "--fault", "loss=0.1", "--fault", "flat-start", "--seed", "3", "--strict",
    )  # fmt: skip
    assert got.returncode == 0, got.stderr
    result = json.loads(got.stdout)
    assert result["faults"]["flat-start"] == 1
    assert result["faults"]["loss"] > 0
    assert result["strict"] is True
    assert result["offences"] == []


def test_the_faults_are_listed(run):
    got = run("call", "--list-faults")
    assert got.returncode == 0, got.stderr
    lines = got.stdout.splitlines()
    assert [line.split("=")[0].split("[")[0].split()[0] for line in lines] == list(SWITCHES)


@pytest.mark.parametrize(
    ("fault", "said"), [("los=1", "Did you mean loss"), ("loss=7", "share"), ("dtmf", "KEYS")]
)
def test_a_fault_that_is_none_is_a_wrong_command(run, fault, said):
    got = run("call", YES, "--to", "http://127.0.0.1:9/", "--fault", fault)
    assert got.returncode == 2
    assert said in got.stderr
    assert "Traceback" not in got.stderr


@pytest.mark.parametrize(
    ("strict", "name", "status"),
    [(["--strict"], "sent-twice", 1), ([], "sent-twice", 0), (["--strict"], None, 0)],
)
async def test_a_server_that_fails_a_strict_check_fails_the_command(strict, name, status):
    async def socket(request: web.Request) -> web.WebSocketResponse:
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        stream_id = (await ws.receive_json())["start"]["streamId"]
        for _ in range(2 if name else 0):
            await ws.send_json({"event": "checkpoint", "streamId": stream_id, "name": name})
        async for _ in ws:
            pass
        return ws

    async def answer(request: web.Request) -> web.Response:
        url = f"ws://{request.host}/stream"
        stream = f'<Stream bidirectional="true" keepCallAlive="true">{url}</Stream>'
        return web.Response(text=f"<Response>{stream}</Response>", content_type="application/xml")

    app = web.Application()
    app.router.add_post("/", answer)
    app.router.add_get("/stream", socket)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    to = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "voicelab", "call", YES, "--to", to, "--speed", "20",
        "--hold", "0.5", *strict, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await process.communicate()
    await runner.cleanup()
    assert process.returncode == status, err.decode()
    said = "fail: checkpoint-name: 'sent-twice' was used before" in out.decode()
    assert said == (status == 1)
