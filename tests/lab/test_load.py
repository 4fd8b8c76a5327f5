import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import soundfile

from voicelab import load
from voicelab.errors import CallNotFound, FormatError, StateError
from voicelab.sim.prompts import prompt_path

pytestmark = pytest.mark.net


@pytest.fixture
async def stored(lab):
    call = await lab.dial(prompt_path("yes"), speed=20)
    await call.ended(timeout=20)
    await lab.close()
    return call


async def test_any_file_or_the_stem_opens_a_call(stored):
    files = stored.files
    for path in (*files.existing(), files.stem, str(files.stem)):
        call = load(path)
        assert call.id == stored.id
        assert np.array_equal(call.audio().samples, stored.audio().samples)
    assert len(files.existing()) == 4
    assert repr(call) == repr(stored)
    assert not call.running
    assert await call.ended() is call
    with pytest.raises(StateError, match="stored"):
        await call.hangup()


async def test_the_facts_of_a_killed_recorder_are_worked_out_again(stored, tmp_path):
    lines = stored.files.journal.read_bytes().splitlines(keepends=True)
    ended = next(i for i, line in enumerate(lines) if b'"ended"' in line)
    copy = tmp_path / "call-x.journal.jsonl"
    copy.write_bytes(b"".join(lines[:ended]) + b'{"t":1,"leg')
    shutil.copy(stored.files.wav, tmp_path / "call-x.wav")
    call = load(tmp_path / "call-x")
    assert call.facts.samples == stored.facts.samples
    assert call.facts.health == stored.facts.health
    assert call.facts.byte_order == stored.facts.byte_order == "little"
    assert call.facts.broken_lines == 1
    assert "cut off" in repr(call)
    assert "lines cannot be read" in call._repr_mimebundle_()["text/html"]


def test_a_bare_wav_is_a_call_without_events(tmp_path):
    path = tmp_path / "call-2026-05-12T08-21-33-347Z.wav"
    soundfile.write(path, np.array([0, 1000, -1000] * 800, np.int16), 8000)
    call = load(path)
    assert call.moments() == []
    assert call.id is None
    assert repr(call) == (
        "<Call call-2026-05-12T08-21-33-347Z: no journal, 0.30 s of PCM_16 at 8000 Hz>"
    )
    html = call._repr_mimebundle_()["text/html"]
    assert "neither frames nor events are known" in html
    with pytest.raises(CallNotFound, match=r"\.heard\.wav"):
        call.audio("heard")
    with pytest.raises(CallNotFound, match="no side"):
        call.audio("left")


def test_a_call_that_is_not_there(tmp_path):
    with pytest.raises(CallNotFound, match="no call at"):
        load(tmp_path / "absent")


def test_names_are_seen_from_the_project_and_html_is_escaped(tmp_path, monkeypatch):
    for folder in ("recordings", "data", "notebooks"):
        (tmp_path / folder).mkdir()
    wav = tmp_path / "recordings" / "call-<b>.wav"
    soundfile.write(wav, np.zeros(800, np.int16), 8000)
    monkeypatch.chdir(tmp_path / "notebooks")
    call = load("recordings/call-<b>")
    assert call.files.wav == wav
    html = call._repr_mimebundle_()["text/html"]
    assert "<b>" not in html
    assert "call-&lt;b&gt;" in html


def test_a_file_that_is_no_audio_and_odd_facts_are_shown_in_words(tmp_path):
    (tmp_path / "call-x.wav").write_text("no audio")
    call = load(tmp_path / "call-x.wav")
    assert "no audio" in repr(call)
    assert "no audio" in call._repr_mimebundle_()["text/plain"]
    with pytest.raises(FormatError, match=r"call-x\.wav"):
        call.audio()


def test_a_journal_without_its_wav_still_tells(tmp_path):
    lines = [{"voicelab": 1, "id": "abc", "formats": {"inbound": "mulaw/8000"}}]
    lines += [{"t": 1, "leg": "lab", "way": "in", "ev": {"no": "name"}}]
    path = tmp_path / "call-y.journal.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    call = load(path)
    assert call.facts.format == "mulaw/8000"
    with pytest.raises(CallNotFound, match="was not recorded"):
        call.audio()


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE", "PCM_24", "PCM_16", "ULAW"])
def test_any_wav_is_read_at_its_own_level(tmp_path, subtype):
    samples = np.array([0, 1000, -1000, 20000] * 400, np.int16)
    written = samples / 32768 if subtype in ("FLOAT", "DOUBLE") else samples
    soundfile.write(tmp_path / "call-z.wav", written, 8000, subtype=subtype)
    call = load(tmp_path / "call-z.wav")
    tolerance = 400 if subtype == "ULAW" else 1
    assert np.abs(call.audio().samples.astype(int) - samples).max() <= tolerance
    assert subtype in repr(call)


def test_a_stereo_wav_has_a_lane_a_channel(tmp_path):
    soundfile.write(tmp_path / "call-s.wav", np.zeros((800, 2), np.int16), 8000)
    call = load(tmp_path / "call-s.wav")
    assert len(call.plot().axes) == 2
    assert "2 channels" in repr(call)
    assert "image/png" in call._repr_mimebundle_()["text/html"]


def test_a_file_of_another_kind_is_told_apart_from_a_missing_one(tmp_path):
    (tmp_path / "m.mp3").write_bytes(b"x")
    with pytest.raises(CallNotFound, match="only WAVs and journals"):
        load(tmp_path / "m.mp3")


def test_the_picture_shows_the_jitter_that_the_facts_tell():
    (sample,) = (Path(__file__).parents[2] / "recordings" / "sample").glob("*.journal.jsonl")
    call = load(sample)
    *lanes, spread = call.plot().axes
    counted = call.facts.health["deviation_ms"]["histogram"]
    assert len(lanes) == 1
    assert len(spread.patches) == len(counted)
    assert [text.get_text() for text in spread.texts] == ["jitter 0.56 ms"]
