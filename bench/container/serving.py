"""Latency, throughput, cold start and memory, compared with the classic stack."""

import http.client
import itertools
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bench.container.environment import (
    BASELINE,
    CONTAINER,
    baseline_python,
    make_table,
    product_python,
    write_csv,
)
from bench.container.training import prepare_job, train_baseline, train_product

ROWS = (1, 1000)
CONNECTIONS = (1, 8, 32)
SECONDS = 5
_STARTS = 5
_SCRIPT = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "text/csv"
local file = io.open("{body}", "rb")
wrk.body = file:read("*a")
"""


class Load(NamedTuple):
    """What wrk measured: latencies in milliseconds and requests per second."""

    p50: float
    p99: float
    throughput: float


class Server:
    """A running server process that has answered /ping."""

    def __init__(self, command: Sequence[str | Path], folder: Path, base: Path, port: int) -> None:
        """Start the server and wait; `cold_start` is in seconds."""
        self.port = port
        environ = {
            **os.environ,
            "SAGEMAKER_BASE_DIR": str(base),
            "SAGEMAKER_BIND_TO_PORT": str(port),
        }
        started = time.perf_counter()
        self._process = subprocess.Popen(
            command, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        while not self._answers():
            if self._process.poll() is not None:
                raise RuntimeError(f"{command} ended")
            time.sleep(0.005)
        self.cold_start = time.perf_counter() - started

    def __enter__(self) -> "Server":
        """Return the running server."""
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it and wait."""
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(30)

    def _answers(self) -> bool:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("GET", "/ping")
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def load(self, body: Path, connections: int) -> Load:
        """Send the body repeatedly over so many connections."""
        with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
            script.write(_SCRIPT.format(body=body))
            script.flush()
            command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency"]
            url = f"http://127.0.0.1:{self.port}/invocations"
            finished = subprocess.run(
                [*command, "-s", script.name, url], capture_output=True, text=True, check=True
            )
        text = finished.stdout
        if "Non-2xx" in text:
            raise RuntimeError(f"not all answers were good: {text}")
        throughput = float(re.search(r"Requests/sec: +([\d.]+)", text)[1])
        return Load(_milliseconds(text, "50%"), _milliseconds(text, "99%"), throughput)

    def memory(self) -> int:
        """Return the proportional set size of all its processes, in bytes."""
        pids = [self._process.pid]
        for pid in pids:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
            pids += [int(child) for child in children]
        rollups = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in pids]
        return (
            sum(int(re.search(r"^Pss: +(\d+)", text, re.MULTILINE)[1]) for text in rollups) * 1024
        )


def measure_serving() -> list[str]:
    """Return Markdown tables that compare ours with the classic stack."""
    if not shutil.which("wrk"):
        raise SystemExit("the serving bench needs wrk (apt-get install wrk, brew install wrk)")
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        table = make_table(20_000)
        prepare_job(base, table)
        train_product(base)
        train_baseline(base)
        for rows in ROWS:
            write_csv(table[:rows, 1:], base / f"{rows}.csv")
        starts: tuple[list[float], list[float]] = ([], [])
        for _ in range(_STARTS):
            for start, seconds in zip((_product, _baseline), starts, strict=True):
                with start(base) as server:
                    seconds.append(server.cold_start)
        lines = [
            "| Rows | Connections | p50 (ms) | classic | p99 (ms) | classic | requests/s | classic "
            "| throughput ratio |",
            "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
        ]
        with _product(base) as product, _baseline(base) as baseline:
            for rows, connections in itertools.product(ROWS, CONNECTIONS):
                body = base / f"{rows}.csv"
                ours, theirs = (s.load(body, connections) for s in (product, baseline))
                lines.append(
                    f"| {rows:,} | {connections} | {ours.p50:.2f} | {theirs.p50:.2f} "
                    f"| {ours.p99:.2f} | {theirs.p99:.2f} | {ours.throughput:,.0f} "
                    f"| {theirs.throughput:,.0f} | {ours.throughput / theirs.throughput:.1f} |"
                )
            memory = [server.memory() / 1e6 for server in (product, baseline)]
    cold = [sorted(seconds)[_STARTS // 2] for seconds in starts]
    lines += [
        "",
        "| | ours | classic | ratio |",
        "|---|---:|---:|---:|",
        f"| cold start to the first /ping (s, median of {_STARTS}) | {cold[0]:.2f} | {cold[1]:.2f} "
        f"| {cold[0] / cold[1]:.2f} |",
        f"| memory of all processes after the load (MB, PSS) | {memory[0]:.0f} | {memory[1]:.0f} "
        f"| {memory[0] / memory[1]:.2f} |",
    ]
    return lines


def _product(base: Path) -> Server:
    """Start the image's server, which has one worker per core."""
    command = [product_python(), "-m", "decision_tree", "serve"]
    return Server(command, CONTAINER, base, _free_port())


def _baseline(base: Path) -> Server:
    """Start the classic stack's server, also with one worker per core."""
    port = _free_port()
    gunicorn = [baseline_python().with_name("gunicorn"), "-k", "gevent", "-w", str(os.cpu_count())]
    command = [*gunicorn, "--timeout", "60", "-b", f"127.0.0.1:{port}", "predictor:app"]
    return Server(command, BASELINE, base, port)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _milliseconds(text: str, percentile: str) -> float:
    match = re.search(rf"^ +{percentile} +([\d.]+)(us|ms|s|m) *$", text, re.MULTILINE)
    if not match:
        raise RuntimeError(f"wrk did not report {percentile}: {text}")
    return float(match[1]) * {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}[match[2]]
