"""No request to a notebook's kernel is left lying."""

from __future__ import annotations

import asyncio
import random
import sys
import uuid
from types import SimpleNamespace

import pytest
from jupyter_client.asynchronous import AsyncKernelClient
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager

from voicelab.widgets.shell_channel import mend_shell_channel

ROUNDS = 500
"""Of a kernel that is not mended, 8 requests in 1,000 are left lying."""
LATEST_S = 0.003


def kernel_with(manager: object, stream: object) -> SimpleNamespace:
    thread = SimpleNamespace(_manager=manager)
    return SimpleNamespace(shell_channel_thread=thread, shell_stream=stream)


def test_replies_go_through_the_stream_from_then_on():
    socket = object()
    stream = SimpleNamespace(socket=socket)
    manager = SimpleNamespace(_shell_socket=socket)
    assert mend_shell_channel(kernel_with(manager, stream))
    assert manager._shell_socket is stream
    assert not mend_shell_channel(kernel_with(manager, stream))


@pytest.mark.parametrize(
    "kernel",
    [
        SimpleNamespace(),
        kernel_with(None, None),
        kernel_with(SimpleNamespace(_shell_stream=1), SimpleNamespace(socket=1)),
        kernel_with(SimpleNamespace(_shell_socket=1), SimpleNamespace(socket=2)),
        kernel_with(SimpleNamespace(_shell_socket=1), None),
    ],
)
def test_a_kernel_of_another_make_is_left_as_it_is(kernel):
    before = repr(kernel)
    assert not mend_shell_channel(kernel)
    assert repr(kernel) == before


class ThisPython(AsyncKernelManager):
    @property
    def kernel_spec(self) -> KernelSpec:
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, language="python", display_name="test")


async def answered(client: AsyncKernelClient, request: str) -> None:
    while (await client.get_shell_msg(timeout=20))["parent_header"]["msg_id"] != request:
        pass


@pytest.mark.net
@pytest.mark.slow
async def test_two_pages_that_ask_at_once_are_both_answered():
    kernel = ThisPython()
    await kernel.start_kernel()
    clients = AsyncKernelClient(), AsyncKernelClient()
    try:
        for client in clients:
            client.load_connection_file(kernel.connection_file)
            client.session.session = uuid.uuid4().hex
            client.start_channels()
            await client.wait_for_ready(timeout=60)
        await answered(clients[0], clients[0].execute("from voicelab import Lab"))
        chance = random.Random(1)
        for _ in range(ROUNDS):
            first = clients[0].kernel_info()
            await asyncio.sleep(chance.uniform(0, LATEST_S))
            second = clients[1].kernel_info()
            await asyncio.gather(answered(clients[0], first), answered(clients[1], second))
    finally:
        for client in clients:
            client.stop_channels()
        await kernel.shutdown_kernel(now=True)
        kernel.context.destroy(linger=0)
