import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import soundfile

import voicelab

pytestmark = pytest.mark.net


def test_the_demo_is_exact(run, tmp_path):
    got = run("demo", "--json", "--recordings", str(tmp_path), cwd=tmp_path)
    assert got.returncode == 0, got.stderr
    result = json.loads(got.stdout)
    assert result["exact"] is True
    assert "samples equal" in result["exact_reason"]
    recording = Path(result["recording"])
    assert recording.parent == tmp_path
    assert soundfile.info(recording).frames == result["frames_sent"] * 160
    assert [turn["who"] for turn in result["turns"]] == ["agent", "caller", "agent"]
    assert "Traceback" not in got.stderr


def test_the_demo_says_what_it_did(run, tmp_path):
    got = run("demo", "--recordings", str(tmp_path), cwd=tmp_path)
    assert got.returncode == 0, got.stderr
    assert "recorded samples equal what the wire carried" in got.stdout
    assert ".journal.jsonl" in got.stdout
    assert "caller  I would like two large mushroom pizzas" in got.stdout


def test_the_demo_can_be_interrupted_and_read_in_part(start, tmp_path):
    demo = start("demo", "--recordings", str(tmp_path))
    while not any(path.stat().st_size > 44 for path in tmp_path.glob("*Z.wav")):
        time.sleep(0.02)
    demo.send_signal(signal.SIGTERM)
    out, err = demo.communicate(timeout=20)
    assert demo.returncode == 130, err
    assert "samples equal" in out
    closed = start("demo", "--recordings", str(tmp_path))
    closed.stdout.close()
    said = closed.stderr.read()
    closed.wait(timeout=20)
    assert "Traceback" not in said
    assert "Broken pipe" not in said


def test_usage():
    def voicelab_(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "voicelab", *arguments], capture_output=True, text=True
        )

    assert voicelab_("--version").stdout.strip() == f"voicelab {voicelab.__version__}"
    assert "serve" in voicelab_("--help").stdout
    assert voicelab_().returncode == 2
    assert voicelab_("dance").returncode == 2
