import json

import pytest

pytestmark = [pytest.mark.net, pytest.mark.slow]


def test_a_small_load_is_placed_found_right_and_timed(tmp_path):
    import numpy as np
    from calls import waits_ms
    from checking import check
    from contenders import Running, voicelab_host
    from placing import Batch, place

    batch, sent = Batch(1, calls=3, frames=10), tmp_path / "sent.npy"
    with Running(voicelab_host("thread", "voicelab"), tmp_path / "sink") as server:
        placed = place(server, batch, sent)
        stamps = check(server, batch)
    assert placed.us_per_frame >= 0
    zeros = json.loads((server.folder / "zeros.json").read_text())
    waits = waits_ms(zeros, stamps, np.load(sent))
    assert waits.size == 30
    assert (waits > 0).all()


def test_a_server_that_does_not_come_up_says_why(tmp_path):
    import sys

    from contenders import Contender, Running

    command = (sys.executable, "-c", "raise SystemExit('no such thing')")
    with (
        pytest.raises(SystemExit, match="broken did not come up:\nno such thing"),
        Running(Contender("broken", command, journals=False), tmp_path / "broken"),
    ):
        pass
