"""A team's bucket, role, scripts and data, for tests of both versions of the SageMaker SDK."""

from __future__ import annotations

import random
from pathlib import Path

BUCKET = "team-bucket"
ROLE = "arn:aws:iam::111122223333:role/team"
ROWS = 400

SPLIT = """
import pathlib
rows = pathlib.Path("/opt/ml/processing/input/rows.csv").read_text().splitlines(keepends=True)
for name, part in (("train", rows[:300]), ("validation", rows[300:])):
    pathlib.Path(f"/opt/ml/processing/{name}/part.csv").write_text("".join(part))
"""

JUDGE = """
import json, pathlib, sys, time
verdict = {"error": float(sys.argv[1])}
pathlib.Path("/opt/ml/processing/verdict/verdict.json").write_text(json.dumps(verdict))
time.sleep(float(sys.argv[2]))
"""


def write_team(folder: Path) -> None:
    """Writes the team's scripts and data."""
    (folder / "split.py").write_text(SPLIT)
    (folder / "judge.py").write_text(JUDGE)
    numbers = random.Random(3)  # noqa: S311 - any numbers will do, the same each time
    points = [(numbers.random(), numbers.random()) for _ in range(ROWS)]
    rows = "".join(f"{10 * x - 5 * y:.5f},{x:.5f},{y:.5f}\n" for x, y in points)
    (folder / "rows.csv").write_text(rows)
