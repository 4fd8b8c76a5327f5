from __future__ import annotations

from voicelab.protocol import vobiz
from voicelab.sim.line import media_texts


def test_the_template_writes_what_the_protocol_builds():
    text = media_texts('a"b\\c', 1_778_574_093_306)
    for chunk, payload in ((1, b""), (206, bytes(range(256)) + b"\xff" * 64), (10**9, b"abc")):
        assert text(chunk, payload) == vobiz.build(
            vobiz.Media(
                payload,
                chunk=chunk,
                sequence=chunk,
                timestamp_ms=1_778_574_093_306 + 20 * chunk,
                stream_id='a"b\\c',
            )
        )
