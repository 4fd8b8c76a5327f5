import asyncio
import threading

from voicelab.call.hub import Hub


async def test_every_follower_gets_every_item_and_the_end():
    hub = Hub()
    followers = [hub.subscribe("call:1") for _ in range(3)]
    for n in range(5):
        assert hub.publish("call:1", n) == 3
    hub.end("call:1")
    for follower in followers:
        assert [item async for item in follower] == [0, 1, 2, 3, 4]
    assert hub.publish("call:1", "nobody") == 0


async def test_a_slow_follower_loses_its_own_oldest_items():
    hub = Hub()
    slow, quick = hub.subscribe("call:1", max_items=2), hub.subscribe("call:1")
    for n in range(5):
        hub.publish("call:1", n)
    hub.end("call:1")
    assert [item async for item in slow] == [3, 4]
    assert slow.dropped == 3
    assert [item async for item in quick] == [0, 1, 2, 3, 4]
    assert quick.dropped == 0


async def test_names_of_the_provider_lead_to_the_same_call():
    hub = Hub()
    hub.alias("call:CA1", "call:1")
    with hub.subscribe("call:CA1") as follower:
        hub.publish("call:1", "x")
        assert await anext(follower) == "x"
    assert hub.publish("call:1", "y") == 0


async def test_items_of_another_thread_wake_a_waiting_follower():
    hub = Hub()
    follower = hub.subscribe("call:1")
    waiting = asyncio.create_task(anext(follower))
    await asyncio.sleep(0)
    thread = threading.Thread(target=hub.publish, args=("call:1", "from afar"))
    thread.start()
    assert await waiting == "from afar"
    thread.join()


async def test_a_cancelled_follower_misses_nothing():
    hub = Hub()
    follower = hub.subscribe("call:1")
    waiting = asyncio.create_task(anext(follower))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    hub.publish("call:1", "kept")
    assert await anext(follower) == "kept"


async def test_a_follower_of_a_name_that_becomes_known_later_follows_the_call():
    hub = Hub()
    follower = hub.subscribe("call:CA1")
    hub.alias("call:CA1", "call:1")
    hub.publish("call:1", "x")
    hub.end("call:1")
    assert [item async for item in follower] == ["x"]


async def test_following_what_has_ended_is_over_at_once():
    hub = Hub()
    hub.alias("call:CA1", "call:1")
    hub.end("call:1")
    assert [item async for item in hub.subscribe("call:CA1")] == []
    waiting = hub.subscribe("calls")
    hub.close()
    assert [item async for item in waiting] == []
    assert [item async for item in hub.subscribe("anything")] == []


def test_a_follower_whose_loop_is_gone_does_not_stop_the_publisher():
    hub = Hub()

    async def follow():
        return hub.subscribe("call:1")

    follower = asyncio.run(follow())
    assert hub.publish("call:1", "x") == 1
    follower.close()
    assert hub.publish("call:1", "y") == 0


async def test_take_gives_all_that_is_queued_without_waiting():
    hub = Hub()
    with hub.subscribe("call:1", max_items=3) as follower:
        assert follower.take() == []
        for number in range(5):
            hub.publish("call:1", number)
        assert follower.take() == [2, 3, 4]
        assert follower.dropped == 2
        assert follower.take() == []
        hub.publish("call:1", 5)
        assert await anext(follower) == 5
