"""The benchmark's two Python environments, data and paths."""

import hashlib
import os
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
CONTAINER = HERE.parents[1] / "container"
BASELINE = HERE / "baseline"
FEATURES = 7


def baseline_python() -> Path:
    """Return the interpreter of the baseline's environment, which the first call creates."""
    requirements = HERE / "requirements.txt"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()[:12]
    cache = Path(os.environ.get("RESTATE_CACHE", Path.home() / ".cache/restate"))
    folder = cache / f"bench-container-{digest}"
    python = folder / "bin/python"
    if not (folder / "complete").exists():
        venv.create(folder, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "-r", requirements], check=True)
        (folder / "complete").touch()
    return python


def product_python() -> Path:
    """Return the interpreter with the image's packages, which also runs the benchmark."""
    return Path(sys.executable)


def make_table(rows: int) -> np.ndarray:
    """Return float64 rows, label first, similar to the housing data."""
    generator = np.random.default_rng(rows)
    features = generator.normal(size=(rows, FEATURES)).round(4)
    noise = generator.normal(size=rows) / 2
    labels = 2 * features[:, 0] * (features[:, 1] > 0) + np.abs(features[:, 2]) + noise
    return np.column_stack([labels.round(4), features])


def write_csv(table: np.ndarray, file: Path) -> None:
    """Write rows without a header."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("w") as stream:
        for start in range(0, len(table), 100_000):
            rows = table[start : start + 100_000].tolist()
            stream.writelines(",".join(map(str, row)) + "\n" for row in rows)
