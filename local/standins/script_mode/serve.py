"""Serves a model with its script's handlers: `model_fn`, and `transform_fn` or its parts.

Usage: python -m local.standins.script_mode.serve scikit-learn|xgboost. Defaults follow serving.py
in aws/sagemaker-scikit-learn-container and aws/sagemaker-xgboost-container; formats, statuses and
the order of calls follow aws/sagemaker-containers.
"""

# ruff: noqa: ANN401 - data, models and predictions are whatever the handlers make them

from __future__ import annotations

import csv
import importlib
import io
import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from local.standins.errors import UserError
from local.standins.files import base_directory
from local.standins.model_server import Answer, Application, serve
from local.standins.script_mode import launch
from local.standins.script_mode.source import check

_CSV = "text/csv"
_JSON = "application/json"
_NPY = "application/x-npy"
_TEXTS = (_CSV, _JSON)


class _UnsupportedFormatError(Exception):
    """A content type that the defaults do not read or write."""


def _read_csv(text: str) -> np.ndarray[Any, Any]:
    rows = list(csv.reader(io.StringIO(text), strict=True))
    return np.array(rows).squeeze()


def _write_csv(values: Any) -> str:
    table = np.array(values)
    text = io.StringIO()
    rows = table.reshape(-1, 1) if table.ndim == 1 else table
    csv.writer(text, lineterminator="\n", strict=True).writerows(rows)
    return text.getvalue()


def _write_npy(values: Any) -> bytes:
    content = io.BytesIO()
    np.save(content, values)
    return content.getvalue()


def _write_json(values: Any) -> str:
    return json.dumps(values, default=lambda value: value.tolist())


_READERS: dict[str, Callable[[Any], np.ndarray[Any, Any]]] = {
    _CSV: _read_csv,
    _JSON: lambda text: np.array(json.loads(text)),
    _NPY: lambda content: np.load(io.BytesIO(content), allow_pickle=True),
}
_WRITERS: dict[str, Callable[[Any], str | bytes]] = {
    _CSV: _write_csv,
    _JSON: _write_json,
    _NPY: _write_npy,
}


def _read_array(content: Any, content_type: str) -> Any:
    """The default `input_fn` of the scikit-learn image."""
    if content_type not in _READERS:
        raise _UnsupportedFormatError(content_type)
    array = _READERS[content_type](content)
    return array.astype(np.float32) if content_type in _TEXTS else array


def _read_matrix(content: Any, content_type: str) -> Any:
    """The default `input_fn` of the XGBoost image."""
    from local.standins.xgboost.payload import read_rows

    body = content.encode() if isinstance(content, str) else content
    try:
        return read_rows(body, content_type)
    except UserError as error:
        raise _UnsupportedFormatError(str(error)) from None


def _write(prediction: Any, accept: str) -> tuple[str | bytes, str]:
    """The default `output_fn` of both images."""
    if accept not in _WRITERS:
        raise _UnsupportedFormatError(accept)
    return _WRITERS[accept](prediction), accept


_DEFAULTS: dict[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "scikit-learn": (_read_array, lambda data, model: model.predict(data)),
    "xgboost": (
        _read_matrix,
        lambda data, model: model.predict(data, validate_features=False),
    ),
}


class Handlers:
    """A script's handlers, with defaults for the others."""

    def __init__(self, module: Any, framework: str, model_folder: Path) -> None:
        """Loads the model of a script; the framework is a key of the defaults.

        Raises:
            UserError: The script has no `model_fn`, or conflicting handlers.
        """
        read, predict = _DEFAULTS[framework]
        self._transform = getattr(module, "transform_fn", None)
        parts = [getattr(module, name, None) for name in ("input_fn", "predict_fn", "output_fn")]
        if self._transform and any(parts):
            raise UserError("transform_fn excludes input_fn, predict_fn and output_fn")
        self._input, self._predict, self._output = (
            part or default for part, default in zip(parts, (read, predict, _write), strict=True)
        )
        if not hasattr(module, "model_fn"):
            raise UserError(f"{module.__name__}.py has no model_fn, which has no default")
        self._model = module.model_fn(str(model_folder))
        self._accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", _JSON)

    def answer(self, headers: dict[str, str], body: bytes) -> Answer:
        """The answer to `POST /invocations`."""
        content_type = headers.get("content-type") or _JSON
        accept = headers.get("accept") or "*/*"
        accept = self._accept if accept == "*/*" else accept
        try:
            content = body.decode() if content_type in _TEXTS else body
            result = self._result(content, content_type, accept)
        except Exception as error:
            traceback.print_exc()
            return 500, "text/plain", f"{type(error).__name__}: {error}"
        if isinstance(result, tuple) and len(result) == 3:
            return result
        value, media_type = result if isinstance(result, tuple) else (result, accept)
        return 200, media_type, value

    def _result(self, content: Any, content_type: str, accept: str) -> Any:
        if self._transform:
            return self._transform(self._model, content, content_type, accept)
        try:
            data = self._input(content, content_type)
        except _UnsupportedFormatError as error:
            return 415, "text/plain", f"Content-type {error} is not supported"
        prediction = self._predict(data, self._model)
        try:
            return self._output(prediction, accept)
        except _UnsupportedFormatError as error:
            return 406, "text/plain", f"Accept type {error} is not supported"


def main(framework: str) -> int:
    """Serves the model until SIGTERM or SIGINT; returns the exit code."""
    base = base_directory()
    program = os.environ["SAGEMAKER_PROGRAM"]
    code = base / "code"
    try:
        check(code, program)
        launch.enter(code)
        module = importlib.import_module(program.removesuffix(".py").replace("/", "."))
        handlers = Handlers(module, framework, base / "model")
    except UserError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    serve(Application({"/invocations": ("POST", handlers.answer)}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
