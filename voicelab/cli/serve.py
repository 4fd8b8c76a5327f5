"""``voicelab serve``: a sink, and an agent that answers, until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import sys
from typing import Any

from voicelab.cli.call import on_signals
from voicelab.errors import SettingError
from voicelab.lab.lab import Lab


def add_to(commands: Any) -> argparse.ArgumentParser:
    """Describe the command's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "serve",
        help="take calls and record them",
        description="Answer a provider's calls and record their audio until SIGINT or SIGTERM.",
    )
    parser.add_argument(
        "--port", type=int, help="default: $PORT, else 3000 or any free one; 0: any"
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--public-url", metavar="URL", help="where the provider reaches this server"
    )
    parser.add_argument("--recordings", metavar="DIR", help="default: recordings/")
    parser.add_argument("--webhook-log", metavar="FILE", help="default: data/webhook-events.log")
    parser.add_argument(
        "--agent",
        type=_agent_name,
        default="none",
        metavar="local|openai|none|ws://…",
        help="who answers; openai's calls cost money (%(default)s: calls are recorded only)",
    )
    parser.add_argument(
        "--voice-port",
        type=int,
        metavar="N",
        help="where browsers speak with the agent; default: $VOICE_PORT, else 8080 or any free one",
    )
    parser.add_argument(
        "--byte-order",
        choices=["auto", "big", "little"],
        default="auto",
        help="of L16 (%(default)s)",
    )
    parser.add_argument(
        "--format",
        help="what callers are asked to send: l16/8000, l16/16000 or mulaw/8000 "
        "(mulaw/8000 where an agent answers, else l16/8000)",
    )
    parser.add_argument(
        "--signatures",
        choices=["if-present", "require", "off"],
        default="if-present",
        help="callbacks' signatures, checked with $VOBIZ_AUTH_TOKEN (%(default)s)",
    )
    return parser


def _agent_name(text: str) -> str:
    if text in ("local", "openai", "none") or text.startswith(("ws://", "wss://")):
        return text
    raise argparse.ArgumentTypeError(
        f"{text!r} is not an agent: give local, openai, none or a ws:// or wss:// URL. For a "
        "Python function, run `voicelab realtime --agent module:function` and give its URL"
    )


async def run(options: argparse.Namespace) -> int:
    """Serve until a signal comes; then finish what is open."""
    if options.agent == "none" and options.voice_port is not None:
        raise SettingError(
            "--voice-port is where browsers speak with an agent, and there is none: "
            "give --agent local, openai or a ws:// URL too."
        )
    stop = asyncio.Event()
    on_signals(stop.set)
    lab = await Lab.open(
        None if options.agent == "none" else options.agent,
        port=options.port,
        voice_port=options.voice_port,
        address=options.host,
        public_url=options.public_url,
        recordings=options.recordings,
        webhook_log=options.webhook_log,
        byte_order=options.byte_order,
        format=options.format,
        signatures=options.signatures,
        name="serve",
    )
    try:
        _show(lab)
        await stop.wait()
        running = len(lab.sink.server.registry.running)
        plural = "" if running == 1 else "s"
        print(f"Stopping; finishing {running} open recording{plural}." if running else "Stopping.")
    finally:
        await lab.close()
    return 0


def _show(lab: Lab) -> None:
    server = lab.sink.server.options
    for listening in filter(None, (lab.sink, lab.bridge)):
        if listening.busy_port:
            print(f"port {listening.busy_port} is busy; using another", file=sys.stderr)
    print(f"voicelab listens on {lab.url}", flush=True)
    print(f"  answer URL   {server.public_url or lab.url}/")
    if lab.voice_url is not None:
        print(f"  agent        {lab.agent}")
        print(f"  voice        {lab.voice_url}")
    print(f"  recordings   {server.recordings}")
    print(f"  webhook log  {server.webhook_log}", flush=True)
