"""Serves a model by the container contract, with the answers of the image.

GET /ping, GET /execution-parameters and POST /invocations, whose text/csv rows have neither label
nor header. The answer is the predictions separated by commas, or by lines in a batch transform.
Statuses are the image's: 204 for an empty body, 415 for one that is not CSV of numbers, 400 for a
wrong number of features.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import xgboost
from granian import Granian
from granian.constants import HTTPModes, Interfaces

from local.images.xgboost_algorithm.environment import model_path

_DEFAULT_PORT = 8080
_MAX_PAYLOAD_BYTES = 6 * 1024**2
_Answer = tuple[int, str, str]  # status, media type, body


class Application:
    """Answers requests with one model."""

    def __init__(self, model: xgboost.Booster) -> None:
        """Keeps the model; requests are answered one at a time.

        Args:
            model: A loaded model.
        """
        self._model = model
        self._separator = "\n" if os.environ.get("SAGEMAKER_BATCH") else ","

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:  # noqa: ANN401 - Granian's objects
        """Answers one request."""
        status, media_type, text = self._respond(
            f"{scope.method} {scope.path}", scope.headers.get("content-type"), await protocol()
        )
        if text:
            protocol.response_str(status, [("content-type", media_type)], text)
        else:
            protocol.response_empty(status, [])

    def _respond(self, request: str, content_type: str | None, body: bytes) -> _Answer:
        if request == "GET /ping":
            return 200, "", ""
        if request == "GET /execution-parameters":
            parameters = {
                "MaxConcurrentTransforms": 1,
                "BatchStrategy": "MULTI_RECORD",
                "MaxPayloadInMB": _MAX_PAYLOAD_BYTES // 1024**2,
            }
            return 200, "application/json", json.dumps(parameters)
        if request != "POST /invocations":
            return 404, "text/plain", f"{request}: not found"
        return self._invoke(content_type, body)

    def _invoke(self, content_type: str | None, body: bytes) -> _Answer:
        if not body:
            return 204, "", ""
        if len(body) > _MAX_PAYLOAD_BYTES:
            return 413, "text/plain", f"the body is longer than {_MAX_PAYLOAD_BYTES} bytes"
        media_type = (content_type or "").partition(";")[0].strip().lower()
        if media_type != "text/csv":
            return 415, "text/plain", f"Content-type {media_type or 'none'} is not text/csv"
        try:
            rows = [
                [float(field) if field.strip() else np.nan for field in row]
                for row in csv.reader(io.StringIO(body.decode("utf-8").strip()))
            ]
            features = np.array(rows, np.float32)
        except ValueError as error:
            return 415, "text/plain", f"Loading csv data failed: {error}"
        expected = self._model.num_features()
        if features.shape[1] != expected:
            return 400, "text/plain", f"{features.shape[1]} features, the model has {expected}"
        predictions = self._model.predict(xgboost.DMatrix(features)).tolist()
        text = self._separator.join(str(value) for value in predictions)
        return 200, "text/csv", text + ("\n" if self._separator == "\n" else "")


def main() -> int:
    """Serves the model until SIGTERM or SIGINT; gives the exit code."""
    if not model_path().is_file():
        sys.stderr.write(f"{model_path()}: no XGBoost model\n")
        return 1
    server = Granian(
        "local.images.xgboost_algorithm.serve",
        address=os.environ.get("SAGEMAKER_BIND_TO_ADDRESS", "127.0.0.1"),
        port=int(os.environ.get("SAGEMAKER_BIND_TO_PORT", _DEFAULT_PORT)),
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
    )
    server.serve(target_loader=_load, wrap_loader=False)
    return 0


def _load() -> Callable[[Any, Any], Awaitable[None]]:
    """Loads the model in the worker: OpenMP's threads would not survive the fork."""
    model = xgboost.Booster(model_file=model_path())
    model.set_param({"nthread": 1})
    return Application(model).__rsgi__
