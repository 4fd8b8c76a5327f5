import numpy as np
import pytest


def talked(us, up_ms, down_ms):
    from talking import Talked

    return Talked(us, np.array(up_ms), np.array(down_ms), 9.0, 8.0, 0.1)


def test_what_a_bridge_adds_is_beyond_the_way_without_it():
    import bridge

    plan = [each for each in bridge.PLAN if each.quick]
    found = {(bridge.DIRECTLY, "up"): [talked(0.0, [0.25] * 99, [])] * 3}
    for at, each in enumerate(plan, start=1):
        rounds = [talked(us, [1.0 * at] * 99, []) for us in (10.0 * at, 90.0, 5.0)]
        found[each.name, "up"] = rounds
    rows = bridge.rows(plan, ("up",), found)
    assert [row["bridge"] for row in rows] == ["no bridge", *(each.name for each in plan)]
    ours = rows[2]
    assert ours["us_per_frame"]["up"] == 20.0
    assert ours["us_per_frame_rounds"]["up"] == [20.0, 90.0, 5.0]
    assert ours["ratio_to_bun"] == {"up": 2.0}
    assert ours["ms"]["up"] == {"up": {"p50": 2.0, "p99": 2.0}}
    assert ours["added_ms"]["up"] == {"up": {"p50": 1.75, "p99": 1.75}}
    linear = next(row for row in rows if "l16" in row["bridge"])
    assert 0 < linear["resampling_ms"]["up"] < 2
    text = bridge.table({"rows": rows, "ways": ("up",)})
    assert "2.00" in text
    assert "1.75" in text


def test_without_bun_the_others_are_still_measured():
    import bridge

    plan = [each for each in bridge.PLAN if each.quick and each.name != bridge.BUN]
    found = {(each.name, "up"): [talked(10.0, [1.0], [])] for each in plan}
    found[bridge.DIRECTLY, "up"] = [talked(0.0, [0.5], [])]
    rows = bridge.rows(plan, ("up",), found)
    assert "ratio_to_bun" not in rows[1]
    rows.append({"bridge": bridge.BUN, "absent": "there is no npm"})
    assert "there is no npm" in bridge.table({"rows": rows, "ways": ("up",)})


@pytest.mark.net
@pytest.mark.slow
@pytest.mark.parametrize("at", [1, 3, 5])
def test_a_small_talk_is_heard_right_and_timed(tmp_path, at):
    from bridge import PLAN
    from contenders import Running
    from talking import Model, Talk, let_talk

    each = PLAN[at]
    with Model() as model, Running(each.contender(model.url), tmp_path / "bridge") as server:
        found = let_talk(server, model, each.dialect, Talk(1, calls=3, frames=10, way="both"))
    assert found.us_per_frame >= 0
    assert found.up_ms.size == 30
    assert 27 <= found.down_ms.size <= 30
    assert (found.up_ms > 0).all()
    assert (found.down_ms > 0).all()


@pytest.mark.net
@pytest.mark.slow
def test_lines_that_never_come_to_the_model_end_the_run(tmp_path, monkeypatch):
    import talking
    from dialects import MULAW

    with talking.Model() as model:
        nobody = talking.Nobody(model, tmp_path / "nobody")
        monkeypatch.setattr(talking, "PATIENCE_S", 5.0)
        with pytest.raises(SystemExit, match="was to say 'ready', not ''"):
            talking.let_talk(nobody, model, MULAW, talking.Talk(1, calls=1, frames=5, way="up"))
