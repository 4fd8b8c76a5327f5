import json
import signal
import socket
import time

import pytest
import soundfile

from voicelab.sim.prompts import prompt_path

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
