"""A listening socket by the port rules."""

from __future__ import annotations

import errno
import os
import socket

from voicelab.errors import PortBusy, SettingError


def wanted_port(port: int | None, variable: str, default: int) -> tuple[int, bool]:
    """The port to try, and whether somebody asked for just that one.

    Parameters
    ----------
    port : int or None
        What was given; None takes ``variable`` from the environment, else ``default``.
    variable : str
    default : int

    Raises
    ------
    SettingError
        Where it is none.
    """
    if port is not None:
        if port not in range(65536):
            raise SettingError(f"port is {port!r}; it goes from 0 (any free one) to 65535.")
        return port, True
    if value := os.environ.get(variable):
        if not value.isdecimal() or int(value) > 65535:
            raise SettingError(
                f"{variable} is {value!r} in the environment; it must be 0 to 65535."
            )
        return int(value), True
    return default, False


def listen(host: str, port: int, *, given: bool) -> socket.socket:
    """Listen on a port.

    Parameters
    ----------
    host : str
        A name or an address of this machine.
    port : int
        0 takes any free one.
    given : bool
        Whether somebody asked for just this port. A default that is busy makes way for a free one.

    Raises
    ------
    PortBusy
        Where a port that was given is taken.
    SettingError
        Where ``host`` is no address of this machine, or the port may not be had.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise SettingError(
            f"{host!r} is no address of this machine to listen on: {error.strerror}."
        ) from None
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(128)
    except OSError as error:
        sock.close()
        if error.errno != errno.EADDRINUSE:
            raise SettingError(f"{host}:{port} cannot be listened on: {error.strerror}.") from None
        if given:
            raise PortBusy(host, port) from None
        return listen(host, 0, given=True)
    sock.setblocking(False)
    return sock
