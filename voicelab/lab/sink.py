"""A media-stream sink that starts alone."""

from __future__ import annotations

from dataclasses import replace as replace_fields
from pathlib import Path
from typing import TYPE_CHECKING, Self

from voicelab.audio.format import AudioFormat
from voicelab.call.settings import StreamSettings
from voicelab.lab.host import Host, make_host
from voicelab.lab.listens import Listens
from voicelab.lab.places import default_place
from voicelab.lab.unique import replace
from voicelab.net.agent_options import AgentOptions
from voicelab.net.options import (
    Limits,
    SignaturePolicy,
    SinkOptions,
    parse_format,
    parse_order,
)
from voicelab.secret import Secret

if TYPE_CHECKING:
    from voicelab.net.sink import SinkServer


class Sink(Listens):
    """Answers a provider's calls and records their audio. Open one with :meth:`open`.

    Attributes
    ----------
    server : SinkServer
        What listens; it belongs to the event loop of ``host``.
    """

    def __init__(self, server: SinkServer, host: Host) -> None:
        super().__init__(server, host)
        self.server = server

    @classmethod
    async def open(
        cls,
        *,
        port: int | None = None,
        address: str = "127.0.0.1",
        host: str = "kernel",
        public_url: str | None = None,
        recordings: str | Path | None = None,
        webhook_log: str | Path | None = None,
        format: str | AudioFormat = "l16/8000",
        byte_order: str = "auto",
        auth_token: str | None = None,
        signatures: SignaturePolicy = "if-present",
        settings: StreamSettings | None = None,
        limits: Limits | None = None,
        name: str | None = "sink",
    ) -> Self:
        """Listen for calls.

        Parameters
        ----------
        port : int, optional
            Default: ``PORT`` of the environment, else 3000 or, where that is busy, any free port.
        address : str
            Where to listen; the default is reached from this machine only.
        host : {"kernel", "thread"}
            The running event loop, or one on a thread of its own.
        public_url : str, optional
            Where the provider reaches this sink, ``https://…``.
        recordings, webhook_log : path, optional
            Default: ``recordings/`` and ``data/webhook-events.log`` of the project.
        format : str or AudioFormat
            What callers are asked to send: ``l16/8000``, ``l16/16000`` or ``mulaw/8000``.
        byte_order : {"auto", "big", "little"}
            How L16 is read; ``"auto"`` finds out.
        auth_token : str, optional
            Checks the signatures of callbacks. Default: ``VOBIZ_AUTH_TOKEN`` of the environment.
        signatures : {"if-present", "require", "off"}
        settings : StreamSettings, optional
            Time-outs and gaps; ``format`` and ``byte_order`` are those given here.
        limits : Limits, optional
        name : str or None
            A sink replaces an open one of the same name, as when its cell is run again; None
            leaves others alone.

        Raises
        ------
        PortBusy
            Where the port that was asked for is taken.
        SettingError, FormatError
            Where an option makes no sense.
        """
        from voicelab.net.sink import SinkServer

        options = sink_options(
            port=port,
            address=address,
            public_url=public_url,
            recordings=recordings,
            webhook_log=webhook_log,
            format=format,
            byte_order=byte_order,
            auth_token=auth_token,
            signatures=signatures,
            settings=settings,
            limits=limits,
        )
        engine = make_host(host)
        sink = cls(SinkServer(options), engine)
        try:
            if name is not None:
                await replace(name, sink)
            await engine.run(sink.server.start())
        except BaseException:
            await sink.close()
            raise
        return sink


def sink_options(
    *,
    port: int | None = None,
    address: str = "127.0.0.1",
    public_url: str | None = None,
    recordings: str | Path | None = None,
    webhook_log: str | Path | None = None,
    format: str | AudioFormat = "l16/8000",
    byte_order: str = "auto",
    auth_token: str | None = None,
    signatures: SignaturePolicy = "if-present",
    settings: StreamSettings | None = None,
    limits: Limits | None = None,
    agent: AgentOptions | None = None,
) -> SinkOptions:
    """What a server is told, of what :meth:`Sink.open` takes; ``agent`` answers."""
    return SinkOptions(
        host=address,
        port=port,
        public_url=public_url,
        recordings=Path(recordings) if recordings else default_place("recordings"),
        webhook_log=Path(webhook_log) if webhook_log else default_place("data/webhook-events.log"),
        stream=replace_fields(
            settings or StreamSettings(),
            format=parse_format(format),
            byte_order=parse_order(byte_order),
        ),
        auth_token=Secret(auth_token) if auth_token else None,
        signatures=signatures,
        agent=agent,
        limits=limits or Limits(),
    )
