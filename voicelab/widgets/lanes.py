"""The waveforms a panel shows: those of the calls that run, or that of the last one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from voicelab.widgets.messages import LaneColumns
from voicelab.widgets.waveform import LiveWaveform

if TYPE_CHECKING:
    from voicelab.call.hub import Hub, Subscription
    from voicelab.net.session import Session

MOST = 12
"""More waveforms than these cannot be told apart in a notebook; the newest are shown."""
PIECES = 1000

Take = Callable[[LiveWaveform], tuple[int, NDArray[np.int16]]]


class Lane:
    """One call's waveform, fed from a bounded queue that the call never waits for."""

    def __init__(self, session: Session, hub: Hub) -> None:
        self.session = session
        self._wave = LiveWaveform(session.stream.format.rate_hz)
        self._sound: Subscription[tuple[int, bytes] | None] = hub.subscribe(
            session.audio_topic, max_items=PIECES
        )

    def columns(self, take: Take) -> tuple[LaneColumns, bytes]:
        """Where its columns belong, and the columns."""
        for piece in self._sound.take():
            if piece is None:
                self._wave.swap()
            else:
                self._wave.add(*piece)
        first, columns = take(self._wave)
        skipped = self._sound.dropped
        place = LaneColumns(key=self.session.key, first=first, count=len(columns), skipped=skipped)
        return place, columns.astype("<i2", copy=False).tobytes()

    def close(self) -> None:
        """Follow no more."""
        self._sound.close()


class Lanes:
    """All lanes, oldest first. Leaving its ``with`` block ends them."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._lanes: list[Lane] = []

    def add(self, session: Session) -> None:
        """Show a call, in the place of those that have ended."""
        keep = [lane for lane in self._lanes if not lane.session.ended.is_set()][1 - MOST :]
        for lane in self._lanes:
            if lane not in keep:
                lane.close()
        self._lanes = [*keep, Lane(session, self._hub)]

    def take(self) -> tuple[list[LaneColumns], bytes]:
        """What has changed since it was last taken; lanes without news are left out."""
        found = [lane.columns(LiveWaveform.take) for lane in self._lanes]
        return _joined([each for each in found if each[0]["count"]])

    def whole(self) -> tuple[list[LaneColumns], bytes]:
        """Everything that is kept."""
        return _joined([lane.columns(LiveWaveform.whole) for lane in self._lanes])

    def __enter__(self) -> Lanes:
        return self

    def __exit__(self, *_: object) -> None:
        for lane in self._lanes:
            lane.close()


def _joined(found: list[tuple[LaneColumns, bytes]]) -> tuple[list[LaneColumns], bytes]:
    return [place for place, _ in found], b"".join(columns for _, columns in found)
