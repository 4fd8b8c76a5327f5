from pathlib import Path

import numpy as np
import pytest

import voicelab
from voicelab import Audio, check
from voicelab.audio.compare import CodecReport
from voicelab.errors import CallNotFound, FormatError
from voicelab.lab.sound import sound_of

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


@pytest.fixture
def both(tmp_path):
    """Noise and a prompt as two channels of a file."""
    prompt = sound_of(PROMPT)
    noise = np.random.default_rng(3).integers(-9000, 9000, len(prompt.samples)).astype(np.int16)
    two = Audio(np.stack((noise, prompt.samples), axis=1), prompt.rate_hz)
    return two, two.save(tmp_path / "both.wav")


def test_a_channel_is_chosen_by_its_number(both):
    for given in both:
        assert check(given, PROMPT, channel=2).exact
        assert not check(given, PROMPT, channel=1).exact
    assert check(both[0].samples, PROMPT, "l16/16000", channel=2).exact


def test_a_channel_must_be_chosen_and_be_there(both, sample_call):
    with pytest.raises(FormatError, match=r"both.wav has 2 channels: choose one .* channel 1 or 2"):
        check(both[1], PROMPT)
    for channel in (0, 3, -1, "left", 1.5):
        with pytest.raises(FormatError, match=f"has 2 channels: there is no channel {channel!r}"):
            check(both[1], PROMPT, channel=channel)
    with pytest.raises(FormatError, match=r"both.wav has 2 channels: a reference has one"):
        check(PROMPT, both[1])
    with pytest.raises(FormatError, match="1 is the caller, 2 the agent"):
        check(sample_call.files.heard, PROMPT)
    assert check(sample_call, PROMPT, channel=1).exact
    with pytest.raises(FormatError, match="has 1 channel: there is no channel 2"):
        check(sample_call, PROMPT, channel=2)


def test_a_file_that_is_cut_short_says_so_everywhere(tmp_path):
    whole = sound_of(PROMPT)
    path = whole.save(tmp_path / "cut.wav")
    path.write_bytes(path.read_bytes()[: 44 + 2 * 48_000])
    missing_s = whole.duration_s - 3.0
    got = check(path, PROMPT)
    said = "cut.wav is cut short: its header promises 4.12 s, and the last 1.12 s are not there."
    assert got.cut_short() == [said]
    assert got.as_dict()["cut_short_s"] == pytest.approx(missing_s)
    assert got.as_dict()["reference_cut_short_s"] == 0
    assert ("cut short", said) == got.rows()[-1][:2]
    for shown in (got.html(), got._repr_html_()):
        assert "is cut short: its header promises" in shown
    back = check(PROMPT, path)
    assert back.as_dict()["reference_cut_short_s"] == pytest.approx(missing_s)
    whole_one = check(PROMPT, PROMPT)
    assert whole_one.cut_short() == []
    assert "cut short" not in whole_one.html()


def test_every_name_of_the_json_is_an_attribute():
    report = check(PROMPT, PROMPT)
    for name, value in report.as_dict().items():
        if isinstance(value, float):
            assert getattr(report, name) == pytest.approx(value, abs=1), name
        elif name not in ("format", "gaps"):
            assert getattr(report, name) == value, name
    assert report.gaps == report.faults == ()
    assert (report.delay_ms, report.drift_ppm, report.snr_db) == (0, 0, 100)
    assert report.stoi > 0.99


def test_the_bytes_of_a_file_are_taken_and_errors_say_which_of_the_two_is_meant():
    data = Path(PROMPT).read_bytes()
    assert check(data, PROMPT).exact
    with pytest.raises(FormatError, match=r"^The reference is no audio that can be read: it is em"):
        check(PROMPT, b"")
    with pytest.raises(FormatError, match=r"^The recording: Samples alone have no rate"):
        check(np.zeros(8000, np.int16), PROMPT)
    with pytest.raises(FormatError, match=r"^The reference has 4000 samples a second"):
        check(PROMPT, Audio(np.zeros(8000, np.int16), 4000))
