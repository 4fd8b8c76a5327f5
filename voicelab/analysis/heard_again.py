"""A journal's messages given to a new connection, which then knows what the old one knew."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from voicelab.audio.format import AudioFormat
from voicelab.call.browser import BrowserStream
from voicelab.call.connection import Connection
from voicelab.call.moment import Moment
from voicelab.call.settings import StreamSettings
from voicelab.call.stream import Stream
from voicelab.protocol import realtime


class _Nobody:
    """Stands in for the socket and for the model."""

    def send_text(self, text: str) -> bool:
        """Nothing is sent again."""
        return False

    def send(self, event: realtime.ClientEvent | str) -> bool:
        """Nothing is sent again."""
        return False

    def ping(self) -> None:
        """Nothing is measured again."""

    def close(self, code: int = 1000, reason: str = "") -> None:
        """Nothing is closed again."""


def heard_again(header: dict[str, Any], moments: Iterable[Moment]) -> Connection:
    """Make a connection of the same kind and let it hear the same, on the journal's own clock.

    Parameters
    ----------
    header : dict
        The journal's first line.
    moments : iterable of Moment
        In the order of the file.
    """
    now_ns = 0
    config = header.get("config", {})
    id = header.get("id", "")
    connection: Stream | BrowserStream
    if "voice" in config:
        connection = BrowserStream(
            id, _Nobody(), lambda: now_ns, _Nobody(), dialect=config["voice"].get("dialect", "ga")
        )
        connection.begin(None)
    else:
        connection = Stream(id, _Nobody(), lambda: now_ns, _settings(config.get("stream", {})))
    for moment in moments:
        if moment.name == "stall":
            now_ns = moment.t_ns + round(moment.data["ms"] * 1e6)
            connection.on_stall(moment.t_ns, now_ns)
            continue
        now_ns = moment.t_ns
        if moment.leg in ("carrier", "browser") and moment.way == "in":
            if moment.kind == "bin":
                connection.on_binary(moment.data)
            else:
                connection.on_text(moment.data)
        elif isinstance(connection, BrowserStream):
            _model(connection, moment, config["voice"].get("dialect", "ga"))
    return connection


def _model(browser: BrowserStream, moment: Moment, dialect: realtime.Dialect) -> None:
    """What the model said: its sound is in what the browser was given, its garbage was kept."""
    garbage = moment.leg == "model" and moment.way == "in" and moment.kind == "text"
    given = moment.leg == "browser" and moment.way == "out"
    if moment.name == "model_open":
        browser.on_model_open(moment.data["connect_ms"], moment.data["dropped"])
    elif given or (garbage and "\n" not in moment.data):
        browser.on_model_event(moment.data, realtime.parse(moment.data, dialect))


def _settings(config: dict[str, Any]) -> StreamSettings:
    known = {k: v for k, v in config.items() if k in StreamSettings.__slots__}
    if "format" in known:
        known["format"] = AudioFormat.parse(known["format"])
    return StreamSettings(**known)
