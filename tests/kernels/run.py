"""Execute every notebook on the ipykernel versions that people have, each in a thin environment.

An environment holds what a notebook needs and no JupyterLab. It is made once, and again when the
requirements change.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tomllib
import venv
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ENVIRONMENTS = ROOT / ".venv-kernels"
VERSIONS = ("6.31.0", "7.3.0", "7.4.0")
NOT_NEEDED = "jupyterlab"
NOTEBOOK_TIMEOUT_S = 600


def requirements() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return [each for each in project["dependencies"] if not each.startswith(NOT_NEEDED)]


def environment(version: str) -> Path:
    """Return the Python of the thin environment for an ipykernel version, made where needed."""
    folder = ENVIRONMENTS / version
    wanted = [*requirements(), f"ipykernel=={version}", "nbclient"]
    pins = (ROOT / "constraints.txt").read_text("utf-8")
    recipe = "\n".join([*wanted, re.sub(r"(?m)^ipykernel==.*$", f"ipykernel=={version}", pins)])
    made_from = folder / "recipe.txt"
    if not made_from.exists() or made_from.read_text("utf-8") != recipe:
        print(f"Setting up {folder.relative_to(ROOT)} ...", flush=True)
        venv.create(folder, clear=True)
        constraints = folder / "constraints.txt"
        constraints.write_text("\n".join(recipe.splitlines()[len(wanted) :]), "utf-8")
        pip = [sys.executable, "-m", "pip", "--python", folder, "install", "-qq"]
        subprocess.run([*pip, "-c", constraints, *wanted], check=True)
        subprocess.run([*pip, "--no-deps", "-e", ROOT], check=True)
        made_from.write_text(recipe, "utf-8")
    return folder / "bin" / "python"


def complaint(python: Path, notebook: Path) -> str:
    """Return the last line of what went wrong, or nothing."""
    command = [python, HERE / "execute.py", notebook]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=NOTEBOOK_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        return f"not done in {NOTEBOOK_TIMEOUT_S} s"
    if done.returncode == 0:
        return ""
    print(done.stderr, file=sys.stderr)
    return (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=VERSIONS, help="one version of ipykernel")
    options = parser.parse_args()
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    passed = failed = 0
    for version in [options.only] if options.only else VERSIONS:
        python = environment(version)
        for notebook in notebooks:
            said = complaint(python, notebook)
            verdict = f"FAIL  {said}" if said else "pass"
            print(f"  ipykernel {version:8} {notebook.name:28} {verdict}", flush=True)
            passed, failed = passed + (not said), failed + bool(said)
    print(f"\n{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
