from voicelab.lab.corpus import process_pool


def test_a_worker_has_one_thread_and_nothing_of_dasks(monkeypatch):
    monkeypatch.setenv("MALLOC_TRIM_THRESHOLD_", "65536")
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    environment = process_pool._environment()
    assert "MALLOC_TRIM_THRESHOLD_" not in environment
    assert environment["OMP_NUM_THREADS"] == environment["OPENBLAS_NUM_THREADS"] == "1"


def test_there_is_a_core_at_least():
    assert process_pool.cores() >= 1


def test_a_worker_imports_this_voicelab_and_nothing_from_where_it_happens_to_run(monkeypatch):
    import sys

    package = process_pool._path()
    assert all(package)
    monkeypatch.setattr(sys, "path", ["", "/elsewhere"])
    assert process_pool._path()[1:] == ["/elsewhere"]
