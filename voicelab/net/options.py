"""What a server can be told, with every limit in one place."""

from __future__ import annotations

import os
import tempfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from voicelab.audio.format import AudioFormat
from voicelab.call.settings import StreamSettings
from voicelab.errors import SettingError
from voicelab.net.agent_options import AgentOptions
from voicelab.net.listen import wanted_port
from voicelab.secret import Secret

DEFAULT_PORT = 3000

SignaturePolicy = Literal["off", "if-present", "require"]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what comes from outside.

    Attributes
    ----------
    message_bytes : int
        One WebSocket message; a larger one closes the socket with 1009.
    body_bytes, header_bytes : int
        One HTTP request's body, and one line of its head.
    request_s : float
        Time for a request's body to arrive.
    unsent_bytes : int
        What may wait to be sent to one stream; more, and its socket is closed.
    streams : int
        Streams at a time; more are refused with 503.
    flush_s : float
        How often recordings are written; what a killed process loses.
    callbacks_s : float
        How long a call's journal stays open for callbacks after its socket closed.
    remembered : int
        Answered and ended calls whose callbacks are still recognised.
    stall_ms : float
        An event loop that is later than this has stood still; every running call notes it.
    """

    message_bytes: int = 1 << 20
    body_bytes: int = 256 << 10
    header_bytes: int = 8190
    request_s: float = 10.0
    unsent_bytes: int = 4 << 20
    streams: int = 1000
    flush_s: float = 0.5
    callbacks_s: float = 10.0
    remembered: int = 1000
    stall_ms: float = 50.0


@dataclass(frozen=True, slots=True)
class SinkOptions:
    """What a sink is told.

    Attributes
    ----------
    host : str
        Address to listen on.
    port : int or None
        None takes ``PORT`` from the environment, else 3000, else any free port; 0 any free one.
    public_url : str or None
        How the provider reaches this server, as ``https://…``; without it only a Host header that
        names a loopback address is answered.
    recordings, webhook_log : Path
    stream : StreamSettings
    auth_token : Secret or None
        Checks the provider's signatures; None takes ``VOBIZ_AUTH_TOKEN`` from the environment.
    signatures : str
        ``"off"`` checks nothing, ``"if-present"`` refuses a wrong one, ``"require"`` an absent one.
    agent : AgentOptions or None
        Who answers; None takes calls and records them.
    limits : Limits
    """

    host: str = "127.0.0.1"
    port: int | None = None
    public_url: str | None = None
    recordings: Path = Path("recordings")
    webhook_log: Path = Path("data/webhook-events.log")
    stream: StreamSettings = field(default_factory=StreamSettings)
    auth_token: Secret | None = None
    signatures: SignaturePolicy = "if-present"
    agent: AgentOptions | None = None
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if self.port is not None:
            self.wanted_port()
        if self.public_url is not None:
            check_public_url(self.public_url)
        if self.signatures not in ("off", "if-present", "require"):
            raise SettingError(
                f"signatures is {self.signatures!r}; choose 'off', 'if-present' or 'require'."
            )
        if self.signatures == "require" and self.token() is None:
            raise SettingError(
                "signatures='require' needs the provider's auth token: "
                "set VOBIZ_AUTH_TOKEN in the environment."
            )

    def token(self) -> Secret | None:
        """The token that signs callbacks, from here or from the environment."""
        if self.auth_token is None and (value := os.environ.get("VOBIZ_AUTH_TOKEN")):
            return Secret(value)
        return self.auth_token

    def wanted_port(self) -> tuple[int, bool]:
        """The port to try, and whether somebody asked for just that one."""
        return wanted_port(self.port, "PORT", DEFAULT_PORT)

    def config(self) -> dict[str, Any]:
        """What a journal keeps of this: nothing secret, no paths."""
        stream = asdict(self.stream)
        stream["format"] = str(self.stream.format)
        config = {"stream": stream, "signatures": self.signatures}
        return config if self.agent is None else {**config, "agent": self.agent.config()}


def probe(option: str, folder: Path) -> None:
    """Make a folder and see that it can be written to.

    Raises
    ------
    SettingError
        Where it cannot; it names the option.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise SettingError(f"{option}: {folder} cannot be written to: {error}.") from None


def check_public_url(url: str) -> str:
    """Return the URL without a trailing slash.

    Raises
    ------
    SettingError
        Where it is not ``http://`` or ``https://`` with a host, or has a query or a password.
    """
    parts = urlsplit(url)
    odd = parts.query or parts.fragment or parts.username is not None
    if parts.scheme not in ("http", "https") or not parts.hostname or odd:
        raise SettingError(
            f"public_url is {url!r}; it must look like https://name.example, "
            "the address under which the provider reaches this server."
        )
    return url.rstrip("/")


def parse_format(text: str | AudioFormat) -> AudioFormat:
    """A format that a provider can be asked to send.

    Raises
    ------
    SettingError
        For one that the answer cannot ask for (24 kHz and A-law only go the other way).
    """
    chosen = AudioFormat.parse(text)
    if str(chosen) not in ("l16/8000", "l16/16000", "mulaw/8000"):
        raise SettingError(
            f"A caller's stream cannot be {chosen}; choose l16/8000, l16/16000 or mulaw/8000."
        )
    return chosen


def parse_order(order: str) -> Literal["auto", "big", "little"]:
    """A byte order, or that it is to be found out.

    Raises
    ------
    SettingError
        For any other word.
    """
    match order:
        case "auto" | "big" | "little":
            return order
    raise SettingError(f"byte_order is {order!r}; choose 'auto', 'big' or 'little'.")
