"""What a command writes never takes the place of what it reads."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voicelab import load
from voicelab.cli import main
from voicelab.cli.outputs import check_outputs
from voicelab.errors import SettingError

SAMPLE = Path(__file__).parents[2] / "recordings" / "sample"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    soundfile.write(tmp_path / "heard.wav", np.zeros(8000, np.int16), 8000)
    soundfile.write(tmp_path / "said.wav", np.ones(8000, np.int16), 8000)
    (tmp_path / "link.wav").symlink_to("heard.wav")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("out", ["heard.wav", "./said.wav", "link.wav"])
@pytest.mark.parametrize("verb", ["check", "diagnose"])
def test_an_input_stays_what_it_is(folder, capsys, verb, out):
    before = (folder / out).read_bytes()
    assert main([verb, "heard.wav", "--against", "said.wav", "--html", out]) == 2
    assert "would be lost: name another file" in capsys.readouterr().err
    assert (folder / out).read_bytes() == before


def test_no_file_of_a_call_that_is_read_is_replaced(tmp_path):
    for path in SAMPLE.iterdir():
        shutil.copy(path, tmp_path)
    call = load(next(tmp_path.glob("*.journal.jsonl")))
    for path in (call.files.wav, call.files.heard, call.files.journal):
        with pytest.raises(SettingError, match="would be lost"):
            check_outputs([str(path)], [call])


def test_two_outputs_are_two_files(folder, capsys):
    assert main(["diagnose", "heard.wav", "--html", "out", "--repaired", "./out"]) == 2
    assert "out is named twice" in capsys.readouterr().err
    assert not (folder / "out").exists()


def test_what_was_written_before_is_replaced(folder):
    (folder / "out.html").write_text("of yesterday")
    check_outputs(["out.html", None], [folder / "heard.wav", None])
