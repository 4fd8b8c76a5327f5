import numpy as np
import pytest

MS = 1_000_000
CALLS, FRAMES = 3, 25


def talked(dialect, up_ms=4, down_ms=6):
    """Both ends of a bridge that takes so long, with the lines in another order at the model."""
    from dialects import MODEL_VOICES, voice
    from tracks import Track

    callers, models = [], []
    for index in range(CALLS):
        sent_ns = [(number * 20 + index) * MS for number in range(FRAMES)]
        caller = Track(voice(index, FRAMES, dialect.line), sent_ns)
        model = Track(voice(MODEL_VOICES + index, FRAMES, dialect.model), sent_ns)
        model.hear(
            (sent + up_ms * MS, audio)
            for sent, audio in zip(sent_ns, dialect.to_model(caller.said), strict=True)
        )
        *spoken, rest = dialect.to_line(model.said)
        times = [sent + down_ms * MS for sent in sent_ns]
        caller.hear(zip([*times, times[-1]], [*spoken, rest], strict=True))
        callers.append(caller)
        models.insert(0, model)
    return callers, models


@pytest.mark.parametrize("name", ["browser", "mulaw", "l16"])
def test_each_frame_waits_from_the_one_that_completed_it(name):
    from dialects import DIALECTS
    from tracks import waits_ms

    up_ms, down_ms = waits_ms(*talked(DIALECTS[name]), DIALECTS[name])
    assert up_ms.size == CALLS * FRAMES
    assert set(up_ms) == {4.0}
    assert set(down_ms) == {6.0}
    assert down_ms.size in (CALLS * FRAMES, CALLS * (FRAMES - 1))


def test_a_frame_that_only_the_end_completed_has_not_waited():
    from dialects import L16
    from tracks import Track, waits_ms

    callers, models = talked(L16)
    size = 320
    for caller in callers:
        known = Track()
        pieces = [caller.heard[at : at + size] for at in range(0, len(caller.heard), size)]
        known.hear((20 * MS * (number + 2), piece) for number, piece in enumerate(pieces))
        caller.heard, caller.ends, caller.came_ns = known.heard, known.ends, known.came_ns
    _, down_ms = waits_ms(callers, models, L16)
    assert down_ms.size == CALLS * (FRAMES - 1)
    assert set(down_ms) <= {20.0, 19.0, 18.0}  # the resampler's delay shifts whole frames by one


def test_silence_in_one_direction_is_no_error():
    from dialects import MULAW
    from tracks import Track, waits_ms

    callers, models = talked(MULAW)
    heard = [Track(b"", [], each.heard, each.ends, each.came_ns) for each in callers]
    said = [Track(each.said, each.sent_ns) for each in models]
    up_ms, down_ms = waits_ms(heard, said, MULAW)
    assert (up_ms.size, down_ms.size) == (0, CALLS * FRAMES)


def flip(track):
    data = bytearray(track.heard)
    data[100] ^= 1
    track.heard = bytes(data)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda callers, models: flip(models[1]), "1 of 3 lines .* 3 models"),
        (lambda callers, models: flip(callers[0]), "1 of 3 lines .* 3 callers"),
        (lambda callers, models: models.pop(), "lines .* 2 models"),
        (lambda callers, models: setattr(callers[2], "heard", b""), "1 of 3 .* callers"),
        (lambda callers, models: setattr(models[0], "heard", models[1].heard), "1 of 3 .* models"),
    ],
)
def test_what_was_not_heard_as_it_was_said_is_named(spoil, said):
    from dialects import MULAW
    from tracks import Wrong, waits_ms

    callers, models = talked(MULAW)
    spoil(callers, models)
    with pytest.raises(Wrong, match=said):
        waits_ms(callers, models, MULAW)


def test_tracks_are_stored_as_they_are(tmp_path):
    from dialects import BROWSER
    from tracks import read, write

    callers, _ = talked(BROWSER)
    write(tmp_path / "tracks", callers)
    assert read(tmp_path / "tracks") == callers


def test_a_later_wait_shows():
    from dialects import MULAW
    from tracks import waits_ms

    callers, models = talked(MULAW)
    models[0].came_ns[7] += 30 * MS
    up_ms, _ = waits_ms(callers, models, MULAW)
    assert np.sort(up_ms)[-2:].tolist() == [4.0, 34.0]
