import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

ORDER = str(Path(__file__).parents[2] / "data" / "prompts" / "order.wav")


def test_a_recording_is_checked(run, tmp_path):
    got = run("check", ORDER, "--against", ORDER, cwd=tmp_path)
    assert got.returncode == 0, got.stderr
    assert "Exact: all 65,950 samples" in got.stdout


def test_json_has_the_keys_that_scripts_read(run):
    got = run("check", ORDER, "--against", ORDER, "--json", "--full")
    report = json.loads(got.stdout)
    keys = {"exact", "delay_ms", "drift_ppm", "gaps", "snr_db", "segsnr_db", "stoi", "pesq"}
    assert keys | {"verdict"} <= set(report)
    assert report["exact"] is True
    assert report["gaps"] == []


def bad_files(folder):
    soundfile.write(folder / "empty.wav", np.zeros(0, np.int16), 8000)
    soundfile.write(folder / "nan.wav", np.array([0, np.nan] * 800), 8000, subtype="FLOAT")
    soundfile.write(folder / "six.wav", np.zeros((960, 6), np.int16), 96000)
    (folder / "cut.wav").write_bytes(Path(ORDER).read_bytes()[:30])
    (folder / "text.wav").write_text("not a sound\n" * 50)
    (folder / "nothing.wav").write_bytes(b"")
    (folder / "empty folder").mkdir()
    (folder / "wire.raw").write_bytes(bytes(1600))
    (folder / "wire.vox").write_bytes(bytes(1600))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("empty.wav", "empty"),
        ("nan.wav", "no numbers"),
        ("six.wav", "6 channels"),
        ("cut.wav", "no audio that can be read"),
        ("text.wav", "no audio that can be read"),
        ("nothing.wav", "no audio that can be read: it is empty."),
        ("wire.raw", "no audio that can be read: it has no header"),
        ("wire.vox", "no audio that can be read: it has no header"),
        ("empty folder", "There are no sound files in"),
    ],
)
def test_bad_input_is_a_sentence(run, tmp_path, name, words):
    bad_files(tmp_path)
    got = run("check", str(tmp_path / name), "--against", ORDER)
    assert got.returncode == 2
    assert words in got.stderr
    assert "Traceback" not in got.stderr


def test_a_channel_can_be_chosen(run, tmp_path):
    samples, rate_hz = soundfile.read(ORDER, dtype="int16")
    both = np.stack((np.zeros_like(samples), samples), axis=1)
    soundfile.write(tmp_path / "both.wav", both, rate_hz)
    args = ("check", str(tmp_path / "both.wav"), "--against", ORDER, "--json", "--channel")
    assert json.loads(run(*args, "2").stdout)["exact"] is True
    assert run(*args, "1").returncode == 1
    assert run(*args, "3").returncode == 2
    assert "both.wav has 2 channels: there is no channel 3" in run(*args, "3").stderr


def test_a_stereo_reference_is_a_sentence(run, tmp_path):
    soundfile.write(tmp_path / "both.wav", np.zeros((8000, 2), np.int16), 8000)
    got = run("check", ORDER, "--against", str(tmp_path / "both.wav"))
    assert got.returncode == 2
    assert "2 channels: a reference has one" in got.stderr


def test_of_both_sides_of_a_call_it_says_which_is_which(run):
    heard = next(Path(SAMPLE).glob("*.heard.wav"))
    got = run("check", str(heard), "--against", ORDER)
    assert got.returncode == 2
    assert "1 is the caller, 2 the agent" in got.stderr


SAMPLE = str(Path(__file__).parents[2] / "recordings" / "sample")


def test_a_page_is_written(run, tmp_path):
    got = run("check", ORDER, "--against", ORDER, "--json", "--html", str(tmp_path / "page.html"))
    assert got.returncode == 0
    assert json.loads(got.stdout)["verdict"] in (tmp_path / "page.html").read_text("utf-8")
    assert "page.html" in got.stderr


@pytest.mark.parametrize("name", ["last", "call-2026-11-21"])
def test_a_stored_call_goes_by_its_name(run, name):
    got = run("check", name, "--recordings", SAMPLE, "--against", ORDER, "--json")
    assert got.returncode == 0, got.stderr
    assert json.loads(got.stdout)["format"] == "l16/8000"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--format", "mp3"), "Not an audio format"),
        (("--html", "none/page.html"), "There is no directory none"),
        (("--html", "."), "is a directory"),
        (("--against", "nothing.wav"), "There is no file nothing.wav"),
    ],
)
def test_a_wrong_option_is_a_sentence_before_any_work(run, tmp_path, more, words):
    got = run("check", ORDER, "--against", ORDER, *more, cwd=tmp_path)
    assert (got.returncode, got.stdout) == (2, "")
    assert words in got.stderr
    assert "Traceback" not in got.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.platform
def test_a_full_disk_is_a_sentence_after_the_answer(run):
    got = run("check", ORDER, "--against", ORDER, "--html", "/dev/full")
    assert got.returncode == 1
    assert "Exact" in got.stdout
    assert "/dev/full could not be written: No space left" in got.stderr
    assert "Traceback" not in got.stderr
