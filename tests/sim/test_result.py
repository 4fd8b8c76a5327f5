from __future__ import annotations

import json

import numpy as np

from voicelab.audio.format import AudioFormat
from voicelab.protocol import vobiz
from voicelab.sim import Caller, CallResult, CarrierCore, Offence


def test_a_result_is_what_the_core_knows():
    line = AudioFormat("l16", 8000)
    caller = Caller.from_samples(np.zeros(1600, np.int16), 16_000, line)
    core = CarrierCore(caller, call_id="c", stream_id="s")
    core.start()
    core.tick(0.05)
    core.on_text(0.1, vobiz.build(vobiz.PlayAudio("s", "audio/x-mulaw", 8000, bytes(330))))
    core.on_text(0.1, "?")
    running = CallResult.of(core)
    assert (running.ended_by, running.hangup) == (None, None)
    core.hang_up(0.5)
    result = CallResult.of(core)
    assert result == CallResult(
        call_id="c",
        stream_id="s",
        frames_sent=2,
        frames_received=2,
        first_audio_ms=50.0,
        checkpoints=0,
        ended_by="caller",
        offences=(Offence("malformed", "not JSON.", "?"),),
        hangup=vobiz.NORMAL_HANGUP,
        notes=("16,000 Hz resampled to 8,000 Hz",),
    )
    assert json.loads(json.dumps(result.as_dict()))["offences"][0]["rule"] == "malformed"
