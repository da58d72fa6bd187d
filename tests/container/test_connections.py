"""A server's shutdown, in this process, so that it can be paused at a certain moment."""

import socket
import threading
from collections.abc import Awaitable, Callable

import pytest
import uvicorn
from decision_tree.serving import connections
from decision_tree.serving.connections import DrainingServer
from decision_tree.serving.workers import listen
from machine import PATIENCE, free_port

REQUEST = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


async def application(
    _scope: dict[str, object], _receive: object, send: Callable[..., Awaitable[None]]
) -> None:
    headers = [(b"content-length", b"0")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b""})


def test_accepted_requests_are_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Including those on queued and on kept-alive connections."""
    # Long enough to read a hundred requests on a busy machine.
    monkeypatch.setattr(connections, "_SECONDS_TO_DRAIN", 3)
    ending, go = threading.Event(), threading.Event()

    class HeldServer(DrainingServer):
        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            ending.set()
            go.wait(PATIENCE)  # holds the event loop, as a long computation would
            await super().shutdown(sockets)

    port = free_port()
    config = uvicorn.Config(application, loop="uvloop", http="httptools", lifespan="off")
    server = HeldServer(config)
    (listener,) = listen("127.0.0.1", port, 1)
    thread = threading.Thread(target=lambda: server.run(sockets=[listener]), daemon=True)
    thread.start()

    def connect() -> socket.socket:
        return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)

    kept = connect()
    kept.sendall(REQUEST)
    assert kept.recv(1000).startswith(b"HTTP/1.1 200 ")
    server.should_exit = True
    assert ending.wait(PATIENCE)
    waiting = [kept, *(connect() for _ in range(100))]
    for raw in waiting:
        raw.sendall(REQUEST)
    go.set()
    for raw in waiting:
        with raw:
            answer = raw.recv(1000)
        assert answer.startswith(b"HTTP/1.1 200 ")
        assert b"\r\nconnection: close\r\n" in answer
    thread.join(PATIENCE)
    assert not thread.is_alive()
