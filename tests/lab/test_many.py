"""Two hundred labs one after another, and a hundred calls at a time."""

import asyncio

import numpy as np
import pytest

from voicelab import Lab
from voicelab.sim.prompts import prompt_path

pytestmark = [pytest.mark.net, pytest.mark.slow]


@pytest.mark.parametrize("host", ["kernel", "thread"])
async def test_two_hundred_labs_leave_nothing(host, tmp_path):
    for n in range(200):
        lab = await Lab.open(agent=None, port=0, host=host, recordings=tmp_path)
        call = await lab.dial(prompt_path("yes"), speed=20) if n % 10 == 0 else None
        if n % 20 == 0:
            await call.ended(timeout=30)
        freed = await lab.close()
        assert freed.left == ()
        assert freed.port == lab.sink.port
        assert freed.calls == (n % 20 == 10)


async def test_a_hundred_calls_at_a_time_lose_no_sample(tmp_path):
    async with await Lab.open(agent=None, port=0, recordings=tmp_path) as lab:
        asyncio.get_running_loop().set_debug(False)  # a hundred calls are near what it can carry
        calls = await asyncio.gather(*(lab.dial(prompt_path("order")) for _ in range(100)))
        assert len(lab.sink.server.registry.running) == 100
        for call in calls:
            await call.ended(timeout=120)
            assert np.array_equal(call.audio().samples, call.sent_pcm())
            assert call.facts.health["lost"] == 0


@pytest.mark.notebook
async def test_a_hundred_calls_at_a_time_in_a_notebook(notebook):
    kernel = await notebook("kernel")
    await kernel.run(
        "calls = await asyncio.gather("
        "*(lab.dial('data/prompts/order.wav') for _ in range(100)))\n"
        "print(len(lab.sink.server.registry.running))"
    )
    await kernel.run("for call in calls: await call.ended(timeout=120)")
    right = await kernel.run(
        "import numpy as np\n"
        "print(sum(np.array_equal(c.audio().samples, c.sent_pcm()) for c in calls))"
    )
    assert right == "100\n"
    assert (await kernel.run("await lab.close()")).startswith("closed: port ")
