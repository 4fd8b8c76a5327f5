"""``voicelab diagnose``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voicelab.audio.g711 import alaw_decode, ulaw_encode
from voicelab.cli import main


@pytest.fixture
def tone_wav(tmp_path):
    rng = np.random.default_rng(1)
    time_s = np.arange(16_000) / 8000
    rise = np.abs(np.sin(2 * np.pi * 2 * time_s))
    tone = rise * np.sin(2 * np.pi * (150 * time_s + 40 * np.sin(time_s)))
    samples = np.rint(8000 * tone + 30 * rng.standard_normal(16_000)).astype(np.int16)
    soundfile.write(tmp_path / "good.wav", samples, 8000)
    soundfile.write(tmp_path / "bad.wav", alaw_decode(ulaw_encode(samples)), 8000)
    return tmp_path


def test_json(tone_wav, capsys):
    assert main(["diagnose", str(tone_wav / "bad.wav"), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["hypotheses"][0]["fault"] == "mulaw-as-alaw"
    assert said["verdict"].startswith("Mu-law was decoded as A-law")


def test_against_and_repaired(tone_wav, capsys):
    out = tone_wav / "repaired.wav"
    names = [str(tone_wav / "bad.wav"), "--against", str(tone_wav / "good.wav")]
    assert main(["diagnose", *names, "--repaired", str(out)]) == 0
    assert "Mu-law was decoded as A-law" in capsys.readouterr().out
    repaired, good = (soundfile.read(path)[0] for path in (out, tone_wav / "good.wav"))
    assert np.corrcoef(repaired, good)[0, 1] > 0.999


@pytest.mark.parametrize("name", ["missing.wav", "empty"])
def test_no_file(tone_wav, capsys, name):
    (tone_wav / "empty").mkdir()
    assert main(["diagnose", str(tone_wav / name)]) == 2
    assert "voicelab: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--format", "mp3"), "Not an audio format"),
        (("--hint", "gremlins"), "No fault is called"),
        (("--html", "none/page.html"), "There is no directory none"),
        (("--repaired", "."), "is a directory"),
        (("--repaired", "-"), "name a file to write"),
    ],
)
def test_a_wrong_option_is_a_sentence(tone_wav, capsys, monkeypatch, more, words):
    monkeypatch.chdir(tone_wav)
    assert main(["diagnose", "bad.wav", *more]) == 2
    said = capsys.readouterr()
    assert words in said.err
    assert said.out == ""


def test_text_is_no_sound(tone_wav, capsys):
    (tone_wav / "diary.txt").write_text("Dear diary, nobody called.\n" * 20)
    assert main(["diagnose", str(tone_wav / "diary.txt")]) == 2
    assert "text, not audio" in capsys.readouterr().err


def test_raw_bytes_beside_a_reference_with_a_header(tone_wav, capsys):
    samples, _ = soundfile.read(tone_wav / "good.wav", dtype="int16")
    (tone_wav / "wire.ulaw").write_bytes(ulaw_encode(samples).tobytes())
    names = [str(tone_wav / "wire.ulaw"), "--against", str(tone_wav / "good.wav")]
    assert main(["diagnose", *names, "--format", "mulaw/8000", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["hypotheses"][0]["fault"] == "none"


def test_a_page_is_written(tone_wav, capsys):
    page = tone_wav / "page.html"
    assert main(["diagnose", str(tone_wav / "bad.wav"), "--html", str(page)]) == 0
    said = capsys.readouterr()
    assert "mulaw-as-alaw" in page.read_text("utf-8")
    assert "page.html" in said.err


def test_a_stored_call_goes_by_its_name(capsys):
    sample = Path(__file__).parents[2] / "recordings" / "sample"
    assert main(["diagnose", "last", "--recordings", str(sample), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["hypotheses"][0]["fault"] == "none"


def test_a_file_with_a_header_is_no_wire(tone_wav, capsys):
    assert main(["diagnose", str(tone_wav / "good.wav"), "--format", "mulaw/8000"]) == 0
    assert "Leave --format away" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "words"), [("bad.wav", "the repaired sound is"), ("good.wav", "nothing was repaired")]
)
def test_it_says_what_it_wrote(tone_wav, capsys, name, words):
    out = tone_wav / "out.wav"
    assert main(["diagnose", str(tone_wav / name), "--json", "--repaired", str(out)]) == 0
    said = capsys.readouterr()
    assert f"{words}" in said.err
    assert json.loads(said.out)
