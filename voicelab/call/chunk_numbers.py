"""What a provider's chunk numbers say besides the order of frames."""

from __future__ import annotations

import msgspec

from voicelab.protocol import vobiz


def of_its_track(start: vobiz.Start | None, media: vobiz.Media) -> vobiz.Media:
    """Count a chunk by its track where the provider counts both tracks together.

    It does where the chunk of one of two tracks is the number of the message.
    """
    tracks = len(start.tracks) if start else 1
    if tracks < 2 or media.chunk is None or media.chunk != media.sequence:
        return media
    number = -(-media.chunk // tracks)
    return msgspec.structs.replace(media, chunk=number, sequence=number)


def missing_before(start: vobiz.Start | None, media: vobiz.Media) -> int:
    """How many frames are missing before the first one, where the numbers agree on it.

    The provider numbers ``start`` 0 and the first media frame 1, in both of its counters.
    """
    if start is None or media.chunk is None:
        return 0
    missing = media.chunk - 1
    if media.sequence is not None and start.sequence is not None:
        missing = min(missing, media.sequence - start.sequence - 1)
    return max(0, missing)
