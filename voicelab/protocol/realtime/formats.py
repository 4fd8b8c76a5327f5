"""The audio formats of a session, as they stand in ``audio.input.format`` and ``audio.output``.

PCM is 16-bit little-endian mono at 24 kHz and nothing else; G.711 is 8 kHz and has no ``rate`` key.
"""

from __future__ import annotations

from typing import Any, Final

PCM: Final[dict[str, Any]] = {"type": "audio/pcm", "rate": 24000}
PCMU: Final[dict[str, Any]] = {"type": "audio/pcmu"}
PCMA: Final[dict[str, Any]] = {"type": "audio/pcma"}

BYTES_PER_MS: Final = {"audio/pcm": 48, "audio/pcmu": 8, "audio/pcma": 8}
"""By the format's ``type``."""
