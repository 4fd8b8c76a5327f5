"""A person works the panel of a lab, in JupyterLab."""

from __future__ import annotations

import asyncio

import nbformat
import pytest
from playwright.async_api import expect

from .notebook_page import NotebookPage

pytestmark = pytest.mark.ui

OPEN = "from voicelab import Lab\nlab = await Lab.open(agent=None, port=0, host={host!r})"
SHOW, BUSY, RESULT = 1, 2, 3
"""The numbers of the code cells: the panel, one that can be made to block, and one to look with."""
CALL_MS = 20_000


@pytest.fixture(params=["kernel"])
def host(request):
    return request.param


@pytest.fixture
def panel_notebook(lab_server, host):
    """A notebook that opens a lab, shows it, and has a cell to block with."""
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    cells = [OPEN.format(host=host), "lab", "busy_s = 0", "len(lab.calls())"]
    book.cells = [nbformat.v4.new_code_cell(cell) for cell in cells]
    name = "panel.ipynb"
    nbformat.write(book, lab_server.desk / "notebooks" / name)
    return name


class PanelPage:
    """The panel in a cell's output, as a person uses it."""

    def __init__(self, notebook, cell=SHOW):
        self.notebook = notebook
        self.root = notebook.cell(cell).locator(".vl")

    def button(self, name):
        return self.root.get_by_role("button", name=name, exact=True)

    @property
    def rows(self):
        return self.root.locator("tbody tr")

    @property
    def canvas(self):
        return self.root.locator("canvas")

    async def is_open(self):
        await expect(self.root).to_have_attribute("data-state", "open", timeout=CALL_MS)

    async def is_restored(self):
        """Wait until it is open in a page that found it running.

        ipywidgets gives up a model that is restored two seconds after its view was, and at no
        other time; then a person loads the page again.
        """
        lost = self.notebook.cell(SHOW).get_by_text("model not found")
        await expect(self.root.or_(lost)).to_be_attached(timeout=CALL_MS)
        if await lost.count():
            await self.notebook.page.reload()
        await self.is_open()

    async def dial(self, caller="order"):
        options = self.root.locator("option")
        path = f"data/prompts/{caller}.wav"
        await expect(options.first).to_be_attached()
        await self.root.locator("select").select_option(path)
        await self.button("Dial").click()

    async def runs(self, count=1):
        await expect(self.rows).to_have_count(count, timeout=CALL_MS)
        await expect(self.rows.first).to_contain_text("running", timeout=CALL_MS)

    async def ink(self):
        """Count the pixels of the caller's colour on the canvas, and hash all."""
        return await self.canvas.evaluate(INK)

    async def moves(self):
        """Wait until there is sound on the canvas and it changes; return how many looks it took."""
        seen = set()
        for _ in range(100):
            ink, picture = await self.ink()
            if ink > 200:
                seen.add(picture)
            if len(seen) >= 5:
                return
            await asyncio.sleep(0.1)
        pytest.fail(f"The waveform did not move: {len(seen)} different pictures with sound.")


INK = """(canvas) => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let ink = 0, hash = 0;
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] > 200 && data[i + 2] - data[i] > 60) { ink++; }
    hash = (hash * 31 + data[i] + 3 * data[i + 1] + 7 * data[i + 2] + data[i + 3]) | 0;
  }
  return [ink, hash];
}"""


async def opened(notebook, name):
    await notebook.open(name)
    await notebook.run_all()
    await notebook.wait_idle()
    panel = PanelPage(notebook)
    await panel.is_open()
    return panel


async def run_cell(notebook, number, source=None):
    """Click into a cell, write what it shall hold, and run it, without waiting for its end."""
    editor = notebook.cell(number).locator(".cm-content")
    await editor.click()
    if source is not None:
        await notebook.page.keyboard.press("Control+A")
        await notebook.page.keyboard.insert_text(source)
    await notebook.page.keyboard.press("Control+Enter")


def menu_entry(page, label):
    """Return an entry of an open menu; its name for a screen reader has the shortcut in it."""
    return page.locator(".lm-Menu-itemLabel").get_by_text(label, exact=True)


@pytest.mark.parametrize("host", ["kernel", "thread"], indirect=True)
async def test_dial_watch_hang_up_stop_and_start(notebook, panel_notebook, host):
    panel = await opened(notebook, panel_notebook)
    assert await notebook.errors() == []
    assert await notebook.kernel_eval("lab.url") in await panel.root.inner_text()
    await notebook.screenshot(f"panel-open-{host}")

    await panel.dial()
    await panel.runs()
    await panel.moves()
    await notebook.screenshot(f"panel-running-{host}")
    assert await notebook.kernel_eval("[call.caller for call in lab.calls()]") == ["order"]
    assert await notebook.kernel_eval("lab.calls()[0].running") is True
    await expect(panel.rows.first).to_contain_text("l16/8000")

    await panel.root.locator(".vl-hangup").click()
    await expect(panel.rows.first).to_contain_text("ended", timeout=CALL_MS)
    assert await notebook.kernel_eval("lab.calls()[0].running") is False
    assert await notebook.kernel_eval("lab.calls()[0].result.ended_by") == "caller"

    await panel.button("Stop sink").click()
    await expect(panel.root).to_have_attribute("data-state", "stopped", timeout=CALL_MS)
    await expect(panel.button("Dial")).to_be_disabled()
    assert await notebook.kernel_eval("lab.sink.is_open") is False
    await notebook.screenshot(f"panel-stopped-{host}")

    await panel.button("Start sink").click()
    await panel.is_open()
    assert await notebook.kernel_eval("lab.sink.is_open") is True
    assert await notebook.kernel_eval("lab.url") in await panel.root.inner_text()
    await panel.dial("yes")
    await expect(panel.rows).to_have_count(2, timeout=CALL_MS)
    await expect(panel.rows.first).to_contain_text("ended", timeout=CALL_MS)
    assert await notebook.kernel_eval("int(lab.calls()[1].audio().samples.max())") > 0
    await notebook.screenshot(f"panel-ended-{host}")
    assert await notebook.errors() == []


async def test_keyboard_alone_is_enough(notebook, panel_notebook):
    panel = await opened(notebook, panel_notebook)
    cells = await notebook.page.locator(".jp-Notebook .jp-CodeCell").count()
    await panel.root.get_by_label("Caller").focus()
    await notebook.page.keyboard.type("b")  # outside of the panel this makes a new cell
    await notebook.page.keyboard.press("Tab")
    await expect(panel.button("Dial")).to_be_focused()
    await notebook.page.keyboard.press("Enter")
    await panel.runs()
    await expect(panel.button("Dial")).to_be_focused()
    await notebook.page.keyboard.press("Tab")
    await notebook.page.keyboard.press("Space")
    await expect(panel.rows.first).to_contain_text("ended", timeout=CALL_MS)
    assert await notebook.page.locator(".jp-Notebook .jp-CodeCell").count() == cells
    assert await notebook.kernel_eval("[call.running for call in lab.calls()]") == [False]


async def test_an_error_is_shown_in_words(notebook, panel_notebook):
    panel = await opened(notebook, panel_notebook)
    await notebook.kernel_eval("setattr(lab.sink.server._port, 'port', 9)")
    await panel.dial()
    alert = panel.root.get_by_role("alert")
    await expect(alert).to_contain_text("Nobody answers", timeout=CALL_MS)
    assert "Traceback" not in await alert.inner_text()
    await notebook.screenshot("panel-error")
    await panel.button("Dismiss").click()
    await expect(alert).to_be_hidden()


async def test_clicks_during_a_blocking_cell_act_when_it_ends(notebook, panel_notebook):
    panel = await opened(notebook, panel_notebook)
    await run_cell(notebook, BUSY, "import time\ntime.sleep(6)\nlen(lab.calls())")
    await expect(notebook.cell(BUSY).locator(".jp-InputPrompt")).to_have_text("[*]:")
    for caller in ("yes", "no", "goodbye"):
        await panel.dial(caller)
    await expect(panel.root.locator(".vl-word")).to_contain_text("Your 3 clicks act")
    await notebook.screenshot("panel-busy")
    await expect(panel.rows).to_have_count(3, timeout=CALL_MS)
    assert (await notebook.outputs_text(BUSY)).strip() == "0"
    callers = await notebook.kernel_eval("[call.caller for call in lab.calls()]")
    assert sorted(callers) == ["goodbye", "no", "yes"]
    await expect(panel.root.locator(".vl-word")).to_be_hidden()


async def test_a_rerun_replaces_the_panel(notebook, panel_notebook):
    panel = await opened(notebook, panel_notebook)
    await run_cell(notebook, SHOW)
    await notebook.wait_idle()
    await expect(panel.root).to_have_count(1)
    await panel.is_open()
    await panel.dial("yes")
    await panel.runs()
    assert await notebook.kernel_eval("len(lab.calls())") == 1

    await run_cell(notebook, 0)  # another lab; the second cell still shows the first one
    await notebook.wait_idle()
    await expect(panel.root).to_have_attribute("data-state", "replaced", timeout=CALL_MS)
    await expect(panel.root).to_contain_text("Another lab has taken")
    await expect(panel.button("Dial")).to_be_disabled()
    await notebook.screenshot("panel-replaced")
    await run_cell(notebook, SHOW)
    await notebook.wait_idle()
    await panel.is_open()
    await panel.dial("yes")
    await panel.runs()
    assert await notebook.kernel_eval("len(lab.calls())") == 1


async def test_after_a_restart_of_the_kernel(notebook, panel_notebook):
    panel = await opened(notebook, panel_notebook)
    page = notebook.page
    await page.get_by_role("menuitem", name="Kernel", exact=True).click()
    await menu_entry(page, "Restart Kernel…").click()
    await page.get_by_role("button", name="Confirm Kernel Restart").click()
    await expect(panel.root).to_have_attribute("data-state", "gone", timeout=CALL_MS)
    await expect(panel.root).to_contain_text("was restarted")
    await expect(panel.button("Dial")).to_be_disabled()
    await notebook.screenshot("panel-restarted")
    await notebook.run_all()
    await expect(panel.root).to_have_attribute("data-state", "open", timeout=60_000)
    await panel.dial("yes")
    await panel.runs()
    assert await notebook.kernel_eval("len(lab.calls())") == 1


async def test_two_tabs_show_and_do_the_same(notebook, panel_notebook):
    panel = await opened(notebook, panel_notebook)
    await notebook.page.keyboard.press("Control+S")
    saved = notebook.server.desk / notebook.path
    for _ in range(100):
        if "widget-view+json" in saved.read_text("utf-8"):
            break
        await asyncio.sleep(0.1)
    other_page = await notebook.page.context.new_page()
    other = NotebookPage(other_page, notebook.server)
    address = f"{notebook.server.url}/lab/tree/{notebook.path}?token={notebook.server.token}"
    await other_page.goto(address.replace("/lab/tree", "/lab/workspaces/second/tree"))
    await other_page.locator(".jp-Notebook .jp-CodeCell").first.wait_for()
    second = PanelPage(other)
    await second.is_restored()

    await second.dial()
    await second.runs()
    await second.moves()
    await notebook.page.bring_to_front()
    await panel.runs()
    await panel.moves()
    assert await notebook.kernel_eval("len(lab.calls())") == 1
    await panel.root.locator(".vl-hangup").click()
    await other_page.bring_to_front()
    await expect(second.rows.first).to_contain_text("ended", timeout=CALL_MS)
    await other.screenshot("panel-second-tab")


async def test_a_second_view_of_the_output(notebook, panel_notebook):
    panel = await opened(notebook, panel_notebook)
    await notebook.cell(SHOW).locator(".jp-OutputArea-output").click(button="right")
    await notebook.page.get_by_role("menuitem", name="Create New View for Cell Output").click()
    copied = notebook.page.locator(".jp-LinkedOutputView .vl")
    await expect(copied).to_have_attribute("data-state", "open", timeout=CALL_MS)
    await panel.dial("yes")
    await expect(copied.locator("tbody tr")).to_have_count(1, timeout=CALL_MS)


async def test_a_subshell_that_is_gone_is_left(notebook, panel_notebook):
    """The kernel drops what is addressed to it, as it does now and then by itself."""
    await opened(notebook, panel_notebook)
    manager = "get_ipython().kernel.shell_channel_thread.manager"
    assert await notebook.kernel_eval(f"len({manager}.list_subshell())") > 0
    await notebook.kernel_eval(f"{manager}._cache.clear()")
    await notebook.cell(SHOW).locator(".jp-OutputArea-output").click(button="right")
    await notebook.page.get_by_role("menuitem", name="Create New View for Cell Output").click()
    copied = notebook.page.locator(".jp-LinkedOutputView .vl")
    await expect(copied).to_have_attribute("data-state", "open", timeout=CALL_MS)
    await copied.locator(".vl-dial").click()
    await expect(copied.locator("tbody tr")).to_have_count(1, timeout=CALL_MS)


async def test_dark_theme_and_a_narrow_window(notebook, panel_notebook):
    panel = await opened(notebook, panel_notebook)
    page = notebook.page
    light = await panel.root.evaluate("el => getComputedStyle(el).backgroundColor")
    await page.get_by_role("menuitem", name="Settings", exact=True).click()
    await menu_entry(page, "Theme").click()
    await menu_entry(page, "JupyterLab Dark").click()
    await expect(page.locator('body[data-jp-theme-light="false"]')).to_be_attached()
    await panel.dial()
    await panel.dial("question")
    await panel.runs(2)
    await panel.moves()
    dark = await panel.root.evaluate("el => getComputedStyle(el).backgroundColor")
    assert dark != light
    await notebook.screenshot("panel-dark")

    await notebook.cell(RESULT).locator(".cm-content").click()
    await page.keyboard.press("Control+B")  # hides the file browser
    await page.set_viewport_size({"width": 850, "height": 900})
    await panel.root.scroll_into_view_if_needed()
    await expect(panel.rows.first).to_contain_text("ended", timeout=CALL_MS)
    box = await panel.root.bounding_box()
    inner = await panel.root.evaluate("el => [el.scrollWidth, el.clientWidth]")
    assert 600 < box["width"] < 720
    assert inner[0] <= inner[1]
    assert await panel.root.locator(".vl-calls").evaluate("el => el.scrollWidth <= el.clientWidth")
    for name in ("Dial", "Stop sink"):
        button = await panel.button(name).bounding_box()
        assert button["x"] + button["width"] <= box["x"] + box["width"]
    await notebook.screenshot("panel-narrow")
