"""Run the independent clients against voicelab's servers, from environments without voicelab."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from environments import ROOT, environment
from realtime_server import RealtimeServer

HERE = Path(__file__).parent
PROMPTS = ROOT / "data" / "prompts"
SINK = "sink"
REALTIME = {
    "openai": "openai[realtime]==3.52.0",
    "agents": "openai-agents[realtime]==0.24.0",
    "pipecat": "pipecat-ai[openai]==1.14.0",
    "livekit": "livekit-plugins-openai==1.8.9",
}
"""The clients of the Realtime server, each with the package it is."""


def sink_holds() -> bool:
    """Let a provider of its own call `voicelab serve`."""
    python = environment(SINK, "websocket-client", constraints=ROOT / "constraints.txt")
    server = [sys.executable, "-m", "voicelab"]
    client = [python, "-E", HERE / "sink_client.py", "--prompts", PROMPTS]
    return subprocess.run([*client, "--", *server]).returncode == 0


def realtime_holds(name: str, url: str) -> bool:
    """Let a client talk to `voicelab realtime`."""
    python = environment(name, REALTIME[name])
    script = HERE / "realtime" / f"{name}_client.py"
    client = [python, "-E", script, "--url", url, "--prompts", PROMPTS]
    return subprocess.run(client).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=[SINK, *REALTIME], action="append", metavar="NAME")
    wanted = parser.parse_args().only or [SINK, *REALTIME]
    failed = [SINK] if SINK in wanted and not sink_holds() else []
    clients = [name for name in REALTIME if name in wanted]
    if clients:
        print(flush=True)
        with RealtimeServer() as server:
            failed += [name for name in clients if not realtime_holds(name, server.url)]
            if failed:
                print("\nThe Realtime server said:\n" + "".join(server.lines))
    print(f"\nfailed: {', '.join(failed)}" if failed else "\nall clients hold", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
