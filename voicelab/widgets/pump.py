"""Follows the running calls for a panel and draws what is new, 20 times a second at most."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from voicelab.call.stream import StreamState
from voicelab.widgets.lanes import Lanes
from voicelab.widgets.messages import Live
from voicelab.widgets.rows import call_row, caller_names, loop_lag

if TYPE_CHECKING:
    from voicelab.lab.lab import Lab
    from voicelab.net.session import Session

TICK_S = 0.05
ROWS_EVERY_TICKS = 5
NEWS = 1000


class Pump:
    """Runs in the loop of the widgets; waits without a timer while no call runs.

    Parameters
    ----------
    lab : Lab
    send : callable
        Takes a message and its buffer.
    tell_all : callable
        Called when a call has begun or ended: everything is to be shown anew.

    Attributes
    ----------
    lab : Lab
    lanes : Lanes
    """

    def __init__(
        self, lab: Lab, send: Callable[[Live, bytes], None], tell_all: Callable[[], None]
    ) -> None:
        self.lanes = Lanes(lab.sink.server.hub)
        self.lab = lab
        self._send = send
        self._tell_all = tell_all
        self._running: dict[str, Session] = {}

    async def run(self) -> None:
        """Follow calls until cancelled, or until the lab is closed."""
        server = self.lab.sink.server
        with self.lanes, server.hub.subscribe("calls", max_items=NEWS) as begun:
            self._follow(server.registry.running)
            while True:
                if not self._running:
                    session = await anext(aiter(begun), None)
                    if session is None:
                        return
                    self._follow([session])
                await self._until_news(begun.take)

    async def _until_news(self, begun: Callable[[], list[Session]]) -> None:
        """Draw until a call begins or ends."""
        tick = 0
        while self._running:
            await asyncio.sleep(TICK_S)
            new = begun()
            over = [key for key, session in self._running.items() if session.ended.is_set()]
            if new or over:
                self._follow(new)
                for key in over:
                    del self._running[key]
                self.lanes.take()
                self._tell_all()
            else:
                self._draw(with_rows=tick % ROWS_EVERY_TICKS == 0)
                tick += 1

    def _follow(self, sessions: list[Session]) -> None:
        new = [
            session
            for session in sessions
            if session.key not in self._running and session.stream.state is not StreamState.WAITING
        ]
        for session in new:
            self._running[session.key] = session
            self.lanes.add(session)
        if new:
            self._tell_all()

    def _draw(self, *, with_rows: bool) -> None:
        lanes, columns = self.lanes.take()
        live = Live(type="live", lanes=lanes)
        if with_rows:
            names = caller_names(self.lab)
            live["calls"] = [call_row(s, names.get(s.key)) for s in self._running.values()]
            live["lag"] = loop_lag(self.lab)
        if lanes or with_rows:
            self._send(live, columns)
