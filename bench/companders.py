"""Who encodes and decodes G.711: voicelab, and what else a Python program may use for it.

Each takes and gives what it works with by nature: arrays, or the bytes of linear samples.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

from voicelab.audio.diagnosis.continuous import continuous_encode, continuous_levels
from voicelab.audio.g711 import alaw_decode, alaw_encode, ulaw_decode, ulaw_encode

LAWS = ("mulaw", "alaw")
RATE_HZ = 8000
RAW = {"samplerate": RATE_HZ, "channels": 1, "format": "RAW"}


@dataclass(frozen=True, slots=True)
class Compander:
    """An implementation of one law.

    Attributes
    ----------
    version : str
    encode, decode : callable
        From linear samples to codes and back, int16 and uint8, each an array or its bytes.
    takes_bytes : bool
        Whether they want bytes instead of arrays.
    is_process : bool
        Whether each call starts a program.
    """

    version: str
    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]
    takes_bytes: bool = False
    is_process: bool = False

    def given(self, array: npt.NDArray[np.generic]) -> Any:
        """What it is called with."""
        return array.tobytes() if self.takes_bytes else array


class Unavailable(Exception):
    """An implementation is not to be had here; the message says why."""


def voicelab_g711(law: str) -> Compander:
    """The product's tables."""
    pair = (ulaw_encode, ulaw_decode) if law == "mulaw" else (alaw_encode, alaw_decode)
    return Compander("", *pair)


def libsndfile(law: str) -> Compander:
    """python-soundfile, a headerless file in memory for each call."""
    subtype = "ULAW" if law == "mulaw" else "ALAW"

    def encode(samples: Any) -> Any:
        file = BytesIO()
        soundfile.write(file, samples, RATE_HZ, format="RAW", subtype=subtype)
        return np.frombuffer(file.getbuffer(), np.uint8)

    def decode(codes: Any) -> Any:
        return soundfile.read(BytesIO(codes), dtype="int16", subtype=subtype, **RAW)[0]

    return Compander(soundfile.__libsndfile_version__, encode, decode)


def audioop(law: str) -> Compander:
    """The standard library's, while it had one.

    Raises
    ------
    Unavailable
        From Python 3.13 on.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            import audioop
    except ModuleNotFoundError:
        reason = f"Python {sys.version_info.major}.{sys.version_info.minor} has none (PEP 594)"
        raise Unavailable(reason) from None
    short = "ulaw" if law == "mulaw" else "alaw"
    to_code, to_linear = getattr(audioop, f"lin2{short}"), getattr(audioop, f"{short}2lin")
    return Compander(
        f"of Python {platform.python_version()}",
        lambda samples: to_code(samples, 2),
        lambda codes: to_linear(codes, 2),
        takes_bytes=True,
    )


def sox(law: str) -> Compander:
    """The sox program without dither.

    Raises
    ------
    Unavailable
        Where it is not installed.
    """
    return _sox(law, "-D")


def sox_as_it_comes(law: str) -> Compander:
    """The sox program as it comes, which dithers.

    Raises
    ------
    Unavailable
        Where it is not installed.
    """
    return _sox(law)


def continuous(law: str) -> Compander:
    """The curve of textbooks, as numeric libraries have it.

    Raises
    ------
    Unavailable
        For A-law, whose curve nobody takes for the codec.
    """
    if law != "mulaw":
        raise Unavailable("mu-law only")
    return Compander("", continuous_encode, lambda codes: continuous_levels().take(codes))


ALL = {
    "voicelab": voicelab_g711,
    "libsndfile": libsndfile,
    "audioop": audioop,
    "sox -D": sox,
    "sox": sox_as_it_comes,
    "continuous law": continuous,
}
"""Each by its name, given a law; voicelab first."""


def _sox(law: str, *options: str) -> Compander:
    program = shutil.which("sox")
    if program is None:
        raise Unavailable("there is no sox here: install the package sox")
    # Without -V1 it warns of samples that it clips.
    raw = ["-t", "raw", "-r", str(RATE_HZ), "-c", "1"]
    linear = [*raw, "-e", "signed", "-b", "16", "-"]
    companded = [*raw, "-e", "u-law" if law == "mulaw" else "a-law", "-b", "8", "-"]
    command = [program, "-V1", *options]

    def run(way: list[str], data: bytes) -> bytes:
        return subprocess.run([*command, *way], input=data, capture_output=True, check=True).stdout

    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return Compander(
        said.stdout.split()[-1].lstrip("v"),
        lambda samples: run([*linear, *companded], samples),
        lambda codes: run([*companded, *linear], codes),
        takes_bytes=True,
        is_process=True,
    )
