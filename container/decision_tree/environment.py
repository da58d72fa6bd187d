"""The layout of /opt/ml in SageMaker's containers.

Source: https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html
"""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Environment:
    """The paths of one job below its base folder.

    Attributes:
        base: SAGEMAKER_BASE_DIR, as in aws/sagemaker-training-toolkit, or /opt/ml.
    """

    base: Path

    @classmethod
    def from_environ(cls) -> "Environment":
        """Read SAGEMAKER_BASE_DIR (default /opt/ml) now, not at import: see __main__."""
        return cls(Path(os.environ.get("SAGEMAKER_BASE_DIR") or "/opt/ml"))

    @property
    def config(self) -> Path:
        """Folder of hyperparameters.json, resourceconfig.json and inputdataconfig.json."""
        return self.base / "input" / "config"

    @property
    def data(self) -> Path:
        """Folder with one folder per channel."""
        return self.base / "input" / "data"

    @property
    def model(self) -> Path:
        """Folder that becomes model.tar.gz after training, and is read-only when serving."""
        return self.base / "model"

    @property
    def failure_file(self) -> Path:
        """File whose first 1,024 characters become the job's FailureReason."""
        return self.base / "output" / "failure"
