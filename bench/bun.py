"""Gets Bun, which comes as an npm package, or says why it cannot be had."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

HOME = Path(__file__).resolve().parent / "peers" / "bun_sink"
PROGRAM = HOME / "node_modules" / ".bin" / "bun"
SERVER = HOME / "server.ts"
BRIDGE = HOME.parent / "bun_bridge" / "server.ts"
INSTALL = ("install", "--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error")
INSTALL_S = 120
TRY_S = 10


@cache
def why_not() -> str | None:
    """Install Bun where it is missing and try it; return what is in the way, if anything."""
    try:
        if not PROGRAM.exists():
            npm = shutil.which("npm")
            if npm is None:
                return "Bun comes with npm, and there is no npm"
            _run(npm, *INSTALL, timeout_s=INSTALL_S)
        _run(str(PROGRAM), "--version", timeout_s=TRY_S)
    except subprocess.TimeoutExpired as error:
        return f"{Path(error.cmd[0]).name} took longer than {error.timeout:g} s"
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip().splitlines() or [f"exit status {error.returncode}"]
        return f"{Path(error.cmd[0]).name} failed: {said[0]}"
    except OSError as error:
        return f"Bun does not run here: {error.strerror}"
    return None


def _run(*command: str, timeout_s: float) -> None:
    subprocess.run(command, cwd=HOME, check=True, capture_output=True, timeout=timeout_s, text=True)
