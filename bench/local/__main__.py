"""`python -m bench.local --data FILE [--rows N] [--write]`: the local run against a plain script.

Prints Markdown; --write also puts it under "## Local run" in docs/benchmarks.md. Everything is done
in a temporary folder, which needs room for about six times the largest table.
"""

import os
import platform
import tempfile
from pathlib import Path

from bench.local.data_steps import measure_data_steps
from bench.local.trials import measure_trials
from bench.report import options, publish

TITLE = "## Local run"
MAX_ROWS = 20_000_000


def main() -> None:
    """Measures everything and prints it."""
    parser = options("local", __doc__, data=True)
    parser.add_argument("--rows", type=int, default=MAX_ROWS, help="largest table")
    arguments = parser.parse_args()
    data = arguments.data
    with tempfile.TemporaryDirectory(prefix="restate-bench-") as folder:
        work = Path(folder)
        lines = [
            TITLE,
            "",
            f"`npm run bench -- local`, Python {platform.python_version()}, {os.cpu_count()} "
            "cores, California housing, the default configuration.",
            "",
            "### The whole run",
            "",
            "*Plain script* runs the same trials with scikit-learn and XGBoost alone, with the "
            "same hyperparameters, the same rows in each split and as many processes, in turns "
            "with the local run. It does not search for hyperparameters, split rows, or keep "
            "models, logs and records, so it is a lower bound. The local run uses no cached "
            "results, and ends with its report. The target is a ratio of 1.25.",
            "",
            *measure_trials(work, data),
            "",
            "### The data steps",
            "",
            "The table's rows, repeated, as CSV; the pipeline's own query and flow, each in its "
            "own process. Peak is the maximum resident memory.",
            "",
            *measure_data_steps(work, data, arguments.rows),
            "",
        ]
    publish(lines, write=arguments.write)


if __name__ == "__main__":
    main()
