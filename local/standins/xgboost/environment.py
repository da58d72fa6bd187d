"""A training job's files, and its failure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from local.standins.errors import UserError
from local.standins.files import base_directory, write_text


def model_path() -> Path:
    """The model's file, for training and serving."""
    return base_directory() / "model" / "xgboost-model"


def read_configuration(name: str) -> dict[str, Any]:
    """Reads a file of /opt/ml/input/config.

    Args:
        name: The file's name without its suffix.

    Returns:
        Its content, or an empty object if it does not exist.

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
    """Writes /opt/ml/output/failure, of which SageMaker shows the first 1,024 characters."""
    write_text(base_directory() / "output" / "failure", text)
