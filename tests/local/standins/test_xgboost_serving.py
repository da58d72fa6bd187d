"""Serving with the local implementation of the XGBoost image, as a process."""

import json
import os
import signal
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import xgboost
from machine import PATIENCE, free_port
from xgboost_job import Job, RunModule


class Served:
    """A server with a trained model."""

    def __init__(self, job: Job, **environment: str) -> None:
        self.port = free_port()
        self.process = job.start("serve", SAGEMAKER_BIND_TO_PORT=str(self.port), **environment)
        self.model = job.model()
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            try:
                assert self.ask("/ping")[:2] == (200, "")
                break
            except urllib.error.URLError:
                time.sleep(0.05)

    def ask(
        self, path: str, body: bytes | None = None, **headers: str
    ) -> tuple[int, str, str | None]:
        """The status, body and type of a response."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        message = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, named)
        try:
            with urllib.request.urlopen(message, timeout=PATIENCE) as answer:  # noqa: S310
                return answer.status, answer.read().decode(), answer.headers["Content-Type"]
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), error.headers["Content-Type"]

    def invoke(self, body: bytes, content_type: str = "text/csv", **headers: str) -> Any:
        return self.ask("/invocations", body, Content_Type=content_type, **headers)

    def predictions(self, *rows: list[float]) -> list[float]:
        return list(self.model.predict(xgboost.DMatrix(np.array(rows))).tolist())

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 0


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, run_module: RunModule) -> Iterator[Served]:
    job = Job(tmp_path_factory.mktemp("served"), run_module)
    job.train()
    served = Served(job)
    yield served
    served.close()


ROWS = [[0.5, 0.25, 0.75], [0.1, np.nan, 0.3]]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"0.5,0.25,0.75\n0.1,,0.3\n", "text/csv"),
        (b"0.5,0.25,0.75\r\n0.1,,0.3\r\n", "text/csv; charset=utf-8"),
        (b"0.5;0.25;0.75\n0.1;;0.3", "text/csv; label_size=1"),
        (b"0.5\t0.25\t0.75\n0.1\t\t0.3", "TEXT/CSV"),
        (b"0.5,0.25,0.75\n0.1,,0.3", "csv"),
        (b"1 0:0.5 1:0.25 2:0.75\n0 0:0.1 2:0.3", "text/libsvm"),
        (b"1:0.5 2:0.25 3:0.75\n1:0.1 3:0.3\n", "text/x-libsvm"),
    ],
)
def test_serves_rows_like_the_image(served: Served, body: bytes, content_type: str) -> None:
    expected = "".join(f"{value}\n" for value in served.predictions(*ROWS))
    assert served.invoke(body, content_type) == (200, expected, "text/csv")


@pytest.mark.parametrize(
    ("body", "row"),
    [
        (b"0.5,0.25", [0.5, 0.25, np.nan]),  # the model takes what is not there as missing
        (b"nan,0.25,0.75", [np.nan, 0.25, 0.75]),
        (b" 0.5 , 0.25,0.75", [0.5, 0.25, 0.75]),
        ("1_0,\uff11,0.75".encode(), [10, 1, 0.75]),  # NumPy's numbers are Python's
        (b"0." + b"5" * 200_000 + b",0.25,0.75", [5 / 9, 0.25, 0.75]),
    ],
)
def test_accepts_the_same_numbers_as_numpy(served: Served, body: bytes, row: list[float]) -> None:
    status, text, _ = served.invoke(body)
    assert (status, float(text)) == (200, served.predictions(row)[0])


@pytest.mark.parametrize(
    ("body", "content_type", "status", "message"),
    [
        (b"", "text/csv", 204, ""),
        (b"\n", "text/csv", 415, "Loading csv data failed: Could not determine delimiter"),
        (b"  ", "text/csv", 415, "Loading csv data failed: Could not determine delimiter"),
        (b"a,b,c", "text/csv", 415, "Loading csv data failed: could not convert string to float"),
        (b'"0.5","0.25","0.75"', "text/csv", 415, "Loading csv data failed: could not convert"),
        (b"0.5, ,0.75", "text/csv", 415, "Loading csv data failed: could not convert"),
        (b"1,2,3\n1,2", "text/csv", 415, "Loading csv data failed: setting an array element"),
        (b"inf,0.25,0.75", "text/csv", 415, "Loading csv data failed: "),
        (b"1e39,0.25,0.75", "text/csv", 415, "Loading csv data failed: "),
        (b"\xff,1,2", "text/csv", 415, "Loading csv data failed: 'utf-8' codec can't decode"),
        (b"1:x", "text/libsvm", 415, "Loading libsvm data failed: could not convert string"),
        (b"1,2,3", "text/csv; label_size=0", 415, "text/csv; label_size=0 is not an accepted"),
        (b"[1]", "application/json", 415, "Content-type application/json is not supported"),
        (b"1", "application/x-recordio-protobuf", 415, "Content-type application/x-recordio"),
        (b"1,2,3,4", "text/csv", 400, "Unable to evaluate payload provided: "),
    ],
)  # fmt: skip
def test_refuses_requests_like_the_image(
    served: Served, body: bytes, content_type: str, status: int, message: str
) -> None:
    code, text, _ = served.invoke(body, content_type)
    assert (code, text[: len(message)]) == (status, message)
    assert "\n" not in text


@pytest.mark.parametrize(
    ("accept", "status", "form"),
    [
        ("application/json", 200, '{{"predictions": [{{"score": {}}}]}}'),
        ("APPLICATION/JSON; charset=utf-8", 200, '{{"predictions": [{{"score": {}}}]}}'),
        ("text/csv", 200, "{}\n"),
        ("*/*", 200, "{}\n"),
        ("application/jsonlines", 500, "the image's encoders have no application/jsonlines"),
    ],
)
def test_responds_in_the_accepted_type(served: Served, accept: str, status: int, form: str) -> None:
    (expected,) = served.predictions(ROWS[0])
    code, text, _ = served.invoke(b"0.5,0.25,0.75", Accept=accept)
    assert (code, text) == (status, form.format(expected))


@pytest.mark.parametrize("accept", ["application/xml", "text/csv, application/json"])
def test_refuses_an_unknown_accept_type(served: Served, accept: str) -> None:
    code, text, _ = served.invoke(b"0.5,0.25,0.75", Accept=accept)
    assert (code, text.split(" is ")[0]) == (406, f"Accept type {accept}")


def test_serves_no_other_requests(served: Served) -> None:
    assert served.ask("/elsewhere")[0] == 404
    assert served.ask("/invocations")[0] == 405
    assert served.invoke(b"1," * (3 * 1024**2) + b"1")[0] == 413
    parameters = json.loads(served.ask("/execution-parameters")[1])
    assert parameters == {
        "MaxConcurrentTransforms": os.cpu_count(),
        "BatchStrategy": "MULTI_RECORD",
        "MaxPayloadInMB": 6,
    }


def test_a_batch_transform_gets_one_line_per_row(job: Job) -> None:
    job.train()
    batch = Served(job, SAGEMAKER_BATCH="true")
    expected = "".join(f"{value}\n" for value in batch.predictions(*ROWS))
    body = b"0.5,0.25,0.75\n0.1,,0.3\n"
    assert batch.invoke(body, Accept="application/json")[:2] == (200, expected)
    batch.close()


def test_does_not_serve_selected_output(job: Job) -> None:
    job.train()
    code, log = job.run("serve", SAGEMAKER_INFERENCE_OUTPUT="probability")
    assert code == 1
    assert log.endswith("SAGEMAKER_INFERENCE_OUTPUT is not supported by the local run\n")


def test_does_not_serve_without_a_model(job: Job) -> None:
    code, log = job.run("serve")
    assert code == 1
    assert log.endswith("model/xgboost-model: no XGBoost model\n")
