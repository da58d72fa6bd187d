"""Compares the evaluation reports of many candidates, and names the one with the best R².

Runs in a SageMaker processing job if there are too many candidates for conditions on each pair,
which would not fit into a pipeline's definition. If the candidates are cross-validated, the mean R²
of their folds decides, and R² on the test data if the means are equal. Writes ``comparison.json``:
the scores as text, and the winner, which is empty if no candidate reaches the minimum.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

from processing_job import InputError, failures, job_parser, write_json


def read_r2(folder: Path, candidate: str) -> float:
    """Reads the R² from a candidate's evaluation report.

    Raises:
        InputError: there is no report, or it has no finite R².
    """
    report = folder / candidate / "evaluation.json"
    try:
        r2 = float(json.loads(report.read_text())["regression_metrics"]["r2"]["value"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{candidate} has no evaluation report with an R2: {error}") from error
    if not math.isfinite(r2):
        raise InputError(f"the R2 of {candidate} is {r2}, which is not a finite number")
    return r2


def read_fold_score(folder: Path, candidate: str) -> float:
    """Reads a candidate's score in the report of cross_validate.py.

    Raises:
        InputError: there is no report, or no score in it.
    """
    try:
        return float(
            json.loads((folder / candidate / "cross_validation.json").read_text())["score"]
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(f"{candidate} has no score of its cross-validation: {error}") from error


def compare(
    scores: dict[str, float], minimum: float, fold_scores: dict[str, float] | None = None
) -> dict[str, Any]:
    """Names the winner: the first best candidate among those whose R2 on the test data suffices.

    The mean R2 of the folds, `fold_scores`, takes precedence over that R2, `scores`.
    """
    folds = fold_scores or dict.fromkeys(scores, 0.0)
    eligible = [name for name, score in scores.items() if score >= minimum]
    return {
        "winner": max(eligible, key=lambda name: (folds[name], scores[name]), default=""),
        "scores": ", ".join(f"{name} {score}" for name, score in scores.items()),
    }


def compared_parser(description: str | None) -> argparse.ArgumentParser:
    """A parser of the arguments of compare_reports, and of the folder for the comparison."""
    parser = job_parser(description)
    parser.add_argument(
        "--candidates", required=True, nargs="+", help="names, in order, joined by commas"
    )
    parser.add_argument("--minimum", type=float, required=True, help="R2 that the winner needs")
    parser.add_argument("--input", type=Path, required=True, help="folder of the reports' folders")
    parser.add_argument("--cross-validation", type=Path, help="folder of the folds' scores")
    parser.add_argument("--output", type=Path, required=True, help="folder for the comparison")
    return parser


def compare_reports(options: argparse.Namespace) -> dict[str, Any]:
    """Compares candidates by their reports.

    Raises:
        InputError: one of them cannot be compared.
    """
    names = [name for chunk in options.candidates for name in chunk.split(",")]
    scores = {name: read_r2(options.input, name) for name in names}
    folder = options.cross_validation
    folds = None if folder is None else {name: read_fold_score(folder, name) for name in names}
    return compare(scores, options.minimum, folds)


def main(arguments: list[str] | None = None) -> None:
    """Runs the script."""
    options = compared_parser(__doc__).parse_args(arguments)
    with failures(options.message):
        comparison = compare_reports(options)
    write_json(options.output, "comparison.json", comparison, indent=2)
    print(comparison["scores"])


if __name__ == "__main__":
    main()
