"""Pipes, read to their end."""

import os
import threading

import pytest

from voicelab.errors import FormatError, SettingError
from voicelab.store import piped, sound_file
from voicelab.store.piped import STDIN, Piped, is_pipe, read_pipe


@pytest.fixture
def pipe(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    return tmp_path / "pipe"


@pytest.fixture
def stdin(monkeypatch):
    """``stdin(path)``: descriptor 0 is that file until the end of the test."""
    kept = os.dup(0)

    def stdin(path):
        given = os.open(path, os.O_RDONLY)
        os.dup2(given, 0)
        os.close(given)

    yield stdin
    os.dup2(kept, 0)
    os.close(kept)


def test_what_is_a_pipe(pipe, tmp_path):
    assert is_pipe(STDIN)
    assert is_pipe(pipe)
    assert not is_pipe(tmp_path)
    assert not is_pipe(tmp_path / "none")


def test_all_of_it_is_read_however_it_comes(pipe):
    def write():
        with pipe.open("wb", buffering=0) as file:
            for part in (b"one", b"two" * 100_000, b"three"):
                file.write(part)

    writer = threading.Thread(target=write)
    writer.start()
    got = read_pipe(pipe)
    writer.join()
    assert got == Piped(str(pipe), b"one" + b"two" * 100_000 + b"three")


def test_nobody_is_waited_for_for_ever(pipe, monkeypatch):
    monkeypatch.setattr(piped, "_PATIENCE_MS", 1)
    with pytest.raises(FormatError, match="into which nobody writes"):
        read_pipe(pipe)


def test_more_than_is_held_is_refused(stdin, tmp_path, monkeypatch):
    (tmp_path / "long").write_bytes(bytes(2000))
    stdin(tmp_path / "long")
    monkeypatch.setattr(sound_file, "MOST_BYTES", 1000)
    with pytest.raises(FormatError, match="standard input holds more bytes"):
        read_pipe(STDIN)


def test_a_device_has_no_end(stdin):
    stdin("/dev/zero")
    with pytest.raises(FormatError, match="is a device, which may never end"):
        read_pipe(STDIN)


def test_a_terminal_is_no_recording(monkeypatch):
    monkeypatch.setattr(os, "isatty", lambda _: True)
    with pytest.raises(SettingError, match=r"cat x\.wav"):
        read_pipe(STDIN)
