import pytest


@pytest.fixture
def _nothing_but_python(monkeypatch, tmp_path):
    import bun

    monkeypatch.setattr(bun, "PROGRAM", tmp_path / "bun")
    monkeypatch.setattr(bun.shutil, "which", lambda name: None)
    bun.why_not.cache_clear()
    yield
    bun.why_not.cache_clear()


@pytest.mark.usefixtures("_nothing_but_python")
def test_without_npm_the_rows_of_bun_say_so():
    import frames

    found, absent = frames.available()
    assert [each.name for each in found if "Bun" in each.name] == []
    assert set(absent) >= {"Bun", "Bun, no journal"}
    assert "there is no npm" in absent["Bun"]
    row = frames.row("Bun", None, {}, absent)
    assert row == {"server": "Bun", "absent": absent["Bun"]}
    assert "there is no npm" in frames.table({"rows": [row]})


def test_ratios_are_to_the_peers_and_of_medians():
    import frames
    from placing import Placed

    placed = [Placed(us, 100.0, 9.0, 0.1) for us in (30.0, 20.0, 90.0)]
    costs = {"voicelab serve (asyncio)": 30.0, "Bun": 15.0, "bare epoll loop": 10.0}
    row = frames.row("voicelab serve (asyncio)", placed, costs, {})
    assert row["us_per_frame"] == 30.0
    assert row["us_per_frame_rounds"] == [30.0, 20.0, 90.0]
    assert row["ratio_to"] == {"Bun": 2.0, "bare epoll loop": 3.0}
    line = frames.table({"rows": [row]}).splitlines()[1]
    assert line.split()[-3:] == ["2.00", "-", "3.00"]


def test_a_bun_that_does_not_run_is_a_reason(monkeypatch, tmp_path):
    import bun

    program = tmp_path / "bun"
    program.write_text("#!/bin/sh\necho 'not for this system' >&2\nexit 3\n")
    program.chmod(0o755)
    monkeypatch.setattr(bun, "PROGRAM", program)
    bun.why_not.cache_clear()
    assert bun.why_not() == "bun failed: not for this system"
    bun.why_not.cache_clear()
