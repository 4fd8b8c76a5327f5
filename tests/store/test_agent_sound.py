"""What the caller heard of the agent: the right channel of the heard WAV."""

import errno
import os
from datetime import UTC, datetime

import numpy as np
import pytest
import soundfile

from voicelab.audio.format import AudioFormat
from voicelab.call.listener import Audience, StreamListener
from voicelab.store.recording import Recording


class FakeStream:
    id, call_id, stream_id = "our-id", None, None
    format = outbound = AudioFormat("l16", 24000)


@pytest.fixture
def recording(tmp_path):
    recording = Recording(tmp_path, datetime(2026, 5, 12, tzinfo=UTC), {})
    recording.on_start(FakeStream())
    yield recording
    recording.close()


def frame(n: int) -> bytes:
    return np.full(480, n, "<i2").tobytes()


def heard(recording) -> np.ndarray:
    return soundfile.read(recording.files.heard, dtype="int16")[0]


def test_it_stands_beside_the_caller_where_it_was_heard(recording):
    for n in range(3):
        recording.on_audio(480 * n, frame(n + 1))
        recording.on_agent_audio(480 * n + 480, frame(n + 11))
    recording.flush()
    assert heard(recording)[::480].tolist() == [[1, 0], [2, 11], [3, 12], [0, 13]]
    assert soundfile.info(recording.files.heard).samplerate == 24000


def test_it_is_not_in_the_callers_file(recording):
    recording.on_audio(0, frame(1))
    recording.on_agent_audio(0, frame(2))
    recording.finish()
    assert set(soundfile.read(recording.files.wav, dtype="int16")[0]) == {1}


def test_a_caller_who_comes_later_leaves_it_whole(recording):
    recording.on_agent_audio(0, frame(7))
    recording.flush()
    recording.on_audio(240, frame(1))
    recording.flush()
    assert heard(recording)[::240].tolist() == [[0, 7], [1, 7], [1, 0]]


def test_a_byte_order_that_is_corrected_is_the_callers_only(recording):
    recording.on_audio(0, frame(0x0100))
    recording.on_agent_audio(0, frame(0x0200))
    recording.flush()
    recording.on_byte_order("little", True)
    recording.flush()
    assert heard(recording)[0].tolist() == [1, 0x0200]


def test_a_full_disk_loses_nothing_of_it(recording, monkeypatch):
    real, full = os.pwrite, [True]

    def pwrite(fd, data, at):
        if full[0]:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, data, at)

    monkeypatch.setattr(os, "pwrite", pwrite)
    recording.on_agent_audio(0, frame(3))
    recording.flush()
    assert "No space left" in recording.problem
    full[0] = False
    recording.on_agent_audio(480, frame(4))
    recording.finish()
    assert recording.problem is None
    assert heard(recording)[::480].tolist() == [[0, 3], [0, 4]]


def test_everybody_who_listens_is_told():
    class Ear(StreamListener):
        got: tuple[int, bytes] | None = None

        def on_agent_audio(self, offset, pcm):
            self.got = offset, pcm

    audience, ear = Audience(), Ear()
    audience.add(StreamListener())
    audience.add(ear)
    audience.agent_audio(5, b"\1\0")
    assert ear.got == (5, b"\1\0")
