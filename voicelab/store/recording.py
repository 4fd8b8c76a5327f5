"""A call's files while the call goes on: the sound and the journal.

What the stream says is queued without waiting; :meth:`Recording.flush` writes it, from any thread.
A process that is killed loses what came since the last flush.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from voicelab.audio.format import ByteOrder
from voicelab.audio.samples import Int16Array
from voicelab.call.connection import Connection
from voicelab.call.listener import StreamListener
from voicelab.call.moment import Moment
from voicelab.store.journal import JournalFile, moment_line
from voicelab.store.names import CallFiles, call_name, iso_time, later
from voicelab.store.sound import CallSound
from voicelab.store.wavfile import WavFile

log = logging.getLogger("voicelab.store")

MAX_UNWRITTEN_BYTES = 16 << 20
"""A recording is given up when a disk that refuses writes leaves more than this in memory."""

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class _Audio:
    offset: int
    pcm: bytes


class _Swap:
    """All audio before this was read in the other byte order."""


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
    continues : str or None
        The id of the connection that this one takes up again; set it before the start.
    closed : bool
        Everything is written; a later moment is appended by itself.
    """

    def __init__(self, directory: Path, started: datetime, config: dict[str, Any]) -> None:
        self.files: CallFiles | None = None
        self.started = started
        self.continues: str | None = None
        self.closed = False
        self._directory = directory
        self._config = config
        # Queued by the stream's thread, taken by the writer's: deques, whose ends are atomic.
        self._new_lines: deque[bytes] = deque()
        self._new_sound: deque[_Audio | _Swap] = deque()
        self._new_agent: deque[_Audio | _Swap] = deque()
        self._lines: list[bytes] = []
        self._sound: list[_Audio | _Swap] = []
        self._agent: list[_Audio | _Swap] = []
        self._lock = threading.Lock()
        self._wavs: CallSound | None = None
        self._journal: JournalFile | None = None
        self._given_up = False
        self._passing: str | None = None
        self._lasting: str | None = None
        self._queued_bytes = 0  # counted by the stream's thread
        self._written_bytes = 0  # counted by the writer's

    @property
    def problem(self) -> str | None:
        """Why files are missing or incomplete, or None; what comes right again is forgotten."""
        return self._lasting or self._passing

    def before(self, moments: Iterable[Moment]) -> None:
        """Put moments from before the socket in front of all that is queued."""
        lines = [moment_line(moment) for moment in moments]
        self._hold(sum(map(len, lines)))
        self._new_lines.extendleft(reversed(lines))

    def on_moment(self, moment: Moment) -> None:
        """Queue a moment; one that comes after the end is appended at once."""
        line = moment_line(moment)
        if self._hold(len(line)):
            self._new_lines.append(line)
        if self.closed:
            self.flush()

    def on_start(self, stream: Connection) -> None:
        """Create the files."""
        header = {
            "id": stream.id,
            "call_id": stream.call_id,
            "stream_id": stream.stream_id,
            "started": iso_time(self.started),
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
        if self._hold(len(pcm)):
            self._new_sound.append(_Audio(offset, pcm))

    def on_agent_audio(self, offset: int, pcm: bytes) -> None:
        """Queue what the caller heard of the agent."""
        if self._hold(len(pcm)):
            self._new_agent.append(_Audio(offset, pcm))

    def on_byte_order(self, order: ByteOrder, swapped: bool) -> None:
        """Correct what has been written, where it was read the wrong way."""
        if swapped:
            self._new_sound.append(_Swap())

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
            self._lasting = self._lasting or self._incomplete(error)

    def finish(self) -> None:
        """Close the WAVs, their length true; the journal stays open for callbacks.

        Sound that the disk refuses even now is tried again until :meth:`close`.
        """
        with self._lock:
            self._flush()
            if not self._sound and not self._agent:
                self._close_wavs()

    def close(self) -> None:
        """Close everything; idempotent. Later moments are appended one by one."""
        with self._lock:
            self.closed = True
            self._flush()
            if self._sound or self._agent:
                self._sound, self._agent = [], []
                self._lasting = f"{self.problem}; the end of the call is not in its files"
            self._close_wavs()
            if self._journal is not None:
                self._try(self._journal.close)

    def _create(self, header: dict[str, Any], rate_hz: int) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        started = self.started
        while True:
            files = CallFiles(self._directory / call_name(started))
            started = later(started)
            if not files.existing():
                try:
                    self._wavs = CallSound(files, rate_hz)
                    break
                except FileExistsError:
                    continue
        try:
            self._journal = JournalFile(files.journal, header)
        except OSError:
            self._close_wavs()
            files.wav.unlink(missing_ok=True)
            files.heard.unlink(missing_ok=True)
            raise
        self.files = files

    def _hold(self, size: int) -> bool:
        """Count what waits in memory; False once a disk that refuses or hangs let too much wait."""
        self._queued_bytes += size
        held = self._queued_bytes - self._written_bytes
        if held > MAX_UNWRITTEN_BYTES and not self._given_up:
            why = self.problem or "the disk does not answer"
            self._given_up = True
            self._lasting = f"given up with {held:,} bytes unwritten: {why}"
            log.error("This call is not recorded any longer: %s.", self._lasting)
        return not self._given_up

    def _flush(self) -> None:
        if self._given_up:
            self._drop_everything()
        if self.files is None or self._given_up:
            return
        self._lines += _drained(self._new_lines)
        self._sound += _drained(self._new_sound)
        self._agent += _drained(self._new_agent)
        try:
            self._write_lines()
            self._write_sound()
            self._passing = None
        except OSError as error:
            self._passing = self._incomplete(error)

    def _write_lines(self) -> None:
        lines = b"".join(self._lines)
        if self._journal is not None:
            self._journal.write(lines)
        self._written_bytes += len(lines)
        self._lines = []

    def _write_sound(self) -> None:
        if self._wavs is None:
            self._sound, self._agent = [], []
            return
        self._write_side(self._sound, self._wavs, self._wavs.write)
        self._write_side(self._agent, self._wavs, self._wavs.write_agent)
        self._wavs.refresh()

    def _write_side(
        self, sound: list[_Audio | _Swap], wavs: CallSound, write: Callable[[int, bytes], None]
    ) -> None:
        """Write one side's pieces, each gone from the list once it is written."""
        while sound:
            first = sound[0]
            if isinstance(first, _Swap):
                wavs.swap_bytes()
                del sound[0]
                continue
            together = _contiguous(sound)
            pcm = b"".join(together)
            write(first.offset, pcm)
            self._written_bytes += len(pcm)
            del sound[: len(together)]

    def _give_up(self, problem: str) -> None:
        self._lasting, self._given_up = problem, True
        log.error("This call is not recorded: %s.", problem)
        self._drop_everything()

    def _drop_everything(self) -> None:
        for waiting in (self._new_lines, self._new_sound, self._new_agent):
            waiting.clear()
        for held in (self._lines, self._sound, self._agent):
            held.clear()
        self._close_wavs()

    def _close_wavs(self) -> None:
        if self._wavs is not None:
            self._try(self._wavs.close)
        self._wavs = None

    def _try(self, act: Callable[[], None]) -> None:
        try:
            act()
        except OSError as error:
            self._lasting = self._lasting or self._incomplete(error)

    def _incomplete(self, error: OSError) -> str:
        problem = f"{self.files.stem if self.files else ''} is incomplete: {error}"
        log.error("%s. The call goes on.", problem)
        return problem


def _drained(queue: deque[Item]) -> list[Item]:
    return [queue.popleft() for _ in range(len(queue))]


def _contiguous(sound: list[_Audio | _Swap]) -> list[bytes]:
    """The pieces at the head that follow each other without a gap."""
    pieces: list[bytes] = []
    end: int | None = None
    for piece in sound:
        if isinstance(piece, _Swap) or end not in (None, piece.offset):
            break
        pieces.append(piece.pcm)
        end = piece.offset + len(piece.pcm) // 2
    return pieces
