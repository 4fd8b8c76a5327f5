"""A person's function as an agent: of whatever kind, on whichever loop, in bounded time."""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import aclosing
from pathlib import Path
from typing import Any, Final, TypeAlias

from voicelab.audio.clip import Audio
from voicelab.call.turn import HangUp, ToolCall, Turn
from voicelab.sim.prompts import prompt_path
from voicelab.sim.realtime.agents import Utterance
from voicelab.sim.realtime.outputs import Ask

logger = logging.getLogger("voicelab.realtime")

ANSWER_TIMEOUT_S: Final = 10.0
FALLBACK: Final = "sorry"

Runner: TypeAlias = Callable[[Coroutine[Any, Any, Any]], Awaitable[Any]]
"""Runs a coroutine on the loop it belongs to."""

MAX_PARTS: Final = 10_000
"""The most parts of one answer."""

_END: Final = object()
_ONE: Final = (str, Audio, Path, ToolCall, HangUp)


async def here(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine on this loop."""
    return await work


class CallableAgent:
    """Asks a function for each answer.

    Parameters
    ----------
    respond : callable
        ``respond(turn)``: a function, a coroutine function or an async generator function that
        gives a `str`, `Audio`, a WAV's path, `ToolCall`, `HangUp`, several of them, or None.
    runner : callable
        Runs it on the loop it belongs to, as one coroutine an answer.
    timeout_s : float
        For the first part, and for each next one. Past it, or where the function fails, the prompt
        ``sorry`` is said instead.
    """

    def __init__(
        self,
        respond: Callable[[Turn], Any],
        *,
        runner: Runner = here,
        timeout_s: float = ANSWER_TIMEOUT_S,
    ) -> None:
        self._respond = respond
        self._runner = runner
        self._timeout_s = timeout_s

    async def answer(self, ask: Ask) -> AsyncIterator[Utterance]:
        """Give what the function gives, as it gives it."""
        loop, parts = asyncio.get_running_loop(), asyncio.Queue[Any]()

        def give(part: object) -> None:
            loop.call_soon_threadsafe(parts.put_nowait, part)

        work = asyncio.ensure_future(self._runner(_run(self._respond, ask.turn, give)))
        work.add_done_callback(lambda _: parts.put_nowait(_END))
        try:
            while True:
                async with asyncio.timeout(self._timeout_s):
                    part = await parts.get()
                if part is _END:
                    break
                yield part
            if work.cancelled():
                raise RuntimeError("The agent was cancelled from elsewhere.")
            work.result()
        except TimeoutError:
            logger.error("the agent gave nothing for %g s; see its function", self._timeout_s)
            yield prompt_path(FALLBACK)
        except Exception:
            logger.exception("the agent failed")
            yield prompt_path(FALLBACK)
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)


async def _run(
    respond: Callable[[Turn], Any], turn: Turn, give: Callable[[Utterance], None]
) -> None:
    """Run on the function's own loop: hand over each part as it comes."""
    count = 0
    async with aclosing(_parts(respond, turn)) as parts:
        async for part in parts:
            give(part)
            count += 1
            if count >= MAX_PARTS:
                raise ValueError(f"An agent's answer has {MAX_PARTS} parts at most.")


async def _parts(respond: Callable[[Turn], Any], turn: Turn) -> AsyncGenerator[Utterance, None]:
    given = respond(turn)
    if inspect.isawaitable(given):
        given = await given
    if inspect.isasyncgen(given):
        async with aclosing(given):
            async for each in given:
                for one in _flat(each):
                    yield one
        return
    for one in _flat(given):
        yield one


def _flat(given: Any) -> Iterable[Utterance]:
    """Take one part or several; None is nothing to say."""
    if given is None:
        return
    if isinstance(given, ToolCall):
        json.dumps(given.arguments)  # raises where they cannot be sent
    if isinstance(given, _ONE):
        yield given
    elif isinstance(given, Iterable):
        for each in given:
            yield from _flat(each)
    else:
        raise TypeError(
            f"An agent gave {type(given).__name__}. Give str, Audio, a WAV's path, ToolCall, "
            "HangUp or several of them."
        )
