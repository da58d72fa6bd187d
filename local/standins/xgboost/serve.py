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
import signal
import sys

import numpy as np
import uvicorn
import xgboost
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

from local.standins.xgboost.environment import model_path

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

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Answers one request, as an ASGI application."""
        if scope["type"] != "http":
            return
        body = b""
        more = True
        while more:
            message = await receive()
            if message["type"] != "http.request":
                return
            body += message.get("body", b"")
            more = message.get("more_body", False)
        content_type = dict(scope["headers"]).get(b"content-type", b"").decode("latin-1")
        status, media_type, text = self._respond(
            f"{scope['method']} {scope['path']}", content_type, body
        )
        content = text.encode()
        headers = [(b"content-length", str(len(content)).encode())]
        if text:
            headers.append((b"content-type", media_type.encode()))
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": headers,
                "trailers": False,
            }
        )
        await send({"type": "http.response.body", "body": content, "more_body": False})

    def _respond(self, request: str, content_type: str, body: bytes) -> _Answer:
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

    def _invoke(self, content_type: str, body: bytes) -> _Answer:
        if not body:
            return 204, "", ""
        if len(body) > _MAX_PAYLOAD_BYTES:
            return 413, "text/plain", f"the body is longer than {_MAX_PAYLOAD_BYTES} bytes"
        media_type = content_type.partition(";")[0].strip().lower()
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
    model = xgboost.Booster(model_file=model_path())
    model.set_param({"nthread": 1})
    # uvicorn raises the signal again once it has finished what it was answering.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    uvicorn.run(
        Application(model),
        host=os.environ.get("SAGEMAKER_BIND_TO_ADDRESS", "127.0.0.1"),
        port=int(os.environ.get("SAGEMAKER_BIND_TO_PORT", _DEFAULT_PORT)),
        lifespan="off",
        log_level="warning",
    )
    return 0
