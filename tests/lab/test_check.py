from pathlib import Path

import numpy as np
import pytest

import voicelab
from voicelab import Audio, check
from voicelab.audio.compare import CodecReport
from voicelab.errors import CallNotFound, FormatError

pytest.importorskip("pystoi")
PROMPT = "data/prompts/order.wav"


@pytest.fixture
def sample_call():
    folder = Path(__file__).parents[2] / "recordings" / "sample"
    (wav,) = (path for path in folder.glob("*.wav") if path.stem.endswith("Z"))
    return voicelab.load(wav)


def test_files_sounds_and_calls_are_all_taken(sample_call):
    assert check(PROMPT, PROMPT).exact
    got = sample_call.check(PROMPT)
    assert isinstance(got, CodecReport)
    assert got.exact
    assert got.verdict in repr(got)
    assert check(sample_call, sample_call.audio()).exact


def test_a_report_draws_itself(sample_call):
    got = sample_call.check(PROMPT)
    for figure in (got.plot(), got.spectrograms(), got.times()):
        assert figure._repr_png_()[0].startswith(b"\x89PNG")
    assert "<table>" in got._repr_html_()


def test_what_is_no_sound_is_refused(tmp_path):
    with pytest.raises(FormatError, match="directory"):
        check(tmp_path, PROMPT)
    with pytest.raises(CallNotFound, match="no call at"):
        check(tmp_path / "none.wav", PROMPT)
    with pytest.raises(FormatError, match="have no rate"):
        check(np.zeros(8000, np.int16), PROMPT)
    with pytest.raises(FormatError, match="not int"):
        check(7, PROMPT)
    with pytest.raises(FormatError, match="int16"):
        check(np.full(8000, np.nan), PROMPT, "l16/8000")


def test_samples_have_the_rate_of_the_format():
    sound = np.arange(-4000, 4000, dtype=np.int16)
    assert check(sound, Audio(sound, 8000), "l16/8000").exact


def test_a_notebook_sees_the_verdict_first_and_hears_both(sample_call):
    shown = sample_call.check(PROMPT)._repr_html_()
    assert shown.index("Exact: all") < shown.index("<table>") < shown.index("<img")
    assert shown.count("<img") == 3
    assert shown.count("<audio") == 2
    assert "<script" not in shown


def test_a_report_knows_what_was_given(sample_call, tmp_path):
    got = sample_call.check(PROMPT)
    assert got.reference_name == "order.wav"
    assert got.recording_name == sample_call.files.wav.name
    page = got.save_html(tmp_path / "page.html").read_text("utf-8")
    assert page.startswith("<!DOCTYPE html>")
    assert got.recording_name in page
