"""Where SageMaker puts a training job's files, and how the job reports its failure."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


class UserError(Exception):
    """A mistake in hyperparameters or data. Its text is one line for the user."""


def base_directory() -> Path:
    """The folder that stands for /opt/ml."""
    return Path(os.environ.get("SAGEMAKER_BASE_DIR", "/opt/ml"))


def model_path() -> Path:
    """Where the model is saved to and served from."""
    return base_directory() / "model" / "xgboost-model"


def read_configuration(name: str) -> dict[str, Any]:
    """Reads a file of /opt/ml/input/config.

    Args:
        name: The file's name without its suffix.

    Returns:
        Its content, or an empty object where there is no such file.

    Raises:
        UserError: The file is not a JSON object.
    """
    path = base_directory() / "input" / "config" / f"{name}.json"
    try:
        content = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except ValueError as error:
        raise UserError(f"{path.name}: not JSON: {error}") from None
    if not isinstance(content, dict):
        raise UserError(f"{path.name}: must be a JSON object")
    return content


def write_failure(text: str) -> None:
    """Writes /opt/ml/output/failure, whose first 1,024 characters SageMaker shows."""
    folder = base_directory() / "output"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "failure").write_text(text, "utf-8")
