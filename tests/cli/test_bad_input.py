"""Every kind of file that somebody may give, and what each command says of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voicelab.audio.resample import resample
from voicelab.cli import main
from voicelab.lab.sound import sound_of

RATE_HZ = 8000
KINDS = {
    "a.flac": {"format": "FLAC"},
    "a.ogg": {"format": "OGG"},
    "a.mp3": {"format": "MP3"},
    "a24.wav": {"subtype": "PCM_24"},
    "a8.wav": {"subtype": "PCM_U8"},
    "a64.wav": {"subtype": "DOUBLE"},
    "ulaw.wav": {"subtype": "ULAW"},
    "extensible.wav": {"format": "WAVEX", "subtype": "PCM_16"},
}
"""Files that are as good as any WAV."""
BAD = {
    "empty.wav": ("it is empty", "0 bytes"),
    "none.wav": ("is empty", "0 samples"),
    "nan.wav": ("no numbers", "no numbers"),
    "inf.wav": ("no numbers", "no numbers"),
    "header.wav": ("no audio that can be read", "If only its header is broken"),
    "unfinished.wav": ("did not finish", "did not finish"),
    "letter.txt": ("no audio that can be read", "This is text, not audio"),
    "letter.wav": ("no audio that can be read", "This is text, not audio"),
    "pipe.wav": ("is a pipe or a device", "is a pipe or a device"),
    "missing.wav": ("There is no file", "There is no file"),
    "n" * 300: ("File name too long", "File name too long"),
    "six.wav": ("6 channels: choose one by its number, channel 1 to 6", None),
    "slow.wav": ("4000 samples a second", None),
    "wire.raw": ("it has no header", None),
}
"""What check and diagnose say; None where it is an answer."""


@pytest.fixture(scope="module")
def said() -> np.ndarray:
    return resample(sound_of("data/prompts/order.wav").samples, 16_000, RATE_HZ)


@pytest.fixture(scope="module")
def folder(said, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    soundfile.write(folder / "good.wav", said, RATE_HZ)
    for name, kind in KINDS.items():
        if kind.get("format", "WAV") in soundfile.available_formats():
            soundfile.write(folder / name, said / 32768, RATE_HZ, **kind)
    whole = (folder / "good.wav").read_bytes()
    (folder / "empty.wav").touch()
    soundfile.write(folder / "none.wav", said[:0], RATE_HZ)
    for name, value in (("nan", np.nan), ("inf", np.inf)):
        soundfile.write(folder / f"{name}.wav", np.full(8000, value), RATE_HZ, subtype="FLOAT")
    (folder / "header.wav").write_bytes(whole[:30])
    (folder / "unfinished.wav").write_bytes(whole[:40] + bytes(4) + whole[44:])
    (folder / "letter.txt").write_text("Dear caller, this is a letter.\n" * 20)
    (folder / "letter.wav").write_text("Dear caller, this is a letter.\n" * 20)
    os.mkfifo(folder / "pipe.wav")
    six = np.zeros((96_000, 6), np.int16)
    six[:, 3] = np.random.default_rng(1).integers(-9000, 9000, 96_000)
    soundfile.write(folder / "six.wav", six, 96_000)
    soundfile.write(folder / "slow.wav", said, 4000)
    (folder / "wire.raw").write_bytes(whole[44:])
    (folder / "odd.wav").write_bytes(whole[:-1])
    return folder


@pytest.fixture
def told(folder, monkeypatch, capsys) -> Callable[..., tuple[int, str, str]]:
    monkeypatch.chdir(folder)

    def told(*argv: str) -> tuple[int, str, str]:
        status = main(list(argv))
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return status, out, err

    return told


@pytest.mark.parametrize("name", KINDS)
def test_any_kind_of_sound_is_taken(told, folder, name):
    if not (folder / name).exists():
        pytest.skip(f"libsndfile {soundfile.__libsndfile_version__} does not write it")
    status, out, _ = told("check", name, "--against", "good.wav", "--json")
    found = json.loads(out)
    assert (status, found["gaps"], found["cut_short_s"]) == (0, [], 0)
    assert abs(found["delay_ms"]) < 1
    assert told("diagnose", name, "--json")[0] == 0


@pytest.mark.parametrize("name", BAD)
def test_what_is_bad_is_one_sentence(told, name):
    of_check, of_diagnose = BAD[name]
    status, out, err = told("check", name, "--against", "good.wav")
    assert (status, out) == (2, "")
    assert of_check in err
    assert name in err
    assert err.count("\n") == 1
    status, out, err = told("check", "good.wav", "--against", name)
    assert (status, out) == (2, "")
    assert name in err
    assert err.count("\n") == 1
    if of_diagnose is not None:
        status, out, err = told("diagnose", "good.wav", "--against", name)
        assert (status, out) == (2, "")
        assert name in err
        assert of_diagnose in err
    status, out, err = told("diagnose", name)
    if of_diagnose is None:
        assert (status, err) == (0, "")
        return
    assert (status, out) == (2, "")
    assert of_diagnose in err
    assert name in err
    assert err.count("\n") == 1


def test_of_two_of_one_name_the_one_that_is_meant_is_told(told, folder):
    (folder / "other").mkdir()
    (folder / "other" / "good.wav").touch()
    assert (
        "other/good.wav is no audio" in told("check", "good.wav", "--against", "other/good.wav")[2]
    )
    assert "voicelab: other/good.wav" in told("diagnose", "other/good.wav")[2]


def test_a_reference_of_one_sample_is_too_short(told, folder, said):
    soundfile.write(folder / "one.wav", said[:1], RATE_HZ)
    _, out, _ = told("diagnose", "good.wav", "--against", "one.wav")
    assert "the reference is too short: 1 sample" in out


def test_what_a_decoder_complains_of_is_not_heard(folder):
    data = bytearray((folder / "a.mp3").read_bytes())
    for at in range(3000, len(data) - 1000, 911):
        data[at : at + 40] = bytes(range(at % 200, at % 200 + 40))
    (folder / "broken.mp3").write_bytes(data)
    command = [sys.executable, "-m", "voicelab", "check", "broken.mp3", "--against", "good.wav"]
    got = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60)
    assert got.returncode == 0
    assert got.stderr == ""


@pytest.mark.parametrize("name", ["good.wav", "a.flac"])
def test_standard_input_is_a_recording_too(folder, name):
    command = [sys.executable, "-m", "voicelab"]
    for more in (["check", "-", "--against", "good.wav"], ["diagnose", "-", "--against", name]):
        with (folder / name).open("rb") as file:
            got = subprocess.run(
                [*command, *more],
                stdin=file,
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=60,
            )
        assert (got.returncode, got.stderr) == (0, "")
        assert "Exact" in got.stdout or "Nothing is wrong" in got.stdout


def test_standard_input_is_one_recording(told):
    assert "Only one of the two" in told("check", "-", "--against", "-")[2]
    assert "Standard input is one recording" in told("diagnose", "-", "good.wav")[2]
    assert "Standard input is one recording" in told("diagnose", "-", "--csv", "out.csv")[2]


def test_all_of_them_at_once_are_rows(told):
    status, out, _ = told("check", *BAD, "good.wav", "--against", "good.wav", "--json")
    *bad, good = json.loads(out)
    assert status == 1
    assert good["exact"]
    for row, (said, _) in zip(bad, BAD.values(), strict=True):
        assert said in row["error"]
    status, out, _ = told("diagnose", *BAD, "good.wav", "--json")
    *bad, good = json.loads(out)
    assert status == 1
    assert good["hypotheses"][0]["fault"] == "none"
    for row, (_, said) in zip(bad, BAD.values(), strict=True):
        assert row["error"] is None if said is None else said in row["error"]


def test_half_a_sample_at_the_end_is_told_as_a_sample_that_lacks(told):
    status, out, _ = told("check", "odd.wav", "--against", "good.wav")
    assert status == 0
    assert "the last 1 sample is not there" in out
    assert "1 sample is not there" in told("diagnose", "odd.wav")[1]


def test_one_channel_of_six_at_96_khz(told):
    status, out, _ = told("check", "six.wav", "--against", "six.wav", "--channel", "4")
    assert (status, out) == (2, "")
    status, out, _ = told("check", "six.wav", "--channel", "4", "--against", "good.wav", "--json")
    assert status == 1
    assert "is not in the recording" in json.loads(out)["verdict"]
    assert json.loads(told("diagnose", "six.wav", "--channel", "1", "--json")[1])["hypotheses"][0][
        "fault"
    ] == "silent"  # fmt: skip


def test_raw_bytes_need_a_format_and_an_odd_number_of_them_will_do(told, folder):
    (folder / "odd.raw").write_bytes((folder / "wire.raw").read_bytes()[:-1])
    status, out, _ = told("diagnose", "odd.raw", "--format", "l16/8000", "--json")
    assert status == 0
    assert json.loads(out)["hypotheses"][0]["fault"] == "none"
