"""A person sees who answers, dials, and lets the agent say something."""

from __future__ import annotations

import nbformat
import pytest
from playwright.async_api import expect

from .test_panel import CALL_MS, opened

pytestmark = pytest.mark.ui

OPEN = "from voicelab import Lab\nlab = await Lab.open(port=0, voice_port=0)"
SORRY = "Sorry, I did not catch that, please say it once more."
SPOKEN = f"{SORRY!r} in list(lab.calls()[0].turns().text)"


@pytest.fixture
def agent_notebook(lab_server):
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    book.cells = [nbformat.v4.new_code_cell(cell) for cell in (OPEN, "lab")]
    nbformat.write(book, lab_server.desk / "notebooks" / "agent.ipynb")
    return "agent.ipynb"


async def test_let_the_agent_speak(notebook, agent_notebook):
    panel = await opened(notebook, agent_notebook)
    assert await notebook.kernel_eval("lab.voice_url") in await panel.root.inner_text()
    text = panel.root.get_by_label("Words for the agent to say")
    await expect(text).to_be_disabled()
    await notebook.screenshot("agent-open")

    await panel.dial("yes")
    await panel.runs()
    await expect(text).to_be_enabled()
    await text.fill(SORRY)
    await text.press("Enter")
    await expect(text).to_have_value("")
    await notebook.screenshot("agent-running")
    await expect(panel.rows.first).to_contain_text("ended", timeout=2 * CALL_MS)
    assert await notebook.kernel_eval(SPOKEN) is True
    assert await notebook.errors() == []
