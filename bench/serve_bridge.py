"""One of voicelab's two bridges, with a model's server at a given URL.

``python serve_bridge.py browser|phone asyncio|uvloop FOLDER URL``: it runs until SIGTERM.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import uvloop

from voicelab.call.conversation_settings import ConversationSettings
from voicelab.call.settings import StreamSettings
from voicelab.net.agent_options import AgentOptions
from voicelab.net.options import SinkOptions
from voicelab.net.sink import SinkServer
from voicelab.net.upstream_options import UpstreamOptions
from voicelab.net.voice import VoiceServer
from voicelab.net.voice_options import VoiceOptions

SESSIONS = 1000


def server(kind: str, folder: Path, url: str) -> SinkServer | VoiceServer:
    """Make it."""
    upstream = UpstreamOptions(url=url)
    if kind == "browser":
        return VoiceServer(
            VoiceOptions(port=0, recordings=folder, upstream=upstream, rate=None, sessions=SESSIONS)
        )
    return SinkServer(
        SinkOptions(
            port=0,
            recordings=folder,
            webhook_log=folder / "webhook-events.log",
            stream=StreamSettings(byte_order="little"),
            agent=AgentOptions(
                upstream=upstream, conversation=ConversationSettings(greeting=False)
            ),
        )
    )


async def serve(kind: str, folder: Path, url: str) -> None:
    """Take calls until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    bridge = server(kind, folder, url)
    await bridge.start()
    print(f"voicelab bridges on {bridge.url}", flush=True)
    await stop.wait()
    await bridge.aclose()


if __name__ == "__main__":
    kind, loop, folder, url = sys.argv[1:]
    run = uvloop.run if loop == "uvloop" else asyncio.run
    run(serve(kind, Path(folder), url))
