"""The job server: runs the local run's jobs as concurrent child processes.

`python -m local.standins.jobs.server [--fresh]` reads requests from standard input and writes
events to standard output, as JSON objects, one per line:

    {"run": {"id", "module" | "script", "arguments", "workingDirectory", "environment", "log",
             "graceSeconds"?}}
    {"stop": {"id"}}

    {"ended": {"id", "exitCode", "seconds"}}
    {"error": {"message", "id"}}

`stop` sends the job SIGTERM, and SIGKILL after its grace period, by default 5 s.
`exitCode` is the negative signal number if a signal ended the job.
`--fresh` starts an interpreter for each job, as on systems where forking is not safe. When
standard input closes, or at SIGTERM or SIGINT, the server ends its jobs and exits.
"""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import sys
import time
from dataclasses import dataclass
from typing import Any

from local.standins.jobs.process import Job, can_fork, parse_job, start_forked, start_fresh
from local.standins.jobs.warm_interpreter import warm_up


@dataclass
class _Running:
    """A job whose process was not reaped yet; `kill_at` is set when it is stopped."""

    job: Job
    started_at: float
    kill_at: float | None = None


class JobServer:
    """Reads requests, starts and stops jobs, and reports their end; single-threaded, to fork."""

    def __init__(self, fresh: bool) -> None:
        """Sets up signals and the wake-up pipe; a fresh server does not fork."""
        self._fresh = fresh
        self._warming = None if fresh else warm_up()
        self._running: dict[int, _Running] = {}
        self._received = b""
        self._ending = False
        self._asked_to_end = False
        self._wake_read, wake_write = os.pipe()
        for descriptor in (self._wake_read, wake_write):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)  # to wake up at signals
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._ask_to_end)

    def serve(self) -> None:
        """Works until standard input closes or a signal arrives, and every job has ended."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._wake_read, selectors.EVENT_READ)
            selector.register(0, selectors.EVENT_READ)
            while not self._ending or self._running:
                timeout = self._seconds_to_next_kill() if self._warming is None else 0
                ready = {key.fd for key, _ in selector.select(timeout)}
                if not ready:
                    self._warm_up()
                if self._wake_read in ready:
                    with contextlib.suppress(BlockingIOError):
                        os.read(self._wake_read, 4096)
                if 0 in ready and not self._read_requests():
                    selector.unregister(0)
                    self._asked_to_end = True
                if self._asked_to_end and not self._ending:
                    self._end()
                self._kill_overdue()
                self._reap()

    def _warm_up(self) -> None:
        """Imports more libraries, for a tenth of a second or two."""
        if self._warming is not None and next(self._warming, self._warming) is self._warming:
            self._warming = None
            if not can_fork():
                print(  # noqa: T201
                    "job server: a library started a thread, so jobs get fresh interpreters",
                    file=sys.stderr,
                )

    def _read_requests(self) -> bool:
        """Handles complete lines of input; False at the end of the input."""
        chunk = os.read(0, 65536)
        *lines, self._received = (self._received + chunk).split(b"\n")
        for line in lines:
            if line.strip():
                self._handle(line)
        return bool(chunk)

    def _handle(self, line: bytes) -> None:
        ((kind, fields),) = json.loads(line).items()
        if kind == "stop":
            self._stop(fields["id"])
            return
        try:
            self._run(parse_job(fields))
        except (ValueError, OSError) as error:
            self._emit("error", {"message": str(error), "id": fields["id"]})

    def _run(self, job: Job) -> None:
        if self._ending:
            raise ValueError("the job server is ending")
        if any(running.job.id == job.id for running in self._running.values()):
            raise ValueError(f"run.id: {job.id} is running already")
        started_at = time.monotonic()
        pid = start_forked(job) if not self._fresh and can_fork() else start_fresh(job)
        self._running[pid] = _Running(job, started_at)

    def _stop(self, job_id: str) -> None:
        for pid, running in self._running.items():
            if running.job.id == job_id:
                self._ask_to_stop(pid, running)
        # A job that has ended needs no stop: its `ended` is on the way.

    def _ask_to_end(self, *_: object) -> None:
        self._asked_to_end = True  # no more: a handler may run at any point

    def _end(self) -> None:
        self._ending = True
        for pid, running in self._running.items():
            self._ask_to_stop(pid, running)

    def _ask_to_stop(self, pid: int, running: _Running) -> None:
        _signal_group(pid, signal.SIGTERM)
        kill_at = time.monotonic() + running.job.grace_seconds
        running.kill_at = min(running.kill_at or kill_at, kill_at)

    def _seconds_to_next_kill(self) -> float | None:
        times = [running.kill_at for running in self._running.values() if running.kill_at]
        return max(min(times) - time.monotonic(), 0) if times else None

    def _kill_overdue(self) -> None:
        for pid, running in self._running.items():
            if running.kill_at and running.kill_at <= time.monotonic():
                _signal_group(pid, signal.SIGKILL)
                running.kill_at = time.monotonic() + 1

    def _reap(self) -> None:
        for pid, running in list(self._running.items()):
            reaped, status = os.waitpid(pid, os.WNOHANG)
            if reaped == 0:
                continue
            del self._running[pid]
            _signal_group(pid, signal.SIGKILL)  # processes that the job left running
            self._emit(
                "ended",
                {
                    "id": running.job.id,
                    "exitCode": os.waitstatus_to_exitcode(status),
                    "seconds": round(time.monotonic() - running.started_at, 3),
                },
            )

    def _emit(self, kind: str, fields: dict[str, Any]) -> None:
        data = json.dumps({kind: fields}).encode() + b"\n"
        try:
            while data:
                data = data[os.write(1, data) :]
        except BrokenPipeError:  # nobody listens any more
            self._asked_to_end = True


def _signal_group(pid: int, number: signal.Signals) -> None:
    try:
        os.killpg(pid, number)
    except ProcessLookupError:  # gone, or not yet the leader of its group
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
    except PermissionError:  # macOS, for a group of zombies only
        pass


def main() -> None:
    """Runs the server on this process's standard input and output."""
    fresh = "--fresh" in sys.argv[1:] or sys.platform != "linux"
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    JobServer(fresh).serve()


if __name__ == "__main__":
    main()
