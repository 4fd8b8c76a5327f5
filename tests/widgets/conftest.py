"""Panels with real widget models, whose messages are kept instead of sent to a browser."""

from __future__ import annotations

import asyncio

import comm
import ipywidgets
import numpy as np
import pytest
import pytest_asyncio
from comm.base_comm import BaseComm

from voicelab import Lab
from voicelab.widgets.offer import panel_of

PATIENCE_S = 5


class KeptComm(BaseComm):
    """The wire between a model and its views, with a view's end to write to and read from."""

    def __init__(self, *args, **kwargs):
        self.sent = []
        super().__init__(*args, **kwargs)

    def publish_msg(self, msg_type, data=None, metadata=None, buffers=None, **keys):
        if msg_type == "comm_msg" and data["method"] == "custom":
            self.sent.append((data["content"], buffers or []))

    def say(self, content):
        """Hand over a view's message, as the kernel does, on whatever thread this is."""
        data = {"method": "custom", "content": content}
        self.handle_msg({"content": {"data": data}, "buffers": []})


class View:
    """A view of a panel without a browser."""

    def __init__(self, panel):
        self.panel = panel
        self.comm = panel.model.comm
        self.say = self.comm.say

    def messages(self, kind):
        return [content for content, _ in self.comm.sent if content["type"] == kind]

    @property
    def snapshot(self):
        return self.messages("snapshot")[-1]

    async def sees(self, condition):
        """Wait until a condition holds."""
        async with asyncio.timeout(PATIENCE_S):
            while not condition():  # noqa: ASYNC110 - what comes is no event
                await asyncio.sleep(0.01)

    async def ready(self):
        before = len(self.messages("snapshot"))
        self.say({"do": "ready"})
        await self.sees(lambda: len(self.messages("snapshot")) > before)

    async def act(self, do, **fields):
        """Click, wait until it is done, and return the error."""
        name = f"click-{len(self.comm.sent)}"
        self.say({"do": do, "id": name, **fields})
        await self.sees(lambda: any(done["id"] == name for done in self.messages("done")))
        return next(done["error"] for done in self.messages("done") if done["id"] == name)

    def drawn(self):
        """Return the columns of each lane as a browser puts them together, by call and number."""
        lanes = {}
        for content, buffers in self.comm.sent:
            if content["type"] in ("snapshot", "live"):
                columns = np.frombuffer(b"".join(buffers), "<i2").reshape(-1, 2)
                for lane in content["lanes"]:
                    mine, columns = columns[: lane["count"]], columns[lane["count"] :]
                    numbered = enumerate(mine.tolist(), lane["first"])
                    lanes.setdefault(lane["key"], {}).update(numbered)
        return lanes


@pytest.fixture(autouse=True)
def kept_comms(monkeypatch):
    """Let models speak into a KeptComm, and forget them after the test."""
    monkeypatch.setattr(comm, "create_comm", KeptComm)
    yield
    ipywidgets.Widget.close_all()


@pytest_asyncio.fixture(params=["kernel", "thread"])
async def lab(request, tmp_path):
    async with await Lab.open(
        agent=None,
        port=0,
        host=request.param,
        recordings=tmp_path / "recordings",
        webhook_log=tmp_path / "webhooks.log",
        name=f"panel {request.node.name}",
    ) as opened:
        yield opened


@pytest_asyncio.fixture
async def view(lab):
    opened = View(panel_of(lab))
    await opened.ready()
    return opened
