from voicelab.net.outbox import Outbox


def everything(outbox):
    return list(iter(outbox.take, None))


def test_it_gives_what_came_first():
    outbox = Outbox()
    for n in range(6):
        outbox.add(str(n), audio=n % 2 == 0)
    assert everything(outbox) == ["0", "1", "2", "3", "4", "5"]
    assert outbox.bytes == 0


def test_the_oldest_audio_goes_and_is_counted():
    outbox = Outbox()
    for n in range(6):
        outbox.add(str(n), audio=n % 2 == 0)
    assert outbox.shorten(4 * 65)
    assert everything(outbox) == ["1", "3", "4", "5"]
    assert outbox.dropped == 2


def test_nothing_but_audio_goes():
    outbox = Outbox()
    for n in range(4):
        outbox.add(str(n), audio=n == 0)
    assert not outbox.shorten(65)
    assert everything(outbox) == ["1", "2", "3"]
    assert outbox.dropped == 1


def test_audio_that_is_too_much_by_itself_goes_and_the_rest_stays():
    outbox = Outbox()
    outbox.add("x", audio=False)
    outbox.add("y" * 1000, audio=True)
    assert outbox.shorten(500)
    assert everything(outbox) == ["x"]


def test_small_ones_cost_something_too():
    outbox = Outbox()
    for _ in range(1000):
        outbox.add("", audio=False)
    assert not outbox.shorten(1000)


def test_it_forgets():
    outbox = Outbox()
    outbox.add("x", audio=True)
    outbox.clear()
    assert outbox.take() is None
    assert outbox.bytes == 0
