from voicelab.analysis.fault_spans import spans
from voicelab.audio.compare.faults import Fault


def test_each_fault_is_where_it_is():
    faults = [Fault("gap", 1.0, 0.02), Fault("skip", 2.0, 0.5)]
    assert spans(faults, 10.0) == [(1.0, 1.02 - 1.0), (2.0, 0.0)]


def test_faults_too_close_to_be_told_apart_are_one():
    faults = [Fault("gap", n * 0.05, 0.02) for n in range(72_000)]
    ((begin_s, length_s),) = spans(faults, 3600.0)
    assert begin_s == 0.0
    assert round(length_s) == 3600
