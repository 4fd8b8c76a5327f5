"""Under which address the provider reaches this server."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

STREAM_PATH, WEBHOOK_PATH = "/stream", "/webhook"


def is_loopback(host: str) -> bool:
    """Whether a Host or Origin's host (with or without port) names this machine itself."""
    try:
        parts = urlsplit(f"//{host}")
        name, _ = parts.hostname, parts.port
    except ValueError:
        return False
    if name is None:
        return False
    if name == "localhost":
        return True
    try:
        return ip_address(name).is_loopback
    except ValueError:
        return False


def base_url(public_url: str | None, host_header: str) -> str | None:
    """The address to give out: the one that was set, else a loopback Host's own; else None."""
    if public_url is not None:
        return public_url.rstrip("/")
    return f"http://{host_header}" if is_loopback(host_header) else None


def socket_url(base: str) -> str:
    """The stream's WebSocket address under a base: ``https`` becomes ``wss``, ``http`` ``ws``."""
    return "ws" + base.removeprefix("http") + STREAM_PATH


def origin_allowed(origin: str | None, base: str | None) -> bool:
    """Whether a page of that origin may open a socket here.

    No origin (every provider), a loopback one, and the server's own public host may.
    """
    if origin is None:
        return True
    try:
        parts = urlsplit(origin)
    except ValueError:
        return False
    if is_loopback(parts.netloc):
        return True
    return base is not None and parts.netloc == urlsplit(base).netloc
