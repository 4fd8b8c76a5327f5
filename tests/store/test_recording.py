import errno
import os
from datetime import UTC, datetime

import numpy as np
import pytest
import soundfile

from voicelab.audio.format import AudioFormat
from voicelab.call.moment import fact
from voicelab.store import recording as recording_module
from voicelab.store import wavfile
from voicelab.store.journal import read_journal
from voicelab.store.recording import Recording

WHEN = datetime(2026, 5, 12, 8, 21, 33, 347_000, UTC)


class FakeStream:
    """The few attributes of a stream that its recording reads at the start."""

    id, call_id, stream_id = "our-id", "CA1", "ST1"
    format = outbound = AudioFormat("l16", 8000)


def begin(directory, **attributes) -> Recording:
    recording = Recording(directory, WHEN, {"format": "l16/8000"})
    for name, value in attributes.items():
        setattr(recording, name, value)
    recording.on_start(FakeStream())
    return recording


def frame(n: int) -> bytes:
    return np.full(160, n, "<i2").tobytes()


def read(path):
    return soundfile.read(path, dtype="int16")[0]


def test_the_first_line_tells_of_the_call(tmp_path):
    recording = begin(tmp_path, continues="earlier-id")
    recording.close()
    assert read_journal(recording.files.journal).header == {
        "voicelab": 1,
        "id": "our-id",
        "call_id": "CA1",
        "stream_id": "ST1",
        "started": "2026-05-12T08:21:33.347Z",
        "formats": {"inbound": "l16/8000", "outbound": "l16/8000"},
        "config": {"format": "l16/8000"},
        "continues": "earlier-id",
    }


def test_a_flush_is_enough_to_open_everything(tmp_path):
    recording = begin(tmp_path)
    for n in range(5):
        recording.on_moment(fact(n, "frame", {"n": n}))
        recording.on_audio(160 * n, frame(n))
    recording.flush()
    assert len(read(recording.files.wav)) == 800
    assert read(recording.files.heard).shape == (800, 2)
    assert len(read_journal(recording.files.journal).moments) == 5
    recording.close()
    assert np.array_equal(read(recording.files.heard)[:, 0], read(recording.files.wav))
    assert not read(recording.files.heard)[:, 1].any()


def test_audio_before_the_byte_order_was_known_is_corrected(tmp_path):
    recording = begin(tmp_path)
    recording.on_audio(0, frame(0x0100))
    recording.flush()
    recording.on_audio(160, frame(0x0200))
    recording.on_byte_order("little", True)
    recording.on_audio(320, frame(3))
    recording.finish()
    assert read(recording.files.wav)[::160].tolist() == [1, 2, 3]
    assert read(recording.files.heard)[::160, 0].tolist() == [1, 2, 3]
    recording.close()


def test_moments_before_the_socket_stand_first(tmp_path):
    recording = Recording(tmp_path, WHEN, {})
    recording.on_moment(fact(5, "start", {}))
    recording.before([fact(-9, "request", {}), fact(-8, "answer", {})])
    recording.on_start(FakeStream())
    recording.close()
    assert [m.t_ns for m in read_journal(recording.files.journal).moments] == [-9, -8, 5]


def test_nothing_is_written_before_the_format_is_known(tmp_path):
    recording = Recording(tmp_path / "r", WHEN, {})
    recording.on_moment(fact(1, "early", {}))
    recording.flush()
    assert not (tmp_path / "r").exists()
    recording.on_start(FakeStream())
    recording.close()
    assert len(read_journal(recording.files.journal).moments) == 1


def test_a_name_that_is_taken_moves_on(tmp_path):
    names = []
    for _ in range(3):
        recording = begin(tmp_path)
        names.append(recording.files.wav.name[-8:])
        recording.close()
    assert names == ["347Z.wav", "348Z.wav", "349Z.wav"]


def test_later_moments_are_appended(tmp_path):
    recording = begin(tmp_path)
    recording.close()
    recording.on_moment(fact(99, "hangup", {}))
    assert read_journal(recording.files.journal).moments[-1].name == "hangup"


def test_closing_is_idempotent(tmp_path):
    recording = begin(tmp_path)
    recording.close()
    recording.close()


def test_a_folder_that_cannot_be_made_is_told_and_the_call_goes_on(tmp_path):
    (tmp_path / "file").write_text("")
    recording = begin(tmp_path / "file" / "recordings")
    recording.on_audio(0, frame(1))
    recording.on_moment(fact(1, "x", {}))
    recording.flush()
    recording.close()
    assert recording.files is None
    assert "could be created" in recording.problem


@pytest.fixture
def disk(monkeypatch):
    """A disk that can be filled: writes then fail with ENOSPC, those of 44 bytes too."""
    state = {"full": False, "allowed": None}
    real = os.pwrite

    def pwrite(fd, data, at):
        if state["full"] or state["allowed"] == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        if state["allowed"] is not None:
            state["allowed"] -= 1
        return real(fd, data, at)

    monkeypatch.setattr(os, "pwrite", pwrite)
    return state


def test_a_full_disk_loses_nothing_when_space_comes_back(tmp_path, disk):
    recording = begin(tmp_path)
    recording.on_audio(0, frame(1))
    recording.flush()
    disk["full"] = True
    recording.on_audio(160, frame(2))
    recording.on_moment(fact(1, "x", {}))
    recording.flush()
    assert "No space left" in recording.problem
    disk["full"] = False
    recording.on_audio(320, frame(3))
    recording.finish()
    recording.close()
    assert recording.problem is None
    assert read(recording.files.wav)[::160].tolist() == [1, 2, 3]
    assert len(read_journal(recording.files.journal).moments) == 1


def test_an_ending_that_found_no_space_is_told_for_good(tmp_path, disk):
    recording = begin(tmp_path)
    recording.on_audio(0, frame(1))
    recording.flush()
    disk["full"] = True
    recording.on_audio(160, frame(2))
    recording.finish()
    recording.close()
    disk["full"] = False
    recording.on_moment(fact(1, "late", {}))
    assert "the end of the call is not in its files" in recording.problem
    assert len(read(recording.files.wav)) == 160
    assert read_journal(recording.files.journal).moments[-1].name == "late"


def test_an_ending_that_finds_space_a_moment_later_is_whole(tmp_path, disk):
    recording = begin(tmp_path)
    disk["full"] = True
    recording.on_audio(0, frame(1))
    recording.finish()
    disk["full"] = False
    recording.close()
    assert recording.problem is None
    assert len(read(recording.files.wav)) == 160


@pytest.mark.parametrize("allowed", range(6))
def test_a_byte_order_correction_that_is_interrupted_turns_nothing_twice(
    tmp_path, disk, monkeypatch, allowed
):
    monkeypatch.setattr(wavfile, "_BLOCK_BYTES", 200)
    recording = begin(tmp_path)
    recording.on_audio(0, frame(0x0100))
    recording.flush()
    recording.on_byte_order("little", True)
    disk["allowed"] = allowed
    recording.flush()
    assert "No space left" in recording.problem
    disk["allowed"] = None
    recording.on_audio(160, frame(2))
    recording.close()
    assert read(recording.files.wav)[::160].tolist() == [1, 2]
    assert read(recording.files.heard)[::160, 0].tolist() == [1, 2]
    assert set(read(recording.files.wav)[:160]) == {1}
    assert set(read(recording.files.heard)[:160, 0]) == {1}


def test_a_disk_that_refuses_at_once_leaves_no_descriptor(tmp_path, disk):
    disk["full"] = True
    recording = begin(tmp_path)
    recording.close()
    assert recording.files is None
    assert list(tmp_path.iterdir()) == []


def test_a_disk_that_hangs_does_not_fill_the_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(recording_module, "MAX_UNWRITTEN_BYTES", 3000)
    recording = begin(tmp_path)
    for n in range(50):
        recording.on_audio(160 * n, frame(n))
    assert "given up" in recording.problem
    assert sum(len(piece.pcm) for piece in recording._new_sound) <= 3000
    recording.close()


def test_a_torn_line_is_overwritten_by_the_next_one(tmp_path, monkeypatch):
    recording = begin(tmp_path)
    recording.close()
    real = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: real(fd, data[:5], at) and 1 / 0)
    with pytest.raises(ZeroDivisionError):
        recording.on_moment(fact(1, "torn", {}))
    monkeypatch.setattr(os, "pwrite", real)
    recording.on_moment(fact(2, "whole", {}))
    journal = read_journal(recording.files.journal)
    assert ([m.name for m in journal.moments], journal.broken) == (["torn", "whole"], 0)


def test_a_disk_that_stays_full_ends_the_recording_not_the_call(tmp_path, disk, monkeypatch):
    monkeypatch.setattr(recording_module, "MAX_UNWRITTEN_BYTES", 3000)
    recording = begin(tmp_path)
    recording.on_audio(0, frame(1))
    recording.flush()
    disk["full"] = True
    for n in range(1, 20):
        recording.on_audio(160 * n, frame(n))
        recording.flush()
    assert "given up" in recording.problem
    disk["full"] = False
    recording.close()
    assert len(read(recording.files.wav)) == 160
