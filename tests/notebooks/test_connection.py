"""The notebook's error messages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from notebooks import connection
from notebooks.execution import follow, wait_for_endpoint


def test_an_emulator_that_does_not_start_is_named(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(RuntimeError, match="the emulator did not start"):
        connection.connect(config_file=str(tmp_path / "none.yaml"))
    assert str(tmp_path / "none.yaml") in capfd.readouterr().err


class SageMaker:
    """A client with fixed responses."""

    def describe_pipeline_execution(self, **_: Any) -> dict[str, Any]:
        return {"PipelineExecutionStatus": "Failed", "FailureReason": "No candidate reaches R2 1"}

    def describe_endpoint(self, **_: Any) -> dict[str, Any]:
        return {"EndpointStatus": "Failed", "FailureReason": "no capacity"}

    def get_paginator(self, _name: str) -> SageMaker:
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"PipelineExecutionSteps": [{"StepName": "Check", "StepStatus": "Failed"}]}]


def test_a_failed_execution_shows_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(RuntimeError, match="No candidate reaches R2 1"):
        follow(SageMaker(), "arn:aws:sagemaker:us-east-1:1:pipeline/restate-dev/execution/abc")
    assert capsys.readouterr().out == "Check: Failed\nexecution abc: Failed\n"


def test_a_failed_endpoint_shows_the_reason() -> None:
    with pytest.raises(RuntimeError, match="no capacity"):
        wait_for_endpoint(SageMaker(), "houses")
