"""A browser's session: its connection, its model, and the call that both are."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from voicelab.call.browser import BrowserStream
from voicelab.call.listener import Transport
from voicelab.net.session import Session
from voicelab.net.switchboard import Switchboard
from voicelab.net.upstream import Upstream, UpstreamListener
from voicelab.net.upstream_end import UpstreamEnd
from voicelab.net.voice_options import VoiceOptions
from voicelab.protocol.realtime import ServerEvent
from voicelab.store.recording import Recording


class VoiceSession(Session, UpstreamListener):
    """What a voice server keeps of one client.

    Parameters
    ----------
    options : VoiceOptions
    board : Switchboard
    transport : Transport

    Attributes
    ----------
    browser : BrowserStream
    upstream : Upstream
    """

    def __init__(self, options: VoiceOptions, board: Switchboard, transport: Transport) -> None:
        self._options = options
        id = str(uuid.uuid4())
        self.upstream = Upstream(options.upstream.of_call(id), self, clock=board.clock)
        self.browser = BrowserStream(
            id,
            transport,
            board.clock,
            self.upstream,
            dialect=options.upstream.dialect,
            full_journal=options.journal == "full",
        )
        recording = Recording(options.recordings, datetime.now(UTC), options.config())
        super().__init__(board, self.browser, recording)
        self.model = self.browser

    def begin(self) -> None:
        """Connect to the model, and configure it."""
        self.upstream.start()
        self.browser.begin(self._options.opening())

    def on_open(self) -> None:
        """The model is connected."""
        self.browser.on_model_open(self.upstream.connect_ms or 0.0, self.upstream.dropped)

    def on_event(self, raw: str, event: ServerEvent) -> None:
        """The model's server said something."""
        self.browser.on_model_event(raw, event)

    def on_sent(self, raw: str) -> None:
        """Something went out to it."""
        self.browser.on_model_sent(raw)

    def on_close(self, end: UpstreamEnd) -> None:
        """The model is gone."""
        self.browser.on_model_close(end.why, end.code, end.detail)

    async def finish(self) -> None:
        """After the socket closed: end the model's connection, then as any session."""
        try:
            await self.upstream.aclose()
        finally:
            await super().finish()

    def abandon(self) -> None:
        """Close at once."""
        self.upstream.close()
        super().abandon()
