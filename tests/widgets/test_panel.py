import asyncio
import gc
import logging
import threading
import weakref

import numpy as np
import pytest

from voicelab import Lab
from voicelab.analysis.envelope import envelope
from voicelab.widgets import panel as panel_module
from voicelab.widgets.offer import panel_bundle, panel_of

from .conftest import View

pytestmark = pytest.mark.net

YES = "data/prompts/yes.wav"
ORDER = "data/prompts/order.wav"


async def test_a_view_that_is_ready_gets_a_snapshot(lab, view):
    shown = view.snapshot
    assert shown["state"] == "open"
    assert shown["url"] == lab.url
    assert shown["host"] == lab.sink.host.name
    assert shown["callers"][0]["path"] == ORDER
    assert "mushroom" in shown["callers"][0]["words"]
    assert shown["calls"] == [] == shown["lanes"]
    assert shown["agent"] is None


async def test_dial_and_the_waveform_is_what_was_recorded(lab, view):
    assert await view.act("dial", caller=YES) is None
    await view.sees(lambda: view.snapshot["calls"][0]["running"])
    [call] = lab.calls()
    await call.ended(timeout=20)
    await view.sees(lambda: not view.snapshot["calls"][0]["running"])

    [row] = view.snapshot["calls"]
    assert row["caller"] == "yes"
    assert row["key"] == call.key
    assert row["format"] == "l16/8000 little-endian"
    assert row["lost"] == 0
    assert row["length_s"] == pytest.approx(call.facts.duration_s, abs=0.01)
    samples = call.audio().samples
    expected = envelope(samples[: len(samples) // 80 * 80], len(samples) // 80)
    drawn = view.drawn()[call.key]
    # Sound that came before the panel knew of the call is drawn flat.
    missed = next(n for n in range(len(expected)) if drawn[n] == expected[n].tolist() != [0, 0])
    assert missed < 60
    columns = np.array([drawn[n] for n in range(missed, len(expected))])
    assert (columns == expected[missed:]).all()


async def test_live_messages_are_few_and_small(lab, view):
    call = await lab.dial(YES)
    await call.ended(timeout=20)
    await view.sees(lambda: view.snapshot["calls"] and not view.snapshot["calls"][0]["running"])
    live = view.messages("live")
    assert 10 < len(live) <= 20 * (call.facts.duration_s + 2)
    assert all(lane["count"] < 100 for message in live for lane in message["lanes"])
    with_rows = [message for message in live if "calls" in message]
    assert 0 < len(with_rows) <= len(live) / 3


async def test_hang_up(lab, view):
    assert await view.act("dial", caller=ORDER) is None
    await view.sees(lambda: view.snapshot["calls"])
    key = view.snapshot["calls"][0]["key"]
    assert await view.act("hang_up", call=key) is None
    await view.sees(lambda: not view.snapshot["calls"][0]["running"])
    assert lab.calls()[0].result.ended_by == "caller"
    assert "no longer known" in await view.act("hang_up", call="nobody")


async def test_the_sink_stops_and_starts_and_keeps_its_calls(lab, view):
    assert await view.act("dial", caller=ORDER) is None
    assert await view.act("stop") is None
    assert view.snapshot["state"] == "stopped"
    assert not lab.sink.is_open
    assert "stopped" in repr(lab)
    assert [row["running"] for row in view.snapshot["calls"]] == [False]
    assert "sink is stopped" in await view.act("dial", caller=YES)

    assert await view.act("start") is None
    assert view.snapshot["state"] == "open"
    assert view.snapshot["url"] == lab.url
    assert await view.act("dial", caller=YES) is None
    await lab.calls()[-1].ended(timeout=20)
    await view.sees(lambda: len(view.snapshot["calls"]) == 2)
    assert view.snapshot["calls"][0]["caller"] == "yes"
    assert lab.calls()[-1].audio().samples.any()


async def test_clicks_act_in_their_order(view):
    for number, do in enumerate(["stop", "start", "stop", "start"]):
        view.say({"do": do, "id": str(number)})
    await view.sees(lambda: len(view.messages("done")) == 4)
    assert [done["id"] for done in view.messages("done")] == list("0123")
    assert all(done["error"] is None for done in view.messages("done"))
    assert view.snapshot["state"] == "open"


async def test_an_error_of_an_action_is_shown_in_words_and_logged(view, caplog):
    error = await view.act("dial", caller="data/nobody.wav")
    assert "nobody.wav" in error
    assert "Traceback" not in error
    assert "nobody.wav" in caplog.text


async def test_an_unforeseen_error_is_shown_and_logged_with_its_traceback(
    lab, view, caplog, monkeypatch
):
    async def dial(path):
        raise ZeroDivisionError("no reason")

    monkeypatch.setattr(lab, "dial", dial)
    assert await view.act("dial", caller=YES) == "ZeroDivisionError: no reason"
    assert "Traceback" in caplog.text


@pytest.mark.parametrize(
    "content",
    [
        None,
        [],
        "dial",
        {},
        {"do": "sing"},
        {"do": "dial"},
        {"do": "dial", "id": 1, "caller": YES},
        {"do": "hang_up", "id": "1", "call": None},
    ],
)
async def test_nonsense_from_a_view_is_counted_and_shown(lab, view, content, caplog):
    view.say(content)
    await view.sees(lambda: view.messages("done"))
    assert "does not understand" in view.messages("done")[0]["error"]
    assert "does not understand" in caplog.text
    assert view.panel.misunderstood == 1
    assert await view.act("dial", caller=YES) is None
    assert len(lab.calls()) == 1


async def test_a_callback_on_another_thread_with_another_loop_only_hands_over(view):
    where = []
    act = view.panel._act

    async def noted(command):
        where.append((threading.current_thread(), asyncio.get_running_loop()))
        await act(command)

    view.panel._act = noted

    def click():
        async def inside():
            view.say({"do": "stop", "id": "1"})
            view.say({"do": "start", "id": "2"})

        asyncio.run(inside())

    clicking = threading.Thread(target=click)
    clicking.start()
    clicking.join()  # this blocks the loop as a cell does: nothing can have been done yet
    assert where == []
    assert view.messages("done") == []
    await view.sees(lambda: len(view.messages("done")) == 2)
    assert where == [(threading.current_thread(), asyncio.get_running_loop())] * 2


async def test_all_views_share_one_panel_and_one_pump(lab, view):
    tasks = len(asyncio.all_tasks())
    other = View(panel_of(lab))
    assert other.panel is view.panel
    await other.ready()
    await view.ready()
    assert len(asyncio.all_tasks()) == tasks


async def test_a_view_that_comes_in_mid_call_gets_the_sound_so_far(lab, view):
    call = await lab.dial(ORDER)
    await view.sees(lambda: len(view.drawn().get(call.key, ())) > 80)
    view.comm.sent.clear()
    await view.ready()
    [lane] = view.snapshot["lanes"]
    assert lane["count"] > 80
    assert np.any([column for column in view.drawn()[call.key].values()])
    await call.hangup()


async def test_nothing_is_sent_while_nothing_runs(view):
    sent = len(view.comm.sent)
    await asyncio.sleep(0.3)
    assert len(view.comm.sent) == sent


async def test_a_panel_that_nobody_looks_at_has_no_task(lab):
    tasks = asyncio.all_tasks()
    assert panel_of(lab) is not None
    assert asyncio.all_tasks() == tasks


async def test_closing_says_so_and_leaves_nothing(lab, view):
    await view.act("dial", caller=ORDER)
    await lab.close()
    assert view.snapshot["state"] == "closed"
    assert [row["running"] for row in view.snapshot["calls"]] == [False]
    await view.ready()
    assert view.snapshot["state"] == "closed"
    assert "closed" in await view.act("dial", caller=YES)
    assert view.panel._tasks == set()


async def test_a_replaced_lab_says_so(tmp_path):
    options = {"port": 0, "recordings": tmp_path, "webhook_log": tmp_path / "log", "name": "again"}
    first = await Lab.open(agent=None, **options)
    view = View(panel_of(first))
    await view.ready()
    async with await Lab.open(agent=None, **options) as second:
        assert view.snapshot["state"] == "replaced"
        await view.ready()
        assert view.snapshot["state"] == "replaced"
        assert panel_of(second) is not view.panel


async def test_a_closed_lab_is_let_go_though_its_panel_stays(tmp_path):
    lab = await Lab.open(
        agent=None, port=0, recordings=tmp_path, webhook_log=tmp_path / "log", name="gone"
    )
    view = View(panel_of(lab))
    await view.ready()
    await lab.close()
    gone = weakref.ref(lab)
    del lab
    await asyncio.sleep(0)  # the loop's present step still holds what close() waited for
    gc.collect()
    assert gone() is None


async def test_a_live_view_that_fails_says_so(lab, monkeypatch, caplog):
    async def run(self):
        raise ZeroDivisionError("no reason")

    monkeypatch.setattr(panel_module.Pump, "run", run)
    view = View(panel_of(lab))
    await view.ready()
    await view.sees(lambda: view.messages("done"))
    assert "live view has stopped" in view.messages("done")[0]["error"]
    assert "no reason" in caplog.text


async def test_the_lag_of_the_loop_is_shown(lab, view, monkeypatch):
    class Meter:
        now_ms, p99_ms, max_ms = 0.62, 1.21, 33.04

    monkeypatch.setattr(lab.sink.server, "loop_lag", Meter())
    await view.ready()
    monkeypatch.undo()
    assert view.snapshot["lag"] == {"now_ms": 0.6, "p99_ms": 1.2, "max_ms": 33.0}


async def test_a_lab_that_was_never_shown_has_no_view_after_it_closed(lab, caplog):
    caplog.set_level(logging.INFO)
    await lab.close()
    assert panel_bundle(lab) == {}
