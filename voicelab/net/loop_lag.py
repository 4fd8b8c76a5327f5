"""How late an event loop is: by how much a beat comes later than it should."""

from __future__ import annotations

import asyncio
import logging
from array import array
from collections.abc import Callable

log = logging.getLogger("voicelab.net")

_BEAT_NS = 20_000_000
_IDLE_BEAT_NS = 200_000_000
"""A wake-up costs some 50 µs: 50 a second are too many for a server that nobody calls."""
_WINDOW = 1500
"""Beats in the sliding window: the last 30 s of calls."""

OnStall = Callable[[int, int], None]


class LoopLag:
    """Measures the lag of the loop it is started in. Its figures may be read from any thread.

    A beat that comes late stands for those it kept from coming, each with its own lag; otherwise
    two seconds of standstill would weigh no more than 20 ms.

    Parameters
    ----------
    clock : callable
        Monotonic nanoseconds.
    on_stall : callable
        ``on_stall(begin_ns, end_ns)`` after the loop stood still for longer than ``stall_ms``. The
        beginning is when a beat was due, at most one beat after the truth.
    busy : callable
        Whether calls are running: the beat comes every 20 ms then, else every 200 ms.
    stall_ms : float

    Attributes
    ----------
    max_ms : float
        The largest lag since the start.
    stalls : int
    """

    def __init__(
        self,
        clock: Callable[[], int],
        on_stall: OnStall,
        *,
        busy: Callable[[], bool] = lambda: True,
        stall_ms: float = 50.0,
    ) -> None:
        self.max_ms = 0.0
        self.stalls = 0
        self._clock = clock
        self._on_stall = on_stall
        self._busy = busy
        self._stall_ns = int(stall_ms * 1e6)
        self._lags_ms = array("f", bytes(4 * _WINDOW))
        self._beats = 0
        self._due_ns = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Begin to beat in the running loop."""
        self._loop = asyncio.get_running_loop()
        self._due_ns = self._clock() + _BEAT_NS
        self._timer = self._loop.call_later(_BEAT_NS / 1e9, self._beat)

    def quicken(self) -> None:
        """A call begins: do not wait for an idle loop's next beat."""
        if self._loop is not None and self._timer is not None:
            now_ns = self._clock()
            if self._due_ns - now_ns > _BEAT_NS:
                self._timer.cancel()
                self._due_ns = now_ns + _BEAT_NS
                self._timer = self._loop.call_later(_BEAT_NS / 1e9, self._beat)

    def stop(self) -> None:
        """End the beat; idempotent."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def running(self) -> bool:
        """Whether it beats."""
        return self._timer is not None

    @property
    def now_ms(self) -> float:
        """The lag at this moment; it grows while the loop stands still."""
        if not self._beats or self._timer is None:
            return 0.0
        overdue_ms = (self._clock() - self._due_ns) / 1e6
        return max(self._lags_ms[(self._beats - 1) % _WINDOW], overdue_ms)

    @property
    def p50_ms(self) -> float:
        """Half of the beats of the window came later than this."""
        return self.percentile_ms(0.5)

    @property
    def p99_ms(self) -> float:
        """One in a hundred of the window came later than this."""
        return self.percentile_ms(0.99)

    def percentile_ms(self, share: float) -> float:
        """A percentile of the window."""
        lags = sorted(self._lags_ms[: min(self._beats, _WINDOW)])
        return lags[min(int(share * len(lags)), len(lags) - 1)] if lags else 0.0

    def _beat(self) -> None:
        assert self._loop is not None
        now_ns, due_ns = self._clock(), self._due_ns
        late_ns = max(0, now_ns - due_ns)
        missed = late_ns // _BEAT_NS
        for n in range(min(missed, _WINDOW - 1), -1, -1):
            self._lags_ms[self._beats % _WINDOW] = (late_ns - n * _BEAT_NS) / 1e6
            self._beats += 1
        self.max_ms = max(self.max_ms, late_ns / 1e6)
        step_ns = _BEAT_NS if self._busy() else _IDLE_BEAT_NS
        self._due_ns = due_ns + missed * _BEAT_NS + step_ns
        self._timer = self._loop.call_later((self._due_ns - now_ns) / 1e9, self._beat)
        if late_ns > self._stall_ns:
            self.stalls += 1
            log.info("The event loop stood still for %.0f ms.", late_ns / 1e6)
            self._on_stall(due_ns, now_ns)

    def __repr__(self) -> str:
        return (
            f"<LoopLag: now {self.now_ms:.1f} ms, p50 {self.p50_ms:.1f}, p99 {self.p99_ms:.1f}, "
            f"max {self.max_ms:.1f}, stalls {self.stalls}>"
        )
