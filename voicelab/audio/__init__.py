"""Audio as arrays: formats, G.711, WAV bytes, byte order and resampling.

Arrays and bytes in, arrays and bytes out; nothing here knows of clocks, files or sockets.
"""

from __future__ import annotations

from voicelab.audio.format import FORMATS, AudioFormat, ByteOrder

__all__ = ["FORMATS", "AudioFormat", "ByteOrder"]
