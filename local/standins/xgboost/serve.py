"""Serves a model by the container contract, like the image.

GET /ping, GET /execution-parameters and POST /invocations, with rows without label and header
(payload.py). Statuses are those of serve.py in aws/sagemaker-xgboost-container, in its order: 204
for an empty body, 415 for a body that is not rows, 400 for more features than the model has (fewer
are missing values), and 406 for an unknown Accept. Formats that the image accepts but cannot encode
(jsonlines, recordio-protobuf) get 500.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import xgboost

from local.standins.errors import UserError
from local.standins.files import base_directory
from local.standins.model_server import Answer, Application, serve
from local.standins.xgboost import MODEL_PATH
from local.standins.xgboost.payload import parse_header, read_rows

_MAX_PAYLOAD_BYTES = 6 * 1024**2
_ACCEPTS = (
    "application/json",
    "application/jsonlines",
    "application/x-recordio-protobuf",
    "text/csv",
)


class Model:
    """Answers requests with one model."""

    def __init__(self, model: xgboost.Booster) -> None:
        self._model = model
        self._is_batch = bool(os.environ.get("SAGEMAKER_BATCH"))
        self._accept = os.environ.get("SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT", "text/csv")

    def invoke(self, headers: dict[str, str], body: bytes) -> Answer:
        """The answer to `POST /invocations`."""
        if not body:
            return 204, "", ""
        if len(body) > _MAX_PAYLOAD_BYTES:
            return 413, "text/plain", f"the body is longer than {_MAX_PAYLOAD_BYTES} bytes"
        try:
            rows = read_rows(body, headers.get("content-type"))
        except UserError as error:
            return 415, "text/plain", str(error)
        try:
            predictions = self._model.predict(rows, validate_features=False).tolist()
        except xgboost.core.XGBoostError as error:
            reason = next((line for line in str(error).splitlines() if line.strip()), "")
            return 400, "text/plain", f"Unable to evaluate payload provided: {reason}"
        wanted, _ = parse_header(headers.get("accept", ""))
        accept = self._accept if wanted in ("", "*/*") else wanted.lower()
        if accept not in _ACCEPTS:
            allowed = ", ".join(_ACCEPTS)
            return 406, "text/plain", f"Accept type {accept} is not supported; allowed: {allowed}"
        if self._is_batch:
            return 200, accept, "".join(f"{value}\n" for value in predictions)
        return _encode(predictions, accept)


def _answer_parameters(_headers: dict[str, str], _body: bytes) -> Answer:
    parameters = {
        "MaxConcurrentTransforms": os.cpu_count(),
        "BatchStrategy": "MULTI_RECORD",
        "MaxPayloadInMB": _MAX_PAYLOAD_BYTES // 1024**2,
    }
    return 200, "application/json", json.dumps(parameters)


def _encode(predictions: list[Any], accept: str) -> Answer:
    """The response body, as sagemaker_containers' encoders write it."""
    if accept == "application/json":
        scores = [{"score": value} for value in predictions]
        return 200, accept, json.dumps({"predictions": scores})
    if accept != "text/csv":
        return 500, "text/plain", f"the image's encoders have no {accept}"
    rows = (value if isinstance(value, list) else [value] for value in predictions)
    return 200, accept, "".join(f"{','.join(map(str, row))}\n" for row in rows)


def main() -> int:
    """Serves the model until SIGTERM or SIGINT; returns the exit code."""
    path = base_directory() / MODEL_PATH
    if not path.is_file():
        sys.stderr.write(f"{path}: no XGBoost model\n")
        return 1
    if "SAGEMAKER_INFERENCE_OUTPUT" in os.environ:
        sys.stderr.write("SAGEMAKER_INFERENCE_OUTPUT is not supported by the local run\n")
        return 1
    # From its content: XGBoost would warn about a file name without a format.
    model = xgboost.Booster(model_file=bytearray(path.read_bytes()))
    model.set_param({"nthread": 1})
    routes = {
        "/execution-parameters": ("GET", _answer_parameters),
        "/invocations": ("POST", Model(model).invoke),
    }
    serve(Application(routes))
    return 0
