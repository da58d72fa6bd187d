"""The ASGI application.

Source of the contract:
https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
"""

import asyncio
import logging
import time
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeAlias

import orjson

from decision_tree.encoding.encoder import Encoder
from decision_tree.model import Model
from decision_tree.serving.errors import RequestError
from decision_tree.serving.features import Features
from decision_tree.serving.formats import parse, parse_predictions, serialize
from decision_tree.serving.media_types import (
    CSV,
    JSON,
    JSON_LINES,
    request_format,
    response_format,
)
from decision_tree.serving.settings import Settings

logger = logging.getLogger("decision_tree.serving")

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]

# Longer bodies are handled in a thread, so that /ping is answered meanwhile; for shorter ones,
# switching threads would take longer than it saves.
_THREAD_FROM_BYTES = 256 * 1024

# Bytes that a container of an endpoint may send to the next. Source: SageMaker's guide,
# "Troubleshoot Inference Pipelines".
_MAX_HANDED_ON = 5 * 2**20

_ROUTES = {"/ping": "GET", "/execution-parameters": "GET", "/invocations": "POST"}


class Response(NamedTuple):
    """A response; without a content type, it has no body."""

    status: int
    content_type: str | None = None
    body: bytes = b""
    allow: str | None = None


class BaseApplication(ABC):
    """Answers requests by the container contract."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._threads = ThreadPoolExecutor(max_workers=2, thread_name_prefix="invocation")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request; no error ends the server."""
        started = time.monotonic()
        reason = None
        try:
            response = await self._respond(scope, receive)
        except _ClientGoneError:
            return
        except RequestError as error:
            reason = error.reason
            response = _error(error.status, str(error), _ROUTES.get(scope["path"]))
        except Exception as error:
            # No message: it might quote the request.
            reason = f"{type(error).__name__} at {_place(error)}"
            response = _error(500, "internal error")
        if reason:
            fields = {
                "method": scope["method"],
                "status": response.status,
                "reason": reason,
                "milliseconds": round(1000 * (time.monotonic() - started), 1),
            }
            logger.warning("request failed", extra={"fields": fields})
        headers = [(b"content-length", b"%d" % len(response.body))]
        if response.status == 204:
            headers.clear()  # RFC 9110, 8.6: none with 204
        if response.content_type:
            headers.append((b"content-type", response.content_type.encode()))
        if response.allow:
            headers.append((b"allow", response.allow.encode()))
        await send({"type": "http.response.start", "status": response.status, "headers": headers})
        await send({"type": "http.response.body", "body": response.body})

    async def _respond(self, scope: Message, receive: Receive) -> Response:
        path = scope["path"]
        method = _ROUTES.get(path)
        if method is None:
            raise RequestError(404, "not_found", f"allowed: {', '.join(_ROUTES)}")
        if scope["method"] != method:
            raise RequestError(405, "method_not_allowed", f"{path} only allows {method}")
        if path == "/ping":
            return Response(200)
        if path == "/execution-parameters":
            return Response(200, JSON, self._execution_parameters())
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        body = await self._read(headers.get(b"content-length"), receive)
        if not body:
            return Response(204)
        if headers.get(b"content-encoding", "identity") != "identity":
            raise RequestError(415, "unsupported_encoding", "Content-Encoding is not supported")
        request_type, response_type = self._formats(
            headers.get(b"content-type"), headers.get(b"accept")
        )
        if len(body) < _THREAD_FROM_BYTES:
            result = self._invoke(request_type, response_type, body)
        else:
            result = await asyncio.get_running_loop().run_in_executor(
                self._threads, self._invoke, request_type, response_type, body
            )
        return Response(200, response_type, result)

    async def _read(self, content_length: str | None, receive: Receive) -> bytes:
        """Read the body, up to the limit."""
        limit = self._settings.max_payload_bytes
        too_long = RequestError(413, "payload_too_large", f"the body is longer than {limit} bytes")
        if content_length and content_length.isdecimal() and int(content_length[:20]) > limit:
            raise too_long
        chunks = []
        size = 0
        more = True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise _ClientGoneError
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise too_long
            chunks.append(chunk)
            more = message.get("more_body", False)
        return b"".join(chunks) if len(chunks) > 1 else bytes(chunks[0])

    @abstractmethod
    def _formats(self, content_type: str | None, accept: str | None) -> tuple[str, str]:
        """Choose the formats of request and response from the headers."""

    @abstractmethod
    def _invoke(self, request_type: str, response_type: str, body: bytes) -> bytes:
        """Answer a non-empty body."""

    def _execution_parameters(self) -> bytes:
        """Answer batch transform: as many concurrent requests as workers."""
        parameters = {
            "MaxConcurrentTransforms": self._settings.workers,
            "BatchStrategy": "MULTI_RECORD",
            "MaxPayloadInMB": min(6, self._settings.max_payload_bytes // 2**20),
        }
        return orjson.dumps(parameters)


class Application(BaseApplication):
    """Answers requests with one model."""

    def __init__(self, model: Model, settings: Settings) -> None:
        super().__init__(settings)
        self._model = model
        self._features = Features(model.feature_names)

    def _formats(self, content_type: str | None, accept: str | None) -> tuple[str, str]:
        request_type = request_format(content_type)
        return request_type, response_format(accept, request_type)

    def _invoke(self, request_type: str, response_type: str, body: bytes) -> bytes:
        rows = parse(request_type, body, self._features)
        predictions = self._model.predictor.predict(rows)
        return serialize(response_type, predictions, self._settings.half_width)


class IntervalApplication(BaseApplication):
    """Adds intervals to the predictions of the previous container in an inference pipeline."""

    def _formats(self, content_type: str | None, accept: str | None) -> tuple[str, str]:
        request_type = request_format(content_type, (CSV, JSON, JSON_LINES))
        return request_type, response_format(accept, request_type)

    def _invoke(self, request_type: str, response_type: str, body: bytes) -> bytes:
        predictions = parse_predictions(request_type, body)
        return serialize(response_type, predictions, self._settings.half_width)


class EncoderApplication(BaseApplication):
    """Encodes rows for the next container of an inference pipeline."""

    def __init__(self, encoder: Encoder, settings: Settings) -> None:
        super().__init__(settings)
        self._encoder = encoder

    def _formats(self, content_type: str | None, accept: str | None) -> tuple[str, str]:  # noqa: ARG002
        """Answer CSV, whatever Accept says: only the last container gets the client's.

        Source: aws/amazon-sagemaker-examples#729.
        """
        return request_format(content_type, (CSV, JSON, JSON_LINES)), CSV

    def _invoke(self, request_type: str, response_type: str, body: bytes) -> bytes:  # noqa: ARG002
        encoded = self._encoder.encode(request_type, body)
        if len(encoded) > _MAX_HANDED_ON and not self._settings.is_batch:
            raise RequestError(
                413,
                "payload_too_large",
                f"the encoded rows have {len(encoded)} bytes, and an endpoint passes on at most "
                f"{_MAX_HANDED_ON}: send fewer rows in a request",
            )
        return encoded


class _ClientGoneError(Exception):
    """The client closed the connection before the end of its request."""


def _error(status: int, message: str, method: str | None = None) -> Response:
    # Undecodable text in a header or body must not make the response fail.
    text = message.encode(errors="replace").decode()
    body = orjson.dumps({"error": text})
    return Response(status, JSON, body, allow=method if status == 405 else None)


def _place(error: Exception) -> str:
    """Return the file and line where the error was raised."""
    traceback = error.__traceback__
    while traceback and traceback.tb_next:
        traceback = traceback.tb_next
    return f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}" if traceback else "?"
