"""Misspelt options, as each command answers them."""

import pytest

from voicelab.cli import main


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["check", "a.wav", "--agianst", "b.wav"], "no option --agianst: did you mean --against?"),
        (["check", "a.wav", "--agianst=b.wav"], "no option --agianst: did you mean --against?"),
        (["diagnose", "a.wav", "--repared", "b.wav"], "did you mean --repaired?"),
        (["serve", "--recording-s", "x"], "did you mean --recordings?"),
        (["demo", "--gremlins"], "no option --gremlins: voicelab demo --help lists all."),
        (["demo", "more"], "unrecognized arguments: more"),
        (["diagnose", "a.wav", "-z"], "unrecognized arguments: -z"),
    ],
)  # fmt: skip
def test_the_command_itself_says_what_it_does_not_know(capsys, argv, words):
    with pytest.raises(SystemExit) as ended:
        main(argv)
    said = capsys.readouterr().err
    assert ended.value.code == 2
    assert said.startswith(f"usage: voicelab {argv[0]} ")
    assert words in said


def test_an_option_may_be_cut_short_and_a_file_may_be_called_like_one(capsys, tmp_path):
    assert main(["diagnose", "none.wav", "--form", "mulaw/8000"]) == 2
    assert "There is no file none.wav" in capsys.readouterr().err
    assert main(["diagnose", "--", "--agianst"]) == 2
    assert "There is no file --agianst" in capsys.readouterr().err
