"""One JupyterLab for all browser tests; a fresh Chromium and a fresh kernel for each."""

from __future__ import annotations

import os
import shutil

import pytest
from playwright.async_api import async_playwright

from .lab_server import LabServer
from .notebook_page import NotebookPage

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
VIEW = {"width": 1400, "height": 1000}


@pytest.fixture(scope="session")
def chromium():
    """The path of a Chromium that is already installed."""
    found = os.environ.get("VOICELAB_CHROMIUM")
    found = found or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if not found:
        pytest.skip("no Chromium here: install the package chromium or set VOICELAB_CHROMIUM")
    return found


@pytest.fixture(scope="session")
def lab_server(chromium, tmp_path_factory):
    server = LabServer(tmp_path_factory.mktemp("lab"))
    try:
        server.wait_until_up()
        yield server
    finally:
        server.close()


@pytest.fixture
async def notebook(chromium, lab_server):
    """A NotebookPage; its kernel ends with the test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = await browser.new_context(viewport=VIEW)
        yield NotebookPage(await context.new_page(), lab_server)
        await browser.close()
    lab_server.end_sessions()
