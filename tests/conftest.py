"""What holds for every test: it leaves nothing behind, and where that is forbidden, none skips."""

from __future__ import annotations

import asyncio
import gc
import os
import stat
import sys
import threading
import time
from pathlib import Path

import pytest

SKIPS_FORBIDDEN = os.environ.get("VOICELAB_FORBID_SKIPS") == "1"
OPEN_FILES = Path("/dev/fd")
EXECUTOR = "asyncio_"
"""Threads of a loop's own executor, which live as long as the loop."""
GRACE_S = 1.0


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    expected_failure = hasattr(report, "wasxfail")
    impossible_here = item.get_closest_marker("platform") is not None
    if SKIPS_FORBIDDEN and report.skipped and not expected_failure and not impossible_here:
        report.outcome = "failed"
        report.longrepr = f"Skipped where skipping is forbidden: {report.longrepr[2]}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    if SKIPS_FORBIDDEN and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"Skipped where skipping is forbidden: {report.longrepr[2]}"
    return report


def open_files() -> dict[tuple[int, int, int], str]:
    """Return what each open descriptor is, by its number and the inode behind it."""
    found = {}
    for name in os.listdir(OPEN_FILES) if OPEN_FILES.is_dir() else ():  # noqa: PTH208 - hot
        try:
            status = os.fstat(int(name))
        except OSError:  # the listing's own descriptor
            continue
        kind = "socket" if stat.S_ISSOCK(status.st_mode) else "file"
        found[int(name), status.st_dev, status.st_ino] = kind
    return found


def describe_file(key: tuple[int, int, int], kind: str) -> str:
    try:
        return f"{kind} {key[0]} ({(OPEN_FILES / str(key[0])).readlink()})"
    except OSError:
        return f"{kind} {key[0]}"


class Belongings:
    """The files, threads and, inside a loop, the tasks that there were before a test."""

    def __init__(self, loop: asyncio.AbstractEventLoop | None = None) -> None:
        self.loop = loop
        self.files = open_files()
        self.threads = set(threading.enumerate())
        self.tasks = asyncio.all_tasks(loop) if loop else set()

    def left(self) -> list[str]:
        files = open_files()
        threads = [each for each in threading.enumerate() if not each.name.startswith(EXECUTOR)]
        tasks = asyncio.all_tasks(self.loop) - {asyncio.current_task()} if self.loop else set()
        return [
            *(describe_file(key, files[key]) for key in files.keys() - self.files.keys()),
            *(f"thread {each.name!r}" for each in threads if each not in self.threads),
            *(f"task {each.get_name()!r}: {each.get_coro()!r}" for each in tasks - self.tasks),
        ]


def complain(left: list[str]) -> None:
    if left:
        pytest.fail("The test left behind:\n  " + "\n  ".join(sorted(left)), pytrace=False)


@pytest.fixture
async def _nothing_left_on_the_loop():
    loop = asyncio.get_running_loop()
    loop.set_debug(True)  # a call from the wrong thread raises, a lost coroutine is named
    before = Belongings(loop)
    yield
    patience = time.monotonic() + GRACE_S
    while (left := before.left()) and time.monotonic() < patience:
        gc.collect()
        await asyncio.sleep(0.01)
    complain(left)


@pytest.fixture(autouse=True)
def nothing_left(request):
    """Fail a test that leaves a task, a thread, a socket or a file behind."""
    if request.node.get_closest_marker("asyncio"):
        # Torn down last, on the test's own loop, so closing transports get their turn.
        request.getfixturevalue("_nothing_left_on_the_loop")
        yield
        return
    before = Belongings()
    yield
    patience = time.monotonic() + GRACE_S
    while (left := before.left()) and time.monotonic() < patience:
        gc.collect()
        time.sleep(0.01)
    complain(left)


@pytest.fixture(scope="session", autouse=True)
def _what_libraries_keep_for_the_whole_process():
    """Let matplotlib open its fonts and libuv its signal pipe before anything is counted."""
    import numpy as np

    from voicelab.analysis.figures import CALLER, Lane, call_figure

    call_figure([Lane("caller", np.zeros(1, np.int16), 8000, CALLER)])._repr_png_()
    if sys.platform != "win32":
        import uvloop

        uvloop.new_event_loop().close()
