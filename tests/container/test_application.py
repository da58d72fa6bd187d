"""Responses to each kind of request, in this process."""

import asyncio
import io
import json
import logging
import threading
from collections.abc import Callable

import numpy as np
import pytest
from decision_tree.errors import UserError
from decision_tree.model import Model
from decision_tree.serving.app import Application
from decision_tree.serving.logs import JsonFormatter
from decision_tree.serving.settings import Settings
from hypothesis import given, settings
from hypothesis import strategies as st

ROWS = [[0.5, 1.0, 2.0], [-0.5, 0.0, 1.0]]
TEXT = b"0.5,1,2\n-0.5,0,1\n"


def test_ping(client: Callable[..., object]) -> None:
    assert client("GET", "/ping") == (200, {"content-length": "0"}, b"")


def test_execution_parameters(client: Callable[..., object]) -> None:
    answer = client("GET", "/execution-parameters")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert json.loads(answer.body) == {
        "MaxConcurrentTransforms": 2,
        "BatchStrategy": "MULTI_RECORD",
        "MaxPayloadInMB": 1,
    }


@pytest.mark.parametrize(
    ("method", "path", "status", "allow"),
    [
        ("POST", "/ping", 405, "GET"),
        ("GET", "/invocations", 405, "POST"),
        ("DELETE", "/execution-parameters", 405, "GET"),
        ("GET", "/", 404, None),
        ("GET", "/ping/", 404, None),
        ("POST", "/invocations/../x\udc80", 404, None),
    ],
)
def test_other_requests(
    client: Callable[..., object], method: str, path: str, status: int, allow: str | None
) -> None:
    answer = client(method, path)
    assert (answer.status, answer.headers.get("allow")) == (status, allow)
    assert set(json.loads(answer.body)) == {"error"}


def test_every_content_type_with_every_accept_type(client: object, model: Model) -> None:
    expected = model.predict(ROWS).tolist()
    stream = io.BytesIO()
    np.save(stream, np.array(ROWS))
    bodies = {
        "text/csv": TEXT,
        "application/json": json.dumps({"instances": ROWS}).encode(),
        "application/jsonlines": "\n".join(map(json.dumps, ROWS)).encode(),
        "application/x-npy": stream.getvalue(),
    }
    readers: dict[str, Callable[[bytes], list[float]]] = {
        "text/csv": lambda body: [float(line) for line in body.splitlines()],
        "application/json": lambda body: json.loads(body)["predictions"],
        "application/jsonlines": lambda body: [
            json.loads(line)["prediction"] for line in body.splitlines()
        ],
        "application/x-npy": lambda body: np.load(io.BytesIO(body)).tolist(),
    }
    for content_type, body in bodies.items():
        for accept in [None, *readers]:
            answer = client.invoke(body, content_type, accept)
            kind = accept or content_type
            assert (answer.status, answer.headers["content-type"]) == (200, kind)
            assert answer.headers["content-length"] == str(len(answer.body))
            assert readers[kind](answer.body) == expected


@pytest.mark.parametrize(
    ("body", "content_type", "accept", "status"),
    [
        (b"", "text/csv", None, 204),
        (b"", None, None, 204),
        (b"", "text/plain", "text/html", 204),
        (TEXT, "text/csv; charset=utf-8", None, 200),
        (TEXT, None, None, 415),
        (TEXT, "text/plain", None, 415),
        (TEXT, "application/octet-stream", "text/html", 415),
        (TEXT, "text/csv", "text/html", 406),
        (b"x", "text/csv", "text/html", 406),
        (b"x", "text/csv", None, 400),
        (b"1,2", "text/csv", None, 400),
        (b"{", "application/json", None, 400),
        (b"x" * (2**20 + 1), "text/csv", None, 413),
        (b"x" * 2**20, "text/csv", None, 400),  # in a thread
    ],
)
def test_status(
    client: object, body: bytes, content_type: str | None, accept: str | None, status: int
) -> None:
    answer = client.invoke(body, content_type, accept)
    assert answer.status == status
    if status == 204:
        assert (answer.headers, answer.body) == ({}, b"")
    elif status >= 400:
        assert answer.headers["content-type"] == "application/json"
        assert json.loads(answer.body)["error"]


def test_compressed_bodies_are_refused(client: Callable[..., object]) -> None:
    headers = {"Content-Type": "text/csv", "Content-Encoding": "gzip"}
    assert client("POST", "/invocations", TEXT, headers).status == 415


def test_a_wrong_number_of_features_is_refused_with_the_expected_ones(client: object) -> None:
    answer = client.invoke(b"1,2")
    assert json.loads(answer.body) == {
        "error": "row 1 has 2 values; expected 3 features: longitude, latitude, Rooms"
    }


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_chunked_bodies(client: object, model: Model, chunk: int) -> None:
    headers = {"Content-Type": "text/csv"}
    answer = client("POST", "/invocations", TEXT, headers, chunk)
    assert [float(x) for x in answer.body.split()] == model.predict(ROWS).tolist()


@pytest.mark.parametrize("size", [2**18, 2**19])
def test_ping_is_answered_during_a_large_invocation(
    model: Model, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    application = Application(model, Settings("127.0.0.1", 8080, 1, 2**20, 60))
    pinged = threading.Event()
    monkeypatch.setattr(application, "_invoke", lambda *_: b"%d" % pinged.wait(10))

    async def exchange(method: str, path: str) -> dict[str, object]:
        sent: list[dict[str, object]] = []

        async def receive() -> dict[str, object]:
            return {"type": "http.request", "body": b"1" * size}

        async def send(message: dict[str, object]) -> None:
            sent.append(message)

        headers = [(b"content-type", b"text/csv")]
        await application({"method": method, "path": path, "headers": headers}, receive, send)
        return sent[-1]

    async def both() -> dict[str, object]:
        invocation = asyncio.create_task(exchange("POST", "/invocations"))
        await asyncio.sleep(0.1)
        await exchange("GET", "/ping")
        pinged.set()
        return await invocation

    assert asyncio.run(both())["body"] == b"1"


def test_reading_stops_at_the_limit(model: Model) -> None:
    application = Application(model, Settings("127.0.0.1", 8080, 1, 10, 60))
    received = 0

    async def receive() -> dict[str, object]:
        nonlocal received
        received += 1
        return {"type": "http.request", "body": b"1234", "more_body": True}

    sent: list[dict[str, object]] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message)

    scope = {"method": "POST", "path": "/invocations", "headers": []}
    asyncio.run(application(scope, receive, send))
    assert (sent[0]["status"], received) == (413, 3)
    scope["headers"] = [(b"content-length", b"11")]
    asyncio.run(application(scope, receive, send))
    assert (sent[2]["status"], received) == (413, 3)


def test_a_client_that_disconnects_gets_no_response(model: Model) -> None:
    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    async def send(message: dict[str, object]) -> None:
        raise AssertionError(message)

    scope = {"method": "POST", "path": "/invocations", "headers": []}
    asyncio.run(Application(model, Settings("127.0.0.1", 8080, 1, 10, 60))(scope, receive, send))


@settings(deadline=None, max_examples=100)
@given(
    st.binary(max_size=30),
    st.dictionaries(
        st.sampled_from(["content-type", "accept", "content-length", "x"]),
        st.text(st.characters(max_codepoint=255), max_size=20)
        | st.sampled_from(["text/csv", "application/json", "*/*", "-1", "99999999999", "5"]),
    ),
)
def test_no_request_causes_a_5xx(client: object, body: bytes, headers: dict[str, str]) -> None:
    assert client("POST", "/invocations", body, headers).status < 500


def test_a_bug_is_answered_with_500_and_logged_without_data(
    client: object, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> bytes:
        raise RuntimeError("secret")

    monkeypatch.setattr(client.application, "_invoke", broken)
    answer = client.invoke(b"1,2,3")
    assert (answer.status, answer.body) == (500, b'{"error":"internal error"}')
    (record,) = caplog.records
    line = json.loads(JsonFormatter().format(record))
    assert line["reason"].startswith("RuntimeError at ")
    assert "secret" not in json.dumps(line)


def test_refused_requests_are_logged_without_data(
    client: object, caplog: pytest.LogCaptureFixture
) -> None:
    client.invoke(b'{"secret": 424242}', "application/json")
    client.invoke(b"424242,secret,1", "text/csv")
    client("GET", "/secret")
    lines = [json.loads(JsonFormatter().format(record)) for record in caplog.records]
    assert [(x["status"], x["reason"]) for x in lines] == [
        (400, "bad_payload"),
        (400, "bad_payload"),
        (404, "not_found"),
    ]
    for line in lines:
        assert set(line) == {
            "time",
            "level",
            "message",
            "method",
            "status",
            "reason",
            "milliseconds",
        }
        assert "secret" not in json.dumps(line)
        assert "424242" not in json.dumps(line)


def test_exceptions_of_libraries_are_logged_without_their_message() -> None:
    try:
        raise ValueError("secret")
    except ValueError:
        record = logging.getLogger("uvicorn.error").makeRecord(
            "uvicorn.error", logging.ERROR, "", 0, "failed", (), __import__("sys").exc_info()
        )
    line = JsonFormatter().format(record)
    assert json.loads(line)["exception"] == "ValueError"
    assert "secret" not in line


def test_settings() -> None:
    assert Settings.from_environ({}).port == 8080
    assert Settings.from_environ({}).workers >= 1
    assert Settings.from_environ({}).max_payload_bytes == 100 * 2**20
    environ = {
        "SAGEMAKER_BIND_TO_PORT": "1234",
        "MODEL_SERVER_WORKERS": "3",
        "MODEL_SERVER_TIMEOUT": "5",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": "6",
    }
    assert Settings.from_environ(environ) == Settings("0.0.0.0", 1234, 3, 6 * 2**20, 5)  # noqa: S104


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", "99999999999999999999", "³"])
@pytest.mark.parametrize("name", ["SAGEMAKER_BIND_TO_PORT", "MODEL_SERVER_WORKERS"])
def test_bad_settings_are_named(name: str, value: str) -> None:
    with pytest.raises(UserError, match=rf"{name} is '{value}'; allowed: an integer from 1 to"):
        Settings.from_environ({name: value})
