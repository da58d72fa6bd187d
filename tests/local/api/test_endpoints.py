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
# Answers with the model's name. A request waits until the file that it names exists.
SERVE = """
import os, pathlib, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.reply(b"")
    def do_POST(self):
        text = self.rfile.read(int(self.headers["content-length"])).decode()
        started, go = (pathlib.Path(part) for part in text.split())
        started.touch()
        while not go.exists():
            time.sleep(0.01)
        self.reply(os.environ["NAME"].encode())
    def reply(self, body):
        self.send_response(200)
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
