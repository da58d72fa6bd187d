"""HTTP connections that do not wait forever for a request, and drop none at shutdown.

uvicorn limits idle time between requests, but not the time in which a request arrives; and at
shutdown it closes listening sockets with the connections in their queues.
"""

import asyncio
import logging
import socket
from typing import Any, Literal

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

logger = logging.getLogger("decision_tree.serving")

# Seconds from the last accepted connection until idle ones close, in which requests are read.
_SECONDS_TO_DRAIN = 0.2


class BoundedConnection(HttpToolsProtocol):
    """A connection that is closed if a request does not arrive in time.

    Args:
        seconds_to_arrive: limit for a request's headers, and for each pause in its body.
        arguments: from uvicorn.
    """

    def __init__(self, *, seconds_to_arrive: float, **arguments: Any) -> None:  # noqa: ANN401
        super().__init__(**arguments)
        self._seconds_to_arrive = seconds_to_arrive
        self._awaited: Literal["headers", "body"] | None = "headers"
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for the first request."""
        super().connection_made(transport)
        self._start_timer()

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Handle incoming bytes; a timer only runs while a request is incomplete."""
        super().data_received(data)
        if self._awaited == "headers" and self._timer is not None:
            return  # Single bytes do not extend the time for the headers.
        self._stop_timer()
        if self._awaited is not None and not self.transport.is_closing():
            self._start_timer()

    def on_message_begin(self) -> None:
        """Note that a request has begun."""
        self._awaited = "headers"
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that the body follows."""
        self._awaited = "body"
        self._stop_timer()
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that the request is complete."""
        self._awaited = None
        super().on_message_complete()

    def _start_timer(self) -> None:
        self._timer = self.loop.call_later(self._seconds_to_arrive, self._give_up)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _give_up(self) -> None:
        logger.warning("request did not arrive in time")
        self.transport.close()


class DrainingServer(uvicorn.Server):
    """A server that answers every request that the system has accepted before it ends."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop accepting, answer requests that have arrived, and end."""
        for listener in sockets or []:
            listener.listen(0)  # The queue no longer grows, and keeps its connections.
        self.server_state.default_headers = [
            *self.server_state.default_headers,
            (b"connection", b"close"),
        ]
        await asyncio.sleep(_SECONDS_TO_DRAIN)
        await super().shutdown(sockets)
