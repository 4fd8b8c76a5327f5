"""A call of speech in every format and byte order is recorded sample by sample."""

import numpy as np
import pytest

from voicelab import Lab
from voicelab.sim.prompts import prompt_names, prompt_path

pytestmark = pytest.mark.net

LINES = [
    ("l16/8000", "little"),
    ("l16/8000", "big"),
    ("l16/16000", "little"),
    ("l16/16000", "big"),
    ("mulaw/8000", "little"),
]


@pytest.mark.parametrize("host", ["kernel", "thread"])
@pytest.mark.parametrize(("line", "order"), LINES)
async def test_the_recording_equals_the_wire(tmp_path, line, order, host):
    options = {"recordings": tmp_path / "r", "webhook_log": tmp_path / "log"}
    async with await Lab.open(agent=None, port=0, format=line, host=host, **options) as lab:
        call = await lab.dial(prompt_path("order"), byte_order=order, speed=20)
        await call.ended(timeout=30)
    sent, recorded = call.sent_pcm(), call.audio().samples
    assert len(sent) > 3 * call.audio().rate_hz
    assert np.array_equal(recorded, sent)
    facts = call.facts
    assert facts.format == line
    assert facts.byte_order == (order if line.startswith("l16") else None)
    assert facts.health["lost"] == 0
    heard = call.audio("heard").samples
    assert np.array_equal(heard[:, 0], sent)
    assert not heard[:, 1].any()
    assert not call.audio("ear").samples.any()


@pytest.mark.parametrize("order", ["little", "big"])
@pytest.mark.parametrize("prompt", sorted(prompt_names()))
async def test_every_prompt_tells_its_byte_order(lab, prompt, order):
    call = await lab.dial(prompt_path(prompt), byte_order=order, speed=50)
    await call.ended(timeout=30)
    assert call.facts.byte_order == order
    assert np.array_equal(call.audio().samples, call.sent_pcm())
