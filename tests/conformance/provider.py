"""The provider's side of a call, written from the protocol's description alone."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
import uuid
import wave
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import websocket

FRAME_S = 0.02
FIRST_TIMESTAMP_MS = 1_778_574_093_306
WAIT_S = 15


def until(what: str, found: Callable[[], object]) -> object:
    patience = time.monotonic() + WAIT_S
    while time.monotonic() < patience:
        if value := found():
            return value
        time.sleep(0.02)
    raise AssertionError(f"waited {WAIT_S} s for {what}")


@dataclass
class Server:
    """`voicelab serve` on a free port, in a folder of its own."""

    command: list[str]
    folder: Path
    lines: list[str] = field(default_factory=list)

    def __enter__(self) -> Server:
        options = ["--port", "0", "--agent", "none"]
        options += ["--recordings", str(self.folder), "--webhook-log", str(self.log)]
        self.process = subprocess.Popen(
            [*self.command, "serve", *options],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, daemon=True).start()
        pattern = re.compile(r"http://127\.0\.0\.1:\d+")
        try:
            self.url = until(
                "an address in the server's output",
                lambda: next(iter(pattern.findall("".join(self.lines))), None),
            )
        except AssertionError:
            self.process.kill()
            raise SystemExit("The server did not come up:\n" + "".join(self.lines)) from None
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()

    def _read(self) -> None:
        self.lines.extend(iter(self.process.stdout.readline, ""))

    @property
    def log(self) -> Path:
        return self.folder / "webhook-events.log"

    def request(
        self, path: str, body: str | None = None, kind: str = "application/x-www-form-urlencoded"
    ) -> tuple[int, str, str]:
        data = None if body is None else body.encode()
        request = urllib.request.Request(self.url + path, data, headers={"User-Agent": "Vobiz"})
        if data is not None:
            request.add_header("Content-Type", kind)
        try:
            answer = urllib.request.urlopen(request, timeout=WAIT_S)
        except urllib.error.HTTPError as refusal:
            answer = refusal
        with answer:
            return answer.status, answer.headers.get_content_type(), answer.read().decode()

    def recording_of(self, call: Call) -> Path | None:
        """Find a call's WAV through the first line of the journals."""
        for journal in self.folder.glob("*.journal.jsonl"):
            if call.call_id in journal.read_text("utf-8"):
                return journal.with_name(journal.name.replace(".journal.jsonl", ".wav"))
        return None

    def samples_of(self, call: Call) -> array:
        path = until(f"the recording of {call.call_id}", lambda: self.recording_of(call))
        until(f"'WAV recording saved' for {path.name}", lambda: self.says_saved(path))
        with wave.open(str(path)) as wav:
            assert wav.getparams()[:3] == (1, 2, 8000), wav.getparams()
            return array("h", wav.readframes(wav.getnframes()))

    def says_saved(self, path: Path) -> bool:
        said = [line for line in self.lines if "WAV recording saved: " in line]
        return any(path.name in line for line in said)


@dataclass
class Call:
    """One call: its answer request, its socket, its frames."""

    server: Server
    encoding: str = "audio/x-l16"
    call_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    stream_id: str = field(default_factory=lambda: str(uuid.uuid4()))

    def answer(self) -> ElementTree.Element:
        form = {"Event": "StartApp", "CallUUID": self.call_id, "From": "919000000001"}
        form |= {"To": "08000000002", "Direction": "inbound", "CallStatus": "ringing"}
        status, kind, body = self.server.request("/", urllib.parse.urlencode(form))
        assert status == 200, status
        assert kind in ("application/xml", "text/xml"), kind
        return ElementTree.fromstring(body)

    def connect(self) -> None:
        url = self.answer().findtext("Stream", "").strip()
        self.socket = websocket.create_connection(url, timeout=WAIT_S)
        start = {
            "callId": self.call_id,
            "streamId": self.stream_id,
            "accountId": "500777",
            "tracks": ["inbound"],
            "mediaFormat": {"encoding": self.encoding, "sampleRate": 8000},
        }
        self.send({"sequenceNumber": 0, "event": "start", "start": start, "extra_headers": "{}"})

    def media(self, number: int, payload: bytes) -> None:
        media = {
            "track": "inbound",
            "timestamp": str(FIRST_TIMESTAMP_MS + 20 * number),
            "chunk": number,
            "payload": base64.b64encode(payload).decode(),
        }
        envelope = {"sequenceNumber": number, "streamId": self.stream_id, "event": "media"}
        self.send(envelope | {"media": media, "extra_headers": "{}"})

    def send(self, message: dict[str, object]) -> None:
        self.socket.send(json.dumps(message, separators=(",", ":")))

    def speak(self, payloads: list[bytes], lost: frozenset[int] = frozenset()) -> None:
        begun = time.monotonic()
        for number, payload in enumerate(payloads, 1):
            time.sleep(max(0.0, begun + number * FRAME_S - time.monotonic()))
            if number not in lost:
                self.media(number, payload)

    def hang_up(self) -> None:
        """Close the socket without a `stop`, as the provider does."""
        self.socket.close()
