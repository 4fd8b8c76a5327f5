from voicelab.lab.closed import Closed


def test_a_close_says_what_it_freed():
    assert repr(Closed()) == "closed: nothing was open"
    assert repr(Closed(2, 3000, 1, 14)) == "closed: 2 calls ended, port 3000, 1 thread, 14 files"
    left = Closed(port=3000, left=("thread 'x'",))
    assert repr(left) == "closed: port 3000; STILL THERE: thread 'x'"
