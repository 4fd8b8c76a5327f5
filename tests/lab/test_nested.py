import asyncio
import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import voicelab
from voicelab import Lab
from voicelab.errors import SettingError, StateError
from voicelab.lab.loop_thread import LoopThread


async def answer() -> int:
    await asyncio.sleep(0)
    return 42


def test_without_a_loop_it_is_asyncio_run():
    assert voicelab.run(answer()) == 42


def test_it_wants_a_coroutine():
    with pytest.raises(SettingError, match="this is function"):
        voicelab.run(answer)


@pytest.mark.net
async def test_beside_a_lab_on_a_thread_nothing_is_patched(tmp_path):
    async with await Lab.open(agent=None, port=0, host="thread", recordings=tmp_path) as lab:
        assert voicelab.run(answer()) == 42
        assert not hasattr(asyncio.get_running_loop(), "_nest_patched")
        freed = voicelab.run(lab.close())
        assert (freed.threads, freed.left) == (1, ())


@pytest.mark.net
async def test_an_error_comes_back_as_it_is(tmp_path):
    async def fails() -> None:
        raise ZeroDivisionError

    async with await Lab.open(agent=None, port=0, host="thread", recordings=tmp_path):
        with pytest.raises(ZeroDivisionError):
            voicelab.run(fails())


def test_uvloop_is_refused_with_the_way_out():
    uvloop = pytest.importorskip("uvloop")

    async def inside() -> None:
        with pytest.raises(StateError, match=r"uvloop.*await.*host='thread'"):
            voicelab.run(answer())

    loop = uvloop.new_event_loop()
    loop.run_until_complete(inside())
    loop.close()


def test_a_loop_thread_names_what_still_ran():
    thread = LoopThread("test")
    thread.submit(asyncio.sleep(60))
    thread.submit(answer()).result()
    (left,) = thread.join()
    assert left.startswith("task 'Task-")
    assert thread.join() == [left]
    assert not thread.is_alive


def test_a_loop_thread_that_ends_takes_nothing_more():
    thread, ending, go_on = LoopThread("test"), threading.Event(), threading.Event()

    async def lingers() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ending.set()
            await asyncio.to_thread(go_on.wait)

    thread.submit(lingers())
    thread.submit(answer()).result()
    with ThreadPoolExecutor() as pool:
        joined = pool.submit(thread.join)
        try:
            assert ending.wait(20)
            with pytest.raises(StateError, match="has ended"):
                thread.submit(answer())
        finally:
            go_on.set()
        assert len(joined.result(20)) == 1
    with pytest.raises(StateError, match="has ended"):
        thread.submit(answer())


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_loop_thread_whose_loop_broke_takes_nothing_more():
    thread = LoopThread("test")

    async def breaks() -> None:
        raise SystemExit

    with contextlib.suppress(SystemExit):
        thread.submit(breaks()).result(20)
    assert thread.join() == []
    with pytest.raises(StateError, match="has ended"):
        thread.submit(answer())
