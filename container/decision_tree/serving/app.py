"""The HTTP application, on Granian's interface RSGI.

Source of the contract:
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
"""

import asyncio
import json
import logging
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from decision_tree.model import DecisionTreeModel
from decision_tree.serving.errors import RequestError
from decision_tree.serving.features import Features
from decision_tree.serving.formats import parse, serialize
from decision_tree.serving.media_types import request_format, response_format
from decision_tree.serving.settings import Settings

logger = logging.getLogger("decision_tree.serving")

# Longer bodies are handled in a thread, so that /ping is answered meanwhile; for shorter ones the
# change of thread would cost more than it brings.
_THREAD_FROM_BYTES = 256 * 1024

_ROUTES = {"/ping": "GET", "/execution-parameters": "GET", "/invocations": "POST"}


class Application:
    """Answers requests with one model.

    Args:
        model: loaded and checked.
        settings: of the server.
    """

    def __init__(self, model: DecisionTreeModel, settings: Settings) -> None:  # noqa: D107
        self._model = model
        self._settings = settings
        self._features = Features(model.feature_names)
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="invocation")

    async def __rsgi__(self, scope: Any, protocol: Any) -> None:  # noqa: ANN401 - Granian's objects
        """Answer one request; whatever goes wrong, the server goes on."""
        started = time.monotonic()
        reason = None
        try:
            status, headers, body = await self._respond(scope, protocol)
        except RequestError as error:
            status, reason = error.status, error.reason
            headers, body = [("content-type", "application/json")], _error_body(str(error))
        except Exception as error:
            # Type and place only: the message might quote the request.
            status, reason = 500, f"{type(error).__name__} at {_place(error)}"
            headers, body = [("content-type", "application/json")], _error_body("internal error")
        if status == 405:
            headers.append(("allow", _ROUTES[scope.path]))
        if body:
            protocol.response_bytes(status, headers, body)
        else:
            protocol.response_empty(status, headers)
        if reason:
            logger.warning(
                "request failed",
                extra={
                    "fields": {
                        "method": scope.method[:10],
                        "status": status,
                        "reason": reason,
                        "milliseconds": round(1000 * (time.monotonic() - started), 1),
                    }
                },
            )

    async def _respond(
        self,
        scope: Any,  # noqa: ANN401
        protocol: Any,  # noqa: ANN401
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        method = _ROUTES.get(scope.path)
        if method is None:
            raise RequestError(404, "not_found", f"there are: {', '.join(_ROUTES)}")
        if scope.method != method:
            raise RequestError(405, "method_not_allowed", f"{scope.path} takes {method}")
        if scope.path == "/ping":
            return 200, [], b""
        if scope.path == "/execution-parameters":
            return 200, [("content-type", "application/json")], self._execution_parameters()
        body = await self._read(scope, protocol)
        if not body:
            return 204, [], b""
        request_type = request_format(scope.headers.get("content-type"))
        response_type = response_format(scope.headers.get("accept"), request_type)
        if len(body) < _THREAD_FROM_BYTES:
            result = self._invoke(request_type, response_type, body)
        else:
            result = await asyncio.get_running_loop().run_in_executor(
                self._threads, self._invoke, request_type, response_type, body
            )
        return 200, [("content-type", response_type)], result

    async def _read(self, scope: Any, protocol: Any) -> bytes:  # noqa: ANN401
        """Read the body, and stop where it grows over the limit."""
        limit = self._settings.max_payload_bytes
        length = scope.headers.get("content-length")
        if length is not None and length.isdecimal() and int(length) <= limit:
            body: bytes = await protocol()
            return body
        chunks: list[bytes] = []
        size = int(length) if length is not None and length.isdecimal() else 0
        if not size:
            async for chunk in protocol:
                chunks.append(chunk)
                size += len(chunk)
                if size > limit:
                    break
        if size > limit:
            raise RequestError(413, "payload_too_large", f"the body is longer than {limit} bytes")
        return b"".join(chunks)

    def _invoke(self, request_type: str, response_type: str, body: bytes) -> bytes:
        rows = parse(request_type, body, self._features)
        return serialize(response_type, self._model.tree.predict(rows))

    def _execution_parameters(self) -> bytes:
        """Tell batch transform how to send: as many requests at once as there are workers."""
        parameters = {
            "MaxConcurrentTransforms": self._settings.workers,
            "BatchStrategy": "MULTI_RECORD",
            "MaxPayloadInMB": min(6, self._settings.max_payload_bytes // 2**20),
        }
        return json.dumps(parameters).encode()


def _error_body(message: str) -> bytes:
    return json.dumps({"error": message}).encode()


def _place(error: Exception) -> str:
    """Return file and line where the error was raised."""
    traceback = error.__traceback__
    while traceback and traceback.tb_next:
        traceback = traceback.tb_next
    return f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}" if traceback else "?"
