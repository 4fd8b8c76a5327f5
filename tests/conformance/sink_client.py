"""Try `voicelab serve` from outside, with a provider that knows nothing of voicelab's code.

What it needs is websocket-client and the standard library.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import signal
import sys
import tempfile
import threading
import traceback
import urllib.parse
import uuid
import wave
from array import array
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

from provider import WAIT_S, Call, Server, until

FRAME_SAMPLES = 160
WAV_NAME = re.compile(r"call-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z\.wav")
ISO_UTC_MS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def swapped(samples: array) -> bytes:
    other = array("h", samples)
    other.byteswap()
    return other.tobytes()


def mulaw_decoded(code: int) -> int:
    """One mu-law code as 16-bit PCM (ITU-T G.711, table 2a, 14 bits shifted to 16)."""
    code = ~code & 0xFF
    size = ((((code & 0x0F) << 1) + 33) << (code >> 4 & 7)) - 33
    return -size * 4 if code & 0x80 else size * 4


def speech(path: Path) -> array:
    """Read a 16 kHz prompt as whole 20 ms frames at 8 kHz, each sample the mean of two."""
    with wave.open(str(path)) as wav:
        fine = array("h", wav.readframes(wav.getnframes()))
    coarse = [(a + b) // 2 for a, b in zip(fine[::2], fine[1::2], strict=False)]
    return array("h", coarse[: len(coarse) // FRAME_SAMPLES * FRAME_SAMPLES])


def frames(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


class Checks:
    """Every method named `check_…` is one line of the table."""

    def __init__(self, server: Server, words: array) -> None:
        self.server = server
        self.words = words

    def check_healthz(self) -> str:
        status, _, body = self.server.request("/healthz")
        assert (status, body.strip()) == (200, "ok"), (status, body)
        return "ok"

    def check_answer_to_get(self) -> str:
        status, kind, body = self.server.request("/")
        assert status == 200, status
        assert kind in ("application/xml", "text/xml"), kind
        assert ElementTree.fromstring(body).find("Stream") is not None, body
        return kind

    def check_answer_to_post(self) -> str:
        answer = Call(self.server).answer()
        assert answer.tag == "Response", answer.tag
        [stream] = answer
        assert stream.tag == "Stream", stream.tag
        assert stream.get("bidirectional") == "true", stream.attrib
        assert stream.get("keepCallAlive") == "true", stream.attrib
        assert stream.get("audioTrack", "inbound") == "inbound", stream.attrib
        assert stream.get("contentType", "audio/x-l16;rate=8000") == "audio/x-l16;rate=8000"
        assert stream.get("statusCallbackUrl", "").endswith("/webhook"), stream.attrib
        assert re.fullmatch(r"ws://127\.0\.0\.1:\d+/stream.*", stream.text.strip()), stream.text
        return stream.text.strip().split("?")[0]

    def check_answer_to_hangup(self) -> str:
        form = {"Event": "Hangup", "CallUUID": str(uuid.uuid4()), "HangupCauseCode": "4000"}
        status, _, body = self.server.request("/", urllib.parse.urlencode(form))
        assert status == 200, status
        assert not len(ElementTree.fromstring(body)), body
        return body.strip()

    def check_frame_of_the_description(self) -> str:
        """The documented frame, as it stands: number 206 comes first, the order cannot be told."""
        call = Call(self.server)
        call.connect()
        payload = base64.b64decode(b"+P/4/wgACAAIAAgA+P/o//j/+P/4//j/CAAIAAgACAAIAAgACAAIAPj/")
        call.media(206, payload)
        call.hang_up()
        samples = self.server.samples_of(call)
        assert len(samples) == len(payload) // 2, len(samples)
        return f"{len(samples)} samples"

    def check_four_calls_at_once(self) -> str:
        little, big, gap = (Call(self.server) for _ in range(3))
        mulaw = Call(self.server, "audio/x-mulaw")
        # What is sent need not be speech that was encoded: any codes have one right reading.
        codes = bytes((sample >> 8) & 0xFF for sample in self.words)
        little_bytes = self.words.tobytes() if sys.byteorder == "little" else swapped(self.words)
        big_bytes = swapped(self.words) if sys.byteorder == "little" else self.words.tobytes()
        lost = frozenset({20, 21, 40})
        plans = [
            (little, frames(little_bytes, 320), frozenset()),
            (big, frames(big_bytes, 320), frozenset()),
            (gap, frames(little_bytes, 320), lost),
            (mulaw, frames(codes, 160), frozenset()),
        ]
        for call, _, _ in plans:
            call.connect()
        threads = [threading.Thread(target=c.speak, args=(p, x)) for c, p, x in plans]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        for call, _, _ in plans:
            call.hang_up()
        silenced = array("h", self.words)
        for number in lost:
            at = (number - 1) * FRAME_SAMPLES
            silenced[at : at + FRAME_SAMPLES] = array("h", bytes(2 * FRAME_SAMPLES))
        expected = {
            "little-endian": (little, self.words),
            "big-endian": (big, self.words),
            "lost frames": (gap, silenced),
            "mu-law": (mulaw, array("h", map(mulaw_decoded, codes))),
        }
        for name, (call, samples) in expected.items():
            compare(name, self.server.samples_of(call), samples)
        return f"4 x {len(self.words)} samples equal"

    def check_files(self) -> str:
        names = sorted(path.name for path in self.server.folder.glob("*.wav"))
        callers = [name for name in names if name.count(".") == 1]
        assert callers, "no recording"
        assert all(map(WAV_NAME.fullmatch, callers)), callers
        for path in self.server.folder.glob("*.journal.jsonl"):
            first, *moments = map(json.loads, path.read_text("utf-8").splitlines())
            assert first["voicelab"] == 1, first
            assert all(moment["way"] in ("in", "out") for moment in moments)
        return f"{len(callers)} recordings"

    def check_webhooks(self) -> str:
        form = {"Event": "StartStream", "CallUUID": "a b&c", "StreamID": "s-1"}
        posted = {"Event": "MediaError", "CallUUID": "j-1", "nested": {"n": 1}, "text": "zwölf"}
        query = {"Event": "DroppedStream", "CallUUID": "g-1"}
        answers = [
            self.server.request("/webhook", urllib.parse.urlencode(form)),
            self.server.request("/webhook", json.dumps(posted), "application/json"),
            self.server.request("/webhook?" + urllib.parse.urlencode(query)),
        ]
        assert all(200 <= status < 300 for status, _, _ in answers), answers

        def lines() -> list[dict[str, object]]:
            if not self.server.log.exists():
                return []
            entries = map(json.loads, self.server.log.read_text("utf-8").splitlines())
            mine = {form["CallUUID"], posted["CallUUID"], query["CallUUID"]}
            return [entry for entry in entries if entry.get("CallUUID") in mine]

        entries = until("three lines in the log", lambda: len(found := lines()) == 3 and found)
        for sent, entry, method in zip(
            (form, posted, query), entries, ("POST", "POST", "GET"), strict=True
        ):
            assert {name: entry[name] for name in sent} == sent, entry
            assert ISO_UTC_MS.fullmatch(entry["receivedAt"]), entry
            assert entry["_voicelab"]["method"] == method, entry
            assert entry["_voicelab"]["signature"] == "absent", entry
        return "form, JSON and query"

    def check_other_paths(self) -> str:
        status, _, _ = self.server.request("/nowhere")
        assert status == 404, status
        return "404"

    def check_sigterm_in_a_call(self) -> str:
        call = Call(self.server)
        call.connect()
        call.speak(frames(self.words.tobytes(), 320)[:50])
        self.server.process.send_signal(signal.SIGTERM)
        code = self.server.process.wait(WAIT_S)
        assert code == 0, f"exit code {code}"
        compare("the open call", self.server.samples_of(call), self.words[: 50 * FRAME_SAMPLES])
        return "exit code 0, and the open call is whole"


def compare(name: str, got: array, expected: array) -> None:
    assert len(got) == len(expected), f"{name}: {len(got)} samples, not {len(expected)}"
    wrong = [at for at, (a, b) in enumerate(zip(got, expected, strict=True)) if a != b]
    assert not wrong, f"{name}: {len(wrong)} samples differ, first at {wrong[0]}"


def outcomes(checks: Checks) -> Iterator[bool]:
    for name, check in [(n, getattr(checks, n)) for n in vars(Checks) if n.startswith("check_")]:
        title = name.removeprefix("check_").replace("_", " ")
        try:
            detail = check()
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            print(f"  FAIL  {title:32} {error or type(error).__name__} (line {where.lineno})")
            yield False
        else:
            print(f"  pass  {title:32} {detail}", flush=True)
            yield True


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prompts", type=Path, required=True)
    parser.add_argument("server", nargs="+", help="the command that is followed by `serve`")
    options = parser.parse_args()
    words = speech(options.prompts / "question.wav")
    with tempfile.TemporaryDirectory() as folder, Server(options.server, Path(folder)) as server:
        results = list(outcomes(Checks(server, words)))
        if not all(results):
            print("\nThe server said:\n" + "".join(server.lines))
    print(f"\n{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
