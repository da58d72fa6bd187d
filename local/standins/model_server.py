"""Serves a model by the container contract, one request at a time."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping

import uvicorn
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

_DEFAULT_PORT = 8080
# Status, media type, body.
Answer = tuple[int, str, str | bytes]
# The request's headers, with names in lower case, and its body.
Respond = Callable[[dict[str, str], bytes], Answer]


class Application:
    """The contract's paths as an ASGI application."""

    def __init__(self, routes: Mapping[str, tuple[str, Respond]]) -> None:
        """Adds `GET /ping` to the routes: method and answer by path."""
        self._routes = {"/ping": ("GET", _answer_ping), **routes}

    async def __call__(
        self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable
    ) -> None:
        """Answers a request."""
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
        sent = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        status, media_type, answer = self._respond(scope["method"], scope["path"], sent, body)
        content = answer.encode() if isinstance(answer, str) else answer
        headers = [(b"content-length", str(len(content)).encode())]
        if content:
            headers.append((b"content-type", media_type.encode()))
        await send(
            {"type": "http.response.start", "status": status, "headers": headers, "trailers": False}
        )
        await send({"type": "http.response.body", "body": content, "more_body": False})

    def _respond(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        allowed, respond = self._routes.get(path, (None, _answer_ping))
        if allowed is None:
            return 404, "text/plain", f"{path}: not found"
        if method != allowed:
            return 405, "text/plain", f"{path}: allowed is {allowed}"
        return respond(headers, body)


def _answer_ping(_headers: dict[str, str], _body: bytes) -> Answer:
    return 200, "", ""


def serve(application: Application) -> None:
    """Serves until SIGTERM or SIGINT, at the environment's address and port."""
    # uvicorn raises the signal again after it has answered pending requests.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    uvicorn.run(
        application,
        host=os.environ.get("SAGEMAKER_BIND_TO_ADDRESS", "127.0.0.1"),
        port=int(os.environ.get("SAGEMAKER_BIND_TO_PORT", _DEFAULT_PORT)),
        lifespan="off",
        log_level="warning",
    )
