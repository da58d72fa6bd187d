"""Every constraint of the service's model on a request, violated alone, over HTTP."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from botocore.loaders import Loader
from botocore.model import ServiceModel, Shape
from emulator import emulator, matches

OPERATIONS: dict[str, dict[str, Any]] = json.loads(
    Path("local/api/serviceModel.json").read_text("utf-8")
)
TARGETS = {"sagemaker": "SageMaker", "logs": "Logs_20140328"}
REFUSALS = {"sagemaker": "ValidationException", "logs": "InvalidParameterException"}
ACCOUNT = "arn:aws:sagemaker:us-east-1:111122223333"
# One of them satisfies each pattern.
TEXTS = (
    *("a", "abc", "1", "1.a", "1.1.1", "ml.m5.large", "text/csv", "s3://bucket/key", "x" * 36),
    *(f"sha256:{'0' * 64}", "arn:aws:iam::111122223333:role/team", "mig-1g.5gb", "111122223333"),
    *(f"{ACCOUNT}:{kind}/a" for kind in ("pipeline", "training-plan", "model-package", "model")),
    *(f"{ACCOUNT}:pipeline/a/execution/b", "arn:aws:sns:us-east-1:111122223333:topic", "/metrics"),
)
# One of them violates each pattern that excludes anything.
STRANGE = ("\u0000\n", " ", "~", "?", "")
# Of a type that no place has.
FORMS: dict[str, Any] = {"string": {}, "structure": "x", "list": "x", "map": "x"}


class Violation(NamedTuple):
    """A request with one fault, and how the service's error describes it."""

    body: dict[str, Any]
    place: str
    constraint: str


def limits(shape: Shape) -> tuple[int, float]:
    """The min and max of a number, or of a size."""
    return int(shape.metadata.get("min", 0)), float(shape.metadata.get("max", "inf"))


def text(shape: Shape) -> str:
    """A valid text."""
    if "enum" in shape.metadata:
        return str(shape.metadata["enum"][0])
    least, most = limits(shape)
    pattern = shape.metadata.get("pattern", ".*")
    fitting = (one for one in TEXTS if least <= len(one) <= most and matches(pattern, one))
    return next(fitting)


def value(shape: Any, around: tuple[str, ...] = ()) -> Any:
    """A valid value with all members, except of a structure in itself."""
    kind = shape.type_name
    least, most = limits(shape)
    if kind == "structure":
        inside = (*around, shape.name)
        return {
            name: value(member, inside)
            for name, member in shape.members.items()
            if member.name not in inside and getattr(member, "member", member).name not in inside
        }
    if kind == "list":
        return [value(shape.member, around)] * max(least, 1)
    if kind == "map":
        return {text(shape.key): value(shape.value, around)}
    if kind == "string":
        return text(shape)
    if kind == "boolean":
        return True
    return min(max(least, 1), most) if kind != "timestamp" else 1.7e9


def lower(name: str) -> str:
    return name[:1].lower() + name[1:]


def changes(shape: Any, given: Any, place: str) -> Iterator[tuple[Any, str, str]]:
    """Values with one fault inside, with its place and the constraint."""
    kind = shape.type_name
    least, most = limits(shape)
    what = "length" if kind in ("string", "list", "map") else "value"
    if kind in FORMS:
        yield FORMS[kind], place, "can not be converted"
    elif kind != "boolean":
        yield "x", place, "can not be converted"
    if kind == "string":
        if least > 0:
            yield "a" * (least - 1), place, f"{what} greater than or equal to {least}"
        if most < 2**21:
            yield "a" * int(most + 1), place, f"{what} less than or equal to {int(most)}"
        if "enum" in shape.metadata and not shape.name.endswith("InstanceType"):
            yield "Novel", place, "enum value set"
        elif "pattern" in shape.metadata:
            pattern = shape.metadata["pattern"]
            wrong = [one for one in STRANGE if not matches(pattern, one) and len(one) >= least]
            if wrong:
                yield wrong[0], place, "regular expression pattern"
    elif kind in ("integer", "long", "float", "double"):
        if "min" in shape.metadata:
            yield least - 1, place, f"{what} greater than or equal to {least}"
        if "max" in shape.metadata:
            yield int(most) + 1, place, f"{what} less than or equal to {int(most)}"
    elif kind == "list":
        if least > 0:
            yield [], place, f"{what} greater than or equal to {least}"
        if most < 2000:
            yield given[:1] * int(most + 1), place, f"{what} less than or equal to {int(most)}"
        for changed, inside, constraint in changes(shape.member, given[0], f"{place}.1.member"):
            yield [changed, *given[1:]], inside, constraint
    elif kind == "map":
        [(key, entry)] = given.items()
        for changed, inside, constraint in changes(shape.value, entry, f"{place}.{key}.member"):
            yield {key: changed}, inside, constraint
    elif kind == "structure":
        for name in shape.required_members:
            inside = f"{place}.{lower(name)}".lstrip(".")
            yield {k: v for k, v in given.items() if k != name}, inside, "must not be null"
        for name in given:
            inside = f"{place}.{lower(name)}".lstrip(".")
            for changed, at, constraint in changes(shape.members[name], given[name], inside):
                yield {**given, name: changed}, at, constraint


def violations(operation: Any) -> list[Violation]:
    """The request with all members, with each of its constraints violated in turn."""
    shape = operation.input_shape
    return [Violation(*one) for one in changes(shape, value(shape), "") if one[1]]


MODELS = {
    service: ServiceModel(Loader().load_service_model(service, "service-2")) for service in TARGETS
}
SERVED = [(service, name) for service in TARGETS for name in OPERATIONS[service]["operations"]]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[http.client.HTTPConnection]:
    with emulator(tmp_path_factory.mktemp("emulator") / "work") as one:
        connection = http.client.HTTPConnection(urlsplit(one.url).netloc)
        yield connection
        connection.close()


@pytest.mark.parametrize(("service", "name"), SERVED)
def test_each_constraint_violated_alone_is_refused_by_name(
    running: http.client.HTTPConnection, service: str, name: str
) -> None:
    wrong = []
    found = violations(MODELS[service].operation_model(name))
    for body, place, constraint in found:
        running.request(
            "POST", "/", json.dumps(body), {"X-Amz-Target": f"{TARGETS[service]}.{name}"}
        )
        response = running.getresponse()
        answer = json.loads(response.read())
        is_form = constraint == "can not be converted"
        code = "SerializationException" if is_form else REFUSALS[service]
        message = answer.get("message", "")
        said = place in message and constraint in message
        if (response.status, answer.get("__type")) != (400, code) or not said:
            wrong.append((place, constraint, response.status, str(answer)[:300]))
    assert wrong == []
    assert found
