"""The server as a process, over the network."""

import json
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from decision_tree.model import Model
from machine import PATIENCE, needs_proc

ROWS = np.random.default_rng(5).normal(size=(1000, 3))


def lines(rows: np.ndarray) -> bytes:
    return "\n".join(",".join(map(repr, row)) for row in rows.tolist()).encode()


def numbers(body: bytes) -> list[float]:
    return [float(line) for line in body.split()]


def test_ping_and_invocations_on_one_connection(server: object, model: Model) -> None:
    connection = server.connect()
    for row in ROWS[:20]:
        answer = server("GET", "/ping", connection=connection)
        assert (answer.status, answer.body) == (200, b"")
        answer = server.invoke(lines(row[None]), connection=connection)
        assert numbers(answer.body) == model.predict(row[None]).tolist()
    assert "server" not in answer.headers
    empty = server.invoke(b"", connection=connection)
    assert (empty.status, empty.body) == (204, b"")
    assert "content-length" not in empty.headers


def test_concurrent_requests_get_their_own_answers(server: object, model: Model) -> None:
    expected = model.predict(ROWS)

    def work(seed: int) -> int:
        generator = random.Random(seed)  # noqa: S311
        connection = server.connect()
        for _ in range(60):
            start, count = generator.randrange(900), generator.choice([1, 2, 60])
            chosen = slice(start, start + count)
            if generator.random() < 0.1:
                assert server.invoke(b"x", connection=connection).status == 400
            answer = server.invoke(lines(ROWS[chosen]), connection=connection)
            assert numbers(answer.body) == expected[chosen].tolist()
        return 60

    with ThreadPoolExecutor(16) as threads:
        assert sum(threads.map(work, range(16))) == 16 * 60


def test_chunked_bodies(server: object, model: Model) -> None:
    body = lines(ROWS)
    pieces = [body[start : start + 1013] for start in range(0, len(body), 1013)]
    answer = server.invoke(iter(pieces))
    assert numbers(answer.body) == model.predict(ROWS).tolist()
    assert server.invoke(iter([])).status == 204


@pytest.fixture(scope="module")
def large() -> bytes:
    """25 MB, the max size of a request."""
    block = lines(ROWS) + b"\n"
    return block * (25_000_000 // len(block))


def test_25_mb_are_answered_while_ping_answers(server: object, model: Model, large: bytes) -> None:
    slowest = 0.0
    with ThreadPoolExecutor(2) as threads:
        futures = [threads.submit(server.invoke, large) for _ in range(2)]
        while not all(future.done() for future in futures):
            started = time.monotonic()
            assert server("GET", "/ping").status == 200
            slowest = max(slowest, time.monotonic() - started)
    assert slowest < 2  # SageMaker's limit
    expected = b"".join(b"%a\n" % value for value in model.predict(ROWS).tolist())
    for future in futures:
        answer = future.result()
        assert answer.status == 200
        assert answer.body == expected * (len(answer.body) // len(expected))
        assert answer.body.count(b"\n") == large.count(b"\n")


def test_too_large_bodies(start_server: Callable[..., object], large: bytes) -> None:
    server = start_server(SAGEMAKER_MAX_PAYLOAD_IN_MB="6").wait_until_ready()
    assert server.invoke(iter([large])).status == 413
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as raw:
        raw.sendall(b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Length: 9999999999\r\n\r\n")
        assert raw.recv(100).startswith(b"HTTP/1.1 413 ")
    assert server("GET", "/ping").status == 200


HOSTILE = [
    b"\x00\xff\x16\x03\x01garbage",
    b"GET / SPDY/9\r\n\r\n",
    b"GET /\xff HTTP/1.1\r\n\r\n",
    b"GET http://[ HTTP/1.1\r\n\r\n",
    b"POST /invocations HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    b"POST /invocations HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    b"POST /invocations HTTP/1.1\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    b"POST /invocations HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n",
    b"POST /invocations HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"POST /invocations HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n",
    b"POST /invocations HTTP/1.1\r\nContent-Type: \xff\xfe\r\nContent-Length: 1\r\n\r\nx",
    b"POST /invocations HTTP/1.1\r\nContent-Length: 100\r\n\r\nshort",
    b"GET /ping HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    b"GET /ping HTTP/1.1\r\n" + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
    b"GET /ping HTTP/1.1\r\n" + b"".join(b"X%d: y\r\n" % i for i in range(5000)) + b"\r\n",
    b"GET /ping HTTP/1.1\r\n\r\n" * 500,
]


@needs_proc
def test_malformed_http_affects_no_other_client(server: object) -> None:
    workers = server.children()
    for content in HOSTILE:
        with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as raw:
            raw.sendall(content)
            raw.shutdown(socket.SHUT_WR)
            answer = b""
            try:
                while piece := raw.recv(65536):
                    answer += piece
            except ConnectionResetError:
                pass
        assert b"HTTP/1.1 5" not in answer, content[:80]
        assert server("GET", "/ping").status == 200
    assert server.children() == workers


def test_stalled_clients_affect_no_others(server: object) -> None:
    stalled = []
    for content in (b"", b"GET /pi", b"POST /invocations HTTP/1.1\r\nContent-Length: 9\r\n\r\n1,2"):
        for _ in range(20):
            raw = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
            raw.sendall(content)
            stalled.append(raw)
    assert server.invoke(b"1,2,3").status == 200
    for raw in stalled:
        raw.close()


def test_logs_are_json_without_request_data(start_server: Callable[..., object]) -> None:
    server = start_server(MODEL_SERVER_WORKERS="1").wait_until_ready()
    server.invoke(b"4242.5,secret,1")
    server.invoke(b"4242.5,1,1")
    server("GET", "/secret?secret")
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as raw:
        raw.sendall(b"secret\r\n\r\n")
        raw.recv(100)
    code, stdout, stderr = server.stop()
    assert (code, stderr) == (0, "")
    entries = [json.loads(line) for line in stdout.splitlines()]
    assert [entry["message"] for entry in entries] == [
        "serving",
        "request failed",
        "request failed",
        "Invalid HTTP request received.",
        "stopped",
    ]
    assert entries[0]["workers"] == 1
    assert "secret" not in stdout
    assert "4242" not in stdout


def test_sigterm_lets_requests_finish(start_server: Callable[..., object]) -> None:
    server = start_server(MODEL_SERVER_WORKERS="2").wait_until_ready()
    idle = server.connect()
    assert server("GET", "/ping", connection=idle).status == 200
    head = (
        b"POST /invocations HTTP/1.1\r\nHost: x\r\nContent-Type: text/csv\r\n"
        b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as raw:
        raw.sendall(head)
        # A worker has begun to read the body: the request is under way.
        assert raw.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        server.process.send_signal(signal.SIGTERM)
        raw.sendall(b"1,2,3")
        assert raw.recv(100).startswith(b"HTTP/1.1 200 ")
    stdout, _ = server.process.communicate(timeout=PATIENCE)
    assert server.process.returncode == 0
    assert json.loads(stdout.splitlines()[-1])["message"] == "stopped"


def test_incomplete_requests_time_out(start_server: Callable[..., object]) -> None:
    server = start_server(MODEL_SERVER_WORKERS="1", MODEL_SERVER_TIMEOUT="1").wait_until_ready()
    body = b"POST /invocations HTTP/1.1\r\nContent-Length: 9\r\n\r\n1,2"
    stalled = []
    for content in (b"", b"GET /pi", b"GET /ping HTTP/1.1\r\nX: ", body):
        for _ in range(100):
            raw = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)
            raw.sendall(content)
            stalled.append(raw)
    for raw in stalled:
        assert raw.recv(1) == b""  # the server has closed it
        raw.close()
    assert server.invoke(b"1,2,3").status == 200


def test_slow_headers_time_out(
    start_server: Callable[..., object],
) -> None:
    server = start_server(MODEL_SERVER_WORKERS="1", MODEL_SERVER_TIMEOUT="1").wait_until_ready()
    with socket.create_connection(("127.0.0.1", server.port), timeout=0.05) as raw:
        raw.sendall(b"GET /ping HTTP/1.1\r\nX: ")
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                raw.sendall(b"y")
                if raw.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                break
        assert time.monotonic() < deadline


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_ends_quickly_when_idle(
    start_server: Callable[..., object], workers: str, number: signal.Signals
) -> None:
    server = start_server(MODEL_SERVER_WORKERS=workers).wait_until_ready()
    started = time.monotonic()
    server.process.send_signal(number)
    assert server.process.wait(PATIENCE) == 0
    assert time.monotonic() - started < 20  # for which it lets requests finish


@needs_proc
def test_a_dead_worker_is_replaced(start_server: Callable[..., object]) -> None:
    server = start_server(MODEL_SERVER_WORKERS="2").wait_until_ready()
    before = server.children()
    assert len(before) == 2
    os.kill(before[0], signal.SIGKILL)
    deadline = time.monotonic() + PATIENCE
    while len(set(server.children()) | set(before)) < 3 and time.monotonic() < deadline:
        time.sleep(0.05)
    for _ in range(30):
        assert server.invoke(b"1,2,3").status == 200
    assert before[1] in server.children()
    code, stdout, _ = server.stop()
    assert code == 0
    assert [json.loads(x)["message"] for x in stdout.splitlines()] == [
        "serving",
        "worker died",
        "stopped",
    ]


@needs_proc
def test_workers_end_with_their_parent(start_server: Callable[..., object]) -> None:
    server = start_server(MODEL_SERVER_WORKERS="2").wait_until_ready()
    workers = server.children()
    server.process.kill()
    server.process.wait()
    deadline = time.monotonic() + PATIENCE
    while any(Path(f"/proc/{pid}").exists() for pid in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def busy_port() -> Iterator[int]:
    with socket.socket() as used:
        used.bind(("0.0.0.0", 0))  # noqa: S104
        used.listen()
        yield used.getsockname()[1]


def test_start_fails_with_one_clear_line(
    start_server: Callable[..., object], tmp_path: Path, busy_port: int
) -> None:
    def fails(message: str, *arguments: Path, **environ: str) -> None:
        server = start_server(*arguments, **environ)
        stderr = server.process.communicate(timeout=PATIENCE)[1]
        assert server.process.returncode == 2
        assert message in stderr
        assert stderr.count("\n") == 1

    fails("model.json is missing", tmp_path)
    (tmp_path / "model").mkdir()
    (tmp_path / "model/model.json").write_text("{}")
    fails("is not of the format restate-decision-tree", tmp_path)
    fails("MODEL_SERVER_WORKERS is 'many'", MODEL_SERVER_WORKERS="many")
    fails(f"cannot open port {busy_port}", SAGEMAKER_BIND_TO_PORT=str(busy_port))


@needs_proc
def test_serving_loads_neither_scikit_learn_nor_duckdb(server: object) -> None:
    for pid in server.children():
        maps = Path(f"/proc/{pid}/maps").read_text()
        assert "numpy" in maps
        assert not any(name in maps for name in ("/sklearn/", "/scipy/", "duckdb"))


def test_unread_logs_do_not_block(start_server: Callable[..., object]) -> None:
    server = start_server(MODEL_SERVER_WORKERS="1").wait_until_ready()
    connection = server.connect()
    for _ in range(1000):  # more lines than a pipe holds
        assert server.invoke(b"x", connection=connection).status == 400
    server.process.terminate()
    assert server.process.wait(PATIENCE) == 0
    assert all(json.loads(line) for line in server.process.stdout)


@needs_proc
def test_memory_does_not_grow_with_requests(start_server: Callable[..., object]) -> None:
    server = start_server(MODEL_SERVER_WORKERS="1").wait_until_ready()
    (worker,) = server.children()

    def resident() -> int:
        fields = Path(f"/proc/{worker}/statm").read_text().split()
        return int(fields[1]) * os.sysconf("SC_PAGE_SIZE")

    body = lines(ROWS)

    def work() -> None:
        connection = server.connect()
        for _ in range(100):
            server.invoke(body, connection=connection)
            server.invoke(b"x", connection=connection)
            done.append(1)

    done: list[int] = []
    work()
    before = resident()
    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) == 500
    assert resident() - before < 10_000_000
