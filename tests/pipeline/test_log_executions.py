"""The job that logs executions, on stand-ins; tests/cli/exportMlflow.test.ts runs it on MLflow."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import log_executions
import mlflow_rest
import pytest
from botocore.exceptions import ClientError
from mlflow_runs import CONTENT, EXECUTION, Store

APP = "arn:aws:sagemaker:eu-west-1:111122223333:mlflow-app/app-ABCD1234"
START = datetime(2026, 1, 1, tzinfo=UTC)


def arn(name: str, pipeline: str = "houses") -> str:
    return f"arn:aws:sagemaker:eu-west-1:111122223333:pipeline/{pipeline}/execution/{name}"


class SageMaker:
    """A stand-in for the client: lists of executions, each a call later."""

    def __init__(self, *lists: list[tuple[str, str]]) -> None:
        self.lists = list(lists)
        self.calls = 0

    def list_pipeline_executions(self, **_request: object) -> dict[str, Any]:
        listed = self.lists[min(self.calls, len(self.lists) - 1)]
        self.calls += 1
        return {
            "PipelineExecutionSummaries": [
                {"PipelineExecutionArn": arn(name), "PipelineExecutionStatus": status}
                for name, status in listed
            ]
        }

    def describe_pipeline_execution(self, **request: str) -> dict[str, Any]:
        number = int(request["PipelineExecutionArn"][-1])
        return {"LastModifiedTime": START + timedelta(hours=number)}


def test_one_job_logs_after_the_other() -> None:
    own = ("2", "Executing")
    client = SageMaker(
        [("3", "Executing"), own, ("1", "Executing"), ("0", "Succeeded")],
        [("3", "Executing"), own, ("1", "Executing"), ("0", "Succeeded")],
        [("3", "Executing"), own, ("1", "Failed"), ("0", "Succeeded")],
    )
    log_executions.wait_for_earlier(client, arn("2"), pause=0)
    assert client.calls == 3


def test_an_evaluation_is_found_behind_a_model_and_a_transform() -> None:
    def step(name: str, kind: str, source: str, **more: object) -> dict[str, object]:
        arguments = {"From": {"Get": f"Steps.{source}.Result"}}
        return {"Name": name, "Type": kind, "Arguments": arguments, **more}

    evaluates = {"PropertyFiles": [{"PropertyFileName": "Evaluation"}]}
    steps = [
        {"Name": "TuneOwn", "Type": "Tuning"},
        {"Name": "TuneA", "Type": "Tuning"},
        step("EvaluateOwn", "Processing", "TransformOwn", **evaluates),
        step("TransformOwn", "Transform", "ModelOwn"),
        step("ModelOwn", "Model", "TuneOwn"),
        step("EvaluateA", "Processing", "TuneA", **evaluates),
    ]
    found = [log_executions.evaluation_of(name, steps) for name in ("TuneOwn", "TuneA", "TuneB")]
    assert [one and one["Name"] for one in found] == ["EvaluateOwn", "EvaluateA", None]


def test_what_has_ended_since_it_was_logged_is_pending() -> None:
    client = SageMaker(
        [("5", "Executing"), ("4", "Failed"), ("3", "Stopped"), ("2", "Succeeded"), ("1", "Failed")]
    )
    ends = {name: START + timedelta(hours=int(name)) for name in "1234"}
    ended = {arn(name): log_executions.milliseconds(end) for name, end in ends.items()}
    # 2 was logged, then retried; 3 was logged as it is; 4 was never logged.
    logged = {arn("1"): ended[arn("1")], arn("2"): 7, arn("3"): ended[arn("3")]}
    store: Any = SimpleNamespace(ended=lambda _pipeline: logged)
    source = log_executions.Source(client, None, Path())
    assert log_executions.pending(source, store, "houses") == [arn("2"), arn("4")]


def test_an_execution_that_cannot_be_read_keeps_no_other_from_being_logged(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    denied = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "DescribeX")

    class Source:
        def models(self, _group: str) -> list[Any]:
            return []

        def execution(self, _pipeline: str, name: str) -> dict[str, Any]:
            if name == arn("1"):
                raise denied
            return {"arn": name}

    logged = []

    def log(document: dict[str, Any], store: Any) -> None:
        logged.append([one["arn"] for one in document["executions"]])
        store.created += 4

    monkeypatch.setattr(log_executions, "pending", lambda *_: [arn("1"), arn("2")])
    monkeypatch.setattr(log_executions, "log", log)
    source: Any = Source()
    store: Any = SimpleNamespace(created=0)
    problems = log_executions.log_all(source, store, "houses", "houses")
    assert problems == [f"{arn('1')}: {denied}"]
    # The last one is for the approvals of models.
    assert logged == [[arn("2")], []]
    assert capsys.readouterr().out == f"{problems[0]}\n{arn('2')}: 4 runs logged\n"


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, str]]]:
    """Answers of a server in place of the app's, which are given in turn, as are those who ask."""
    left: list[tuple[int, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, text = left.pop(0)
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text.encode())

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, *_arguments: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT", f"http://127.0.0.1:{server.server_port}")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setattr(mlflow_rest.time, "sleep", lambda _seconds: None)
    yield left
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_app_that_is_busy_is_asked_again(answers: list[tuple[int, str]]) -> None:
    experiment = {"experiment": {"experiment_id": "7", "lifecycle_stage": "active"}}
    answers += [(429, ""), (503, "busy"), (200, json.dumps(experiment))]
    assert Store(mlflow_rest.App(APP, None)).experiment("houses") == "7"
    assert answers == []


def test_an_app_that_refuses_is_quoted(answers: list[tuple[int, str]]) -> None:
    refused = {"error_code": "PERMISSION_DENIED", "message": "not authorized"}
    answers += [(403, json.dumps(refused))]
    with pytest.raises(mlflow_rest.RestError, match="PERMISSION_DENIED: not authorized"):
        Store(mlflow_rest.App(APP, None)).experiment("houses")
    answers += [(502, "<html>")] * mlflow_rest.TRIES
    with pytest.raises(mlflow_rest.RestError, match="HTTP 502: <html>"):
        Store(mlflow_rest.App(APP, None)).experiment("houses")
    assert answers == []


def test_a_run_that_was_left_half_done_is_not_logged(answers: list[tuple[int, str]]) -> None:
    def run(name: str, status: str, *tags: str) -> dict[str, Any]:
        pairs = [{"key": EXECUTION, "value": arn(name)}, *({"key": one} for one in tags)]
        return {"info": {"run_id": name, "status": status, "end_time": 9}, "data": {"tags": pairs}}

    runs = [
        run("1", "FINISHED", CONTENT),
        run("2", "RUNNING", CONTENT),
        run("3", "FAILED"),
    ]
    experiment = {"experiment": {"experiment_id": "7", "lifecycle_stage": "active"}}
    answers += [
        (200, json.dumps(experiment)),
        (200, json.dumps({"runs": runs[:2], "next_page_token": "more"})),
        (200, json.dumps({"runs": runs[2:]})),
    ]
    assert Store(mlflow_rest.App(APP, None)).ended("houses") == {arn("1"): 9}
    assert answers == []


def test_without_an_endpoint_of_its_own_the_app_is_asked_at_its_region(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT", raising=False)
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    # As aws/sagemaker-mlflow has it, mlflow_sagemaker_helpers.py.
    assert mlflow_rest.App(APP, None).host == "https://mlflow.sagemaker.eu-west-1.app.aws"
