"""``voicelab realtime``: a Realtime server without a key, until it is told to stop."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path
from typing import Any

from voicelab.cli.call import on_signals


def add_to(commands: Any) -> argparse.ArgumentParser:
    """Describe the command's options."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "realtime",
        help="be OpenAI's Realtime API, offline",
        description="Serve the Realtime API with a simple agent until SIGINT or SIGTERM. "
        "No key is needed, nothing leaves this machine.",
    )
    parser.add_argument("--port", type=int, default=8765, help="0: any (%(default)s)")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--agent",
        default="parrot",
        metavar="parrot|script:FILE|module:function",
        help="who answers (%(default)s)",
    )
    parser.add_argument(
        "--session-s",
        type=float,
        default=3600.0,
        metavar="S",
        help="a session's longest life (%(default)g)",
    )
    parser.add_argument(
        "--delay-ms",
        type=_range,
        default=(0.0, 0.0),
        metavar="LOW-HIGH",
        help="how long a response thinks before it speaks (0-0)",
    )
    parser.add_argument(
        "--seed", type=int, default=0, metavar="N", help="of the delays (%(default)s)"
    )
    parser.add_argument(
        "--speed",
        type=float,
        default=10.0,
        metavar="N",
        help="seconds of speech sent in a second (%(default)g)",
    )
    parser.add_argument(
        "--tool-calls",
        type=int,
        default=1,
        metavar="N",
        help="tools called at once in a session that has them (%(default)s)",
    )
    return parser


async def run(options: argparse.Namespace) -> int:
    """Serve until a signal comes."""
    from voicelab.sim.realtime.server import LocalRealtime

    stop = asyncio.Event()
    on_signals(stop.set)
    sys.path.insert(0, str(Path.cwd()))  # module:function is looked for where the person is
    server = LocalRealtime(
        options.agent,
        host=options.host,
        port=options.port,
        session_s=options.session_s,
        delay_ms=options.delay_ms,
        seed=options.seed,
        speed=options.speed,
        tool_calls=options.tool_calls,
    )
    async with server:
        base = server.url.removesuffix("/realtime")
        print(f"voicelab serves the Realtime API on {server.url}", flush=True)
        print(f"  agent    {options.agent}")
        print(f"  openai   AsyncOpenAI(api_key='none', websocket_base_url='{base}')")
        print(f"  others   their ws URL is {server.url}, any model, any key", flush=True)
        await stop.wait()
        open_now = server.sessions
        plural = "" if open_now == 1 else "s"
        print(f"Stopping; closing {open_now} session{plural}." if open_now else "Stopping.")
    return 0


def _range(text: str) -> tuple[float, float]:
    low, dash, high = text.partition("-")
    try:
        return float(low), float(high if dash else low)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text} is no range of milliseconds such as 100-300"
        ) from None
