import asyncio
import os
import signal

import psutil
import pytest

from voicelab import check_corpus
from voicelab.lab.loop_thread import LoopThread

pytestmark = pytest.mark.slow


def workers() -> list[psutil.Process]:
    return psutil.Process().children(recursive=True)


@pytest.mark.parametrize("seconds", [0, 0.01, 0.1])
async def test_cancelled_at_once_it_leaves_nothing(pairs, seconds):
    task = asyncio.create_task(check_corpus(pairs, workers=2))
    await asyncio.sleep(seconds)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not workers()


async def test_cancelled_in_the_middle_it_keeps_what_is_done(decoder, pairs, write, tmp_path):
    kept = tmp_path / "corpus.jsonl"
    slow = write("slow.wav")
    fourth = asyncio.Event()

    def told(done, total):
        if done == 4:
            fourth.set()

    listed = [*pairs[:4], (slow, slow), *pairs[4:]]
    task = asyncio.create_task(check_corpus(listed, workers=1, results=kept, progress=told))
    await fourth.wait()
    assert len(workers()) == 1
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not workers()
    assert len(kept.read_text().splitlines()) == 4


async def test_what_the_caller_raises_ends_it(pairs):
    def broken():
        yield from pairs[:2]
        raise LookupError("no more")

    with pytest.raises(LookupError, match="no more"):
        await check_corpus(broken(), workers=2)

    def told(done, total):
        raise BrokenPipeError("nobody listens")

    with pytest.raises(BrokenPipeError, match="nobody listens"):
        await check_corpus(pairs, workers=2, progress=told)
    assert not workers()


async def test_workers_that_somebody_kills_are_replaced(pairs):
    killed = []

    def told(done, total):
        if not killed:
            killed.extend(workers())
            for process in killed:
                os.kill(process.pid, signal.SIGKILL)

    table = await check_corpus(pairs, workers=2, progress=told)
    assert killed
    assert table.equals(await check_corpus(pairs, workers=1))


def test_it_works_on_any_loop(pairs):
    thread = LoopThread("test")
    try:
        table = thread.submit(check_corpus(pairs[:3], workers=2)).result(60)
    finally:
        left = thread.join()
    assert not left
    assert table["error"].tolist() == [None] * 3
    assert not workers()
