from __future__ import annotations

import numpy as np
import pytest

from voicelab.audio.samples import require_int16, type_of
from voicelab.errors import FormatError


def test_int16_of_any_shape_passes():
    require_int16(np.zeros((2, 3), np.int16))
    require_int16(np.zeros(0, np.int16))


@pytest.mark.parametrize(
    "value", [np.zeros(1), np.zeros(1, ">i2"), np.zeros(1, np.int32), [0], b"", 0]
)
def test_anything_else_is_refused_by_its_name(value):
    with pytest.raises(FormatError, match=str(type_of(value))):
        require_int16(value)


def test_type_of():
    assert str(type_of(np.zeros(1))) == "float64"
    assert type_of([1]) == "list"
