"""`voicelab realtime` on a free port, as a process of its own."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
import threading
import time

URL = re.compile(r"ws://127\.0\.0\.1:\d+/v1/realtime")
WAIT_S = 20
SPEED = "1.5"
"""Faster than it is heard, yet so slow that an answer is interrupted while it is being made."""


class RealtimeServer:
    """Use as a context manager; a server that fails, or that leaves a session, fails it."""

    def __enter__(self) -> RealtimeServer:
        command = [sys.executable, "-m", "voicelab", "realtime", "--port", "0", "--speed", SPEED]
        self.lines: list[str] = []
        self._process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        patience = time.monotonic() + WAIT_S
        while not (found := URL.search("".join(self.lines))):
            if time.monotonic() > patience or self._process.poll() is not None:
                self._end(signal.SIGKILL)
                raise SystemExit("The server did not come up:\n" + "".join(self.lines))
            time.sleep(0.05)
        self.url = found[0]
        return self

    def __exit__(self, *_: object) -> None:
        before = len(self.lines)
        code = self._end(signal.SIGTERM)
        said = "".join(self.lines[before:])
        if code != 0 or said.strip() != "Stopping.":
            raise SystemExit(f"The server ended with {code}:\n" + "".join(self.lines))

    def _end(self, how: signal.Signals) -> int:
        self._process.send_signal(how)
        code = self._process.wait(WAIT_S)
        self._reader.join()
        return code

    def _read(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout:
            self.lines.extend(iter(self._process.stdout.readline, ""))
