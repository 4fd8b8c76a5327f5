"""The introduction: the model is told what the session is, and nothing else before it agrees.

A server that refuses one field keeps its old configuration whole, and a caller whose telephone
audio is taken for something else is noise. So the caller's first words wait until the server has
said which formats it uses.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from typing import Any

from voicelab.audio.format import AudioFormat
from voicelab.call.conversation_settings import ConversationSettings, session, wire_format
from voicelab.call.model_audio import PCM, model_format
from voicelab.protocol import realtime


class Introduction:
    """Agrees on a session, and keeps caller audio until then.

    Parameters
    ----------
    settings : ConversationSettings
    send : callable
        Gives the model an event.
    counts : Counter
        Takes ``session_refused`` and ``caller_audio_dropped``.
    presented : AudioFormat, optional
        The line's format for which :func:`first_update` has been sent.

    Attributes
    ----------
    ready : bool
        Whether the server has agreed.
    heard, said : AudioFormat
        Of the caller's audio and the model's.
    """

    def __init__(
        self,
        settings: ConversationSettings,
        send: Callable[[realtime.ClientEvent], bool],
        counts: Counter[str],
        presented: AudioFormat | None = None,
    ) -> None:
        self.ready = False
        self.heard = self.said = model_format(presented) if presented else PCM
        self._settings = settings
        self._send = send
        self._counts = counts
        self._bare = False
        self._unanswered = 0 if presented is None else 1
        self._number = 0 if presented is None else 1
        self._held: deque[bytes] = deque()
        self._held_bytes = 0

    def present(self, heard: AudioFormat, said: AudioFormat) -> None:
        """Tell the server what the session is."""
        self.heard, self.said, self.ready = heard, said, False
        self._number += 1
        self._unanswered += 1
        self._send(_update(self._settings, heard, said, self._number, bare=self._bare))

    def is_about(self, heard: AudioFormat, said: AudioFormat) -> bool:
        """Whether the server was told of these formats."""
        return bool(self._number) and (self.heard, self.said) == (heard, said)

    def agreed(self, config: dict[str, Any]) -> str | None:
        """Take what the server says it uses; return what it did not take, in a sentence.

        An answer to what is out of date settles nothing.
        """
        self._unanswered = max(self._unanswered - 1, 0)
        audio = config.get("audio") or {}
        for side, wanted in (("input", self.heard), ("output", self.said)):
            told = ((audio.get(side) or {}).get("format") or {}).get("type")
            if told not in (None, wire_format(wanted)["type"]):
                if self._unanswered:
                    return None
                return f"the {side} format is {told}, not {wire_format(wanted)['type']}"
        self.ready = True
        return None

    def concerns(self, error: realtime.ErrorDetail) -> bool:
        """Whether an error is about what the server was told last; one that names no event is."""
        return error.event_id in (None, _event_id(self._number))

    def refused(self) -> bool:
        """Ask again for less; False where it was the least already."""
        self._counts["session_refused"] += 1
        self._unanswered = 0
        if self._bare:
            return False
        self._bare = True
        self.present(self.heard, self.said)
        return True

    def session_lost(self) -> None:
        """Keep the caller's audio until the next session is agreed on."""
        self.ready, self._unanswered = False, 0

    def hear(self, audio: bytes) -> None:
        """Pass caller audio on, or keep it; the oldest is dropped."""
        if self.ready:
            self._send(realtime.InputAudioBufferAppend(audio=audio))
            return
        self._held.append(audio)
        self._held_bytes += len(audio)
        while self.held_ms > 1000 * self._settings.held_s:
            self._held_bytes -= len(self._held.popleft())
            self._counts["caller_audio_dropped"] += 1

    @property
    def held_ms(self) -> float:
        """How much caller audio is kept."""
        return self.heard.duration_ms(self._held_bytes)

    def release(self) -> None:
        """Pass on what was kept."""
        while self._held:
            self._send(realtime.InputAudioBufferAppend(audio=self._held.popleft()))
        self._held_bytes = 0


def first_update(settings: ConversationSettings, line: AudioFormat) -> realtime.SessionUpdate:
    """What to tell a model while the telephone still rings, if the line is as was asked for."""
    return _update(settings, model_format(line), model_format(line), 1)


def _update(
    settings: ConversationSettings,
    heard: AudioFormat,
    said: AudioFormat,
    number: int,
    *,
    bare: bool = False,
) -> realtime.SessionUpdate:
    config = session(settings, heard, said, bare=bare)
    return realtime.SessionUpdate(session=config, event_id=_event_id(number))


def _event_id(number: int) -> str:
    return f"voicelab-session-{number}"
