"""What the clients have in common: a microphone, the caller's words, a report. Standard library."""

from __future__ import annotations

import argparse
import asyncio
import importlib.metadata
import json
import sys
import time
import traceback
import wave
from array import array
from collections.abc import Awaitable, Callable
from pathlib import Path

RATE_HZ = 24000
FRAME_BYTES = 960
FRAME_S = 0.02
BYTES_PER_MS = 48
PATIENCE_S = 30
PLAYED_S = 0.4
"""Of an answer, before it is interrupted."""
PADDING_MS = 500
"""From before the words; a server keeps 300 ms of it."""
LEAST_ECHO = 0.7
"""Of the words, what a detector of speech may leave of them; it may add silence around."""


def speech(path: Path) -> bytes:
    """Read a 16 kHz prompt as 24 kHz PCM: three samples for two, in between on a line."""
    with wave.open(str(path)) as wav:
        assert wav.getparams()[:3] == (1, 2, 16000), wav.getparams()
        coarse = array("h", wav.readframes(wav.getnframes()))
    fine = array("h")
    for at in range(0, len(coarse) - 2, 2):
        a, b, c = coarse[at : at + 3]
        fine.extend((a, (a + 2 * b) // 3, (2 * b + c) // 3))
    whole = fine.tobytes()
    return whole[: len(whole) // FRAME_BYTES * FRAME_BYTES]


class Microphone:
    """Sends 20 ms frames in real time, silence where there are no words, and keeps them all."""

    def __init__(self, send: Callable[[bytes], Awaitable[None]]) -> None:
        self.sent = bytearray()
        self._send = send
        self._words = bytearray()
        self._said = asyncio.Event()

    async def __aenter__(self) -> Microphone:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        [outcome] = await asyncio.gather(self._task, return_exceptions=True)
        if not isinstance(outcome, asyncio.CancelledError):
            raise outcome

    async def say(self, words: bytes) -> None:
        """Speak, and come back when it is said."""
        self._since = max(0, len(self.sent) - PADDING_MS * BYTES_PER_MS)
        self._said.clear()
        self._words += words
        await self._said.wait()

    def echoed(self, heard: bytes, words: bytes) -> str:
        """Say how much of the last words came back, unchanged; raise where they did not."""
        sent = bytes(self.sent[self._since :])
        if len(heard) < LEAST_ECHO * len(words) or heard not in sent:
            raise AssertionError(
                f"{len(heard)} bytes came back for {len(words)} spoken ones, and they are "
                f"{'' if heard in sent else 'not '}a piece of what was sent"
            )
        return f"{len(heard) // BYTES_PER_MS} ms came back unchanged"

    async def _run(self) -> None:
        begin = time.monotonic()
        number = 0
        while True:
            frame = bytes(self._words[:FRAME_BYTES])
            del self._words[:FRAME_BYTES]
            if not self._words:
                self._said.set()
            frame = frame.ljust(FRAME_BYTES, b"\0")
            self.sent += frame
            await self._send(frame)
            number += 1
            await asyncio.sleep(max(0.0, begin + number * FRAME_S - time.monotonic()))


class Watch:
    """A list that can be waited on, until what fills it fails."""

    def __init__(self) -> None:
        self.seen: list = []
        self._news = asyncio.Condition()
        self._failure: Exception | None = None

    async def fail(self, failure: Exception) -> None:
        """Let every wait raise this."""
        async with self._news:
            self._failure = failure
            self._news.notify_all()

    async def add(self, thing: object) -> None:
        async with self._news:
            self.seen.append(thing)
            self._news.notify_all()

    async def until(self, what: str, found: Callable[[list], object]) -> object:
        """Wait until `found(seen)` gives something, and return it."""
        try:
            async with asyncio.timeout(PATIENCE_S), self._news:
                while not (thing := found(self.seen)):
                    if self._failure:
                        raise self._failure
                    await self._news.wait()
                return thing
        except TimeoutError:
            raise AssertionError(f"waited {PATIENCE_S} s for {what}") from None


class Report:
    """Prints a JSON line a check; a failed one has its traceback on stderr."""

    def __init__(self, client: str, package: str) -> None:
        self.about = {"client": client, "version": importlib.metadata.version(package)}
        self.failed = 0

    async def check(self, name: str, outcome: Awaitable[str]) -> None:
        begin = time.monotonic()
        try:
            said, passed = await asyncio.wait_for(outcome, 2 * PATIENCE_S), True
        except Exception as error:
            traceback.print_exc()
            said, passed = f"{type(error).__name__}: {error}", False
            self.failed += 1
        line = {"check": name, "passed": passed, "s": round(time.monotonic() - begin, 1)}
        print(json.dumps(self.about | line | {"said": said}), flush=True)


def run(client: str, package: str, checks: dict[str, Callable[..., Awaitable[str]]]) -> None:
    """Do every check of a client, each with the server's URL and the folder of prompts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True, help="ws://127.0.0.1:PORT/v1/realtime")
    parser.add_argument("--prompts", type=Path, required=True)
    options = parser.parse_args()
    report = Report(client, package)

    async def all_checks() -> None:
        for name, check in checks.items():
            await report.check(name, check(options.url, options.prompts))

    asyncio.run(all_checks())
    sys.exit(1 if report.failed else 0)
