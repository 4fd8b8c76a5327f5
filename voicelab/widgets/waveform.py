"""The last seconds of a call, as the least and the largest sample of each hundredth of one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

COLUMNS_A_SECOND = 100
SECONDS = 12
COLUMNS = COLUMNS_A_SECOND * SECONDS


class LiveWaveform:
    """Sound goes in where it belongs on the time axis; changed columns come out.

    Parameters
    ----------
    rate_hz : int
        A multiple of 100.
    """

    def __init__(self, rate_hz: int) -> None:
        self._step = rate_hz // COLUMNS_A_SECOND
        self._kept = np.zeros((COLUMNS, self._step), np.int16)
        self._samples = self._kept.reshape(-1)
        self._end = 0
        self._changed = 0

    def add(self, offset: int, pcm: bytes) -> None:
        """Place sound: int16 little-endian, its first sample at ``offset``."""
        samples = np.frombuffer(pcm, "<i2")
        if offset > self._end:
            self._write(self._end, np.zeros(min(offset - self._end, self._samples.size), np.int16))
            self._end = offset
        oldest = max(0, self._end - self._samples.size)
        if offset < oldest:
            samples, offset = samples[oldest - offset :], oldest
        if samples.size > self._samples.size:
            offset += samples.size - self._samples.size
            samples = samples[-self._samples.size :]
        self._write(offset, samples)
        self._end = max(self._end, offset + samples.size)
        self._clear_ahead()

    def swap(self) -> None:
        """All so far was in the other byte order."""
        self._kept.byteswap(inplace=True)
        self._changed = 0

    def take(self) -> tuple[int, NDArray[np.int16]]:
        """The first changed column's number, and all from there, of shape (n, 2).

        A column that still grows comes again with the next call.
        """
        first, columns = self._columns(self._changed)
        self._changed = self._end // self._step
        return first, columns

    def whole(self) -> tuple[int, NDArray[np.int16]]:
        """All columns that are kept, without counting them as taken."""
        return self._columns(0)

    def _write(self, offset: int, samples: NDArray[np.int16]) -> None:
        if samples.size:
            self._changed = min(self._changed, offset // self._step)
            at = offset % self._samples.size
            until_edge = self._samples.size - at
            self._samples[at : at + samples.size] = samples[:until_edge]
            self._samples[: max(0, samples.size - until_edge)] = samples[until_edge:]

    def _clear_ahead(self) -> None:
        """The column that still grows holds nothing of what was there a round ago."""
        at = self._end % self._samples.size
        self._samples[at : at + -self._end % self._step] = 0

    def _columns(self, first: int) -> tuple[int, NDArray[np.int16]]:
        last = -(-self._end // self._step)
        first = max(first, last - COLUMNS, 0)
        block = self._kept[np.arange(first, last) % COLUMNS]
        return first, np.stack((block.min(axis=1), block.max(axis=1)), axis=1)
