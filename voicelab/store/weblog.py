"""The webhook log: every status callback, one JSON object a line."""

from __future__ import annotations

import base64
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from voicelab.store.names import iso_time

RECEIVED_AT, OURS = "receivedAt", "_voicelab"


def webhook_entry(
    fields: Mapping[str, Any],
    *,
    received: datetime,
    id: str,
    method: str,
    path: str,
    query: str,
    content_type: str,
    body: bytes | None,
    signature: str,
    refused: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """One line of the log: the caller's fields on top, everything else under ``_voicelab``.

    ``body`` is None where not all of it was taken; ``refused`` says why a request was refused, and
    how large it was. A field of the caller's that is named ``receivedAt`` or ``_voicelab`` moves to
    ``_voicelab.shadowed``.
    """
    ours: dict[str, Any] = {
        "id": id,
        "method": method,
        "path": path,
        "query": query,
        "contentType": content_type,
    }
    if body is not None:
        try:
            ours["body"] = body.decode()
        except UnicodeDecodeError:
            ours["bodyBase64"] = base64.b64encode(body).decode()
    ours["signature"] = signature
    if refused is not None:
        ours["refused"] = dict(refused)
    if shadowed := {k: v for k, v in fields.items() if k in (RECEIVED_AT, OURS)}:
        ours["shadowed"] = shadowed
    entry = {k: v for k, v in fields.items() if k not in shadowed}
    entry[RECEIVED_AT] = iso_time(received)
    entry[OURS] = ours
    return entry


def append_entry(path: Path, entry: Mapping[str, Any]) -> None:
    """Append a line in one write, so that several processes may share the file.

    Raises
    ------
    OSError
        Where the disk refuses; a line half written is ended, so that the next one is whole.
    """
    line = msgspec.json.encode(entry) + b"\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        if os.write(fd, line) != len(line):
            os.write(fd, b"\n")
            raise OSError(f"{path} took only part of a line")
    finally:
        os.close(fd)
