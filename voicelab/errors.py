"""Every error voicelab raises on purpose, in one tree.

::

    VoicelabError
    ├── FormatError        (ValueError)    an audio format or audio bytes that make no sense
    ├── ProtocolError      (ValueError)    a wire message that must not be built or was refused
    ├── SettingError       (ValueError)    an option with a value it cannot have
    ├── StateError         (RuntimeError)  a verb used when it cannot act
    ├── PortBusy           (OSError)       somebody else listens there
    ├── DialError          (ConnectionError)  a simulated call did not come to its ``start``
    ├── CallNotFound       (LookupError)   no stored call by that name
    ├── CallTimeout        (TimeoutError)  the call did not end in time
    └── MissingProgram     (RuntimeError)  an optional program or package is not installed

Each carries its data as attributes and says in its message what to do next.
"""

from __future__ import annotations

import traceback
from pathlib import Path

_OURS = Path(__file__).resolve().parent


class VoicelabError(Exception):
    """The root of all errors that voicelab raises on purpose.

    In a notebook it shows the line it came from and its sentence, not the way between them.
    """

    def _render_traceback_(self) -> list[str]:
        theirs = [
            frame
            for frame in traceback.extract_tb(self.__traceback__)
            if _OURS not in Path(frame.filename).parents and "ipykernel_" in frame.filename
        ]
        where = [f"line {frame.lineno}: {frame.line}" for frame in theirs[-1:]]
        return [*where, f"{type(self).__name__}: {self}"]


class FormatError(VoicelabError, ValueError):
    """An audio format, or audio bytes, that make no sense."""


class ProtocolError(VoicelabError, ValueError):
    """A wire message that must not be built, or that was refused."""


class SettingError(VoicelabError, ValueError):
    """An option was given a value it cannot have."""


class StateError(VoicelabError, RuntimeError):
    """A verb was used at a time when it cannot act.

    Attributes
    ----------
    state : str
        The state the object was in.
    event : str
        What was asked of it.
    """

    def __init__(self, message: str, *, state: str = "", event: str = "") -> None:
        super().__init__(message)
        self.state = state
        self.event = event


class PortBusy(VoicelabError, OSError):
    """Somebody else already listens on the port that was asked for.

    Attributes
    ----------
    host : str
    port : int
    """

    def __init__(self, host: str, port: int) -> None:
        super().__init__(
            f"Port {port} on {host} is already in use. Close what listens there, "
            "or choose another port (0 takes any free one)."
        )
        self.host = host
        self.port = port


class DialError(VoicelabError, ConnectionError):
    """A simulated call did not come to its ``start``.

    Attributes
    ----------
    stage : str
        ``"answer"``, ``"xml"`` or ``"socket"``: how far the call came.
    """

    def __init__(self, message: str, *, stage: str) -> None:
        super().__init__(message)
        self.stage = stage


class CallNotFound(VoicelabError, LookupError):
    """No stored call goes by that name."""


class CallTimeout(VoicelabError, TimeoutError):
    """The call did not end in the time that was given."""


class MissingProgram(VoicelabError, RuntimeError):
    """An optional program or package is not installed."""
