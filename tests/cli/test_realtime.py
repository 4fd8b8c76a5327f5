"""`voicelab realtime` as a person uses it."""

import asyncio
import json
import re
import signal

import pytest
from websockets.asyncio.client import connect

pytestmark = pytest.mark.net


def url_of(process) -> str:
    found = re.search(r"ws://\S+", process.stdout.readline())
    assert found, process.stderr.read()
    return found.group()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_it_serves_until_it_is_told_to_stop(start, number):
    process = start("realtime", "--port", "0", "--speed", "1000", "--delay-ms", "1-2")
    url = await asyncio.to_thread(url_of, process)
    said = "".join(process.stdout.readline() for _ in range(3))
    assert "parrot" in said
    assert f"websocket_base_url='{url.removesuffix('/realtime')}'" in said
    async with connect(url) as socket:
        await socket.send(json.dumps({"type": "response.create"}))
        async with asyncio.timeout(20):
            while json.loads(await socket.recv())["type"] != "response.done":
                pass
        process.send_signal(number)
        out, err = await asyncio.to_thread(process.communicate, timeout=20)
    assert process.returncode == 0, err
    assert "closing 1 session" in out
    assert err == ""


async def test_a_function_is_found_where_the_person_is(start, tmp_path, monkeypatch):
    (tmp_path / "my_agent.py").write_text("def respond(turn):\n    return 'Yes, that is right.'\n")
    monkeypatch.chdir(tmp_path)
    process = start("realtime", "--port", "0", "--speed", "1000", "--agent", "my_agent:respond")
    url = await asyncio.to_thread(url_of, process)
    async with connect(url) as socket:
        await socket.send(json.dumps({"type": "response.create"}))
        events = []
        async with asyncio.timeout(20):
            while not events or events[-1]["type"] != "response.done":
                events.append(json.loads(await socket.recv()))
    (said,) = [each for each in events if each["type"].endswith("transcript.done")]
    assert said["transcript"] == "Yes, that is right."


@pytest.mark.parametrize(
    "arguments",
    [
        ["--agent", "robot"],
        ["--agent", "script:/no/such/file"],
        ["--agent", "no_module:respond"],
        ["--port", "many"],
        ["--port", "70000"],
        ["--host", "192.0.2.1"],
        ["--delay-ms", "soon"],
        ["--delay-ms", "300-100"],
        ["--session-s", "0"],
        ["--speed", "0"],
        ["--tool-calls", "0"],
    ],
)
def test_wrong_options_are_wrong_usage(run, arguments):
    got = run("realtime", *arguments)
    assert got.returncode == 2
    assert got.stderr
    assert "Traceback" not in got.stderr
    assert got.stdout == ""
