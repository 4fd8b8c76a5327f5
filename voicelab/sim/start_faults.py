"""Faults of the stream's beginning: another shape of ``start``, or something before it."""

from __future__ import annotations

import json
from typing import Any

from voicelab.protocol import vobiz
from voicelab.sim.faults import Faults

CONNECTED = json.dumps({"event": "connected", "protocol": "Call", "version": "1.0.0"})
"""What a neighbouring provider sends first."""


def start_texts(faults: Faults, text: str) -> list[str]:
    """Return what is sent for a ``start``."""
    if faults.flat_start:
        text = flat(text)
    if faults.both_tracks:
        text = text.replace('["inbound"]', '["inbound","outbound"]', 1)
    return [CONNECTED, text] if faults.connected_first else [text]


def flat(text: str) -> str:
    """Lay a ``start`` out as older documents have it: all at the top level, format as one type."""
    data: dict[str, Any] = json.loads(text)
    body = data.pop("start")
    form = body.pop("mediaFormat")
    body["contentType"] = f"{form['encoding']};rate={form['sampleRate']}"
    return json.dumps(data | body, separators=(",", ":"))


def stop_text(stream_id: str) -> str:
    """Return the ``stop`` that some documents say ends a stream."""
    return vobiz.build(vobiz.Stop(stream_id, "callended"))
