from __future__ import annotations

import subprocess
import sys

from voicelab.protocol import vobiz


def test_every_exported_name_exists_once():
    assert len(set(vobiz.__all__)) == len(vobiz.__all__)
    assert all(hasattr(vobiz, name) for name in vobiz.__all__)


def test_nothing_of_a_higher_floor_comes_along():
    code = (
        "import sys, voicelab; before = set(sys.modules); import voicelab.protocol.vobiz; "
        "print({'asyncio', 'numpy', 'socket'} & (set(sys.modules) - before))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "set()"
