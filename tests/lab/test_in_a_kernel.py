"""The lab in a real kernel, whose cells block, plot and are interrupted while a call goes on."""

import pytest

pytestmark = [pytest.mark.net, pytest.mark.notebook, pytest.mark.slow]

HOSTS = ["kernel", "thread"]
DIAL = "call = await lab.dial('data/prompts/order.wav'); await asyncio.sleep(0.5)"


async def whole(kernel, exact) -> None:
    """The call ended with every sample that was sent."""
    assert await kernel.run(exact) == "True 0\n"


@pytest.mark.parametrize("host", HOSTS)
async def test_a_blocking_cell_costs_no_audio_and_is_named(notebook, exact, host):
    kernel = await notebook(host)
    await kernel.run(DIAL)
    await kernel.run("time.sleep(2)")
    await whole(kernel, exact)
    named = await kernel.run("print(any(ms > 1500 for ms in stalls))")
    assert named == ("True\n" if host == "kernel" else "False\n")
    if host == "kernel":
        said = await kernel.run("print(health['stalled_frames'] > 50, health['jitter_ms'] < 50)")
        assert said == "True True\n"
        assert "stall" in await kernel.run("print(call)")
        await kernel.run("assert 'stood still' in call._repr_mimebundle_()['text/html']")


@pytest.mark.parametrize("host", HOSTS)
async def test_a_plot_in_the_middle_of_a_call_costs_no_audio(notebook, exact, host):
    kernel = await notebook(host)
    await kernel.run(DIAL)
    await kernel.run("%matplotlib inline\nimport matplotlib.pyplot as plt; plt.plot([1, 2]);")
    await kernel.run("call")
    await whole(kernel, exact)


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize(
    ("cell", "error"),
    [
        ("print('now', flush=True); time.sleep(30)", "KeyboardInterrupt"),
        ("print('now', flush=True); await asyncio.sleep(30)", "CancelledError|KeyboardInterrupt"),
    ],
    ids=["sync", "awaiting"],
)
async def test_an_interrupted_cell_leaves_the_call_alone(
    notebook, exact, cell_error, host, cell, error
):
    kernel = await notebook(host)
    await kernel.run(DIAL)
    with pytest.raises(cell_error, match=error):
        await kernel.run(cell, interrupt_on="now")
    assert await kernel.run("print(lab.is_open)") == "True\n"
    await whole(kernel, exact)
    await kernel.run(DIAL)
    await whole(kernel, exact)


@pytest.mark.parametrize("host", HOSTS)
async def test_run_in_a_cell_that_cannot_await(notebook, exact, host):
    kernel = await notebook(host)
    await kernel.run(
        "def place():\n"
        "    call = run(lab.dial('data/prompts/order.wav'))\n"
        "    run(call.ended())\n"
        "    return call\n"
        "call = place()"
    )
    await whole(kernel, exact)
    patched = await kernel.run("import sys; print('nest_asyncio2' in sys.modules)")
    assert patched == f"{host == 'kernel'}\n"
    assert await kernel.run("print('nest_asyncio' in sys.modules)") == "False\n"
    freed = await kernel.run("print(run(lab.close()))")
    assert freed.startswith("closed: port ")
    assert "STILL" not in freed


async def test_running_the_open_cell_twice_replaces_the_lab(kernel):
    cell = (
        "from voicelab import Lab\n"
        "if 'port' not in globals(): port = 0\n"
        "lab = await Lab.open(agent=None, port=port); port = lab.sink.port; print(port)"
    )
    first = await kernel.run(cell)
    assert await kernel.run(cell) == first
    await kernel.restart()
    assert await kernel.run(f"port = {first}\n{cell}") == first
    with_name = cell.replace("port=port", "port=port, name='other'")
    with pytest.raises(Exception, match=f"PortBusy: Port {int(first)} .*another port"):
        await kernel.run(with_name)


async def test_a_lab_is_seen_closing(notebook):
    kernel = await notebook("thread")
    await kernel.run(DIAL)
    said = await kernel.run("await lab.close()")
    assert said.startswith("closed: 1 call ended, port ")
    assert said.endswith(", 2 threads, 3 files")
