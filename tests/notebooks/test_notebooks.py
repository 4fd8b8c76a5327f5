"""Every notebook is short, holds no outputs, and runs to its end without a word on stderr."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import nbformat
import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
CELL_TIMEOUT_S = 120

pytestmark = pytest.mark.notebook


class ThisPython(AsyncKernelManager):
    """Starts kernels of the interpreter that runs the tests, whatever kernels the machine lists."""

    @property
    def kernel_spec(self):
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, language="python", display_name="voicelab tests")


def code_cells(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def path(request):
    return request.param


@pytest.fixture
def notebook(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture
def desk(tmp_path):
    """A copy of what a notebook finds around it, so that the checkout stays clean."""
    for folder in ("notebooks", "data"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    (tmp_path / "recordings").mkdir()
    return tmp_path


def test_there_are_notebooks():
    assert NOTEBOOKS


def test_is_stored_without_outputs(notebook):
    for cell in code_cells(notebook):
        assert cell.outputs == []
        assert cell.execution_count is None


def test_is_short(notebook):
    lengths = [len(cell.source.splitlines()) for cell in code_cells(notebook)]
    assert len(lengths) < 10
    assert max(lengths) < 10


async def test_runs(path, notebook, desk):
    client = NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT_S,
        kernel_manager_class=ThisPython,
        resources={"metadata": {"path": str(desk / path.parent.name)}},
    )
    await client.async_execute()
    for cell in code_cells(notebook):
        complaints = [each.text for each in cell.outputs if each.get("name") == "stderr"]
        assert complaints == [], cell.source
