"""The network of a job's container."""

from __future__ import annotations

from typing import Any

import pytest

from local.standins.jobs import container

REQUEST = {
    "base": "/job",
    "readable": [],
    "workFolder": "/work",
    "memoryBytes": 1,
    "cpus": 1,
    "entrypoint": [],
    "environment": {},
    "isolated": False,
    "port": None,
}
API = {"AWS_ENDPOINT_URL_SAGEMAKER": "http://127.0.0.1:4000"}


@pytest.mark.parametrize(
    ("request_", "network"),
    [
        ({"isolated": True}, ["--network=none"]),
        ({}, []),
        ({"environment": API}, ["--network=host"]),
        ({"environment": API, "isolated": True}, ["--network=none"]),
        ({"port": 4001, "isolated": True}, ["--publish=127.0.0.1:4001:8080"]),
    ],
)
def test_network(request_: dict[str, Any], network: list[str]) -> None:
    options = container._options({**REQUEST, **request_})
    assert [one for one in options if one.startswith(("--network", "--publish"))] == network
