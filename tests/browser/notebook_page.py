"""A notebook in JupyterLab, with the moves of a person and a look behind the scenes."""

from __future__ import annotations

import ast
import asyncio
import re
import uuid
from pathlib import Path
from typing import Any

import aiohttp
from playwright.async_api import Locator, Page, TimeoutError, expect

from .lab_server import ROOT, LabServer

SCREENSHOTS = ROOT / "screenshots"
OPEN_MS = 60_000
CONNECTED_MS = 20_000
OPENINGS = 3
RUN_MS = 120_000
CLICK_SEEN_MS = 4_000
CLICKS = 4
ERROR = '[data-mime-type="application/vnd.jupyter.error"]'
STDERR = '[data-mime-type="application/vnd.jupyter.stderr"]'
IDLE = '.jp-Notebook-ExecutionIndicator[data-status="idle"]'
# Every cell has its number, or one has an error; and the kernel rests.
FINISHED = """([error, idle]) => {
  const book = document.querySelector('.jp-Notebook');
  const prompts = [...book.querySelectorAll('.jp-CodeCell .jp-InputPrompt')].map(e => e.innerText);
  const failed = book.querySelector('.jp-OutputArea-output' + error);
  const running = prompts.some(text => text.includes('*'));
  const done = failed || prompts.every(text => /\\d/.test(text));
  return document.querySelector(idle) && !running && done;
}"""


class NotebookPage:
    """One notebook, open in a browser.

    Text is always looked for in outputs: the source of a cell often holds the same words.
    """

    def __init__(self, page: Page, server: LabServer) -> None:
        self.page = page
        self.server = server
        self.path = ""

    async def open(self, notebook: str) -> None:
        """Open a fresh copy of ``notebooks/<notebook>`` and wait for its kernel."""
        self.path = self.server.copy_of(notebook)
        address = f"{self.server.url}/lab/tree/{self.path}?reset&token={self.server.token}"
        for attempt in range(OPENINGS):
            await self.page.goto(address)
            await self.page.locator(".jp-Notebook .jp-CodeCell").first.wait_for(timeout=OPEN_MS)
            # The page says "idle" before it has a kernel; to run a cell then opens a dialog.
            await asyncio.to_thread(self.server.wait_for_kernel, self.path)
            try:
                await self.page.locator(IDLE).wait_for(state="attached", timeout=CONNECTED_MS)
                return
            except TimeoutError:  # JupyterLab has lost its kernel; a person loads the page again
                if attempt == OPENINGS - 1:
                    raise

    def cell(self, number: int) -> Locator:
        """Return the code cell with that number, from 0."""
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(number)

    def outputs(self, number: int) -> Locator:
        """Return the outputs of the code cell with that number."""
        return self.cell(number).locator(".jp-OutputArea-output")

    async def outputs_text(self, number: int) -> str:
        return "\n".join(await self.outputs(number).all_inner_texts())

    async def pictures(self, number: int) -> int:
        """Count the pictures among a cell's outputs."""
        return await self.outputs(number).locator("img, svg, canvas").count()

    async def errors(self) -> list[str]:
        """Return what cells complained of: tracebacks and words on stderr."""
        shown = self.page.locator(f".jp-OutputArea-output{ERROR}, .jp-OutputArea-output{STDERR}")
        return await shown.all_inner_texts()

    async def run_all(self) -> None:
        """Choose Run, Run All Cells; again where it went unseen, as it may just after loading."""
        begun = self.cell(0).locator(".jp-InputPrompt")
        for click in range(CLICKS):
            await self.page.get_by_role("menuitem", name="Run", exact=True).click()
            await self.page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
            try:
                await expect(begun).to_have_text(re.compile(r"[*\d]"), timeout=CLICK_SEEN_MS)
                await expect(begun).to_have_text(re.compile(r"\d"), timeout=CONNECTED_MS)
                return
            except AssertionError:
                if click == CLICKS - 1:
                    raise
                if "*" in await begun.inner_text():  # sent to nobody: the first cell takes a second
                    await self.page.reload()
                    await self.page.locator(IDLE).wait_for(state="attached", timeout=OPEN_MS)

    async def wait_idle(self, timeout_ms: float = RUN_MS) -> None:
        """Wait until every cell has run, or one has failed."""
        await self.page.wait_for_function(FINISHED, arg=[ERROR, IDLE], timeout=timeout_ms)

    async def kernel_eval(self, expression: str) -> Any:
        """Return the value of an expression in the notebook's kernel, a literal.

        Raises
        ------
        RuntimeError
            With the kernel's words, where the expression fails.
        """
        kernel = (await asyncio.to_thread(self.server.kernel_of, self.path))["id"]
        request = execute_request(expression)
        headers = {"Authorization": f"token {self.server.token}"}
        address = f"{self.server.url}/api/kernels/{kernel}/channels"
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.ws_connect(address, max_msg_size=0) as socket,
        ):
            await socket.send_json(request)
            while True:
                raw = await socket.receive(timeout=30)
                if raw.type is aiohttp.WSMsgType.BINARY:  # a widget's picture
                    continue
                message = raw.json()
                answers = message.get("parent_header", {}).get("msg_id")
                if answers == request["header"]["msg_id"] and message["channel"] == "shell":
                    return literal(message["content"], expression)

    async def screenshot(self, name: str) -> Path:
        SCREENSHOTS.mkdir(exist_ok=True)
        path = SCREENSHOTS / f"{name}.png"
        await self.page.screenshot(path=path)
        return path


def execute_request(expression: str) -> dict[str, Any]:
    """Build a kernel message that evaluates an expression and leaves no trace in the history."""
    header = {
        "msg_id": uuid.uuid4().hex,
        "msg_type": "execute_request",
        "session": uuid.uuid4().hex,
        "username": "",
        "date": "",
        "version": "5.3",
    }
    content = {
        "code": "",
        "silent": True,
        "store_history": False,
        "user_expressions": {"value": expression},
        "allow_stdin": False,
    }
    return {
        "header": header,
        "parent_header": {},
        "metadata": {},
        "content": content,
        "channel": "shell",
        "buffers": [],
    }


def literal(content: dict[str, Any], expression: str) -> Any:
    answer = content.get("user_expressions", {}).get("value", content)
    if answer["status"] != "ok":
        raise RuntimeError(f"{expression}: {answer.get('ename')}: {answer.get('evalue')}")
    return ast.literal_eval(answer["data"]["text/plain"])
