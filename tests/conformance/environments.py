"""Environments for the clients: made once, and again when what they hold changes."""

from __future__ import annotations

import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]


def environment(name: str, *packages: str, constraints: Path | None = None) -> Path:
    """Return the Python of an environment that holds these packages, and nothing of voicelab."""
    folder = ROOT / f".venv-conformance-{name}"
    recipe, made_from = "\n".join(packages), folder / "recipe.txt"
    python = folder / "bin" / "python"
    if made_from.exists() and made_from.read_text("utf-8") == recipe and python.exists():
        return python
    print(f"Setting up {folder.name} with {', '.join(packages)} ...", end=" ", flush=True)
    began = time.monotonic()
    venv.create(folder, clear=True)
    pip = [sys.executable, "-m", "pip", "--python", folder, "install", "-qq"]
    bounds = ["-c", constraints] if constraints else []
    subprocess.run([*pip, "--disable-pip-version-check", *bounds, *packages], check=True)
    made_from.write_text(recipe, "utf-8")
    print(f"{time.monotonic() - began:.0f} s, {megabytes(folder)} MB", flush=True)
    return python


def megabytes(folder: Path) -> int:
    files = (path.lstat().st_size for path in folder.rglob("*") if not path.is_dir())
    return round(sum(files) / 1e6)
