import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from voicelab import Lab

REPLY_S = 90


@pytest_asyncio.fixture
async def lab(tmp_path: Path) -> AsyncIterator[Lab]:
    opened = await Lab.open(
        agent=None,
        port=0,
        recordings=tmp_path / "recordings",
        webhook_log=tmp_path / "webhooks.log",
    )
    async with opened:
        yield opened


class ThisPython(AsyncKernelManager):
    """Starts kernels of the interpreter that runs the tests, whatever kernels the machine lists."""

    @property
    def kernel_spec(self):
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, language="python", display_name="voicelab tests")


class Kernel:
    """A real kernel: cells go in, what they print comes out."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._manager = ThisPython()

    async def start(self) -> None:
        await self._manager.start_kernel(cwd=str(self._folder))
        await self._connect()

    async def restart(self) -> None:
        self._client.stop_channels()
        await self._manager.restart_kernel()
        await self._connect()

    async def stop(self) -> None:
        self._client.stop_channels()
        await self._manager.shutdown_kernel(now=True)
        self._manager.context.destroy(linger=0)

    async def _connect(self) -> None:
        self._client = self._manager.client()
        self._client.start_channels()
        await self._client.wait_for_ready(timeout=REPLY_S)

    async def run(self, source: str, *, interrupt_on: str | None = None) -> str:
        """Run a cell to its end; interrupt it as soon as it has printed ``interrupt_on``."""
        cell = self._client.execute(source)
        printed, errors = [], []
        async with asyncio.timeout(REPLY_S):
            while True:
                message = await self._client.get_iopub_msg()
                if message["parent_header"].get("msg_id") != cell:
                    continue
                content = message["content"]
                match message["msg_type"]:
                    case "stream":
                        printed.append(content["text"])
                        if interrupt_on and interrupt_on in "".join(printed):
                            interrupt_on = None
                            await self._manager.interrupt_kernel()
                    case "execute_result":
                        printed.append(content["data"]["text/plain"])
                    case "error":
                        errors.append(f"{content['ename']}: {content['evalue']}")
                    case "status" if content["execution_state"] == "idle":
                        break
        if errors:
            raise CellError("\n".join([*errors, *printed]))
        return "".join(printed)


class CellError(Exception):
    """A cell raised."""


@pytest.fixture
def cell_error() -> type[CellError]:
    return CellError


@pytest_asyncio.fixture
async def kernel(tmp_path: Path) -> AsyncIterator[Kernel]:
    for folder in ("recordings", "data"):
        (tmp_path / folder).mkdir()
    kernel = Kernel(tmp_path)
    await kernel.start()
    yield kernel
    await kernel.stop()


OPEN = """
from voicelab import Lab, Sink, run
import asyncio, time
lab = await Lab.open(agent=None, host={host!r}, port=0)
print(lab.is_open)
"""

EXACT = """
import numpy as np
await call.ended(timeout=60)
stalls = [m.data["ms"] for m in call.moments() if m.name == "stall"]
health = call.facts.health
print(np.array_equal(call.audio().samples, call.sent_pcm()), health["lost"])
assert health["frames"] * 160 == call.facts.samples >= 4 * 8000
"""


@pytest_asyncio.fixture
async def notebook(kernel: Kernel) -> Callable:
    async def opened(host: str = "kernel") -> Kernel:
        assert await kernel.run(OPEN.format(host=host)) == "True\n"
        return kernel

    return opened


@pytest.fixture
def exact() -> str:
    return EXACT
