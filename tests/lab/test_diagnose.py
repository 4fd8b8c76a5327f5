import re
from pathlib import Path

import numpy as np
import pytest
import soundfile

import voicelab
from voicelab import Audio, diagnose
from voicelab.audio.diagnosis import Diagnosis
from voicelab.audio.diagnosis.faults import break_audio
from voicelab.audio.g711 import ulaw_encode
from voicelab.errors import CallNotFound, FormatError
from voicelab.lab.sound import sound_of

ORDER = "data/prompts/order.wav"


@pytest.fixture(scope="module")
def said():
    samples = sound_of(ORDER).samples
    return Audio(samples[::2].copy(), 8000)


@pytest.fixture
def broken(said, tmp_path):
    samples, rate_hz = break_audio("mulaw-as-alaw", said.samples, 8000)
    soundfile.write(tmp_path / "broken.wav", samples, rate_hz)
    return tmp_path / "broken.wav"


def test_files_calls_clips_and_bytes_are_all_taken(broken, said):
    assert diagnose(ORDER).fault == "none"
    for given in (broken, str(broken), broken.read_bytes(), sound_of(broken)):
        found = diagnose(given)
        assert isinstance(found, Diagnosis)
        assert found.fault == "mulaw-as-alaw"
    assert diagnose(broken).name == "broken.wav"
    call = voicelab.load(broken)
    assert call.diagnose(said).fault == "mulaw-as-alaw"
    assert call.diagnose(said).name == "broken.wav"


def test_a_reference_that_is_a_file_is_not_read_as_wire_bytes(said, tmp_path):
    soundfile.write(tmp_path / "said.wav", said.samples, 8000)
    wire = ulaw_encode(said.samples).tobytes()
    found = diagnose(wire, tmp_path / "said.wav", format="mulaw/8000")
    assert found.fault == "none"
    assert found.reference.duration_s == said.duration_s


def test_it_draws_itself(broken, said):
    found = diagnose(broken, said)
    assert [name for name, _ in found.sounds()] == ["heard", "repaired", "reference"]
    for figure in (found.plot(), found.spectrograms(), found.levels()):
        assert figure._repr_png_()[0].startswith(b"\x89PNG")
    shown = found._repr_html_()
    assert shown.index("Mu-law was decoded as A-law") < shown.index("<img") < shown.index("<audio")
    assert shown.count("<audio") == 3
    assert found.verdict in repr(found)


def test_what_nothing_can_be_done_about_is_heard_once():
    found = diagnose(np.zeros(8000, np.int16))
    assert not found.changed
    assert found._repr_html_().count("<audio") == 1


def test_what_is_no_sound_is_refused(tmp_path):
    with pytest.raises(FormatError, match="directory"):
        diagnose(tmp_path)
    with pytest.raises(CallNotFound, match="no file"):
        diagnose(tmp_path / "none.wav")
    (tmp_path / "diary.txt").write_text("Dear diary, nobody called.\n" * 20)
    with pytest.raises(FormatError, match="text, not audio"):
        diagnose(Path(tmp_path / "diary.txt"))


def test_a_channel_is_chosen_by_its_number_else_the_loudest(said, tmp_path):
    wrong, _ = break_audio("mulaw-as-alaw", said.samples, 8000)
    two = Audio(np.stack((said.samples // 4, wrong[: len(said.samples)]), axis=1), 8000)
    path = two.save(tmp_path / "both.wav")
    for given in (two, path, path.read_bytes(), two.samples):
        assert diagnose(given).fault == "mulaw-as-alaw"
        assert diagnose(given, channel=2).fault == "mulaw-as-alaw"
        assert diagnose(given, channel=1).fault == "none"
        with pytest.raises(FormatError, match="has 2 channels: there is no channel 3"):
            diagnose(given, channel=3)
    with pytest.raises(FormatError, match="has 1 channel: there is no channel 2"):
        diagnose(bytes(1600), format="mulaw/8000", channel=2)


def test_a_file_that_is_cut_short_says_so_everywhere(said, tmp_path):
    path = said.save(tmp_path / "cut.wav")
    path.write_bytes(path.read_bytes()[: 44 + 2 * 24_000])
    missing_s = said.duration_s - 3.0
    for given in (path, path.read_bytes()):
        found = diagnose(given)
        assert found.heard.duration_s == 3.0
        assert found.as_json()["cut_short_s"] == pytest.approx(missing_s, abs=1e-6)
        assert "is cut short: its header promises 4.12 s" in str(found)
        assert "is cut short: its header promises" in found.html()
        assert "is cut short: its header promises" in found._repr_html_()
    assert "cut short" not in str(diagnose(said))
    assert "reference" not in diagnose(said, said).cut_short()


def test_an_mp3_is_no_wire(said, tmp_path):
    if "MP3" not in soundfile.available_formats():
        pytest.skip("libsndfile without MP3")
    path = tmp_path / "said.mp3"
    soundfile.write(path, said.samples, 8000)
    found = diagnose(path)
    assert abs(found.heard.duration_s - said.duration_s) < 0.1
    assert found.fault in ("none", "unknown")


def test_a_broken_header_is_a_sentence_that_says_what_else_can_be_done(said, tmp_path):
    data = said.save(tmp_path / "said.wav").read_bytes()[:30]
    (tmp_path / "said.wav").write_bytes(data)
    for given in (data, tmp_path / "said.wav"):
        with pytest.raises(FormatError, match="name the format of the bytes") as caught:
            diagnose(given)
        assert "BytesIO" not in str(caught.value)
    assert diagnose(data, format="mulaw/8000").fault == "unknown"


@pytest.mark.parametrize("fault", ["none", "rate-half", "clipped"])
def test_a_reference_that_begins_earlier_is_shown_and_heard_at_the_same_word(said, fault):
    good, rate_hz = said.samples, said.rate_hz
    late = np.concatenate((np.zeros(2 * rate_hz, np.int16), good))
    found = diagnose(Audio(*break_audio(fault, late, rate_hz)), Audio(good, rate_hz))
    assert found.fault == fault
    later = found.later_s(found.reference)
    assert later == pytest.approx(2, abs=0.001)
    lanes = {lane.name: lane for lane in found._lanes(2.0 * found.speed(found.reference), 2)}
    assert lanes["reference"].begin_s == pytest.approx(2, abs=0.001)
    assert lanes["reference"].samples[:1000].tolist() == good[:1000].tolist()
    begins = re.findall(r'data-from="([^"]+)" data-speed="([^"]+)"', found.html())
    assert [round(float(begin) / float(speed), 2) for begin, speed in begins][-1] == 2


def test_a_page_may_be_written_at_home(broken, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    found = diagnose(broken)
    assert found.save_html("~/page.html") == tmp_path / "page.html"
