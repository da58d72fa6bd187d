"""The job server as a separate process, with real jobs."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from machine import PATIENCE

ROOT = Path(__file__).parents[3]
FAST = "import sys; sys.exit(0)"


class Server:
    """A job server and its jobs' files."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local.standins.jobs.server", *options],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'container'}"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def send(self, request: object) -> None:
        assert self.process.stdin
        text = request if isinstance(request, str) else json.dumps(request)
        self.process.stdin.write(text + "\n")
        self.process.stdin.flush()

    def event(self) -> dict[str, Any]:
        assert self.process.stdout
        line = self.process.stdout.readline()
        assert line, "the server ended"
        event: dict[str, Any] = json.loads(line)
        return event

    def run(
        self,
        job: str,
        code: str,
        *arguments: str,
        grace: float | None = None,
        **environment: str,
    ) -> None:
        """Requests a job that runs `code`."""
        (self.folder / f"{job}.py").write_text(code)
        self.send(
            {
                "run": {
                    "id": job,
                    "script": str(self.folder / f"{job}.py"),
                    "arguments": list(arguments),
                    "workingDirectory": str(self.folder),
                    "environment": environment,
                    "log": str(self.folder / f"{job}.log"),
                    **({} if grace is None else {"graceSeconds": grace}),
                }
            }
        )

    def result(self, job: str, code: str, *arguments: str, **environment: str) -> dict[str, Any]:
        """Runs a job to its end, and returns its `ended` event."""
        self.run(job, code, *arguments, **environment)
        ended: dict[str, Any] = self.event()["ended"]
        return ended

    def log(self, job: str) -> str:
        return (self.folder / f"{job}.log").read_text()

    def wait_for(self, job: str, text: str) -> None:
        """Waits until the job has written `text`."""
        deadline = time.monotonic() + PATIENCE
        path = self.folder / f"{job}.log"
        while not path.exists() or text not in path.read_text():
            assert time.monotonic() < deadline, f"{job} never wrote {text}"
            time.sleep(0.02)

    def close(self) -> int:
        assert self.process.stdin
        self.process.stdin.close()
        return self.process.wait(PATIENCE)


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("warm"))
    # What a warm server ends its warming with shows in the jobs that it forks.
    is_warm = "import gc\nprint(gc.get_freeze_count() > 0)\n"
    while server.result("warming", is_warm) and server.log("warming") == "False\n":
        time.sleep(0.1)
    yield server
    server.close()


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("fresh"), "--fresh")
    yield server
    server.close()


@pytest.fixture(params=["warm", "fresh"])
def server(request: pytest.FixtureRequest) -> Server:
    instance: Server = request.getfixturevalue(request.param)
    return instance


def test_gives_the_job_its_arguments_environment_and_directory(server: Server) -> None:
    code = (
        "import os, sys\n"
        "print(sys.argv[1:], os.environ['GREETING'], os.getcwd(), __name__)\n"
        "print(repr(sys.stdin.read()))\n"
        "print('warning', file=sys.stderr)\n"
    )
    ended = server.result("contract", code, "train", "a b", GREETING="hello")
    assert ended["exitCode"] == 0
    assert 0 < ended["seconds"] < 10
    expected = f"['train', 'a b'] hello {server.folder} __main__\n''\nwarning\n"
    assert server.log("contract") == expected


@pytest.mark.parametrize(
    ("code", "exit_code", "log"),
    [
        ("import sys; sys.exit(3)", 3, ""),
        ("import sys; sys.exit()", 0, ""),
        ("import sys; sys.exit('no data')", 1, "no data\n"),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9, ""),
    ],
)
def test_reports_how_the_job_ended(server: Server, code: str, exit_code: int, log: str) -> None:
    assert server.result("ending", code)["exitCode"] == exit_code
    assert server.log("ending") == log


def test_logs_only_the_traceback_of_the_job(server: Server) -> None:
    assert server.result("broken", "def f():\n    raise KeyError('x')\nf()\n")["exitCode"] == 1
    log = server.log("broken")
    assert log.startswith("Traceback (most recent call last):\n")
    assert "KeyError: 'x'" in log
    assert "job_process" not in log
    assert "runpy" not in log


def test_runs_a_module_of_the_search_path(server: Server) -> None:
    package = server.folder / "somewhere" / "my_algorithm"
    package.mkdir(parents=True, exist_ok=True)
    (package / "__main__.py").write_text("import sys\nprint(sys.argv[1:], __name__)\n")
    server.send(
        {
            "run": {
                "id": "module",
                "module": "my_algorithm",
                "arguments": ["train"],
                "workingDirectory": str(server.folder),
                "environment": {"PYTHONPATH": str(package.parent)},
                "log": str(server.folder / "module.log"),
            }
        }
    )
    assert server.event()["ended"]["exitCode"] == 0
    assert server.log("module") == "['train'] __main__\n"


def test_forks_with_loaded_libraries_and_no_threads(warm: Server) -> None:
    code = (
        "import sys, os\n"
        "heavy = ('numpy', 'sklearn', 'xgboost', 'duckdb')\n"
        "loaded = [name for name in heavy if name in sys.modules]\n"
        "print(loaded, len(os.listdir('/proc/self/task')), 'pandas' in sys.modules)\n"
    )
    warm.result("loaded", code)
    assert warm.log("loaded") == "['numpy', 'sklearn', 'xgboost', 'duckdb'] 1 False\n"


def test_runs_jobs_while_it_warms_up(tmp_path: Path) -> None:
    server = Server(tmp_path)
    code = "import sklearn.tree, threadpoolctl\nprint(threadpoolctl.threadpool_info())\n"
    server.run("early", "import sys\nprint('xgboost' in sys.modules)\n")
    assert "ended" in server.event()
    assert server.result("threads", code, OMP_NUM_THREADS="3")["exitCode"] == 0
    assert server.log("early") == "False\n"
    assert "'num_threads': 3" in server.log("threads")
    assert server.close() == 0


def test_a_script_finds_its_own_modules_whatever_their_names(server: Server) -> None:
    (server.folder / "decision_tree.py").write_text("print('my own')\n")
    assert server.result("own", "import decision_tree")["exitCode"] == 0, server.log("own")
    assert server.log("own") == "my own\n"
    (server.folder / "decision_tree.py").unlink()
    code = "import decision_tree.tree; print(decision_tree.__name__)"
    assert server.result("ours", code)["exitCode"] == 0, server.log("ours")
    assert server.log("ours") == "decision_tree\n"


def test_a_forked_job_may_use_every_library_with_threads(warm: Server) -> None:
    code = (
        "import duckdb, numpy, xgboost\n"
        "from sklearn.tree import DecisionTreeRegressor\n"
        "x = numpy.random.default_rng(1).random((2000, 4))\n"
        "tree = DecisionTreeRegressor(max_depth=3).fit(x, x[:, 0])\n"
        "xgboost.train({'nthread': 2}, xgboost.DMatrix(x, x[:, 0]), 5)\n"
        "database = duckdb.connect(config={'threads': 2})\n"
        "print(database.sql('select sum(i) from range(3000000) t(i)').fetchone())\n"
        "print(duckdb.sql('select sum(i) from range(3000000) t(i)').fetchone())\n"
    )
    assert warm.result("libraries", code)["exitCode"] == 0, warm.log("libraries")
    assert warm.log("libraries") == "(4499998500000,)\n(4499998500000,)\n"


def test_forked_jobs_draw_different_random_numbers(warm: Server) -> None:
    for job in ("first", "second"):
        warm.result(job, "import random, numpy\nprint(random.random(), numpy.random.random())\n")
    assert not set(warm.log("first").split()) & set(warm.log("second").split())


def test_limits_openmp_threads_by_the_jobs_environment(warm: Server) -> None:
    code = (
        "import sklearn.ensemble, threadpoolctl\n"
        "pools = threadpoolctl.threadpool_info()\n"
        "print({pool['num_threads'] for pool in pools if pool['user_api'] == 'openmp'})\n"
    )
    warm.result("openmp", code, OMP_NUM_THREADS="3")
    assert warm.log("openmp") == "{3}\n"


def test_runs_jobs_in_parallel(server: Server) -> None:
    wait_for_other = (
        "import pathlib, sys, time\n"
        "pathlib.Path(sys.argv[1]).touch()\n"
        "while not pathlib.Path(sys.argv[2]).exists(): time.sleep(0.01)\n"
    )
    server.run("left", wait_for_other, "left.here", "right.here")
    server.run("right", wait_for_other, "right.here", "left.here")
    assert [server.event()["ended"]["exitCode"] for _ in range(2)] == [0, 0]


def test_stops_a_job_and_its_child_processes(server: Server) -> None:
    code = (
        "import subprocess, sys, time\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        "print('child', child.pid, flush=True)\n"
        "time.sleep(600)\n"
    )
    server.run("stopped", code, grace=PATIENCE)
    server.wait_for("stopped", "child")
    server.send({"stop": {"id": "stopped"}})
    # Not the SIGKILL that would follow after the grace.
    assert server.event()["ended"]["exitCode"] == -signal.SIGTERM
    child = int(server.log("stopped").split()[1])
    _expect_end(child)


def test_kills_a_job_that_does_not_stop_within_its_grace_period(server: Server) -> None:
    code = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)\n"
    )
    server.run("slow", code, grace=1.5)
    server.wait_for("slow", "ready")
    asked = time.monotonic()
    server.send({"stop": {"id": "slow"}})
    assert server.event()["ended"]["exitCode"] == -signal.SIGKILL
    assert time.monotonic() - asked >= 1.5


def test_lets_a_stopped_job_finish_its_work(server: Server) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))\n"
        "print('ready', flush=True)\n"
        "time.sleep(600)\n"
    )
    server.run("polite", code, grace=PATIENCE)
    server.wait_for("polite", "ready")
    server.send({"stop": {"id": "polite"}})
    assert server.event()["ended"]["exitCode"] == 5


VALID = {
    "id": "x", "module": "m", "arguments": [], "environment": {}, "log": "l",
    "workingDirectory": "/",
}  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"script": "/x.py"}, "run.script: no such file: /x.py"),
        ({"workingDirectory": "/nowhere"}, "run.workingDirectory: no such directory: /nowhere"),
        ({"log": "/nowhere/l"}, "/nowhere/l"),
    ],
)
def test_refuses_a_job_without_its_files_and_continues(
    warm: Server, fields: dict[str, Any], message: str
) -> None:
    warm.send({"run": {**VALID, **fields}})
    assert message in warm.event()["error"]["message"]
    assert warm.result("after", FAST)["exitCode"] == 0


def test_refuses_a_second_job_with_the_same_id(warm: Server) -> None:
    warm.run("twin", "import time; time.sleep(600)", grace=0)
    warm.run("twin", FAST)
    assert "twin is running already" in warm.event()["error"]["message"]
    warm.send({"stop": {"id": "twin"}})
    assert warm.event()["ended"]["id"] == "twin"


@pytest.mark.parametrize("ending", ["input closes", "SIGTERM", "SIGINT", "SIGKILL"])
def test_no_job_outlives_the_server(tmp_path: Path, ending: str) -> None:
    server = Server(tmp_path)
    code = "import os, time\nprint(os.getpid(), 'up', flush=True)\ntime.sleep(600)\n"
    server.run("orphan", code)
    server.wait_for("orphan", "up")
    pid = int(server.log("orphan").split()[0])
    if ending == "input closes":
        assert server.close() == 0
    else:
        server.process.send_signal(getattr(signal, ending))
        assert server.process.wait(PATIENCE) == (-9 if ending == "SIGKILL" else 0)
    _expect_end(pid)


def _expect_end(pid: int) -> None:
    """Expects a process to end soon: a signal takes a moment on a busy machine."""
    deadline = time.monotonic() + PATIENCE
    while _is_alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not _is_alive(pid)


def _is_alive(pid: int) -> bool:
    """Whether the process runs; an unreaped zombie does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
