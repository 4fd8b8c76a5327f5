import asyncio
import threading

import pytest

from voicelab.errors import StateError
from voicelab.lab import home as home_module
from voicelab.lab.home import Home
from voicelab.lab.loop_thread import LoopThread


@pytest.fixture
def engine():
    thread = LoopThread("engine")
    yield thread
    assert thread.join() == []


async def here() -> tuple[asyncio.AbstractEventLoop, str]:
    return asyncio.get_running_loop(), threading.current_thread().name


async def on(engine: LoopThread, work):
    return await asyncio.wrap_future(engine.submit(work))


async def impatient(home: Home, begun: list[bool], gave_up: threading.Event):
    """Stop waiting soon for work that says when it begins."""

    async def work():
        begun.append(True)

    try:
        async with asyncio.timeout(0.02):
            await home.run(work())
    finally:
        gave_up.set()


async def test_work_runs_on_the_loop_it_was_made_on(engine):
    home = Home()
    ours = await here()
    assert await home.run(here()) == ours
    assert await on(engine, home.run(here())) == ours
    assert home.left() == []


async def test_what_it_raises_comes_back(engine):
    async def broken():
        raise LookupError("no oven")

    home = Home()
    with pytest.raises(LookupError, match="no oven"):
        await on(engine, home.run(broken()))


async def test_whoever_stops_waiting_cancels_it(engine):
    home, ended = Home(), []

    async def slow():
        try:
            await asyncio.sleep(60)
        finally:
            ended.append(True)

    async def impatient():
        async with asyncio.timeout(0.02):
            await home.run(slow())

    for waiting in (impatient(), on(engine, impatient())):
        with pytest.raises(TimeoutError):
            await waiting
    await asyncio.sleep(0.01)
    assert ended == [True, True]
    assert home.dropped == 2
    assert home.left() == []


async def test_work_for_a_loop_that_is_busy_too_long_is_never_begun(engine):
    home, begun, gave_up = Home(), [], threading.Event()
    future = engine.submit(impatient(home, begun, gave_up))
    assert gave_up.wait(10)  # the loop of this test stands still meanwhile
    with pytest.raises(TimeoutError):
        await asyncio.wrap_future(future)
    await asyncio.sleep(0.01)
    assert (begun, home.dropped) == ([], 1)


async def test_work_is_never_begun_by_a_loop_that_took_it_and_then_was_busy(engine):
    home, begun, gave_up = Home(), [], threading.Event()

    def busy_once_taken(loop, coro, **options):
        task = asyncio.Task(coro, loop=loop, **options)
        assert gave_up.wait(10)
        return task

    asyncio.get_running_loop().set_task_factory(busy_once_taken)
    with pytest.raises(TimeoutError):
        await on(engine, impatient(home, begun, gave_up))
    asyncio.get_running_loop().set_task_factory(None)
    await asyncio.sleep(0.01)
    assert (begun, home.dropped) == ([], 1)


async def test_what_swallows_its_cancellation_holds_nobody_up():
    home, may_end = Home(), asyncio.Event()

    async def stubborn():
        while not may_end.is_set():
            try:
                await may_end.wait()
            except asyncio.CancelledError:
                continue
        return "too late"

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await home.run(stubborn())
    assert len(home.left()) == 1
    may_end.set()
    await home.aclose()
    assert home.left() == []


async def test_a_function_that_hangs_is_left_and_named(monkeypatch):
    monkeypatch.setattr(home_module, "LEAVE_S", 0.01)
    home, may_end = Home(), threading.Event()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.02):
            await home.run(home.off_loop(may_end.wait))
    await home.aclose()
    assert home.left() == ["thread 'voicelab function'"]
    may_end.set()
    await home.aclose()


async def test_functions_at_a_time_are_bounded(monkeypatch):
    monkeypatch.setattr(home_module, "MAX_THREADS", 1)
    home, may_end = Home(), threading.Event()
    first = asyncio.create_task(home.off_loop(may_end.wait))
    await asyncio.sleep(0)
    with pytest.raises(StateError, match="running already"):
        await home.off_loop(print)
    may_end.set()
    assert await first is True
    await home.aclose()


def test_where_its_loop_is_gone_work_runs_where_it_is_asked_for():
    async def make():
        return Home()

    home = asyncio.run(make())
    assert asyncio.run(home.run(here()))[1] == threading.current_thread().name
