from __future__ import annotations

from voicelab.sim.offence import MAX_OFFENCES, Offence, OffenceBook


def test_offences_are_kept_in_order_with_an_excerpt():
    book = OffenceBook()
    book.note("one", "First.", "x" * 1000)
    book.note("two", "Second.", b"\xff" + b"y" * 1000)
    first, second = book
    assert first == Offence("one", "First.", "x" * 200)
    assert second.raw_excerpt == "\ufffd" + "y" * 199
    assert first.as_dict() == {
        "rule": "one",
        "severity": "fail",
        "message": "First.",
        "raw_excerpt": "x" * 200,
    }
    assert str(first) == "fail: one: First. " + "x" * 200


def test_good_manners_only_warn():
    assert Offence("deep-queue", "Deep.").severity == "warn"
    assert str(Offence("deep-queue", "Deep.")) == "warn: deep-queue: Deep."


def test_a_flood_of_offences_is_counted_but_not_kept():
    book = OffenceBook()
    for _ in range(MAX_OFFENCES + 5):
        book.note("same", "Again.")
    assert book.count == MAX_OFFENCES + 5
    assert len(list(book)) == MAX_OFFENCES
