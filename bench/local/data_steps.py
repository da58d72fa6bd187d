"""The local implementations of Athena and Data Wrangler with growing tables."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
_CHUNK = 1 << 20


def _program(work: Path) -> dict[str, Any]:
    """What the program of a local run registers, from the cache: a checksum, and the document."""
    ran = json.loads(next(work.glob("executions/*/definition.json")).read_text("utf-8"))
    kept = (ROOT / "node_modules/.cache/restate").glob("programs-*/*.json")
    documents = (json.loads(path.read_text("utf-8").split("\n")[1]) for path in kept)
    return next(document for document in documents if document["definition"] == ran)


def _write_rows(source: Path, target: Path, rows: int) -> None:
    """Writes a table of so many rows, by repeating those of the source."""
    lines = source.read_bytes().splitlines(keepends=True)
    whole, rest = divmod(rows, len(lines))
    with target.open("wb", buffering=_CHUNK) as stream:
        for _ in range(whole):
            stream.writelines(lines)
        stream.writelines(lines[:rest])


def _measure(module: str, *arguments: str, **environment: str) -> tuple[float, float]:
    """Runs a module; returns its wall time in seconds and its peak memory in MB."""
    environ = {**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'container'}"}
    start = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", module, *arguments], cwd=ROOT, env={**environ, **environment}
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise SystemExit(f"{module} ended with exit code {process.returncode}")
    return time.perf_counter() - start, usage.ru_maxrss / 1000


def _measure_rows(folder: Path, data: Path, program: dict[str, Any], rows: int) -> str:
    steps = {step["Name"]: step["Arguments"] for step in program["definition"]["Steps"]}
    arguments = steps["DataWranglerProcess"]
    dataset = next(
        given["DatasetDefinition"]
        for given in arguments["ProcessingInputs"]
        if "DatasetDefinition" in given
    )
    athena = dataset["AthenaDatasetDefinition"]
    table = folder / "rows.data"
    _write_rows(data, table, rows)
    base = folder / "ml"
    (base / "processing/flow").mkdir(parents=True)
    (base / "config").mkdir()
    (base / "config/processingjobconfig.json").write_text('{"ProcessingJobName": "bench"}')
    (base / "config/resourceconfig.json").write_text('{"hosts": ["algo-1"]}')
    request = {
        "query": athena["QueryString"],
        "database": athena["Database"],
        "tables": [
            {**{k: v for k, v in one.items() if k != "location"}, "paths": [str(table)]}
            for one in program["tables"]
        ],
        "output": {
            "path": str(base / dataset["LocalPath"].removeprefix("/opt/ml/")),
            "format": athena["OutputFormat"],
        },
        "failure": str(folder / "failure"),
    }
    (folder / "query.json").write_text(json.dumps(request))
    query = _measure("local.standins.athena.query", str(folder / "query.json"))
    flow = next(text for uri, text in program["uploads"] if uri.endswith(".flow"))
    (base / "processing/flow/bench.flow").write_text(flow)
    (option,) = arguments["AppSpecification"]["ContainerArguments"]
    config = re.sub(r"^--output-config '(.*)'$", r"\1", option)
    wrangler = _measure(
        "local.standins.data_wrangler", "--output-config", config, SAGEMAKER_BASE_DIR=str(base)
    )
    megabytes = table.stat().st_size / 1e6
    return (
        f"| {rows:,} | {megabytes:,.0f} | {query[0]:.1f} | {query[1]:,.0f} "
        f"| {wrangler[0]:.1f} | {wrangler[1]:,.0f} |"
    )


def measure_data_steps(work: Path, data: Path, max_rows: int) -> list[str]:
    """Measures the steps at 20,000 rows, ten times as many, and so on.

    Args:
        work: The work folder of a local run of the default program.
        data: The table's file, whose rows are repeated.
        max_rows: The largest number of rows.

    Returns:
        Lines of a Markdown table.
    """
    program = _program(work)
    lines = [
        "| Rows | file (MB) | query (s) | peak (MB) | flow (s) | peak (MB) |",
        "|---:|---:|---:|---:|---:|---:|",
    ]
    rows = 20_000
    while rows <= max_rows:
        folder = work / f"rows-{rows}"
        folder.mkdir()
        lines.append(_measure_rows(folder, data, program, rows))
        shutil.rmtree(folder)
        rows *= 10
    return lines
