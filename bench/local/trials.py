"""The local run and the plain script, at the same time on the same machine."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
RUNS = 3
_COMMAND = ["node", "--require", "tsx/cjs", "cli/restate.ts", "--local"]


# One thread per trial, as in the local run: more would compete with each other.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _timed(command: list[str], **environment: str) -> tuple[float, str]:
    """Runs a command; returns its wall time in seconds and its output."""
    start = time.perf_counter()
    finished = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    return time.perf_counter() - start, finished.stdout


def run_local(work: Path, data: Path, *options: str) -> tuple[float, dict[str, Any]]:
    """Runs the pipeline; returns its wall time in seconds, and its result with its trials."""
    places = ["--work-folder", str(work), "--data", str(data)]
    seconds, output = _timed([*_COMMAND, *places, "--json", "--quiet", *options])
    result = json.loads(output)
    execution = result["execution"]
    listing = [*_COMMAND, "trials", execution, "--work-folder", str(work), "--json"]
    return seconds, {**result, "id": execution, "trials": json.loads(_timed(listing)[1])}


def _request(work: Path, data: Path, record: dict[str, Any]) -> dict[str, Any]:
    splits = next((work / "s3").glob(f"*/executions/{record['id']}"))
    return {
        "table": str(data),
        **{split: str(splits / split) for split in ("train", "validation", "test")},
        "trials": [
            {"step": trial["step"], "hyperparameters": trial["hyperparameters"]}
            for trial in record["trials"]
        ],
        "workers": os.cpu_count(),
    }


def measure_trials(work: Path, data: Path) -> list[str]:
    """Measures both in turn.

    Args:
        work: An empty folder.
        data: The table's file.

    Returns:
        Lines of a Markdown table with the median of all runs.
    """
    first, record = run_local(work, data)
    request = work / "baseline.json"
    request.write_text(json.dumps(_request(work, data, record)))
    ours, plain, scores = [], [], {}
    for _ in range(RUNS):
        baseline = [sys.executable, "bench/local/baseline.py", str(request)]
        seconds, output = _timed(baseline, **_ONE_THREAD)
        plain.append(seconds)
        scores = json.loads(output)
        seconds, record = run_local(work, data, "--no-cache")
        ours.append(seconds)
    again = statistics.median(run_local(work, data)[0] for _ in range(RUNS))
    own = {f"Tune{one['name']}": one["r2"] for one in record["candidates"]}
    ratio = statistics.median(ours) / statistics.median(plain)
    return [
        "| | plain script | local run | ratio |",
        "|---|---:|---:|---:|",
        f"| all steps, {len(record['trials'])} trials (s, median of {RUNS}) | "
        f"{statistics.median(plain):.1f} | {statistics.median(ours):.1f} | {ratio:.2f} |",
        f"| the same in an empty work folder (s) | | {first:.1f} | |",
        f"| again, with no changes (s, median of {RUNS}) | | {again:.1f} | |",
        *(
            f"| R² of the best trial of {step}, on the test rows | "
            f"{scores[step]:.4f} | {score:.4f} | |"
            for step, score in own.items()
        ),
    ]
