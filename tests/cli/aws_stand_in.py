"""AWS on loopback: moto, and a fake for the calls that moto lacks.

moto keeps the pipeline, its executions, the model packages and the logs. It has no
ListPipelineExecutionSteps, no ListTrainingJobsForHyperParameterTuningJob and no
StopPipelineExecution; its executions have all succeeded when they start, and its endpoints
predict nothing. These calls are answered here, from what the test has put under
/stand-in/scenario. Every request, also those that moto answers, is checked with botocore's
model of the service, and so are the answers that are made here. Faults can be put before any
call, and all calls are noted.

It prints its URL when it is ready, and ends when its standard input does.
"""

from __future__ import annotations

import json
import re
import sys
import threading
from collections.abc import Callable, Iterable
from io import BytesIO
from typing import Any

import botocore.session
from botocore.model import Shape
from botocore.validate import ParamValidator
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import make_server

JsonObject = dict[str, Any]
StartResponse = Callable[..., object]

session = botocore.session.get_session()
models = {
    "SageMaker": session.get_service_model("sagemaker"),
    "Logs_20140328": session.get_service_model("logs"),
    "AWSGlue": session.get_service_model("glue"),
}
runtime = session.get_service_model("sagemaker-runtime")
lock = threading.Lock()


class FaultError(Exception):
    """An error that a service returns instead of a result."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.body = {"__type": code, "message": message, "Message": message}
        self.code = code
        self.status = status


def limits(value: Any, shape: Shape, name: str) -> Iterable[str]:
    """Violations of limits in the model that botocore leaves to the service."""
    if shape.type_name == "structure":
        for key, member in value.items():
            if key in shape.members:
                yield from limits(member, shape.members[key], f"{name}.{key}")
    elif shape.type_name == "list":
        for index, member in enumerate(value):
            yield from limits(member, shape.member, f"{name}[{index}]")
    elif shape.type_name == "string":
        metadata = shape.metadata
        pattern = metadata.get("pattern")
        if metadata.get("enum") and value not in metadata["enum"]:
            yield f"{name}: {value!r} is none of {metadata['enum']}"
        if not metadata.get("min", 0) <= len(value) <= metadata.get("max", len(value)):
            yield f"{name}: {value!r} has {len(value)} characters"
        # Java's classes and surrogates are not Python's.
        is_plain = pattern is not None and not re.search(r"\\[pu]", pattern)
        if is_plain and not re.fullmatch(pattern, value):
            yield f"{name}: {value!r} does not match {pattern}"
    elif shape.type_name == "integer":
        metadata = shape.metadata
        if not metadata.get("min", value) <= value <= metadata.get("max", value):
            yield f"{name}: {value} is out of range"


def problems(value: JsonObject, shape: Shape) -> str:
    """The problems with a request or a response; empty if it is valid."""
    report = ParamValidator().validate(value, shape)
    if report.has_errors():
        return str(report.generate_report())
    return "\n".join(limits(value, shape, ""))


class Scenario:
    """What the test has set up, and the requests so far."""

    def __init__(self, told: JsonObject) -> None:
        # Each look at the execution sees the next of these, and the last one from then on.
        self.frames: list[JsonObject] = told.get("frames", [])
        self.tunings: dict[str, JsonObject] = told.get("tunings", {})
        # Tables of other catalogues than the account's own, by catalogue and `database.table`.
        self.tables: dict[str, dict[str, JsonObject]] = told.get("tables", {})
        self.faults: dict[str, list[JsonObject]] = told.get("faults", {})
        self.calls: list[JsonObject] = []
        self.looks = 0
        self.stopped = False

    @property
    def frame(self) -> JsonObject:
        return self.frames[max(0, min(self.looks, len(self.frames)) - 1)]

    def note(self, operation: str, request: JsonObject) -> None:
        self.calls.append({"operation": operation, "request": request})
        faults = self.faults.get(operation, [])
        if faults:
            raise FaultError(**faults.pop(0))

    def describe_execution(self, arn: str) -> JsonObject:
        self.looks += 1
        execution = self.frame["execution"]
        if self.stopped:
            execution = {**execution, "PipelineExecutionStatus": "Stopping"}
        return {"PipelineExecutionArn": arn, **execution}

    def answer(self, operation: str, request: JsonObject) -> JsonObject | None:
        """Answers a call that moto lacks; None leaves the call to moto."""
        if operation == "GetCatalog" or "CatalogId" in request:
            return self.in_catalog(request)
        if not self.frames:
            return None
        match operation:
            case "DescribePipelineExecution":
                if request["PipelineExecutionArn"].endswith("/unknown"):
                    raise FaultError("ResourceNotFound", "Pipeline execution does not exist.")
                return self.describe_execution(request["PipelineExecutionArn"])
            case "ListPipelineExecutionSteps":
                return page("PipelineExecutionSteps", self.frame["steps"], request)
            case "StopPipelineExecution":
                self.stopped = True
                return {"PipelineExecutionArn": request["PipelineExecutionArn"]}
            case "RetryPipelineExecution":
                return {"PipelineExecutionArn": request["PipelineExecutionArn"]}
            case "DescribeHyperParameterTuningJob":
                return self.tunings[request["HyperParameterTuningJobName"]]
            case "ListTrainingJobsForHyperParameterTuningJob":
                trials = self.frame.get("trials", {})
                found = trials.get(request["HyperParameterTuningJobName"], [])
                return page("TrainingJobSummaries", found, request)
            case _:
                return None

    def in_catalog(self, request: JsonObject) -> JsonObject:
        """A catalogue, or a table in one."""
        name = request["CatalogId"]
        if "Name" not in request and name == "s3tablescatalog" and self.tables:
            arn = f"arn:aws:glue:us-east-1:123456789012:catalog/{name}"
            return {"Catalog": {"Name": name, "ResourceArn": arn}}
        found = self.tables.get(name, {}).get(
            f"{request.get('DatabaseName')}.{request.get('Name')}"
        )
        if found is None:
            raise FaultError("EntityNotFoundException", "The specified bucket does not exist")
        return {"Table": found}


def page(member: str, found: list[JsonObject], request: JsonObject) -> JsonObject:
    """Two items at a time, since a service may return fewer than requested."""
    first = int(request.get("NextToken", "0"))
    rest = {"NextToken": str(first + 2)} if first + 2 < len(found) else {}
    return {member: found[first : first + 2], **rest}


def predictions(endpoint: str, body: bytes) -> str:
    """Predictions of `houses` and the notebook's endpoint: twice the first feature of seven."""
    if endpoint != "houses" and not endpoint.startswith("restate-dev-notebook-"):
        raise FaultError("ValidationError", f"Endpoint {endpoint} of account 123 not found.")
    if len(body) > runtime.shape_for("BodyBlob").metadata["max"]:
        raise FaultError("ValidationError", "The payload is too large.", 413)
    rows = [line.split(",") for line in body.decode().splitlines()]
    for row in rows:
        if len(row) != 7:
            said = f'Received client error (400) from primary with message "{len(row)} features"'
            raise FaultError("ModelError", said, 424)
    return "".join(f"{2 * float(row[0])}\n" for row in rows)


class Application:
    """Routes requests to the fake or to moto."""

    def __init__(self) -> None:
        self.moto = DomainDispatcherApplication(create_backend_app)
        self.scenario = Scenario({})

    def __call__(self, environ: JsonObject, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = BytesIO(body)
        try:
            with lock:
                answer = self.respond(environ, body)
        except FaultError as fault:
            status = f"{fault.status} Fault"
            start_response(status, [("x-amzn-ErrorType", fault.code), *json_headers])
            return [json.dumps(fault.body).encode()]
        if answer is None:
            result: Iterable[bytes] = self.moto(environ, start_response)
            return result
        start_response("200 OK", json_headers)
        return [answer]

    def respond(self, environ: JsonObject, body: bytes) -> bytes | None:
        path = environ["PATH_INFO"]
        if path == "/stand-in/scenario":
            self.scenario = Scenario(json.loads(body))
            return b"{}"
        if path == "/stand-in/calls":
            return json.dumps(self.scenario.calls).encode()
        if found := re.fullmatch(r"/endpoints/([^/]+)/invocations", path):
            self.scenario.note("InvokeEndpoint", {"size": len(body)})
            return predictions(found[1], body).encode()
        target = environ.get("HTTP_X_AMZ_TARGET", "")
        service, _, operation = target.partition(".")
        if service not in models:
            return None
        request = json.loads(body)
        shapes = models[service].operation_model(operation)
        if wrong := problems(request, shapes.input_shape):
            raise FaultError("ValidationException", wrong)
        self.scenario.note(operation, request)
        answer = self.scenario.answer(operation, request)
        if answer is None:
            return None
        if wrong := problems(answer, shapes.output_shape):
            raise AssertionError(f"the scenario's answer to {operation}: {wrong}")
        return json.dumps(answer).encode()


json_headers = [("Content-Type", "application/x-amz-json-1.1")]


def main() -> None:
    """Serves until standard input ends."""
    server = make_server("127.0.0.1", 0, Application(), threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    sys.stdout.write(f"http://127.0.0.1:{server.server_port}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
