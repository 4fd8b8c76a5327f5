"""What was said in a call, while it is said: the caller's WAV and the heard WAV."""

from __future__ import annotations

from voicelab.store.names import CallFiles
from voicelab.store.wavfile import WavFile

_LEFT, _RIGHT = 0, 1


class CallSound:
    """The two WAV files of a call that runs.

    Parameters
    ----------
    files : CallFiles
        Both are created exclusively.
    rate_hz : int

    Raises
    ------
    FileExistsError
        Where the name is taken.
    OSError
        Where they cannot be created or, in any method, written.
    """

    def __init__(self, files: CallFiles, rate_hz: int) -> None:
        self._to_swap: list[WavFile] = []
        self._caller = WavFile(files.wav, rate_hz)
        try:
            self._heard = WavFile(files.heard, rate_hz, 2)
        except OSError:
            self._caller.close()
            files.wav.unlink(missing_ok=True)
            raise

    def write(self, offset: int, pcm: bytes) -> None:
        """Put caller audio (int16 little-endian) where it belongs on the time axis."""
        self._caller.write(offset, pcm)
        self._heard.write_channel(_LEFT, offset, pcm)

    def write_agent(self, offset: int, pcm: bytes) -> None:
        """Put agent audio (int16 little-endian, at the same rate) where the caller heard it."""
        self._heard.write_channel(_RIGHT, offset, pcm)

    def swap_bytes(self) -> None:
        """Correct all caller audio so far: it was read in the other byte order.

        Where it raises, calling it again goes on where it was.
        """
        self._to_swap = self._to_swap or [self._caller, self._heard]
        while self._to_swap:
            self._to_swap[0].swap_bytes(_LEFT)
            del self._to_swap[0]

    def refresh(self) -> None:
        """Bring both headers up to date."""
        self._caller.refresh()
        self._heard.refresh()

    def close(self) -> None:
        """Finish both files; idempotent."""
        try:
            self._caller.close()
        finally:
            self._heard.close()
