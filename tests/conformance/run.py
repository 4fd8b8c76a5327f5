"""Run the independent clients against `voicelab serve`, from an environment without voicelab."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ENVIRONMENT = ROOT / ".venv-conformance"
PYTHON = ENVIRONMENT / "bin" / "python"
NEEDS = "websocket-client"


def is_ready() -> bool:
    """Whether the environment is there and whole."""
    if not PYTHON.exists():
        return False
    return subprocess.run([PYTHON, "-c", "import websocket"], capture_output=True).returncode == 0


def set_up() -> None:
    """Make the environment."""
    print(f"Setting up {ENVIRONMENT.name} with {NEEDS} ...", flush=True)
    venv.create(ENVIRONMENT, clear=True)
    pip = [sys.executable, "-m", "pip", "--python", ENVIRONMENT, "install", "-qq"]
    subprocess.run([*pip, "-c", ROOT / "constraints.txt", NEEDS], check=True)


def main() -> int:
    if not is_ready():
        set_up()
    server = [sys.executable, "-m", "voicelab"]
    client = [PYTHON, HERE / "sink_client.py", "--prompts", ROOT / "data" / "prompts"]
    return subprocess.run([*client, "--", *server]).returncode


if __name__ == "__main__":
    sys.exit(main())
