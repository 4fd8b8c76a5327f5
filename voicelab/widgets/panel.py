"""The control panel of a lab: what its views in the browser ask for, and what they are shown."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any

from voicelab.errors import CallNotFound, ProtocolError, StateError, VoicelabError
from voicelab.widgets.callers import caller_choices
from voicelab.widgets.messages import (
    Command,
    Dial,
    Done,
    HangUp,
    KernelMessage,
    Ready,
    Say,
    Snapshot,
    Start,
    Stop,
    parse,
)
from voicelab.widgets.model import PanelModel
from voicelab.widgets.pump import Pump
from voicelab.widgets.rows import agent_row, call_rows, lab_state, loop_lag
from voicelab.widgets.waveform import COLUMNS, COLUMNS_A_SECOND

if TYPE_CHECKING:
    from voicelab.lab.call import Call
    from voicelab.lab.lab import Lab

log = logging.getLogger("voicelab.widgets")


class Panel:
    """The panel of one lab, shown any number of times. Make it in the notebook's event loop.

    Attributes
    ----------
    model : PanelModel
    misunderstood : int
        Messages of views that made no sense.
    """

    def __init__(self, lab: Lab) -> None:
        self.model = PanelModel()
        self.misunderstood = 0
        self._loop = asyncio.get_running_loop()
        self._pump: Pump | None = Pump(lab, self._send, self._tell_all)
        self._tasks: set[asyncio.Task[None]] = set()
        self._pumping = False
        self._in_turn = asyncio.Lock()
        self._last: tuple[Snapshot, bytes] | None = None
        self.model.on_msg(self._from_view)
        lab.attach(self)

    def changed(self) -> None:
        """Show everything anew; from any thread."""
        self._hand_over(self._tell_all)

    async def close(self) -> None:
        """Show how the lab ended, and let go of it. The views stay and say so."""
        if asyncio.get_running_loop() is not self._loop:
            self._hand_over(self._let_go)
            return
        tasks = self._let_go()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _let_go(self) -> list[asyncio.Task[None]]:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if self._pump is not None:
            self._last = _snapshot(self._pump)
            self._pump = None
            self._send(*self._last)
        return tasks

    # What comes from the views

    def _from_view(self, _: object, content: Any, buffers: object) -> None:
        # ipykernel calls this on whichever thread and loop it likes, also while a cell blocks.
        self._hand_over(self._take, content)

    def _hand_over(self, act: Any, *args: Any) -> None:
        with contextlib.suppress(RuntimeError):  # the notebook's loop has ended
            self._loop.call_soon_threadsafe(act, *args)

    def _take(self, content: Any) -> None:
        try:
            message = parse(content)
        except ProtocolError as error:
            self.misunderstood += 1
            log.warning("%s", error)
            self._send(Done(type="done", id="", error=str(error)))
            return
        if isinstance(message, Ready):
            self._begin()
            self._tell_all()
        else:
            self._own(self._act(message), f"voicelab panel {type(message).__name__}")

    def _begin(self) -> None:
        """Follow calls as soon as somebody looks."""
        if not self._pumping and self._pump is not None:
            self._pumping = True
            self._own(self._follow(self._pump), "voicelab panel")

    def _own(self, work: Any, name: str) -> None:
        task = self._loop.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _follow(self, pump: Pump) -> None:
        try:
            await pump.run()
        except Exception as error:
            log.exception("The panel's live view has stopped.")
            text = f"The live view has stopped ({error!r}). Its calls go on; open the lab again."
            self._send(Done(type="done", id="", error=text))

    # What the views ask for

    async def _act(self, command: Command) -> None:
        error = None
        try:
            await self._do(command)
        except (VoicelabError, OSError) as expected:
            error = str(expected)
            log.warning("The panel could not %s: %s", type(command).__name__.lower(), expected)
        except Exception as unexpected:
            error = f"{type(unexpected).__name__}: {unexpected}"
            log.exception("The panel could not carry out %r.", command)
        self._send(Done(type="done", id=command.id, error=error))
        self._tell_all()

    async def _do(self, command: Command) -> None:
        if self._pump is None:
            raise StateError("This lab is closed. Run the cell that opens it again.")
        match command:
            case HangUp(call=key):
                await _found(self._pump.lab, key).hangup()
            case Say(call=key, text=text):
                await self._pump.lab.say(_found(self._pump.lab, key), text)
            case _:
                # Stop, start and dial, clicked while a cell kept the loop, act in their order.
                async with self._in_turn:
                    await _in_turn(self._pump.lab, command)

    # What the views are shown

    def _tell_all(self) -> None:
        shown = _snapshot(self._pump) if self._pump is not None else self._last
        if shown is not None:
            self._send(*shown)

    def _send(self, message: KernelMessage, columns: bytes = b"") -> None:
        self.model.send(message, [columns] if columns else None)


def _snapshot(pump: Pump) -> tuple[Snapshot, bytes]:
    lab = pump.lab
    lanes, columns = pump.lanes.whole()
    snapshot = Snapshot(
        type="snapshot",
        state=lab_state(lab),
        url=lab.url,
        host=lab.sink.host.name,
        agent=agent_row(lab),
        callers=caller_choices(),
        calls=call_rows(lab),
        calls_in_all=len(list(lab.sink.server.registry)),
        lag=loop_lag(lab),
        columns_a_second=COLUMNS_A_SECOND,
        columns=COLUMNS,
        lanes=lanes,
    )
    return snapshot, columns


def _found(lab: Lab, key: str) -> Call:
    call = next((call for call in lab.calls() if call.key == key), None)
    if call is None:
        raise CallNotFound("That call is no longer known to this lab.")
    return call


async def _in_turn(lab: Lab, command: Dial | Start | Stop) -> None:
    match command:
        case Dial(caller=path):
            await lab.dial(path)
        case Start():
            await lab.start()
        case Stop():
            await lab.stop()
