"""How late the notebook's event loop is with ten live calls shown: voicelab's panel beside ipympl.

One kernel process without a browser, ten paced simulated calls in its loop, and each way of showing
them in turn: not at all; the panel, whose widget messages are really packed; ipympl redrawing the
same ten envelopes as often, where it is installed. The lag is sampled on an absolute beat of 20 ms.
What a browser does with the messages is not in these figures.

Run ``python bench/panel.py``, or with ``--json`` for one JSON object.
"""

from __future__ import annotations

import argparse
import ast
import asyncio
import json
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

CALLS = 10
SECONDS = 6
BEAT_S = 0.02
WAYS = ("nothing shown", "panel", "ipympl 10 a second", "ipympl 20 a second")

PREPARE = f"""
import asyncio, logging, time
import numpy as np
from voicelab import Lab
from voicelab.widgets.offer import panel_of

async def lags(seconds):
    loop, found = asyncio.get_running_loop(), []
    begun = loop.time()
    beat, cpu = begun, time.process_time()
    while beat < begun + seconds:
        beat += {BEAT_S}
        await asyncio.sleep(beat - loop.time())
        found.append(1000 * max(0.0, loop.time() - beat))
    return found, (time.process_time() - cpu) / (loop.time() - begun)

def figures(measured):
    found, cpu = measured
    p50, p99 = np.percentile(found, (50, 99))
    return [round(float(each), 2) for each in (p50, p99, max(found), 100 * cpu)]

lab = await Lab.open(agent=None, port=0, recordings="recordings", webhook_log="webhooks.log")
calls = [await lab.dial("data/prompts/order.wav", hold_s=600) for _ in range({CALLS})]
"""
MEASURE = f"shown = figures(await lags({SECONDS}))"
SHOW: dict[str, str] = {
    "nothing shown": "",
    "panel": """
sent = 0
panel, pack = panel_of(lab), panel_of(lab).model.send
def counted(content, buffers=None):
    global sent
    sent += 1
    pack(content, buffers)
panel.model.send = counted
panel.model._handle_custom_msg({"do": "ready"}, [])
""",
    "ipympl": """
import matplotlib
matplotlib.use("module://ipympl.backend_nbagg")
from matplotlib.figure import Figure
from ipympl.backend_nbagg import Canvas, FigureManager
from voicelab.widgets.lanes import Lanes
figure = Figure(figsize=(9, 6))
canvas = Canvas(figure)
manager = FigureManager(canvas, 0)
axes = figure.subplots(len(calls), 1, sharex=True)
lines = [[ax.plot([], [], lw=0.6)[0] for _ in "ab"] for ax in axes]
for ax in axes:
    ax.set(xlim=(0, 1200), ylim=(-16000, 16000))
lanes = Lanes(lab.sink.server.hub)
for session in lab.sink.server.registry.running:
    lanes.add(session)
async def draw(every_s):
    while True:
        places, columns = lanes.whole()
        columns = np.frombuffer(columns, "<i2").reshape(-1, 2)
        for place, pair in zip(places, lines):
            mine, columns = columns[: place["count"]], columns[place["count"] :]
            for side, line in enumerate(pair):
                line.set_data(np.arange(len(mine)), mine[:, side])
        canvas.draw()
        canvas.get_diff_image()
        await asyncio.sleep(every_s)
drawing = asyncio.create_task(draw(1 / RATE))
""",
}
END = "await lab.close()"


class ThisPython(AsyncKernelManager):
    """Starts a kernel of the interpreter that runs the benchmark."""

    @property
    def kernel_spec(self) -> KernelSpec:
        """The same interpreter, whatever kernels the machine lists."""
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, language="python", display_name="bench")


async def measured(way: str, folder: Path) -> dict[str, Any]:
    """Show ten calls one way in a fresh kernel, and return how late its loop was."""
    kernel = ThisPython()
    await kernel.start_kernel(cwd=str(folder), stderr=subprocess.DEVNULL)
    client = kernel.client()
    client.start_channels()
    try:
        await client.wait_for_ready(timeout=60)
        name, _, rate = way.partition(" ") if way.startswith("ipympl") else (way, "", "")
        show = SHOW[name].replace("RATE", rate.split(" ")[0])
        for cell in (PREPARE, show, "await lags(2)", MEASURE):
            await run(client, cell)
        p50, p99, worst, cpu = ast.literal_eval(await run(client, "shown"))
        row = {"way": way, "p50_ms": p50, "p99_ms": p99, "max_ms": worst, "cpu_percent": cpu}
        if way == "panel":
            row["messages_a_second"] = round(int(await run(client, "sent")) / (SECONDS + 2), 1)
        if name == "ipympl":
            await run(client, "drawing.cancel()")
        await run(client, END)
        return row
    finally:
        client.stop_channels()
        await kernel.shutdown_kernel(now=True)


async def run(client: Any, code: str) -> str:
    """Execute a cell and return its value as text."""
    wanted = {"value": code} if code.isidentifier() else {}
    reply = await client.execute_interactive(
        code, user_expressions=wanted, output_hook=lambda _: None, timeout=60
    )
    content = reply["content"]
    if content["status"] != "ok":
        raise RuntimeError("\n".join(content.get("traceback", [content.get("evalue", "")])))
    value = content.get("user_expressions", {}).get("value", {})
    return str(value.get("data", {}).get("text/plain", ""))


async def main() -> None:
    """Measure each way and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    ways = [way for way in WAYS if find_spec("ipympl") or not way.startswith("ipympl")]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for way in ways:
            rows.append(await measured(way, Path(folder)))
    if options.json:
        print(json.dumps({"calls": CALLS, "seconds": SECONDS, "ways": rows}))
        return
    print(f"{CALLS} live calls, {SECONDS} s each; lag of the notebook's loop in ms")
    print(f"{'shown by':20} {'p50':>7} {'p99':>7} {'max':>7} {'CPU %':>7} {'p99 ratio':>10}")
    for row in rows:
        ratio = row["p99_ms"] / rows[0]["p99_ms"]
        print(
            f"{row['way']:20} {row['p50_ms']:7.2f} {row['p99_ms']:7.2f} {row['max_ms']:7.2f} "
            f"{row['cpu_percent']:7.1f} {ratio:10.1f}"
        )
    if len(ways) < len(WAYS):
        print("ipympl is not installed; `pip install ipympl` adds it to the comparison.")


if __name__ == "__main__":
    asyncio.run(main())
