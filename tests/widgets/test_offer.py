"""Where a lab shows its panel: in a kernel, beside what other viewers understand."""

from __future__ import annotations

import subprocess
import sys

import pytest
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from voicelab.widgets.offer import VIEW_TYPE

CELLS = (
    "import sys\nfrom voicelab import Lab\n"
    "lab = await Lab.open(agent=None, port=0)\n'anywidget' in sys.modules",
    "lab",
    "lab",
    "await lab.close()\nlab = await Lab.open(agent=None, port=0)\nawait lab.close()\nlab",
)


class ThisPython(AsyncKernelManager):
    @property
    def kernel_spec(self):
        command = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=command, language="python", display_name="voicelab tests")


@pytest.mark.notebook
async def test_in_a_kernel_the_panel_stands_beside_the_table(tmp_path):
    book = new_notebook(cells=[new_code_cell(cell) for cell in CELLS])
    resources = {"metadata": {"path": str(tmp_path)}}
    client = NotebookClient(book, kernel_manager_class=ThisPython, resources=resources)
    await client.async_execute()
    imported, first, again, closed = (cell.outputs[-1]["data"] for cell in book.cells)
    assert imported["text/plain"] == "False"
    assert first["text/plain"].startswith("<Lab: open on")
    assert "voicelab-lab" in first["text/html"]
    assert first[VIEW_TYPE]["model_id"] == again[VIEW_TYPE]["model_id"]
    assert VIEW_TYPE not in closed
    assert "closed" in closed["text/html"]


@pytest.mark.parametrize("before", ["", "import IPython; "])
def test_a_script_pays_nothing_for_the_panel(before):
    program = (
        f"{before}import sys; from voicelab import Lab; from voicelab.lab import display; "
        "assert not {'anywidget', 'ipywidgets', 'voicelab.widgets'} & set(sys.modules); "
        "assert len(display._renderers['lab']) == 1"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
