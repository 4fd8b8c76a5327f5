"""Placing sound that says no time of its own: by when it arrived."""

from __future__ import annotations

SLACK_S = 0.2
"""Sound that is later than this was silence before; sooner, it was only on its way for longer."""


class ByArrival:
    """Puts pieces on a time axis, each after the other where they come as they were spoken.

    A piece ends when it arrives. One that comes sooner than the sound before it can have ended
    goes to its end: it was sent faster than real time.

    Parameters
    ----------
    rate_hz : int
    slack_s : float

    Attributes
    ----------
    end : int
        Where the sound ends, in samples.
    """

    def __init__(self, rate_hz: int, slack_s: float = SLACK_S) -> None:
        self.end = 0
        self._rate_hz = rate_hz
        self._slack = round(slack_s * rate_hz)
        self._stalled = 0
        self._begun = False

    def place(self, t_ns: int, samples: int, *, begins: bool = False) -> tuple[int, int]:
        """Place one piece.

        Parameters
        ----------
        t_ns : int
            When it arrived, since the axis began.
        samples : int
        begins : bool
            It is the first of something new, as the very first piece is: no slack for it.

        Returns
        -------
        offset : int
            Where its first sample belongs.
        gap : int
            Samples of silence before it.
        """
        begin = t_ns * self._rate_hz // 1_000_000_000 - samples
        late = begin - self.end
        if late <= self._slack:
            self._stalled = 0
        slack = 0 if begins or not self._begun else self._slack + self._stalled
        gap = late if late > slack else 0
        self._begun = True
        offset = self.end + gap
        self.end = offset + samples
        return offset, gap

    def forgive(self, stalled_ns: int) -> None:
        """What comes now waited for so long: it is not late for that."""
        self._stalled += stalled_ns * self._rate_hz // 1_000_000_000
