"""Training time and memory, compared with bare scikit-learn and the classic stack."""

import json
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.container.environment import (
    BASELINE,
    CONTAINER,
    baseline_python,
    make_table,
    product_python,
    write_csv,
)

SIZES = (20_000, 200_000, 2_000_000)
_PHASES = """
import sys, time
from pathlib import Path
import sklearn.tree
import decision_tree.training as training
from decision_tree.environment import Environment
fit = sklearn.tree.DecisionTreeRegressor.fit
def timed(*arguments):
    started = time.perf_counter()
    fitted = fit(*arguments)
    print(time.perf_counter() - started, file=sys.stderr)
    return fitted
sklearn.tree.DecisionTreeRegressor.fit = timed
training.train(Environment(Path(sys.argv[1])))
"""


class Run(NamedTuple):
    """One process: wall time in seconds, peak resident memory in bytes, and its output."""

    seconds: float
    peak: int
    output: str


def measure_training() -> list[str]:
    """Return a Markdown table with one row per number of training rows."""
    lines = [
        "| Rows | bare fit (s) | our fit (s) | fit ratio | bare job (s) | our job (s) "
        "| classic job (s) | our peak (MB) | classic peak (MB) |",
        "|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for rows in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            lines.append(_measure(rows, Path(folder)))
    return lines


def prepare_job(base: Path, table: np.ndarray) -> None:
    """Lay out a job's base folder with one CSV file of training rows."""
    write_csv(table, base / "input/data/train/part-0.csv")
    config = base / "input/config/hyperparameters.json"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(json.dumps({"max_leaf_nodes": "300"}))


def train_product(base: Path) -> Run:
    """Run the image's training on a base folder."""
    return _run(product_python(), ["-m", "decision_tree", "train"], base)


def train_baseline(base: Path) -> Run:
    """Run the classic stack's training on a base folder."""
    return _run(baseline_python(), [str(BASELINE / "train.py"), str(base)], base)


def _measure(rows: int, base: Path) -> str:
    table = make_table(rows)
    prepare_job(base, table)
    np.save(base / "rows.npy", table)
    del table
    # Both fits in turn, twice, keeping the better of each: other load on the machine affects both.
    bare, fits = [], []
    for _ in range(2):
        bare.append(
            _run(product_python(), [str(BASELINE / "bare.py"), str(base / "rows.npy")], base)
        )
        fits.append(_run(product_python(), ["-c", _PHASES, str(base)], base))
    bare_fit = min(float(run.output.split()[-1]) for run in bare)
    our_fit = min(float(run.output.split()[-1]) for run in fits)
    job, classic = train_product(base), train_baseline(base)
    bare_job = min(run.seconds for run in bare)
    return (
        f"| {rows:,} | {bare_fit:.2f} | {our_fit:.2f} | {our_fit / bare_fit:.2f} "
        f"| {bare_job:.1f} | {job.seconds:.1f} | {classic.seconds:.1f} "
        f"| {job.peak / 1e6:.0f} | {classic.peak / 1e6:.0f} |"
    )


def _run(python: Path, arguments: list[str], base: Path) -> Run:
    """Run a process to its end and take its own peak memory from the kernel."""
    environ = {**os.environ, "SAGEMAKER_BASE_DIR": str(base)}
    with tempfile.TemporaryFile() as output:
        started = time.perf_counter()
        process = subprocess.Popen(
            [python, *arguments], cwd=CONTAINER, env=environ, stdout=output, stderr=output
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode()
    if process.returncode:
        raise RuntimeError(f"{arguments} failed: {text}")
    return Run(seconds, usage.ru_maxrss * 1024, text)
