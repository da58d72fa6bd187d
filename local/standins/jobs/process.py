"""A job, and the start of its process: forked from the warm server, or a fresh interpreter.

A forked job starts in about 10 ms, because scikit-learn, XGBoost and DuckDB are already in memory.
Forking is only safe while the server has one thread, which `can_fork` checks.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import importlib
import os
import runpy
import signal
import subprocess
import sys
import threading
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from local.standins.jobs.warm_interpreter import forget_own_modules, limit_threads
from local.standins.unused_modules import hide_unused_modules

_GRACE_SECONDS = 5.0
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


@dataclass(frozen=True)
class Job:
    """A job.

    Attributes:
        id: In events and `stop` requests.
        target: The module (`python -m`) or the script's path.
        is_module: Whether `target` is a module.
        arguments: Follow the program's name in `sys.argv`.
        working_directory: An existing directory.
        environment: Added to the server's environment.
        log: File for standard output and error, truncated at the start.
        grace_seconds: Between SIGTERM and SIGKILL.
    """

    id: str
    target: str
    is_module: bool
    arguments: tuple[str, ...]
    working_directory: str
    environment: dict[str, str]
    log: str
    grace_seconds: float


def parse_job(fields: dict[str, Any]) -> Job:
    """The job of a `run` request.

    Raises:
        ValueError: The working directory or the script does not exist.
    """
    directory, script = fields["workingDirectory"], fields.get("script")
    if not Path(directory).is_dir():
        raise ValueError(f"run.workingDirectory: no such directory: {directory}")
    if script is not None and not Path(script).is_file():
        raise ValueError(f"run.script: no such file: {script}")
    return Job(
        id=fields["id"],
        target=script or fields["module"],
        is_module=script is None,
        arguments=tuple(fields["arguments"]),
        working_directory=directory,
        environment=fields["environment"],
        log=fields["log"],
        grace_seconds=fields.get("graceSeconds", _GRACE_SECONDS),
    )


def can_fork() -> bool:
    """Whether this process may fork safely: on Linux, with a single thread."""
    return sys.platform == "linux" and len(list(Path("/proc/self/task").iterdir())) == 1


def start_forked(job: Job) -> int:
    """Forks a child that runs the job; returns its process id, which is also its process group.

    Raises:
        OSError: The log cannot be opened, or the system has no more processes.
    """
    log = os.open(job.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o644)
    # Signals must not reach the child while it has the server's handlers.
    blocked = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    try:
        parent = os.getpid()
        pid = os.fork()
        if pid == 0:
            _run_in_child(job, log, parent, blocked)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        os.close(log)
    return pid


def start_fresh(job: Job) -> int:
    """Starts the job in a new interpreter, where forking is not safe; returns the same.

    Raises:
        OSError: The log cannot be opened, or the process cannot start.
    """
    target = ["-m", job.target] if job.is_module else [job.target]
    with Path(job.log).open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  # it runs what is requested
            [sys.executable, "-u", *target, *job.arguments],
            cwd=job.working_directory,
            env={**os.environ, **job.environment},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    process.returncode = 0  # the server reaps it, by os.waitpid
    return process.pid


def _run_in_child(job: Job, log: int, parent: int, mask: set[int | signal.Signals]) -> NoReturn:
    """Turns the forked child into the job; never returns."""
    code = 1
    try:
        os.setsid()
        _die_with(parent)
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        null = os.open(os.devnull, os.O_RDONLY)
        for source, target in ((null, 0), (log, 1), (log, 2)):
            os.dup2(source, target)
        os.closerange(3, max(null, log, _highest_descriptor()) + 1)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stdout = open(1, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", buffering=1, closefd=False)  # noqa: SIM115
        os.chdir(job.working_directory)
        os.environ.update(job.environment)
        _set_up_interpreter(job)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        code = _run_main(job)
    except BaseException:  # even a failed set-up must not return
        traceback.print_exc()
    finally:
        os._exit(code)


def _run_main(job: Job) -> int:
    """Runs the job as `__main__`; returns the exit code, like the interpreter."""
    code = 0
    try:
        if job.is_module:
            runpy.run_module(job.target, run_name="__main__", alter_sys=True)
        else:
            runpy.run_path(job.target, run_name="__main__")
    except SystemExit as exit_request:
        code = _exit_code(exit_request.code)
    except BaseException as error:
        code = 130 if isinstance(error, KeyboardInterrupt) else 1
        _print_exception(error)
    for thread in threading.enumerate():
        if thread is not threading.main_thread() and not thread.daemon:
            thread.join()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    return code


def _exit_code(code: str | int | None) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)  # noqa: T201  # like sys.exit("message")
    return 1


def _print_exception(error: BaseException) -> None:
    """Prints the traceback without the frames of this module and of runpy."""
    frames = error.__traceback__
    own = (__file__, "<frozen runpy>", runpy.__file__)
    while frames and frames.tb_next and frames.tb_frame.f_code.co_filename in own:
        frames = frames.tb_next
    traceback.print_exception(type(error), error, frames)


def _set_up_interpreter(job: Job) -> None:
    """Sets up the forked interpreter like a fresh one's command line would."""
    sys.argv = [job.target, *job.arguments]
    search = [entry for entry in job.environment.get("PYTHONPATH", "").split(os.pathsep) if entry]
    start = job.working_directory if job.is_module else str(Path(job.target).parent)
    if job.is_module:
        sys.modules.pop(job.target, None)  # runpy warns of modules that it finds
        hide_unused_modules()
    else:
        forget_own_modules()
    sys.path[:] = [start, *search, *(entry for entry in sys.path if entry not in ("", start))]
    importlib.invalidate_caches()
    if numpy := sys.modules.get("numpy"):
        numpy.random.seed()  # otherwise every job would draw the same numbers
    limit_threads(job.environment.get("OMP_NUM_THREADS", ""))


def _die_with(parent: int) -> None:
    """Makes the kernel kill this process if the server dies without ending its jobs."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before the call
        os._exit(1)


def _highest_descriptor() -> int:
    return max(int(entry.name) for entry in Path("/proc/self/fd").iterdir())
