"""ipykernel 7.0 to 7.3 can leave a request unread until the next one comes: mended here."""

from __future__ import annotations

from typing import Any


def mend_shell_channel(kernel: Any) -> bool:
    """Send the kernel's replies through the stream that reads its requests, as ipykernel 7.4 does.

    Sent on the bare socket, a reply takes away the signal of a request that comes at the same
    moment; then nobody reads that request before another one comes. A click in a panel, a panel's
    second tab or a cell would seem to do nothing.

    Parameters
    ----------
    kernel : ipykernel.kernelbase.Kernel
        Of any version; called in its main thread.

    Returns
    -------
    bool
        Whether there was something to mend.
    """
    manager = getattr(getattr(kernel, "shell_channel_thread", None), "_manager", None)
    stream = getattr(kernel, "shell_stream", None)
    bare = getattr(manager, "_shell_socket", None)
    if manager is None or bare is None or bare is not getattr(stream, "socket", None):
        return False
    manager._shell_socket = stream
    return True
