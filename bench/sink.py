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


async def serve(host: str, folder: Path) -> dict[str | None, int]:
    """Take calls until SIGTERM; return every call's zero by its id."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    sink = await Sink.open(
        port=0,
        host=host,
        recordings=folder,
        webhook_log=folder / "webhook-events.log",
        byte_order="little",
    )
    try:
        print(f"voicelab listens on {sink.url}", flush=True)
        await stop.wait()
    finally:
        await sink.close()
    streams = [session.stream for session in sink.server.registry]
    return {stream.call_id: stream.zero_ns for stream in streams}


if __name__ == "__main__":
    zeros = asyncio.run(serve(sys.argv[1], Path(sys.argv[2])))
    Path(sys.argv[3]).write_text(json.dumps(zeros), "utf-8")
