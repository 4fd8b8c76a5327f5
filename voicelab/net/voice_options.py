"""What a voice server can be told, with every limit in one place."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from voicelab.call import conversation_settings
from voicelab.call.conversation_settings import ConversationSettings
from voicelab.call.session_sound import PCM_24K
from voicelab.errors import SettingError
from voicelab.net.listen import wanted_port
from voicelab.net.options import Limits, check_public_url
from voicelab.net.upstream_options import UpstreamOptions
from voicelab.protocol import realtime
from voicelab.secret import Secret

DEFAULT_VOICE_PORT = 8080
DEFAULT_RATE = "5 per 60 seconds"
DEFAULT_INSTRUCTIONS = (
    "You are a friendly assistant in a spoken conversation. Answer in one or two short sentences, "
    "in the language you are spoken to in."
)
SPOKEN = ConversationSettings(instructions=DEFAULT_INSTRUCTIONS, voice="marin")


@dataclass(frozen=True, slots=True)
class VoiceOptions:
    """What a voice server is told.

    Attributes
    ----------
    host : str
        Address to listen on.
    port : int or None
        None takes ``VOICE_PORT`` from the environment, else 8080, else any free port; 0 any free
        one.
    public_url : str or None
        The server's own address in the world, ``https://…``; its pages may open sessions.
    origins : tuple of str
        Further pages that may, each as ``https://name``.
    recordings : Path
    upstream : UpstreamOptions
        The Realtime server of every session.
    conversation : ConversationSettings or None
        What ``session.update`` tells the model when a session opens: instructions, voice, tools,
        transcription, when a turn ends. The rest is the client's. None sends none.
    rate : str or None
        Sessions for each client address, in the words of ``limits``; None for any number.
    token : Secret or None
        Lets other machines list, follow and tell calls; None takes ``VOICE_TOKEN`` from the
        environment.
    journal : {"compact", "full"}
        ``"full"`` keeps the model's audio in the journal too.
    message_bytes : int
        One message of a client; a larger one closes its socket with 1009.
    unsent_bytes : int
        What may wait to be sent to one client; with more, its socket is closed with 1008.
    sessions : int
        Sessions at a time; more are refused with 503.
    followers : int
        Sockets that follow calls at a time; more are refused with 503.
    heartbeat_s : float
        Between pings to a client; one that does not answer within half of that is gone.
    close_s : float
        How long a close of either side may take.
    limits : Limits
        ``body_bytes``, ``header_bytes``, ``request_s``, and what the recordings need.

    Raises
    ------
    SettingError
        Where one of them makes no sense.
    ProtocolError
        Where ``conversation`` is none that a server would take.
    """

    host: str = "127.0.0.1"
    port: int | None = None
    public_url: str | None = None
    origins: tuple[str, ...] = ()
    recordings: Path = Path("recordings")
    upstream: UpstreamOptions = field(default_factory=UpstreamOptions)
    conversation: ConversationSettings | None = SPOKEN
    rate: str | None = DEFAULT_RATE
    token: Secret | None = None
    journal: Literal["compact", "full"] = "compact"
    message_bytes: int = 4 << 20
    unsent_bytes: int = 16 << 20
    sessions: int = 100
    followers: int = 100
    heartbeat_s: float = 20.0
    close_s: float = 0.8
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if self.port is not None:
            self.wanted_port()
        if self.public_url is not None:
            check_public_url(self.public_url)
        if self.journal not in ("compact", "full"):
            raise SettingError(f"journal is {self.journal!r}; choose 'compact' or 'full'.")
        if (opening := self.opening()) is not None:
            realtime.build(realtime.SessionUpdate(session=opening), self.upstream.dialect)
        for origin in self.origins:
            parts = urlsplit(origin)
            if (
                parts.scheme not in ("http", "https")
                or origin != f"{parts.scheme}://{parts.netloc}"
            ):
                raise SettingError(
                    f"{origin!r} is no origin; give scheme and host, such as https://name.example."
                )

    def opening(self) -> dict[str, Any] | None:
        """What ``session.update`` sets when a session opens."""
        if self.conversation is None:
            return None
        return conversation_settings.session(self.conversation, PCM_24K, PCM_24K)

    def bearer(self) -> Secret | None:
        """The token for other machines, from here or from the environment."""
        if self.token is None and (value := os.environ.get("VOICE_TOKEN")):
            return Secret(value)
        return self.token

    def wanted_port(self) -> tuple[int, bool]:
        """The port to try, and whether somebody asked for just that one."""
        return wanted_port(self.port, "VOICE_PORT", DEFAULT_VOICE_PORT)

    def config(self) -> dict[str, Any]:
        """What a journal keeps of this: nothing secret, no paths."""
        voice = {**self.upstream.config(), "session": self.opening(), "journal": self.journal}
        return {"voice": voice}
