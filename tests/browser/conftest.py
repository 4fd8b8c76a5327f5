"""One JupyterLab for all browser tests; a fresh Chromium and a fresh kernel for each."""

from __future__ import annotations

import os
import shutil

import pytest
from playwright.async_api import async_playwright

from .lab_server import LabServer
from .notebook_page import SCREENSHOTS, NotebookPage
from .wire_tap import WireTap

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


FAILED = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    item.stash[FAILED] = report.failed
    return report


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
async def notebook(request, chromium, lab_server):
    """A NotebookPage; its kernel ends with the test, and a failure leaves pictures and a log."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        context = await browser.new_context(viewport=VIEW)
        tap = WireTap(context)
        opened = NotebookPage(await context.new_page(), lab_server)
        yield opened
        if request.node.stash[FAILED]:
            for number, page in enumerate(context.pages, 1):
                name = f"{request.node.name}-failed-{number}"
                await NotebookPage(page, lab_server).screenshot(name)
            tap.save(SCREENSHOTS / f"{request.node.name}-failed.log")
        await browser.close()
    lab_server.end_sessions()
