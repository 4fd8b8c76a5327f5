"""Execute one notebook in a copy of its surroundings; an error or a word on stderr is a failure."""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

CELL_TIMEOUT_S = 120


def main(path: Path) -> int:
    root = path.parents[1]
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as desk:
        for folder in ("notebooks", "data"):
            shutil.copytree(root / folder, Path(desk) / folder)
        beside = {"metadata": {"path": str(Path(desk) / path.parent.name)}}
        NotebookClient(notebook, timeout=CELL_TIMEOUT_S, resources=beside).execute()
    outputs = [each for cell in notebook.cells for each in cell.get("outputs", [])]
    complaints = [each.text for each in outputs if each.get("name") == "stderr"]
    print("\n".join(complaints), file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]).resolve()))
