import asyncio
import os
import subprocess
import sys

import pytest

import voicelab
from voicelab import check_corpus, diagnose_corpus
from voicelab.errors import MissingProgram, SettingError, StateError
from voicelab.lab.corpus import dask_pool

distributed = pytest.importorskip("distributed")
pytestmark = [pytest.mark.slow, pytest.mark.net]


CLUSTER = """
import sys
import distributed

if __name__ == "__main__":
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0"
    ) as cluster:
        print(cluster.scheduler_address, flush=True)
        sys.stdin.read()
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A cluster of two workers in a process of its own, whose sockets come and go as it likes."""
    script = tmp_path_factory.mktemp("cluster") / "cluster.py"
    script.write_text(CLUSTER)
    with subprocess.Popen(
        [sys.executable, script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    ) as process:
        address = process.stdout.readline().strip()
        # Once, so that what Dask keeps for the whole process is there before anything is counted.
        with distributed.Client(address) as client:
            client.wait_for_workers(2)
            voicelab.run(check_corpus([("missing", "missing")] * 4, client=client))
        yield address
        process.stdin.close()


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
    task = asyncio.create_task(check_corpus(pairs * 20, client=client))
    await asyncio.sleep(0.5)
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
        task = asyncio.create_task(check_corpus(pairs * 20, client=ours))
        await asyncio.sleep(0.5)
    with pytest.raises(StateError, match="client was closed"):
        await task


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


SCRIPT = """
import sys
import distributed
import voicelab

if __name__ == "__main__":
    with distributed.LocalCluster(n_workers=1, dashboard_address=":0") as cluster:
        with distributed.Client(cluster) as client:
            pairs = [(path, sys.argv[1]) for path in sys.argv[1:]]
            table = voicelab.run(voicelab.check_corpus(pairs, client=client))
            print([bool(error) for error in table["error"]], "died" in table["error"].iloc[1])
"""


def test_a_deadly_file_costs_its_own_row_alone(decoder, write, tmp_path):
    script = tmp_path / "script.py"
    script.write_text(SCRIPT)
    paths = [write(name) for name in ("0.wav", "deadly.wav", "1.wav", "2.wav")]
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(sys.path),
        "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
    }
    done = subprocess.run(
        [sys.executable, script, *paths],
        capture_output=True,
        text=True,
        check=True,
        env=environment,
    )
    assert done.stdout == "[False, True, False, False] True\n", done.stderr
