"""`python -m bench.intervals --data FILE [--seeds N] [--write]`: coverage of prediction intervals.

Prints Markdown; --write also puts it under "## Prediction intervals" in docs/benchmarks.md.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing import Pool
from pathlib import Path

import numpy as np
import xgboost
from sklearn.tree import DecisionTreeRegressor

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "pipeline/scripts"))

from prediction_intervals import half_width  # noqa: E402
from row_splits import Key, assign  # noqa: E402

from bench.report import options, publish  # noqa: E402

TITLE = "## Prediction intervals"
CONFIDENCES = (0.8, 0.9, 0.95)
FRACTIONS = (0.7, 0.9)
SMALL = 1_000

Predict = Callable[[np.ndarray], np.ndarray]
Fit = Callable[[np.ndarray, np.ndarray], Predict]


def housing(file: Path) -> np.ndarray:
    """The rows of the default dataset, label first: without income, and houses above 10 years."""
    rows = np.loadtxt(file, delimiter=",")
    return rows[rows[:, 2] > 10][:, [8, 0, 1, 2, 3, 4, 5, 6]]


def tuned(models: list[Predict], validation: np.ndarray) -> Predict:
    """The model with the smallest error on the validation rows, as chosen by tuning."""

    def error(model: Predict) -> float:
        return float(np.mean((validation[:, 0] - model(validation[:, 1:])) ** 2))

    return min(models, key=error)


def trees(train: np.ndarray, validation: np.ndarray) -> Predict:
    """The best of trees of different sizes."""
    sizes = (50, 150, 500)
    found = [DecisionTreeRegressor(max_leaf_nodes=size, random_state=0) for size in sizes]
    return tuned([one.fit(train[:, 1:], train[:, 0]).predict for one in found], validation)


def boosted(train: np.ndarray, validation: np.ndarray) -> Predict:
    """The best of boosted trees, each with early stopping on the validation rows."""
    data, known = (xgboost.DMatrix(rows[:, 1:], rows[:, 0]) for rows in (train, validation))
    models: list[Predict] = []
    for depth in (4, 6, 8):
        settings = {"max_depth": depth, "eta": 0.2, "nthread": 1}
        booster = xgboost.train(
            settings, data, 200, evals=[(known, "v")], early_stopping_rounds=10, verbose_eval=False
        )
        best = booster[: booster.best_iteration + 1]
        models.append(partial(lambda own, rows: own.predict(xgboost.DMatrix(rows)), best))
    return tuned(models, validation)


def by_chance(rows: np.ndarray, random: np.random.Generator) -> list[np.ndarray]:
    """A random split of the rows."""
    cuts = [int(fraction * len(rows)) for fraction in FRACTIONS]
    return np.split(random.permutation(rows), cuts)


def by_place(rows: np.ndarray, random: np.random.Generator) -> list[np.ndarray]:
    """A split as by `split: {by: group}`: each square of one degree is in one part."""
    key = Key("group", "place")
    for longitude, latitude in np.floor(rows[:, 1:3]).astype(int).tolist():
        key.add(f"{longitude},{latitude}".encode())
    part = assign(len(rows), key, [0.7, 0.2, 0.1], int(random.integers(2**31)))
    return [rows[part == one] for one in range(3)]


def few(rows: np.ndarray, random: np.random.Generator) -> list[np.ndarray]:
    """A random split of a small table; all other rows are new."""
    chosen = random.permutation(rows)
    train, validation, _ = by_chance(chosen[:SMALL], random)
    return [train, validation, chosen[SMALL:]]


CASES: dict[str, tuple[Callable[..., list[np.ndarray]], Fit]] = {
    "tree, rows at random": (by_chance, trees),
    "XGBoost, rows at random": (by_chance, boosted),
    f"XGBoost, {SMALL:,} rows at random": (few, boosted),
    "XGBoost, groups by place": (by_place, boosted),
}


def coverage(file: Path, task: tuple[str, int]) -> list[float]:
    """The share of new rows within the intervals of each confidence."""
    split, fit = CASES[task[0]]
    train, validation, new = split(housing(file), np.random.default_rng(task[1]))
    predict = fit(train, validation)
    errors = np.abs(new[:, 0] - predict(new[:, 1:]))
    known = validation[:, 0], np.asarray(predict(validation[:, 1:]), dtype=np.float64)
    return [float(np.mean(errors <= (half_width(*known, one) or np.inf))) for one in CONFIDENCES]


def measure(file: Path, seeds: int, workers: int) -> list[str]:
    """The table: the mean coverage, and its range in the middle 90 % of the seeds."""
    lines = [
        f"| | {' | '.join(f'{one:.0%}' for one in CONFIDENCES)} |",
        f"|---|{'---:|' * len(CONFIDENCES)}",
    ]
    with Pool(workers) as pool:
        for name in CASES:
            tasks = [(name, seed) for seed in range(seeds)]
            found = np.array(pool.map(partial(coverage, file), tasks, 1))
            low, high = np.quantile(found, [0.05, 0.95], axis=0)
            cells = [
                f"{mean:.1%} ({ends[0]:.1%} to {ends[1]:.1%})"
                for mean, *ends in zip(found.mean(axis=0), low, high, strict=True)
            ]
            lines.append(f"| {name} | {' | '.join(cells)} |")
            sys.stderr.write(f"{lines[-1]}\n")
    return lines


def main() -> None:
    """Measures everything and prints it."""
    parser = options("intervals", __doc__, data=True)
    parser.add_argument("--seeds", type=int, default=100, help="splits of each kind")
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes")
    arguments = parser.parse_args()
    lines = [
        TITLE,
        "",
        f"`npm run bench -- intervals`, California housing, {arguments.seeds} splits into 70 % to "
        "train, 20 % to choose one of three models and find the width, and 10 % new rows, with "
        "`half_width` of `prediction_intervals.py`: the share of new rows within the intervals, on "
        "average, and in the middle 90 % of the splits. Of the small table, all other rows are "
        "new. Groups are squares of one degree, which `split: {by: group}` puts into one part "
        "each.",
        "",
        *measure(arguments.data, arguments.seeds, arguments.workers or 1),
        "",
        "The target is a mean within 2 points of the confidence if rows are split at random. With "
        "groups, which errors have in common, a single split says little about the next one.",
        "",
    ]
    publish(lines, write=arguments.write)


if __name__ == "__main__":
    main()
