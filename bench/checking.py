"""Whether a server wrote what the callers of a batch said: every sample, every journal line."""

from __future__ import annotations

import hashlib
import json
import time
import wave
from collections import Counter
from pathlib import Path

import msgspec
import wire
from contenders import Running
from placing import Batch

SHOWN = 10


class _Audio(msgspec.Struct, gc=False):
    payload: bytes


class _Message(msgspec.Struct, gc=False):
    media: _Audio | None = None


class _Line(msgspec.Struct, gc=False):
    t: int
    leg: str
    m: _Message | None = None


_decode_line = msgspec.json.Decoder(_Line).decode

Stamps = dict[str, list[int]]
"""When each media frame of a call was stamped, in ns from the opening of its socket."""


def check(server: Running, batch: Batch, patience_s: float = 5.0) -> Stamps:
    """Compare all files with what was said, then delete them.

    Parameters
    ----------
    server : Running
    batch : Batch
    patience_s : float
        How long a server that is still writing is waited for.

    Returns
    -------
    Stamps
        By call id; empty where the server keeps no journal.

    Raises
    ------
    SystemExit
        Where anything differs.
    """
    patience = time.monotonic() + patience_s
    while (found := _Found(server, batch)).faults and time.monotonic() < patience:
        time.sleep(0.2)
    if found.faults:
        shown = "\n  ".join(found.faults[:SHOWN])
        raise SystemExit(f"{server.contender.name} is wrong:\n  {shown}")
    for path in found.paths:
        path.unlink()
    return found.stamps


class _Found:
    """The files in a server's folder and what is wrong with them."""

    def __init__(self, server: Running, batch: Batch) -> None:
        heard = list(server.folder.glob("*.heard.wav"))
        wavs = [path for path in server.folder.glob("*.wav") if path not in heard]
        journals = list(server.folder.glob("*.journal.jsonl"))
        self.paths = [*heard, *wavs, *journals]
        self.stamps: Stamps = {}
        self.faults: list[str] = []
        callers = range(batch.calls)
        said = Counter(_digest(wire.audio(index, batch.frames)) for index in callers)
        if Counter(map(_caller_digest, wavs)) != said:
            self.faults.append(f"{len(wavs)} WAVs do not hold what {batch.calls} callers said")
        if heard and Counter(map(_caller_digest, heard)) != said:
            self.faults.append("the heard WAVs do not hold what the callers said")
        for path in journals:
            call_id, stamps_ns, fault = _read_journal(path, batch.frames)
            self.stamps[call_id] = stamps_ns
            if fault is not None:
                self.faults.append(f"{path.name}: {fault}")
        if server.contender.journals:
            expected = {wire.call_id(batch.number, index) for index in callers}
            if self.stamps.keys() != expected:
                self.faults.append(f"{len(journals)} journals are not those of the calls")


def _read_journal(path: Path, frames: int) -> tuple[str, list[int], str | None]:
    """Whose it is, when its media frames were stamped, and what is wrong with it."""
    first, *lines = path.read_bytes().splitlines()
    call_id = json.loads(first)["call_id"]
    said = wire.audio(wire.caller(call_id), frames)
    moments = [moment for line in lines if (moment := _decode_line(line)).leg == "carrier"]
    media = [(moment.t, moment.m.media) for moment in moments if moment.m and moment.m.media]
    times = [t for t, _ in media]
    fault = None
    if times != sorted(times):
        fault = "its times go back"
    elif b"".join(body.payload for _, body in media) != said:
        fault = f"its {len(media)} media messages are not those that were sent"
    return call_id, times, fault


def _caller_digest(path: Path) -> str:
    """Name the samples of a WAV's only, or left, channel."""
    with wave.open(str(path)) as wav:
        samples = memoryview(wav.readframes(wav.getnframes())).cast("h")
        return _digest(samples[:: wav.getnchannels()].tobytes())


def _digest(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()
