"""A call's files while the call goes on: the caller's WAV, the heard WAV, the journal.

What the stream says is queued without waiting; :meth:`Recording.flush` writes it, from any thread.
A process that is killed loses what came since the last flush.
"""

from __future__ import annotations

import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, cast

from voicelab.audio.format import ByteOrder
from voicelab.audio.samples import Int16Array
from voicelab.call.listener import StreamListener
from voicelab.call.moment import Moment
from voicelab.call.stream import Stream
from voicelab.store.journal import append_line, header_line, moment_line
from voicelab.store.names import CallFiles, call_name, later
from voicelab.store.wavfile import WavFile

log = logging.getLogger("voicelab.store")

MAX_UNWRITTEN_BYTES = 16 << 20
"""A recording is given up when a disk that refuses writes leaves more than this in memory."""

_LEFT = 0


@dataclass(frozen=True, slots=True)
class _Audio:
    offset: int
    pcm: bytes


class _Swap:
    """All audio before this was read in the other byte order."""


_Op = bytes | _Audio | _Swap


class Recording(StreamListener):
    """Writes one connection's files.

    Parameters
    ----------
    directory : Path
        Made where it is missing.
    started : datetime
        When the socket opened; names the files.
    config : dict
        The settings in force, without secrets; goes into the journal's first line.

    Attributes
    ----------
    files : CallFiles or None
        None until the format is known, or where nothing could be created.
    problem : str or None
        Why files are missing or incomplete.
    continues : str or None
        The id of the connection that this one takes up again; set it before the start.
    """

    def __init__(self, directory: Path, started: datetime, config: dict[str, Any]) -> None:
        self.files: CallFiles | None = None
        self.started = started
        self.problem: str | None = None
        self.continues: str | None = None
        self._directory = directory
        self._config = config
        self._ops: deque[_Op] = deque()
        self._failed: list[_Op] = []
        self._lock = threading.Lock()
        self._wav: WavFile | None = None
        self._heard: WavFile | None = None
        self._journal_fd = -1
        self._journal_bytes = 0
        self._stream: Stream | None = None
        self.closed = False
        self._given_up = False

    def before(self, moments: Iterable[Moment]) -> None:
        """Put moments from before the socket in front of all that is queued."""
        self._ops.extendleft(moment_line(moment) for moment in reversed(list(moments)))

    def on_moment(self, moment: Moment) -> None:
        """Queue a moment; one that comes after the end is appended at once."""
        line = moment_line(moment)
        if not self.closed:
            self._ops.append(line)
        elif self.files is not None:
            try:
                append_line(self.files.journal, line)
            except OSError as error:
                log.error("A late moment is not in %s: %s", self.files.journal, error)

    def on_start(self, stream: Stream) -> None:
        """Create the files."""
        self._stream = stream
        header = {
            "id": stream.id,
            "call_id": stream.call_id,
            "stream_id": stream.stream_id,
            "started": self.started.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "formats": {"inbound": str(stream.format), "outbound": str(stream.outbound)},
            "config": self._config,
        }
        if self.continues is not None:
            header["continues"] = self.continues
        try:
            self._create(header, stream.format.rate_hz)
        except OSError as error:
            self._give_up(f"nothing could be created in {self._directory}: {error}")

    def on_audio(self, offset: int, pcm: bytes) -> None:
        """Queue caller audio."""
        self._ops.append(_Audio(offset, pcm))

    def on_byte_order(self, order: ByteOrder, swapped: bool) -> None:
        """Correct what has been written, where it was read the wrong way."""
        if swapped:
            self._ops.append(_Swap())

    def flush(self) -> None:
        """Write all that is queued and bring the headers up to date.

        A disk that refuses is tried again at the next flush; see :data:`MAX_UNWRITTEN_BYTES`.
        """
        with self._lock:
            self._flush()

    def save_ear(self, samples: Int16Array, rate_hz: int) -> None:
        """Write ``.ear.wav``: mono int16, the simulator's own truth of what the caller heard."""
        if self.files is None:
            return
        try:
            with WavFile(self.files.ear, rate_hz) as ear:
                ear.write(0, samples.astype("<i2").tobytes())
        except OSError as error:
            self.problem = f"{self.files.ear} is incomplete: {error}"
            log.error("%s", self.problem)

    def finish(self) -> None:
        """Close the WAVs, their length true; the journal stays open for callbacks."""
        with self._lock:
            self._flush()
            self._close_wavs()

    def close(self) -> None:
        """Close everything; idempotent. Later moments are appended one by one."""
        self.finish()
        with self._lock:
            self.closed = True
            if self._journal_fd >= 0:
                os.close(self._journal_fd)
                self._journal_fd = -1

    def _create(self, header: dict[str, Any], rate_hz: int) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        started = self.started
        while True:
            files = CallFiles(self._directory / call_name(started))
            try:
                self._wav = WavFile(files.wav, rate_hz)
                break
            except FileExistsError:
                started = later(started)
        self._heard = WavFile(files.heard, rate_hz, 2)
        self._journal_fd = os.open(
            files.journal, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644
        )
        self.files = files
        self._ops.appendleft(header_line(header))

    def _flush(self) -> None:
        if self._given_up:
            self._ops.clear()
        if self.files is None:
            return
        ops, self._failed = self._failed, []
        ops.extend(self._ops.popleft() for _ in range(len(self._ops)))
        done = 0
        try:
            while done < len(ops):
                done += self._write_run(ops, done)
            for wav in (self._wav, self._heard):
                if wav is not None:
                    wav.refresh()
            if not self._given_up:
                self.problem = None
        except OSError as error:
            self._keep(ops[done:], error)

    def _write_run(self, ops: list[_Op], at: int) -> int:
        """Do as many operations from ``at`` on as one write can; return how many."""
        first = ops[at]
        if isinstance(first, bytes):
            lines = list(takewhile(lambda op: isinstance(op, bytes), islice(ops, at, None)))
            self._write_journal(b"".join(cast("list[bytes]", lines)))
            return len(lines)
        if isinstance(first, _Swap):
            self._swap()
            return 1
        pcm, end = [first.pcm], first.offset + len(first.pcm) // 2
        for op in islice(ops, at + 1, None):
            if not isinstance(op, _Audio) or op.offset != end:
                break
            pcm.append(op.pcm)
            end += len(op.pcm) // 2
        self._write_audio(first.offset, b"".join(pcm))
        return len(pcm)

    def _write_journal(self, lines: bytes) -> None:
        if self._journal_fd < 0:
            return
        view, at = memoryview(lines), self._journal_bytes
        while view:
            written = os.pwrite(self._journal_fd, view, at)
            view, at = view[written:], at + written
        self._journal_bytes = at

    def _write_audio(self, offset: int, pcm: bytes) -> None:
        if self._wav is not None and self._heard is not None:
            self._wav.write(offset, pcm)
            self._heard.write_channel(_LEFT, offset, pcm)

    def _swap(self) -> None:
        if self._wav is not None and self._heard is not None:
            self._wav.swap_bytes()
            self._heard.swap_bytes(_LEFT)

    def _keep(self, ops: list[_Op], error: OSError) -> None:
        self._failed = ops
        self.problem = f"writing {self.files.stem if self.files else ''} failed: {error}"
        log.error("%s. The call goes on; it is tried again.", self.problem)
        held = sum(len(op) if isinstance(op, bytes) else len(getattr(op, "pcm", b"")) for op in ops)
        if held > MAX_UNWRITTEN_BYTES:
            self._give_up(f"{self.problem}; given up with {held} bytes unwritten")

    def _give_up(self, problem: str) -> None:
        self.problem = problem
        log.error("This call is not recorded: %s", problem)
        self._failed, self._given_up = [], True
        self._close_wavs()

    def _close_wavs(self) -> None:
        for wav in (self._wav, self._heard):
            if wav is not None:
                self._try(wav.close)
        self._wav = self._heard = None

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except OSError as error:
            problem = f"{self.files.stem if self.files else ''} is incomplete: {error}"
            self.problem = self.problem or problem
            log.error("%s", problem)
