"""The script that finds the best candidate."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from script_job import Job


def compare(
    job: Job, scores: dict[str, float], minimum: float, *more: str
) -> subprocess.CompletedProcess[str]:
    for name, score in scores.items():
        report = job.folder / "evaluation" / name / "evaluation.json"
        report.parent.mkdir(parents=True)
        report.write_text(json.dumps({"regression_metrics": {"r2": {"value": score}}}))
    names = list(scores)
    return job.run(
        "compare.py",
        *("--candidates", ",".join(names[:2]), ",".join(names[2:])),
        *("--minimum", str(minimum), "--input", str(job.folder / "evaluation")),
        *("--output", str(job.folder / "comparison")),
        *more,
    )


def compare_folds(
    job: Job, scores: dict[str, float], folds: dict[str, float]
) -> subprocess.CompletedProcess[str]:
    for name, score in folds.items():
        report = job.folder / "folds" / name / "cross_validation.json"
        report.parent.mkdir(parents=True)
        report.write_text(json.dumps({"score": score}))
    return compare(job, scores, 0.1, "--cross-validation", str(job.folder / "folds"))


@pytest.mark.parametrize(
    ("folds", "winner"),
    [
        ({"A": 0.4, "B": 0.5, "C": 0.3, "D": 0.9}, "B"),
        ({"A": 0.5, "B": 0.5, "C": 0.5, "D": 0.9}, "C"),
        ({"A": 0, "B": 0, "C": -0.1, "D": 0}, "A"),
    ],
)
def test_the_folds_decide_among_those_that_reach_the_minimum(
    job: Job, folds: dict[str, float], winner: str
) -> None:
    done = compare_folds(job, {"A": 0.2, "B": 0.2, "C": 0.3, "D": 0.05}, folds)
    assert done.returncode == 0, done.stderr
    comparison = json.loads((job.folder / "comparison" / "comparison.json").read_text())
    assert comparison == {"winner": winner, "scores": "A 0.2, B 0.2, C 0.3, D 0.05"}


def test_refuses_missing_folds(job: Job) -> None:
    done = compare_folds(job, {"A": 0.2, "B": 0.2, "C": 0.3}, {"A": 0.1})
    job.fails(done, "B has no score of its cross-validation")


@pytest.mark.parametrize(
    ("scores", "minimum", "winner"),
    [
        ({"A": 0.1, "B": 0.3, "C": 0.2}, 0, "B"),
        ({"B": 0.1, "C": 0.3, "A": 0.3}, 0, "C"),
        ({"A": 0.1, "B": 0.3, "C": 0.2}, 0.3, "B"),
        ({"A": 0.1, "B": 0.3, "C": 0.2}, 0.31, ""),
        ({"A": -5, "B": -1, "C": -2}, -10, "B"),
    ],
)
def test_names_the_best(job: Job, scores: dict[str, float], minimum: float, winner: str) -> None:
    done = compare(job, scores, minimum)
    assert done.returncode == 0, done.stderr
    comparison = json.loads((job.folder / "comparison" / "comparison.json").read_text())
    assert comparison == {
        "winner": winner,
        "scores": ", ".join(f"{name} {score:.1f}" for name, score in scores.items()),
    }


def test_refuses_a_score_that_is_not_finite(job: Job) -> None:
    done = compare(job, {"A": float("nan"), "B": 0.3}, 0)
    job.fails(done, "the R2 of A is nan, which is not a finite number")


def test_refuses_a_missing_report(job: Job) -> None:
    job.python = sys.executable
    done = job.run(
        "compare.py",
        *("--candidates", "A", "--minimum", "0", "--input", str(job.folder)),
        *("--output", str(job.folder / "comparison")),
    )
    job.fails(done, "A has no evaluation report with an R2")
