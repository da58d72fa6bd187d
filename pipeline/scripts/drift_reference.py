"""Evaluates a model, and creates the reference that its requests are compared with.

Runs in a SageMaker processing job instead of ``evaluate.py``, which it calls with the same
arguments, on the image of the candidate's algorithm. Writes ``drift_reference.json`` beside
``evaluation.json``.
"""

from __future__ import annotations

import argparse
import json
from itertools import combinations
from pathlib import Path
from typing import Sequence

import evaluate
import numpy as np
from drift_cells import (
    CONFIDENCE,
    GROUPS,
    PAIR_CELLS,
    Feature,
    Reference,
    Scale,
    pair_cells,
)
from prediction_intervals import interval_rank
from processing_job import InputError, failures, write_json
from sample_weights import take_weights

MAX_PAIRS = 45
"""Max pairs, those with the strongest dependence. Ten features have 45 pairs."""

MIN_RESIDUALS = 20
"""Min test rows for a range of predictions to have its own interval."""


def make_reference(
    columns: Sequence[str],
    rows: np.ndarray,
    predictions: np.ndarray,
    labels: np.ndarray,
    categories: Sequence[str] = (),
) -> Reference:
    """Creates a model's reference, from training rows' features, and predictions for test rows.

    `categories` are columns of the table that were encoded one-hot, as `<category>_<label>`.
    """
    features = _features(columns, rows, categories)
    placed = [feature.place(rows) for feature in features]
    pairs = _dependent_pairs(features, placed)
    predicted = Scale.of(predictions)
    cells = predicted.place(predictions)
    residuals = predictions - labels
    scale = Scale.of(residuals)
    errors, widths = _errors(np.abs(residuals), cells, predicted.size)
    return Reference(
        tuple(columns),
        features,
        tuple(pair for pair, _ in pairs),
        tuple(counts for _, counts in pairs),
        (predicted, np.bincount(cells, minlength=predicted.size)),
        (scale, np.bincount(scale.place(residuals), minlength=scale.size)),
        errors,
        widths,
    )


def _features(
    columns: Sequence[str], rows: np.ndarray, categories: Sequence[str]
) -> tuple[Feature, ...]:
    """The features; a category has the columns of zeros and ones that begin with its name."""
    taken: dict[int, Feature | None] = {}
    # Longest name first, because one may begin with another.
    for category in sorted(categories, key=len, reverse=True):
        places = tuple(
            place
            for place, name in enumerate(columns)
            if name.startswith(f"{category}_")
            and place not in taken
            and np.isin(rows[:, place], (0, 1)).all()
        )
        if len(places) > 1 and (rows[:, places].sum(axis=1) <= 1).all():
            taken.update(dict.fromkeys(places))
            taken[places[0]] = _counted(category, places, None, rows)
    features = []
    for place, name in enumerate(columns):
        if place not in taken:
            known = rows[:, place]
            features.append(_counted(name, (place,), Scale.of(known[np.isfinite(known)]), rows))
        elif (category_feature := taken[place]) is not None:
            features.append(category_feature)
    return tuple(features)


def _counted(name: str, places: tuple[int, ...], scale: Scale | None, rows: np.ndarray) -> Feature:
    empty = Feature(name, places, scale, np.zeros(0, dtype=np.int64))
    counts = np.bincount(empty.place(rows), minlength=empty.size)
    return Feature(name, places, scale, counts)


def _dependent_pairs(
    features: Sequence[Feature], placed: Sequence[np.ndarray]
) -> list[tuple[tuple[int, int], np.ndarray]]:
    """The pairs with the strongest dependence, in order, with their counts."""
    groups = [feature.groups[cells] for feature, cells in zip(features, placed)]
    found = []
    for a, b in combinations(range(len(features)), 2):
        counts = np.bincount(pair_cells(groups[a], groups[b]), minlength=PAIR_CELLS)
        joint = counts.reshape(GROUPS + 1, GROUPS + 1) / counts.sum()
        independent = np.outer(joint.sum(axis=1), joint.sum(axis=0))
        found.append((float(np.abs(joint - independent).sum()), (a, b), counts))
    chosen = sorted(found, key=lambda one: -one[0])[:MAX_PAIRS]
    return [(pair, counts) for _, pair, counts in sorted(chosen, key=lambda one: one[1])]


def _errors(errors: np.ndarray, cells: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean absolute error and half the interval by cell; small cells get the overall values."""
    means = np.full(size, errors.mean())
    widths = np.full(size, _width(errors))
    for cell in range(size):
        own = errors[cells == cell]
        if len(own) >= MIN_RESIDUALS:
            means[cell], widths[cell] = own.mean(), _width(own)
    return means, widths


def _width(errors: np.ndarray) -> float:
    """The error that a new row does not exceed with CONFIDENCE (split-conformal prediction)."""
    rank = interval_rank(len(errors), CONFIDENCE)
    return float(np.sort(errors)[min(rank, len(errors)) - 1])


def main(arguments: list[str] | None = None) -> None:
    """Evaluates a model, and creates its reference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--train", type=Path, required=True, help="folder of CSV files")
    parser.add_argument("--metadata", type=Path, required=True, help="folder of feature_names.json")
    parser.add_argument(
        "--categories", nargs="*", default=[], help="columns encoded one-hot, joined by commas"
    )
    options, others = parser.parse_known_args(arguments)
    evaluate.main(others)
    evaluated = evaluate.parse(others)
    with failures(evaluated.message):
        names = json.loads((options.metadata / "feature_names.json").read_text())
        weighted = evaluated.sample_weight is not None
        rows = take_weights(evaluate.read_rows(options.train), weighted)[0][:, 1:]
        if len(names) != rows.shape[1]:
            raise InputError(f"there are {len(names)} names for {rows.shape[1]} features")
        predicted = np.loadtxt(
            evaluated.output / "predictions.csv", delimiter=",", skiprows=1, ndmin=2
        )
        categories = [name for chunk in options.categories for name in chunk.split(",")]
        reference = make_reference(names, rows, predicted[:, 1], predicted[:, 0], categories)
    write_json(evaluated.output, "drift_reference.json", reference.json())
    print(
        f"{len(reference.features)} features and {len(reference.pairs)} pairs for drift detection"
    )


if __name__ == "__main__":
    main()
