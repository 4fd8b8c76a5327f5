"""Readers that go away, and Ctrl-C."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from voicelab.cli import main
from voicelab.lab import check as lab_check

ORDER = str(Path(__file__).parents[2] / "data" / "prompts" / "order.wav")
VERBS = {
    "check": ["check", ORDER, "--against", ORDER],
    "diagnose": ["diagnose", ORDER],
    "several": ["diagnose", ORDER, ORDER, "--workers", "1"],
}


def unread(*arguments: str, stderr: bool = False) -> subprocess.CompletedProcess:
    """Run a command whose stdout (and stderr) nobody reads."""
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "voicelab", *arguments]
    to = write if stderr else subprocess.PIPE
    try:
        return subprocess.run(command, stdout=write, stderr=to, text=True, timeout=60, check=False)
    finally:
        os.close(write)


@pytest.mark.parametrize("more", [[], ["--json"]])
@pytest.mark.parametrize("verb", ["check", "diagnose"])
def test_a_page_is_written_though_nobody_reads_the_answer(tmp_path, verb, more):
    page = tmp_path / "page.html"
    got = unread(*VERBS[verb], *more, "--html", str(page))
    assert got.returncode == 0
    assert got.stderr == f"voicelab: the page is {page}\n"
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_nor_what_is_said_beside_it(tmp_path):
    assert unread(*VERBS["check"], "--html", str(tmp_path / "p.html"), stderr=True).returncode == 0
    assert (tmp_path / "p.html").exists()


def test_a_table_is_written_too(tmp_path):
    got = unread(*VERBS["several"], "--csv", str(tmp_path / "t.csv"))
    assert got.returncode == 0
    assert len((tmp_path / "t.csv").read_text().splitlines()) == 3


def test_an_interrupt_ends_the_work_in_its_middle(monkeypatch, capsys):
    def interrupted(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(5)
        pytest.fail("it went on")

    monkeypatch.setattr(lab_check, "sound_of", interrupted)
    assert main(["check", ORDER, "--against", ORDER]) == 130
    assert capsys.readouterr().err == "voicelab: interrupted\n"


SLOW = """
import sys, time
import soundfile

class SoundFile(soundfile.SoundFile):
    def __init__(self, *args, **kwargs):
        print("reading", file=sys.stderr, flush=True)
        time.sleep(600)

soundfile.SoundFile = SoundFile
from voicelab.cli import main
raise SystemExit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize("verb", ["check", "diagnose"])
def test_so_it_does_in_a_process_of_its_own(verb):
    command = [sys.executable, "-c", SLOW, *VERBS[verb]]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr.readline() == "reading\n"
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
        assert process.stderr.read() == "voicelab: interrupted\n"
