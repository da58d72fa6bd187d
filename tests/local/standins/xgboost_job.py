"""A training job of the XGBoost image, in SageMaker's layout."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

RunModule = Callable[..., tuple[int, str]]

ROOT = Path(__file__).parents[3]
CSV = {"ContentType": "text/csv", "TrainingInputMode": "File"}


def rows(count: int, seed: int) -> np.ndarray:
    """Labels and three features."""
    features = np.random.default_rng(seed).random((count, 3)).round(4)
    label = features[:, 0] * 10 + np.sin(features[:, 1] * 6) * 3
    return np.column_stack([label.round(4), features])


class Job:
    """A training job's folder."""

    def __init__(self, folder: Path, run_module: RunModule) -> None:
        self.folder = folder
        self.run_module = run_module
        for channel, count in (("train", 400), ("validation", 100)):
            self.write(channel, "part-0.csv", rows(count, count))
        self.channels: dict[str, Any] = {"train": CSV, "validation": CSV}
        self.hyperparameters: dict[str, Any] = {"num_round": "6", "max_depth": "3"}

    def write(self, channel: str, name: str, table: np.ndarray | str) -> None:
        path = self.folder / "input/data" / channel / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(table, str):
            path.write_text(table)
        else:
            np.savetxt(path, table, delimiter=",", fmt="%s")

    def configure(self) -> dict[str, str]:
        config = self.folder / "input/config"
        config.mkdir(parents=True, exist_ok=True)
        (config / "hyperparameters.json").write_text(json.dumps(self.hyperparameters))
        (config / "inputdataconfig.json").write_text(json.dumps(self.channels))
        return {"SAGEMAKER_BASE_DIR": str(self.folder), "OMP_NUM_THREADS": "1"}

    def start(self, command: str = "train", **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "local.standins.xgboost", command],
            env={**os.environ, "PYTHONPATH": str(ROOT), **self.configure(), **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def train(self) -> str:
        """Runs the job to its successful end, and returns its log."""
        code, log = self.run()
        assert code == 0, log
        assert not (self.folder / "output/failure").exists()
        return log

    def fail(self) -> str:
        """Runs the job to its failure, and returns the failure file's text."""
        code, log = self.run()
        assert code == 1
        assert "Traceback" not in log
        assert not (self.folder / "model/xgboost-model").exists()
        return (self.folder / "output/failure").read_text()

    def run(self, command: str = "train", **environment: str) -> tuple[int, str]:
        return self.run_module("local.standins.xgboost", command, **self.configure(), **environment)

    def model(self) -> Any:
        import xgboost

        return xgboost.Booster(model_file=self.folder / "model/xgboost-model")
