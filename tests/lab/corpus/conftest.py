"""Small corpora, and a decoder that dies or sleeps over files of certain names."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import pytest
import soundfile

DECODER = """
import os, signal, sys, time
sys.path.remove({folder!r})
del sys.modules["soundfile"]
import soundfile

class SoundFile(soundfile.SoundFile):
    def __init__(self, file, *args, **kwargs):
        name = os.path.basename(str(file))
        if name == "deadly.wav":
            os.kill(os.getpid(), signal.SIGKILL)
        if name == "slow.wav":
            time.sleep(600)
        if name == "loud.wav":
            os.write(1, b"a decoder prints\\n")
        super().__init__(file, *args, **kwargs)

soundfile.SoundFile = SoundFile
"""


@pytest.fixture
def speech() -> np.ndarray:
    """A second of something with an envelope, at 8 kHz."""
    rng = np.random.default_rng(5)
    envelope = np.abs(np.sin(np.arange(8000) / 900))
    return np.rint(8000 * envelope * rng.standard_normal(8000).clip(-2, 2)).astype(np.int16)


@pytest.fixture
def write(tmp_path: Path, speech: np.ndarray) -> Callable[..., Path]:
    """Write one second, each a little quieter than the last, under a name."""
    count = 0

    def written(name: str, samples: np.ndarray | None = None) -> Path:
        nonlocal count
        count += 1
        path = tmp_path / name
        quieter = np.rint(speech * 0.95**count).astype(np.int16)
        soundfile.write(path, quieter if samples is None else samples, 8000)
        return path

    return written


@pytest.fixture
def pairs(write: Callable[..., Path]) -> list[tuple[Path, Path]]:
    """Nine recordings of one reference, the last of them broken."""
    reference = write("reference.wav")
    good = [(write(f"{number}.wav"), reference) for number in range(8)]
    broken = reference.with_name("broken.wav")
    broken.write_bytes(b"no sound at all")
    return [*good, (broken, reference)]


@pytest.fixture
def decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give workers a decoder that dies over ``deadly`` files and sleeps over ``slow`` ones."""
    folder = tmp_path / "decoder"
    folder.mkdir()
    (folder / "soundfile.py").write_text(DECODER.format(folder=str(folder)))
    monkeypatch.syspath_prepend(str(folder))


@pytest.fixture(autouse=True)
def _no_process_left():
    """Fail a test that leaves a process behind."""
    here = psutil.Process()
    before = set(here.children(recursive=True))
    yield
    _, alive = psutil.wait_procs(set(here.children(recursive=True)) - before, timeout=2)
    assert not alive
