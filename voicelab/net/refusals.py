"""Requests that were refused, by a handler or before one was reached: counted and said."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

from aiohttp.abc import AbstractAccessLogger
from aiohttp.web import BaseRequest, StreamResponse

log = logging.getLogger("voicelab.net")

_HEADLESS = "UNKNOWN"
"""The method of what aiohttp's web_protocol makes up for a head that it could not read."""


Headless = Callable[[BaseRequest, StreamResponse], None]


def counting(
    refused: Counter[str], on_headless: Headless | None = None
) -> type[AbstractAccessLogger]:
    """Make what stands in for aiohttp's access log: the one place that sees every answer.

    Parameters
    ----------
    refused : Counter
        Takes the counts, by status and reason: ``"400 Bad Request"`` is also a head that is too
        long, which no handler sees.
    on_headless : callable, optional
        Told of such a one.
    """

    class Refusals(AbstractAccessLogger):
        def log(self, request: BaseRequest, response: StreamResponse, time: float) -> None:
            """Count a request that was answered with an error."""
            if response.status >= 400:
                refused[f"{response.status} {response.reason}"] += 1
                log.info("Refused: %s %s, %d.", request.method, request.path, response.status)
                if request.method == _HEADLESS and on_headless is not None:
                    on_headless(request, response)

    return Refusals
