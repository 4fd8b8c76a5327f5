"""JupyterLab as `make lab` starts it, in a copy of the checkout."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
START_S = 60
STOP_S = 20
# Cells out of sight are left out of the page by default, and a test could not find them. A Lab
# that has just started may else ask which kernel to take.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none", "autoStartDefaultKernel": True},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class LabServer:
    """A running JupyterLab, its files, and its REST interface."""

    def __init__(self, folder: Path) -> None:
        self.desk = folder / "desk"
        self.token = secrets.token_hex(16)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "lab.log"
        self._folder = folder
        self._lay_the_desk()
        self._process = self._start()

    def _lay_the_desk(self) -> None:
        self.desk.mkdir()
        for name in ("notebooks", "data"):
            shutil.copytree(ROOT / name, self.desk / name)
        shutil.copy(ROOT / "Makefile", self.desk)
        for name, values in SETTINGS.items():
            path = self._folder / f"settings/@jupyterlab/{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True)
            path.write_text(json.dumps(values))

    def _start(self) -> subprocess.Popen[bytes]:
        options = f"--no-browser --port={self.port}" + (" --allow-root" * (os.geteuid() == 0))
        environment = os.environ | {
            "JUPYTER_TOKEN": self.token,
            "JUPYTERLAB_SETTINGS_DIR": str(self._folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(self._folder / "workspaces"),
            "JUPYTER_CONFIG_DIR": str(self._folder / "config"),
            "JUPYTER_DATA_DIR": str(self._folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(self._folder / "runtime"),
            "IPYTHONDIR": str(self._folder / "ipython"),
        }
        # The environment that runs the tests stands in for .venv, which needs no setting up then.
        ready = [f"BIN={Path(sys.executable).parent}", "READY="]
        with self.log.open("wb") as log:
            return subprocess.Popen(
                ["make", "lab", *ready, f"ARGS={options}"],
                cwd=self.desk,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_up(self) -> None:
        patience = time.monotonic() + START_S
        while time.monotonic() < patience and self._process.poll() is None:
            with contextlib.suppress(urllib.error.URLError, ConnectionError):
                self.rest("GET", "api/status")
                return
            time.sleep(0.1)
        raise RuntimeError(f"`make lab` did not come up:\n{self.log.read_text()[-3000:]}")

    def rest(self, method: str, path: str) -> Any:
        request = urllib.request.Request(f"{self.url}/{path}", method=method)
        request.add_header("Authorization", f"token {self.token}")
        with urllib.request.urlopen(request, timeout=20) as answer:
            body = answer.read()
        return json.loads(body) if body else None

    def copy_of(self, notebook: str) -> str:
        """Give a notebook a path of its own: Lab keeps the kernel of a path it has seen."""
        original = self.desk / "notebooks" / notebook
        copy = original.with_stem(f"{original.stem}-{secrets.token_hex(3)}")
        shutil.copy(original, copy)
        return f"notebooks/{copy.name}"

    def kernel_of(self, path: str) -> dict[str, Any] | None:
        """Return what the server knows of a notebook's kernel."""
        sessions = self.rest("GET", "api/sessions")
        return next((each["kernel"] for each in sessions if each["path"] == path), None)

    def wait_for_kernel(self, path: str) -> None:
        """Wait until a notebook's kernel is up and a page is connected to it."""
        patience = time.monotonic() + START_S
        while time.monotonic() < patience:
            kernel = self.kernel_of(path)
            if kernel and kernel["connections"] and kernel["execution_state"] == "idle":
                return
            time.sleep(0.1)
        raise RuntimeError(f"{path} has no kernel:\n{self.log.read_text()[-3000:]}")

    def end_sessions(self) -> None:
        for session in self.rest("GET", "api/sessions"):
            self.rest("DELETE", f"api/sessions/{session['id']}")

    def close(self) -> None:
        """End the server and all it started: it leads a process group of its own."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
