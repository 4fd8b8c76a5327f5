"""What a connection to a Realtime server is told."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from voicelab.errors import SettingError
from voicelab.net.public_url import is_loopback
from voicelab.protocol.realtime import DEFAULT_MODEL, URL, Dialect
from voicelab.secret import Secret

KEY_VARIABLE = "OPENAI_API_KEY"
_OPENAI = "openai.com"
_NOTHING: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, repr=False)
class UpstreamOptions:
    """What a connection to a Realtime server is told, with its bounds.

    Attributes
    ----------
    url : str
        ``wss://…`` or ``ws://…``. OpenAI's gets the model as a query parameter, and so does any
        other that does not name one.
    model : str
        Empty leaves the URL as it is.
    key : Secret or None
        Sent as a bearer token. None takes ``OPENAI_API_KEY`` from the environment where the URL
        is OpenAI's, and no key anywhere else.
    dialect : {"ga", "beta"}
        ``"beta"`` is for servers that still speak it; OpenAI's does not.
    extra_query : mapping of str to str
        Further query parameters; never shown.
    connect_s : float
        Time for the name, the connection, TLS and the handshake together.
    ping_s : float
        Between pings, and how long the answer to one may take.
    early_bytes : int
        What is kept before the connection is open. With more, the oldest audio is dropped.
    unsent_bytes : int
        What may wait to be sent afterwards; a server that reads too slowly for it is left.
    message_bytes : int
        One message from the server.
    close_s : float
        How long a close may take; then the connection is cut.

    Raises
    ------
    SettingError
        Where ``url`` is none of a WebSocket, or a key would go over a network in the clear.
    """

    url: str = URL
    model: str = DEFAULT_MODEL
    key: Secret | None = None
    dialect: Dialect = "ga"
    extra_query: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    connect_s: float = 10.0
    ping_s: float = 20.0
    early_bytes: int = 1 << 20
    unsent_bytes: int = 16 << 20
    message_bytes: int = 16 << 20
    close_s: float = 0.8

    def __post_init__(self) -> None:
        try:
            parts = urlsplit(self.url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            parts, host = urlsplit(""), None
        if parts.scheme not in ("ws", "wss") or not host or parts.username is not None:
            raise SettingError(
                "The URL of a Realtime server must look like wss://api.openai.com/v1/realtime or "
                "ws://127.0.0.1:PORT/v1/realtime, without a name or a password in it."
            )
        if self.dialect not in ("ga", "beta"):
            raise SettingError(f"dialect is {self.dialect!r}; choose 'ga' or 'beta'.")
        if self.key is not None and parts.scheme == "ws" and not is_loopback(host):
            raise SettingError("A key is sent over wss:// only, or to this machine. Use wss://.")

    @property
    def is_openai(self) -> bool:
        """Whether the URL is OpenAI's own, to which alone a key of the environment goes."""
        parts = urlsplit(self.url)
        host = parts.hostname or ""
        return parts.scheme == "wss" and (host == _OPENAI or host.endswith("." + _OPENAI))

    def secret(self) -> Secret | None:
        """The key, from here or, for OpenAI's URL, from the environment."""
        if self.key is None and self.is_openai and (value := os.environ.get(KEY_VARIABLE)):
            return Secret(value.strip())
        return self.key

    def of_call(self, call_id: str) -> UpstreamOptions:
        """The same for one call; a server that is not OpenAI's is told which."""
        if self.is_openai:
            return self
        return replace(self, extra_query={**self.extra_query, "call": call_id})

    @property
    def target(self) -> str:
        """The URL that is dialled, with its whole query: not to be shown."""
        parts = urlsplit(self.url)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if self.model:
            query.setdefault("model", self.model)
        query.update(self.extra_query)
        return urlunsplit((parts.scheme, parts.netloc, parts.path or "/", urlencode(query), ""))

    @property
    def shown(self) -> str:
        """The URL with nothing of its query but the model."""
        parts = urlsplit(self.target)
        model = dict(parse_qsl(parts.query)).get("model")
        query = urlencode({"model": model}) if model else ""
        return urlunsplit((parts.scheme, parts.netloc, parts.path, query, ""))

    def config(self) -> dict[str, Any]:
        """What a journal keeps of this: nothing secret."""
        return {"url": self.shown, "dialect": self.dialect}

    def __repr__(self) -> str:
        return f"<UpstreamOptions: {self.shown}, {self.dialect}>"
