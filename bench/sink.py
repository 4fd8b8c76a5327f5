"""voicelab's sink on either host; when it ends it says at which time each call's zero was.

``python sink.py HOST FOLDER ZEROS``: a journal counts from the opening of its socket, and ZEROS
(JSON, monotonic nanoseconds by call id) puts that on the clock of who sent the frames.
"""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

from voicelab import Sink
from voicelab.call.hub import Subscription
from voicelab.net.session import Session

Zeros = dict[str | None, int]


async def serve(host: str, folder: Path) -> Zeros:
    """Take calls until SIGTERM; return every call's zero by its id."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    zeros: Zeros = {}
    sink = await Sink.open(
        port=0,
        host=host,
        recordings=folder,
        webhook_log=folder / "webhook-events.log",
        byte_order="little",
    )
    try:
        with sink.server.hub.subscribe("calls") as calls:
            noting = asyncio.create_task(note(calls, zeros))
            print(f"voicelab listens on {sink.url}", flush=True)
            await stop.wait()
        await noting
    finally:
        await sink.close()
    return zeros


async def note(calls: Subscription[Session], zeros: Zeros) -> None:
    """Keep the zero of every call that begins."""
    async for session in calls:
        zeros[session.stream.call_id] = session.stream.zero_ns


if __name__ == "__main__":
    found = asyncio.run(serve(sys.argv[1], Path(sys.argv[2])))
    Path(sys.argv[3]).write_text(json.dumps(found), "utf-8")
