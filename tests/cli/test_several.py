"""Several recordings and folders on the command line."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import soundfile

from voicelab.audio.g711 import alaw_decode, ulaw_encode
from voicelab.cli import main

SAMPLE = str(Path(__file__).parents[2] / "recordings" / "sample")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Two recordings, what they should be, and a letter."""
    rng = np.random.default_rng(1)
    time_s = np.arange(16_000) / 8000
    for number, name in enumerate(("a", "b")):
        rise = np.abs(np.sin(2 * np.pi * (2 + number) * time_s))
        tone = rise * np.sin(2 * np.pi * (150 * time_s + 40 * np.sin(time_s)))
        samples = np.rint(8000 * tone + 30 * rng.standard_normal(16_000)).astype(np.int16)
        for place in ("said", "heard"):
            (tmp_path / place).mkdir(exist_ok=True)
        soundfile.write(tmp_path / "said" / f"{name}.flac", samples, 8000)
        heard = alaw_decode(ulaw_encode(samples)) if number else samples
        soundfile.write(tmp_path / "heard" / f"{name}.wav", heard, 8000)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_table_has_a_row_a_file(folder, capsys):
    assert main(["diagnose", "heard/a.wav", "heard/b.wav", "--workers", "1"]) == 0
    said = capsys.readouterr()
    assert [line.split()[:3] for line in said.out.splitlines()] == [
        ["file", "fault", "sure"],
        ["heard/a.wav", "none", "90%"],
        ["heard/b.wav", "mulaw-as-alaw", "97%"],
    ]
    assert said.err == ""


def test_json_is_a_list_of_what_one_alone_gives(folder, capsys):
    assert main(["diagnose", "heard", "--json", "--workers", "1"]) == 0
    every = json.loads(capsys.readouterr().out)
    assert [row["path"] for row in every] == ["heard/a.wav", "heard/b.wav"]
    assert main(["diagnose", "heard/b.wav", "--json"]) == 0
    alone = json.loads(capsys.readouterr().out)
    assert {name: every[1][name] for name in alone} == alone
    assert set(every[1]) - set(alone) == {"path", "reference", "error", "seconds"}


def test_one_reference_for_several(folder, capsys):
    assert main(["check", "heard/a.wav", "heard/a.wav", "--against", "said/a.flac", "--json"]) == 0
    every = json.loads(capsys.readouterr().out)
    assert main(["check", "heard/a.wav", "--against", "said/a.flac", "--json"]) == 0
    alone = json.loads(capsys.readouterr().out)
    assert alone["exact"]
    for row in every:
        assert {name: row[name] for name in alone} == alone
        assert set(row) - set(alone) == {"recording", "reference", "error", "seconds"}


def test_a_folder_against_a_folder_goes_by_name(folder, capsys):
    soundfile.write(folder / "heard" / "c.wav", np.zeros(8000, np.int16), 8000)
    assert main(["check", "heard", "--against", "said", "--csv", "table.csv"]) == 1
    said = capsys.readouterr()
    table = pd.read_csv(folder / "table.csv")
    assert table["recording"].tolist() == ["heard/a.wav", "heard/b.wav", "heard/c.wav"]
    assert table["reference"].tolist() == ["said/a.flac", "said/b.flac", "said/c.wav"]
    assert table["exact"].tolist()[:1] == [True]
    assert "There is no file" in table["error"][2]
    rows = said.out.splitlines()
    assert rows[0].split()[0] == "recording"
    assert [row.split()[1] for row in rows[1:]] == ["yes", "no", "error"]
    assert "1 of 3 files could not be looked at" in said.err
    assert f"the table is {folder / 'table.csv'}" in said.err


def test_a_diagnosis_may_have_a_folder_of_references_or_one(folder, capsys):
    for against in ("said", "said/b.flac"):
        assert main(["diagnose", "heard", "--against", against, "--json"]) == 0
        every = json.loads(capsys.readouterr().out)
        assert every[1]["hypotheses"][0]["fault"] == "mulaw-as-alaw"
        assert every[1]["reference"] == "said/b.flac"


def test_what_is_bad_is_a_row_and_the_rest_is_done(folder, capsys):
    (folder / "letter.txt").write_text("Dear caller, this is a letter.\n" * 9)
    whole = (folder / "heard" / "a.wav").read_bytes()
    (folder / "cut.wav").write_bytes(whole[: 44 + 16_000])
    assert main(["diagnose", "letter.txt", "none.wav", "cut.wav", "heard/a.wav"]) == 1
    said = capsys.readouterr()
    rows = said.out.splitlines()[1:]
    assert "This is text, not audio" in rows[0]
    assert "There is no file" in rows[1]
    assert "(cut short by 1.00 s)" in rows[2]
    assert "Traceback" not in said.out + said.err


def test_a_reference_that_is_not_in_it_counts(folder, capsys):
    noise = np.random.default_rng(2).integers(-9000, 9000, 16_000).astype(np.int16)
    soundfile.write(folder / "noise.wav", noise, 8000)
    assert main(["check", "heard/a.wav", "noise.wav", "--against", "said/a.flac"]) == 1
    assert "is not in the recording" in capsys.readouterr().out


def test_stored_calls_go_by_their_names(folder, capsys):
    names = ["last", "call-2026-11-21", "--recordings", SAMPLE]
    assert main(["check", *names, "--against", "data/prompts/order.wav", "--json"]) == 0
    every = json.loads(capsys.readouterr().out)
    assert [row["exact"] for row in every] == [True, True]


def test_rows_that_are_done_are_kept(folder, capsys):
    again = ["diagnose", "heard", "--results", "kept.jsonl", "--json"]
    assert main(again) == 0
    first = capsys.readouterr().out
    size = (folder / "kept.jsonl").stat().st_size
    assert main(again) == 0
    assert capsys.readouterr().out == first
    assert (folder / "kept.jsonl").stat().st_size == size


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["diagnose", "heard", "--html", "x.html"], "--html is of one recording: give one alone"),
        (["diagnose", "heard", "--repaired", "x.wav"], "--repaired is of one recording"),
        (["check", "heard", "--against", "said", "--html", "x"], "--html is of one recording"),
        (["check", "heard", "--against", "none.wav"], "There is no file none.wav"),
        (["check", "heard", "--against", "empty"], "There is no file"),
        (["diagnose", "empty"], "There are no sound files in empty"),
        (["diagnose", "heard", "--csv", "heard/a.wav"], "would be lost"),
        (["diagnose", "heard", "--csv", "none/t.csv"], "There is no directory none"),
        (["diagnose", "heard", "--workers", "0"], "1 or more"),
        (["diagnose", "heard", "--channel", "0"], "A channel is a number from 1 on"),
        (["diagnose", "heard", "--hint", "gremlins"], "No fault is called"),
        (["diagnose", "heard", "--format", "mp3"], "Not an audio format"),
    ],
)
def test_a_wrong_option_is_a_sentence(folder, capsys, argv, words):
    (folder / "empty").mkdir()
    (folder / "empty" / "notes.txt").touch()
    status = main(argv)
    said = capsys.readouterr()
    if argv[-1] == "empty" and argv[0] == "check":
        assert status == 1
        assert words in said.out
    else:
        assert (status, said.out) == (2, "")
        assert words in said.err
