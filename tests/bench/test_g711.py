import sys

import numpy as np
import pytest


@pytest.mark.parametrize("law", ["mulaw", "alaw"])
def test_voicelab_is_the_reference(law):
    import g711
    from companders import voicelab_g711

    right = g711.outputs(voicelab_g711(law))
    assert g711.is_reference(law, *right)
    same = g711.agreement(*right, right)
    assert set(same.values()) == {0}


@pytest.mark.parametrize("law", ["mulaw", "alaw"])
def test_one_other_code_or_sample_is_seen(law):
    import g711
    from companders import voicelab_g711

    codes, samples = (each.copy() for each in g711.outputs(voicelab_g711(law)))
    codes[1000] ^= 1
    samples[3] += 8
    assert not g711.is_reference(law, codes, samples)
    seen = g711.agreement(codes, samples, g711.outputs(voicelab_g711(law)))
    assert (seen["encode_differs"], seen["negative"]) == (1, 1)
    assert (seen["decode_differs"], seen["decode_off_by"]) == (1, 8)


@pytest.mark.parametrize(("law", "worse"), [("mulaw", 7), ("alaw", 6)])
def test_libsndfile_puts_negative_boundaries_one_step_higher(law, worse):
    import g711
    from companders import libsndfile, voicelab_g711

    right, theirs = (g711.outputs(each(law)) for each in (voicelab_g711, libsndfile))
    assert g711.agreement(*theirs, right) == {
        "encode_differs": 127,
        "negative": 127,
        "worse": worse,
        "decode_differs": 0,
        "decode_off_by": 0,
    }
    smallest = int(g711.SWEEP[theirs[0] != right[0]][-1])
    assert smallest == {"mulaw": -4, "alaw": -16}[law]


def test_the_continuous_law_is_another_codec():
    import g711
    from companders import continuous, voicelab_g711

    right, theirs = (g711.outputs(each("mulaw")) for each in (voicelab_g711, continuous))
    seen = g711.agreement(*theirs, right)
    assert seen["encode_differs"] > 40_000
    assert seen["decode_off_by"] > 1000
    assert g711.spoken_share(continuous("mulaw"), voicelab_g711("mulaw")) > 0.4


def test_who_is_not_here_has_a_row_that_says_why(monkeypatch):
    import companders
    import g711

    monkeypatch.setattr(companders.shutil, "which", lambda name: None)
    monkeypatch.setitem(sys.modules, "audioop", None)
    monkeypatch.setattr(g711, "BLOCK", 1000)
    monkeypatch.setattr(g711, "FRAMES", 1)
    rows = g711.measure("alaw")
    assert [row["by"] for row in rows if "absent" not in row] == ["voicelab", "libsndfile"]
    absent = {row["by"]: row["absent"] for row in rows if "absent" in row}
    assert "install the package sox" in absent["sox -D"]
    assert "PEP 594" in absent["audioop"]
    assert len(g711.table(rows).splitlines()) == 2 + len(rows)


def test_a_wrong_voicelab_ends_the_run(monkeypatch):
    import g711

    monkeypatch.setitem(g711.REFERENCE, "mulaw", ("0", "0"))
    with pytest.raises(SystemExit, match=r"G\.191"):
        g711.measure("mulaw")


def test_a_program_is_timed_without_its_start():
    import g711
    from companders import Compander

    program = Compander("1", np.copy, np.copy, is_process=True)
    taken = {
        "encode_frame": [0.25],
        "decode_frame": [0.25],
        "encode_block": [0.75],
        "decode_block": [0.5],
    }
    assert g711._per_sample(program, taken) == {
        "encode_block": 500.0,
        "decode_block": 250.0,
        "start_ms": 250.0,
    }
