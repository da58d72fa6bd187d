"""`python -m bench.commands [--write]`: times of short commands, compared with an empty npm script.

Prints Markdown; --write also puts it under "## Commands" in docs/benchmarks.md.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter

from bench.report import options, publish

ROOT = Path(__file__).parents[1]
TITLE = "## Commands"
RUNS = 15

Command = tuple[Path, tuple[str, ...]]
"""A folder, and the arguments of `npm run` in it."""


def cost(folder: Path, arguments: tuple[str, ...]) -> tuple[float, float]:
    """Runs an npm script, and returns its CPU time and its wall time, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = perf_counter()
    command = ["npm", "run", "--silent", *arguments]
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    seconds = perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    user, system = after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime
    return user + system, seconds


def measure(folder: Path) -> list[str]:
    """Runs the commands in turn, and returns the table of their medians."""
    package = {"name": "empty", "private": True, "scripts": {"empty": "node -e 0"}}
    (folder / "package.json").write_text(json.dumps(package), "utf-8")
    work = ("--work-folder", str(folder / "work"))
    commands: dict[str, Command] = {
        "an empty script": (folder, ("empty",)),
        "help": (ROOT, ("restate", "--", "help")),
        **{verb: (ROOT, ("local", "--", verb, *work)) for verb in ("runs", "models", "trials")},
        "definition, unchanged": (ROOT, ("definition",)),
    }
    cost(ROOT, ("local", "--", "run", "--quiet", *work))
    for command in commands.values():
        cost(*command)
    costs = [{what: cost(*command) for what, command in commands.items()} for _ in range(RUNS)]

    def medians(what: str) -> tuple[float, float]:
        return median(run[what][0] for run in costs), median(run[what][1] for run in costs)

    processor, wall = medians("an empty script")
    lines = ["| | processor (s) | ratio | wall (s) | ratio |", "|---|---:|---:|---:|---:|"]
    for what in commands:
        own, seconds = medians(what)
        lines.append(
            f"| {what} | {own:.2f} | {own / processor:.2f} | {seconds:.2f} | {seconds / wall:.2f} |"
        )
    return lines


def main() -> None:
    """Measures everything and prints it."""
    arguments = options("commands", __doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix="restate-bench-") as folder:
        lines = [
            TITLE,
            "",
            f"`npm run bench -- commands`, {os.cpu_count()} cores, median of {RUNS} runs each, in "
            "turns, as typed: npm and everything that it starts. The work folder has one "
            "execution of 20 trials. Processor time is compared, because other work on the "
            "machine affects it less than wall time. The targets, relative to an empty script: "
            "help 1.5 times, lists 2 times, the definition of an unchanged configuration 3 times.",
            "",
            *measure(Path(folder)),
            "",
        ]
    publish(lines, write=arguments.write)


if __name__ == "__main__":
    main()
