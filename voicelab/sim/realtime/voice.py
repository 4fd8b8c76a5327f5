"""What an agent gives, made into the sound of a session."""

from __future__ import annotations

import asyncio
import io
import logging
import shutil
import subprocess
import zlib
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Final

import numpy as np
import soundfile

from voicelab.audio.clip import Audio
from voicelab.audio.format import AudioFormat
from voicelab.audio.samples import Int16Array
from voicelab.call.turn import HangUp, ToolCall
from voicelab.sim.prompts import prompt_names, prompt_texts
from voicelab.sim.rates import to_rate
from voicelab.sim.realtime.agents import Utterance
from voicelab.sim.realtime.outputs import Sound
from voicelab.sim.realtime.response import Part
from voicelab.sim.speech import Speech

logger = logging.getLogger("voicelab.realtime")

MAX_TEXT_CHARS: Final = 2000
"""The longest text that is spoken; what is beyond is written only."""
SPEAK_TIMEOUT_S: Final = 10.0
KEPT_SOUNDS: Final = 64
_STAND_INS: Final = ("please_wait", "sorry")
_SUFFIXES: Final = (".wav", ".flac")
_VOICE: Final = ("-v", "en-us", "-s", "160", "-p", "42")  # the bundled agent prompts' own


class Voice:
    """Speaks for a server's agents; sounds that come again are kept.

    Parameters
    ----------
    program : str, optional
        eSpeak NG. Without it each text that is no prompt's own is stood in for by a bundled prompt.
    find : callable
        Where a sound file is that an agent gave the name of.
    """

    def __init__(self, program: str | None = None, find: Callable[[str], Path] = Path) -> None:
        self._program = program
        self._find = find
        self._kept: OrderedDict[tuple[str, AudioFormat], Sound] = OrderedDict()

    @classmethod
    def found(cls, find: Callable[[str], Path] = Path) -> Voice:
        """Speak with eSpeak NG where it is installed."""
        return cls(shutil.which("espeak-ng"), find)

    async def part(
        self, given: Utterance, format: AudioFormat | None, *, may_name_file: bool = True
    ) -> Part:
        """Make one part of a response.

        Parameters
        ----------
        given : str, Audio, Path, Sound, ToolCall or HangUp
        format : AudioFormat or None
            None wants words, not sound.
        may_name_file : bool
            Whether a text that is the name of a sound file stands for the file.

        Raises
        ------
        FormatError
            A file that is no sound.
        """
        if isinstance(given, ToolCall | HangUp):
            return given
        if isinstance(given, str):
            given = given.encode(
                "utf-8", "replace"
            ).decode()  # half a surrogate pair cannot be sent
            given = (may_name_file and self._file(given)) or given
        if format is None:
            return given if isinstance(given, str) else _words(given)
        if isinstance(given, Sound) and given.format == format:
            return given
        words = _words(given)
        key = (words, format)
        keeps = bool(words) and isinstance(given, str | Path)  # another file may change
        if keeps and key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        sound = await asyncio.to_thread(self._spoken, given, format)
        if keeps:
            self._kept[key] = sound
            if len(self._kept) > KEPT_SOUNDS:
                self._kept.popitem(last=False)
        return sound

    def _file(self, text: str) -> Path | None:
        """The sound file that a text names, where it does."""
        if not text.lower().endswith(_SUFFIXES) or "\n" in text:
            return None
        path = self._find(text)
        return path if path.is_file() else None

    def _spoken(self, given: str | Audio | Path | Sound, format: AudioFormat) -> Sound:
        if isinstance(given, str):
            samples, rate_hz = self._speak(given)
        elif isinstance(given, Path):
            speech = Speech.read(given)
            samples, rate_hz = speech.samples, speech.rate_hz
        elif isinstance(given, Sound):
            samples, rate_hz = given.format.to_int16(given.payload), given.format.rate_hz
        else:
            samples, rate_hz = _mono(given.samples), given.rate_hz
        payload = format.from_int16(to_rate(samples, rate_hz, format.rate_hz))
        return Sound(payload, format, _words(given))

    def _speak(self, text: str) -> tuple[Int16Array, int]:
        name = next((name for name, known in prompt_texts().items() if known == text), None)
        if name is None and self._program:
            try:
                return _espeak(self._program, text[:MAX_TEXT_CHARS])
            except (OSError, subprocess.SubprocessError, soundfile.SoundFileError) as error:
                logger.warning("%s did not speak (%s); a prompt stands in", self._program, error)
        if name is None:
            name = _STAND_INS[zlib.crc32(text.encode()) % len(_STAND_INS)]
        speech = Speech.read(prompt_names()[name])
        return speech.samples, speech.rate_hz


def _espeak(program: str, text: str) -> tuple[Int16Array, int]:
    done = subprocess.run(  # the text goes through stdin: it is never an option or a file
        [program, *_VOICE, "--stdin", "--stdout"],
        input=text.encode("utf-8", "replace"),
        capture_output=True,
        check=True,
        timeout=SPEAK_TIMEOUT_S,
    )
    samples, rate_hz = soundfile.read(io.BytesIO(done.stdout), dtype="int16")
    return samples, rate_hz


def _words(given: str | Audio | Path | Sound) -> str:
    if isinstance(given, str):
        return given
    if isinstance(given, Sound):
        return given.transcript
    if isinstance(given, Path) and prompt_names().get(given.stem) == given:
        return prompt_texts()[given.stem]
    return ""


def _mono(samples: Int16Array) -> Int16Array:
    if samples.ndim == 1:
        return samples
    mixed: Int16Array = np.rint(samples.mean(axis=1)).astype(np.int16)
    return mixed
