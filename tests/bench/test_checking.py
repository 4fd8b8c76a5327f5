import json

import numpy as np
import pytest

from voicelab.audio.wav import wav_bytes

CALLS, FRAMES = 3, 10


@pytest.fixture
def batch():
    from placing import Batch

    return Batch(7, CALLS, FRAMES)


@pytest.fixture
def server(tmp_path):
    """A server that wrote everything right."""
    import wire
    from contenders import Contender, Running

    for index in range(CALLS):
        samples = np.frombuffer(wire.audio(index, FRAMES), "<i2").astype(np.int16)
        stereo = np.stack([samples, np.zeros_like(samples)], axis=1)
        (tmp_path / f"call-{index}.wav").write_bytes(wav_bytes(samples, 8000))
        (tmp_path / f"call-{index}.heard.wav").write_bytes(wav_bytes(stereo, 8000))
        call_id = wire.call_id(7, index)
        lines = [json.dumps({"voicelab": 1, "call_id": call_id})]
        for number, frame in enumerate(wire.media(call_id, FRAMES)):
            text = wire.masked(frame[4:8], frame[8:]).decode()
            lines.append(f'{{"t":{number},"leg":"carrier","way":"in","m":{text}}}')
        lines.append('{"t":99,"leg":"lab","way":"in","ev":{"name":"ended"}}')
        (tmp_path / f"call-{index}.journal.jsonl").write_text("\n".join(lines) + "\n")
    return Running(Contender("a server", (), journals=True), tmp_path)


def test_what_is_right_gives_the_stamps_and_is_deleted(server, batch):
    import wire
    from checking import check

    stamps = check(server, batch, patience_s=0)
    assert stamps == {wire.call_id(7, index): list(range(FRAMES)) for index in range(CALLS)}
    assert list(server.folder.iterdir()) == []


def flip_a_sample(folder, name):
    path = folder / name
    data = bytearray(path.read_bytes())
    data[100] ^= 1
    path.write_bytes(data)


def lose_a_line(folder):
    path = folder / "call-1.journal.jsonl"
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:4] + lines[5:]))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda folder: flip_a_sample(folder, "call-1.wav"), "3 WAVs do not hold"),
        (lambda folder: flip_a_sample(folder, "call-2.heard.wav"), "heard WAVs do not hold"),
        (lambda folder: (folder / "call-0.wav").unlink(), "2 WAVs do not hold"),
        (lose_a_line, "its 9 media messages are not those"),
        (lambda folder: (folder / "call-2.journal.jsonl").unlink(), "2 journals are not those"),
    ],
)
def test_what_is_wrong_is_named_and_kept(server, batch, spoil, said):
    from checking import check

    spoil(server.folder)
    before = sorted(server.folder.iterdir())
    with pytest.raises(SystemExit, match=said):
        check(server, batch, patience_s=0)
    assert sorted(server.folder.iterdir()) == before
