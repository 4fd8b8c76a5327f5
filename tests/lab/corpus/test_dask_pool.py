import asyncio
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from types import SimpleNamespace

import pytest

import voicelab
from voicelab import check_corpus, diagnose_corpus
from voicelab.errors import MissingProgram, SettingError, StateError
from voicelab.lab.corpus import dask_pool, run

distributed = pytest.importorskip("distributed")
pytestmark = [pytest.mark.slow, pytest.mark.net]


CLUSTER = """
import sys
import distributed

if __name__ == "__main__":
    with distributed.LocalCluster(
        n_workers=int(sys.argv[1]), threads_per_worker=1, dashboard_address=":0"
    ) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


@contextmanager
def cluster(folder, workers):
    """The address of a cluster in a process of its own, whose sockets come and go as it likes."""
    script = folder / "cluster.py"
    script.write_text(CLUSTER)
    with subprocess.Popen(
        [sys.executable, script, str(workers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        yield process.stdout.readline().strip()
        process.stdin.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with cluster(tmp_path_factory.mktemp("cluster"), 2) as address:
        # Once, so that what Dask keeps for the whole process is there before anything is counted.
        with distributed.Client(address) as client:
            client.wait_for_workers(2)
            voicelab.run(check_corpus([("missing", "missing")] * 4, client=client))
        yield address


@pytest.fixture
def client(address):
    with distributed.Client(address) as client:
        yield client


async def test_a_cluster_gives_the_same_table_as_this_machine(client, pairs):
    here = await check_corpus(pairs, workers=1)
    told = []
    there = await check_corpus(iter(pairs), client=client, progress=lambda *args: told.append(args))
    assert there.equals(here)
    assert told[-1] == (len(pairs), None)
    paths = [path for path, _ in pairs]
    there = await diagnose_corpus(paths, client=client)
    assert there.equals(await diagnose_corpus(paths, workers=1))


async def test_a_client_of_the_running_loop_and_an_address_do_too(address, client, pairs):
    here = await check_corpus(pairs[:3], workers=1)
    async with distributed.Client(address, asynchronous=True) as ours:
        assert here.equals(await check_corpus(pairs[:3], client=ours))
        assert ours.status == "running"
    assert here.equals(await check_corpus(pairs[:3], client=address))


async def test_results_are_shared_with_runs_on_this_machine(client, pairs, tmp_path):
    kept = tmp_path / "corpus.jsonl"
    here = await check_corpus(pairs[:5], results=kept, workers=1)
    there = await check_corpus(pairs, results=kept, client=client)
    assert len(kept.read_text().splitlines()) == len(pairs)
    assert there.iloc[:5].equals(here)


async def test_cancelled_it_leaves_no_task_on_the_cluster(client, pairs):
    begun = asyncio.Event()
    task = asyncio.create_task(
        check_corpus(pairs * 20, client=client, progress=lambda *_: begun.set())
    )
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await asyncio.to_thread(client.run_on_scheduler, until_idle) == 0


async def until_idle(dask_scheduler) -> int:
    """How many tasks a scheduler still has, once it has had time to forget them."""
    for _ in range(600):
        if not dask_scheduler.tasks:
            break
        await asyncio.sleep(0.05)
    return len(dask_scheduler.tasks)


async def test_a_closed_client_is_an_error(address, pairs):
    async with distributed.Client(address, asynchronous=True) as ours:
        begun = asyncio.Event()
        task = asyncio.create_task(
            check_corpus(pairs * 20, client=ours, progress=lambda *_: begun.set())
        )
        await begun.wait()
    with pytest.raises(StateError, match="client was closed"):
        await task
    with pytest.raises(StateError, match="The Dask client is closed"):
        await check_corpus(pairs, client=ours)


async def test_pesq_on_one_side_only_is_refused(client, pairs, monkeypatch):
    monkeypatch.setattr(run, "scores_pesq", lambda: True)
    with pytest.raises(StateError, match="pesq is installed here or on a worker"):
        await check_corpus(pairs, client=client)


async def test_another_version_on_the_workers_is_refused(client, pairs, monkeypatch):
    monkeypatch.setattr(dask_pool, "__version__", "0.0.0")
    with pytest.raises(StateError, match="Install the same version"):
        await check_corpus(pairs, client=client)


async def test_what_is_no_client_is_refused(pairs):
    with pytest.raises(SettingError, match=r"distributed.Client or the address"):
        await check_corpus(pairs, client=7)
    monkey = pytest.MonkeyPatch()
    monkey.setattr(dask_pool, "CONNECT_S", 0.2)
    with pytest.raises(StateError, match="No Dask scheduler answers"):
        await check_corpus(pairs, client="tcp://127.0.0.1:9")
    monkey.undo()


async def test_without_the_package_it_says_how_to_install_it(pairs, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingProgram, match=r"pip install 'voicelab\[dask\]'.*conda install"):
        await check_corpus(pairs, client="tcp://127.0.0.1:9")


async def test_a_batch_that_no_worker_survives_is_tried_file_by_file(client, write, monkeypatch):
    """Dask's own verdict after several deaths, without the deaths, which take it half a minute."""
    good = [write(f"{number}.wav") for number in range(20)]
    deadly = write("deadly.wav")
    listed = [(path, good[0]) for path in [*good[:2], deadly, *good[2:]]]
    submit, alone = client.submit, []

    def killed(task):
        from distributed import KilledWorker

        raise KilledWorker(task, SimpleNamespace(address="the last worker"), 3)

    def submitted(function, orders, *args, **options):
        if any("deadly" in order["given"][0] for order in orders):
            alone.append(len(orders))
            return submit(lambda: killed("deadly"), **options)
        return submit(function, orders, *args, **options)

    monkeypatch.setattr(client, "submit", submitted)
    table = await check_corpus(listed, client=client)
    assert alone[0] > 1
    assert alone[1:] == [1]
    assert [bool(error) for error in table["error"]] == [path is deadly for path, _ in listed]
    assert "died" in table["error"].iloc[2]
    without = await check_corpus([(path, good[0]) for path in good], workers=2)
    assert table.drop(index=2).reset_index(drop=True).equals(without)


def test_a_cluster_without_workers_is_not_waited_for_for_ever(
    address, pairs, tmp_path, monkeypatch
):
    monkeypatch.setattr(dask_pool, "LOOK_S", 0.05)
    monkeypatch.setattr(dask_pool, "GROWING_S", 0.1)
    with cluster(tmp_path, 0) as deserted, pytest.raises(StateError, match=r"workers for 0.1 s"):
        voicelab.run(check_corpus(pairs, client=deserted))


def test_nor_is_one_that_lost_them(address, pairs, tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(dask_pool, "LOOK_S", 0.05)
    monkeypatch.setattr(dask_pool, "LOST_S", 0.5)
    with cluster(tmp_path, 1) as address, distributed.Client(address) as client:
        client.wait_for_workers(1)

        def told(done, total):
            if done == 1:
                client.retire_workers(list(client.nthreads()), close_workers=True)

        with pytest.raises(StateError, match=r"lost its workers, and has had no workers for 0.5 s"):
            voicelab.run(check_corpus(pairs * 9, client=client, progress=told))
    assert "has no workers: waiting 0.5 s for some" in caplog.text


def test_a_worker_that_is_lost_costs_nothing(address, pairs, tmp_path):
    processes = []

    def told(done, total):
        if processes:
            os.kill(processes[0], signal.SIGKILL)
            processes.clear()

    with cluster(tmp_path, 2) as doomed, distributed.Client(doomed) as client:
        client.wait_for_workers(2)
        processes += client.run(os.getpid).values()
        table = voicelab.run(check_corpus(pairs, client=client, progress=told))
    assert not processes
    assert table.equals(voicelab.run(check_corpus(pairs, workers=1)))
