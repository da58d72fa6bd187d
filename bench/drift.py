"""`python -m bench.drift [--write] [--months N]`: false alarms in quiet months, detected shifts.

The data is synthetic: eight numbers, some of which are correlated, skewed, integers or missing, and
a category with five labels. Each month draws new data: 20,000 training rows and 3,000 test rows for
the reference, and 10,000 rows from which requests are drawn.

Prints Markdown; --write also puts it under "## Drift" in docs/benchmarks.md.
"""

from __future__ import annotations

import os
import sys
from multiprocessing import Pool
from pathlib import Path
from time import perf_counter

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "pipeline/scripts"))

from drift_reference import make_reference  # noqa: E402
from drift_tests import Thresholds  # noqa: E402

from bench.report import options, publish  # noqa: E402
from local.drift_simulation.replay import Labels, Replay  # noqa: E402
from local.drift_simulation.shifts import Shift, World  # noqa: E402

TITLE = "## Drift"
COLUMNS = [f"x{number}" for number in range(8)] + [f"area_{label}" for label in "abcde"]
SHARES = [0.4, 0.3, 0.2, 0.08, 0.02]
WORTH = np.array([0, 0.5, 1, -0.5, 2])
TRAIN, TEST, ASKED = 20_000, 3_000, 10_000
VOLUMES = {"1 k": 1_000, "1 M": 1_000_000}
START = 7

Parsed = tuple[str, list[dict[str, object]], dict[str, int]]
"""A kind: its name, its shifts, and the days within which it must be detected, by volume."""


def sudden(
    kind: str, size: float, columns: tuple[str, ...] = ("x0",), **more: object
) -> dict[str, object]:
    """A sudden shift."""
    return {
        **{"kind": kind, "size": size, "columns": list(columns), "start": START},
        **{"profile": "sudden", "days": 1, **more},
    }


SOON = {"1 k": 3, "1 M": 1}
KINDS: list[Parsed] = [
    ("mean: 0.35 deviations", [sudden("mean", 0.35)], SOON),
    ("scale: 1.6 times", [sudden("scale", 1.6, ("x5",))], SOON),
    ("share of a label: 0.13 more", [sudden("share", 0.13, ("area",), label="c")], SOON),
    ("new label: 3 % of rows", [sudden("newLabel", 0.03, ("area",))], SOON),
    ("missing: 3 % of rows", [sudden("missing", 0.03, ("x4",))], SOON),
    ("dependence: lost in 45 % of rows", [sudden("dependence", 0.45, ("x1",))], SOON),
    (
        "gradual: 1 deviation in 30 days",
        [sudden("mean", 1, profile="gradual", days=30)],
        {"1 k": 10, "1 M": 8},
    ),
    (
        "sudden: three columns by 0.35 deviations",
        [sudden("mean", 0.35, ("x0", "x2", "x5"))],
        SOON,
    ),
    (
        "seasonal: 1 deviation, in 14 days",
        [sudden("mean", 1, profile="seasonal", days=14)],
        {"1 k": 5, "1 M": 5},
    ),
    ("outliers: 3 % of rows", [sudden("outliers", 0.03, ("x5",))], SOON),
    ("unit: 1,000 times", [sudden("unit", 1_000, ("x2",))], SOON),
    (
        "concept: labels by 0.5 deviations of the errors",
        [sudden("concept", 0.5, ())],
        {"1 k": 7, "1 M": 4},
    ),
]
LABELS = Labels(0.2, 3)


def rows_of(random: np.random.Generator, count: int) -> np.ndarray:
    """Rows of COLUMNS."""
    plain = random.standard_normal((count, 8))
    rows = plain.copy()
    rows[:, 1] = 0.8 * plain[:, 0] + 0.6 * plain[:, 1]
    rows[:, 2] = np.exp(plain[:, 2])
    rows[:, 3] = np.round(5 * np.abs(plain[:, 3]))
    rows[:, 4] = -0.9 * plain[:, 0] + 0.44 * plain[:, 4]
    rows[:, 5] = random.random(count)
    rows[:, 6] = np.where(random.random(count) < 0.05, np.nan, plain[:, 6])
    rows[:, 7] = random.random(count) < 0.3
    return np.column_stack([rows, np.eye(5)[random.choice(5, count, p=SHARES)]])


def predict(rows: np.ndarray) -> np.ndarray:
    """The model's predictions for rows."""
    known = np.nan_to_num(rows)
    return np.asarray(
        known[:, 0] + 0.5 * known[:, 1] + 0.3 * np.minimum(known[:, 2], 20) + known[:, 8:] @ WORTH
    )


def true(rows: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The true values for rows; their errors differ from row to row."""
    spread = 0.5 + 0.3 * np.abs(np.nan_to_num(rows[:, 0]))
    return np.asarray(predict(rows) + random.standard_normal(len(rows)) * spread)


def replay(seed: int, rows: int, shifts: list[dict[str, object]]) -> Replay:
    """A new world and its model."""
    random = np.random.default_rng(seed)
    test = rows_of(random, TEST)
    reference = make_reference(
        COLUMNS, rows_of(random, TRAIN), predict(test), true(test, random), ["area"]
    )
    asked = rows_of(random, ASKED)
    world = World(COLUMNS, asked, true(asked, random), seed)
    parsed = [Shift.parse(one) for one in shifts]
    thresholds = Thresholds(0.01, 30, 0.1, 0.02)
    return Replay(reference, world, predict, parsed, rows, LABELS, thresholds, 7, seed)


def quiet(task: tuple[int, int]) -> bool:
    """Whether a quiet month has an alarm."""
    seed, rows = task
    return any(day.findings for day in replay(seed, rows, []).days(30))


def delay(task: tuple[int, int, int]) -> int | None:
    """Days from the start of a shift to the end of the first day with an alarm."""
    seed, rows, kind = task
    days = replay(seed, rows, KINDS[kind][1]).days(START + KINDS[kind][2]["1 k"] + 1)
    return next(
        (day - START + 1 for day, found in enumerate(days) if day >= START and found.findings), None
    )


def measure(months: int, shifted: int, workers: int) -> list[str]:
    """Replays all months, and returns the tables."""
    lines = ["| Rows a day | Quiet months | With an alarm | Seconds |", "|---|---:|---:|---:|"]
    with Pool(workers) as pool:
        for name, rows in VOLUMES.items():
            begun = perf_counter()
            alarms = sum(pool.imap_unordered(quiet, [(seed, rows) for seed in range(months)], 10))
            seconds = perf_counter() - begun
            sys.stderr.write(f"{months} quiet months of {name} rows: {alarms} with an alarm\n")
            lines.append(
                f"| {name} | {months:,} | {alarms} ({alarms / months:.1%}) | {seconds:.0f} |"
            )
        lines += [
            "",
            "| Shift | Found within, 1 k rows a day | 1 M rows a day | Median days |",
            "|---|---:|---:|---:|",
        ]
        for kind, (name, _, within) in enumerate(KINDS):
            cells, medians = [], []
            for volume, rows in VOLUMES.items():
                tasks = [(seed, rows, kind) for seed in range(shifted)]
                found = pool.map(delay, tasks, 5)
                limit = within[volume]
                share = sum(1 for one in found if one is not None and one <= limit) / shifted
                cells.append(f"{limit} day{'' if limit == 1 else 's'}: {share:.1%}")
                sys.stderr.write(f"{name}, {volume} rows: {share:.1%}\n")
                known = [one for one in found if one is not None]
                medians.append(f"{np.median(known):.0f}" if known else "never")
            lines.append(f"| {name} | {' | '.join(cells)} | {' and '.join(medians)} |")
    return lines


def main() -> None:
    """Measures everything and prints it."""
    parser = options("drift", __doc__)
    parser.add_argument("--months", type=int, default=1_000, help="quiet months of each volume")
    parser.add_argument("--shifted", type=int, default=50, help="months of each kind of shift")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes")
    arguments = parser.parse_args()
    lines = [
        TITLE,
        "",
        f"`npm run bench -- drift`: what the drift job's scripts find with serving's default "
        "thresholds, on synthetic months of daily runs. Each month has a world and a reference of "
        f"its own: {TRAIN:,} training rows, {TEST:,} test rows, and {ASKED:,} rows that each day's "
        "requests are drawn from; a fifth of the requests get labels after three days. The aims: "
        "at most 1 % of quiet months with an alarm, and 95 % of each kind of shift found within "
        f"the stated days. Shifts begin after {START} quiet days; {arguments.shifted} months each. "
        "A day's counts are drawn as its rows would be, which `tests/local/test_simulation.py` "
        f"proves equal to those of captured requests. {arguments.workers} processes; only the "
        "shares are of interest where the machine was busy.",
        "",
        *measure(arguments.months, arguments.shifted, arguments.workers or 1),
        "",
    ]
    publish(lines, write=arguments.write)


if __name__ == "__main__":
    main()
