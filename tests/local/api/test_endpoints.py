"""Endpoints of the local API while they are updated and invoked, with the test's own server."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from emulator import Emulator, emulator

IMAGE = "111122223333.dkr.ecr.us-east-1.amazonaws.com/slow:1"
# Answers with the model's name. A request waits until the file that it names exists, or describes
# another response.
SERVE = """
import os, pathlib, socket, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.reply(b"")
    def do_POST(self):
        text = self.rfile.read(int(self.headers["content-length"])).decode()
        if text.startswith("x"):
            return self.reply(text.encode())
        if text == "moved":
            return self.reply(b"elsewhere", 302)
        if text == "drop":
            return self.connection.shutdown(socket.SHUT_RDWR)
        if text == "end":
            os._exit(3)
        started, go = (pathlib.Path(part) for part in text.split())
        started.touch()
        while not go.exists():
            time.sleep(0.01)
        self.reply(os.environ["NAME"].encode())
    def reply(self, body, status=200):
        self.send_response(status)
        self.send_header("location", "/ping")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
address = (os.environ["SAGEMAKER_BIND_TO_ADDRESS"], int(os.environ["SAGEMAKER_BIND_TO_PORT"]))
ThreadingHTTPServer(address, Handler).serve_forever()
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    folder = tmp_path_factory.mktemp("image")
    (folder / "serve").write_text(SERVE)
    (folder / "train").write_text("")
    work = tmp_path_factory.mktemp("endpoints") / "work"
    with emulator(work, "--image", f"{IMAGE}={folder}") as one:
        yield one


@pytest.fixture(scope="module")
def sagemaker(running: Emulator) -> Any:
    client = running.client("sagemaker")
    for name in ("first", "second", "broken"):
        container = {"Image": IMAGE, "Environment": {"NAME": name}}
        if name == "broken":
            container["ModelDataUrl"] = "s3://bucket/none.tar.gz"
        client.create_model(ModelName=name, PrimaryContainer=container)
        variant = {"VariantName": name, "ModelName": name, "InitialInstanceCount": 1}
        client.create_endpoint_config(EndpointConfigName=name, ProductionVariants=[variant])
    client.create_endpoint(EndpointName="live", EndpointConfigName="first")
    assert settled(client)["EndpointStatus"] == "InService"
    return client


def settled(client: Any) -> dict[str, Any]:
    while True:
        answer: dict[str, Any] = client.describe_endpoint(EndpointName="live")
        if answer["EndpointStatus"] not in ("Creating", "Updating"):
            return answer
        time.sleep(0.05)


def serves(client: Any) -> tuple[str, str]:
    answer = settled(client)
    assert answer["EndpointStatus"] == "InService"
    return answer["EndpointConfigName"], answer["ProductionVariants"][0]["VariantName"]


def test_an_update_loses_no_invocation(running: Emulator, sagemaker: Any, tmp_path: Path) -> None:
    runtime = running.client("sagemaker-runtime")
    started, go = tmp_path / "started", tmp_path / "go"
    answers: list[object] = []

    def invoke() -> None:
        try:
            body = f"{started} {go}".encode()
            response = runtime.invoke_endpoint(EndpointName="live", Body=body)
            answers.append((response["Body"].read(), response["InvokedProductionVariant"]))
        except Exception as error:
            answers.append(error)

    earlier = threading.Thread(target=invoke)
    earlier.start()
    while not started.exists():
        time.sleep(0.01)
    sagemaker.update_endpoint(EndpointName="live", EndpointConfigName="second")
    assert serves(sagemaker) == ("second", "second")
    go.touch()
    earlier.join()
    invoke()
    assert answers == [(b"first", "first"), (b"second", "second")]


def test_a_failed_update_leaves_the_configuration(sagemaker: Any) -> None:
    before = serves(sagemaker)
    sagemaker.update_endpoint(EndpointName="live", EndpointConfigName="broken")
    assert serves(sagemaker) == before


def test_an_endpoint_outlives_its_configuration(sagemaker: Any) -> None:
    config, variant = serves(sagemaker)
    sagemaker.delete_endpoint_config(EndpointConfigName=config)
    assert serves(sagemaker) == (config, variant)


def test_other_ways_to_invoke_are_refused_by_name(running: Emulator) -> None:
    runtime = running.client("sagemaker-runtime")
    with pytest.raises(ClientError, match="InvokeEndpointAsync is not available") as refused:
        runtime.invoke_endpoint_async(EndpointName="live", InputLocation="s3://bucket/key")
    assert refused.value.response["Error"]["Code"] == "UnknownOperationException"
    with pytest.raises(ClientError, match="InvokeEndpointWithResponseStream is not available"):
        runtime.invoke_endpoint_with_response_stream(EndpointName="live", Body=b"")
    with pytest.raises(urllib.error.HTTPError) as wrong:
        urllib.request.urlopen(f"{running.url}/endpoints/%ZZ/invocations", data=b"")  # noqa: S310
    assert wrong.value.code == 400


def test_a_model_has_one_kind_of_containers(sagemaker: Any) -> None:
    with pytest.raises(ClientError, match="either a PrimaryContainer or Containers"):
        sagemaker.create_model(
            ModelName="both", PrimaryContainer={"Image": IMAGE}, Containers=[{"Image": IMAGE}]
        )


def test_what_would_not_be_served_is_refused_by_name(sagemaker: Any) -> None:
    place = {"S3Uri": "s3://bucket/m/", "S3DataType": "S3Prefix", "CompressionType": "None"}
    source = {"S3DataSource": place}
    for container, message in (
        ({"Image": IMAGE, "Mode": "MultiModel"}, "Mode MultiModel is not supported"),
        ({"Image": IMAGE, "ModelDataSource": source}, "ModelDataSource is not supported"),
        ({"ModelDataUrl": "s3://bucket/m.tar.gz"}, "needs an Image or a ModelPackageName"),
    ):
        for containers in ({"PrimaryContainer": container}, {"Containers": [container]}):
            with pytest.raises(ClientError, match=message):
                sagemaker.create_model(ModelName="refused", **containers)


MAX_BODY = 6 * 1024**2


def test_a_request_has_the_documented_size(running: Emulator) -> None:
    runtime = running.client("sagemaker-runtime")
    largest = b"x" * MAX_BODY
    answer = runtime.invoke_endpoint(EndpointName="live", Body=largest)
    assert answer["Body"].read() == largest
    with pytest.raises(ClientError, match=f"less than or equal to {MAX_BODY}$") as refused:
        runtime.invoke_endpoint(EndpointName="live", Body=largest + b"x")
    assert refused.value.response["Error"]["Code"] == "ValidationError"


def test_what_is_no_prediction_is_the_models_error(running: Emulator, sagemaker: Any) -> None:
    runtime = running.client("sagemaker-runtime")
    silent = (0, "Amazon SageMaker could not get a response from container primary.")
    # The last request is to the ended server.
    for body, (status, text) in (
        (b"moved", (302, "elsewhere")),
        (b"drop", silent),
        (b"end", silent),
        (b"x", silent),
    ):
        with pytest.raises(runtime.exceptions.ModelError) as failed:
            runtime.invoke_endpoint(EndpointName="live", Body=body)
        error = failed.value.response
        assert (error["OriginalStatusCode"], error["OriginalMessage"]) == (status, text)
        said = f'Received server error ({status}) from primary with message "{text}". See '
        assert error["Error"]["Message"].startswith(said)
        log = Path(
            error["Error"]["Message"].removeprefix(said).removesuffix(" for more information.")
        )
        assert log.name == "live.log"
        assert log.exists()
    assert settled(sagemaker)["EndpointStatus"] == "InService"
