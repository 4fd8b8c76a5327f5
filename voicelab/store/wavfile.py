"""A WAV file that is valid while it grows."""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType

import numpy as np

from voicelab.audio.wav import HEADER_BYTES, wav_header

_BLOCK_BYTES = 1 << 20


class WavFile:
    """16-bit PCM, written anywhere and in any order; what was never written is silence.

    Parameters
    ----------
    path : Path
        Created exclusively.
    rate_hz, channels : int

    Raises
    ------
    FileExistsError
        Where ``path`` is taken.
    OSError
        Where it cannot be created or written.
    """

    def __init__(self, path: Path, rate_hz: int, channels: int = 1) -> None:
        self.path = path
        self.rate_hz = rate_hz
        self.channels = channels
        self.frames = 0
        self._swapping: tuple[int, bytes] | None = None
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        try:
            self.refresh()
        except OSError:
            os.close(self._fd)
            path.unlink(missing_ok=True)
            raise

    def __enter__(self) -> WavFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def _frame_bytes(self) -> int:
        return 2 * self.channels

    def write(self, offset: int, pcm: bytes) -> None:
        """Write int16 little-endian samples (interleaved) from frame ``offset`` on."""
        _write_all(self._fd, pcm, HEADER_BYTES + offset * self._frame_bytes)
        self.frames = max(self.frames, offset + len(pcm) // self._frame_bytes)

    def write_channel(self, channel: int, offset: int, pcm: bytes) -> None:
        """Write one channel's samples and leave the others as they are."""
        count = len(pcm) // 2
        at = HEADER_BYTES + offset * self._frame_bytes
        there = os.pread(self._fd, count * self._frame_bytes, at)
        block = np.zeros((count, self.channels), "<i2")
        known = np.frombuffer(there[: len(there) // 2 * 2], "<i2")
        block.reshape(-1)[: known.size] = known
        block[:, channel] = np.frombuffer(pcm, "<i2")
        self.write(offset, block.tobytes())

    def swap_bytes(self, channel: int = 0) -> None:
        """Turn every sample of one channel written so far into the other byte order.

        Where it raises, calling it again goes on where it was: no sample is turned twice.
        """
        end = HEADER_BYTES + self.frames * self._frame_bytes
        at = HEADER_BYTES
        if self._swapping is not None:
            at, turned = self._swapping
            _write_all(self._fd, turned, at)
            at += len(turned)
        while at < end:
            raw = os.pread(self._fd, min(_BLOCK_BYTES, end - at), at)
            block = np.frombuffer(raw, "<i2").reshape(-1, self.channels).copy()
            block[:, channel] = block[:, channel].byteswap()
            self._swapping = at, block.tobytes()
            _write_all(self._fd, block.tobytes(), at)
            at += len(raw)
        self._swapping = None

    def refresh(self) -> None:
        """Bring the header up to what is written."""
        _write_all(
            self._fd,
            wav_header(self.frames * self._frame_bytes, self.rate_hz, self.channels),
            0,
        )

    def close(self) -> None:
        """Finish the header and close; idempotent."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            try:
                _write_all(
                    fd, wav_header(self.frames * self._frame_bytes, self.rate_hz, self.channels), 0
                )
            finally:
                os.close(fd)


def _write_all(fd: int, data: bytes, at: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, at)
        view, at = view[written:], at + written
