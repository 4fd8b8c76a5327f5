"""Names that no system takes."""

import pytest

from voicelab.errors import CallNotFound
from voicelab.lab.places import existing


@pytest.mark.parametrize("name", ["n" * 300, "~nobody-of-that-name/a.wav"])
def test_a_name_that_no_file_can_have_is_a_sentence(name):
    with pytest.raises(CallNotFound, match=r"There is no file .*[^.]\.$"):
        existing(name)
