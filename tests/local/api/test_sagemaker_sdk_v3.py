"""A team's pipeline, written and driven with version 3 of the SageMaker Python SDK.

The SDK cannot share an environment with version 2, so its own one (208 MB) is created outside the
repository when it is first needed. Without access to a package registry, the tests are skipped.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from emulator import ROOT, emulator
from rendered import render_config

FOLDER = Path(__file__).parent / "sdk_v3"
LOCK = FOLDER / "requirements.txt"
UNREACHABLE = ("dns error", "Connection refused", "error sending request", "operation timed out")


def run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False)


def environment() -> Path:
    """The Python of the SDK's environment, which is created again if the lock has changed."""
    digest = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "restate" / "sagemaker-v3" / digest
    python = folder / "bin" / "python"
    if not python.exists():
        made = folder.with_name(f"{digest}.{os.getpid()}.tmp")
        uv = (sys.executable, "-m", "uv")
        made_python = str(made / "bin" / "python")
        # What excludes.txt names is not in the lock, so no package's own requirements are followed.
        locked = ("--no-deps", "--require-hashes", "--requirement", str(LOCK))
        for command in (
            (*uv, "venv", "--quiet", "--python", sys.executable, str(made)),
            (*uv, "pip", "install", "--quiet", "--python", made_python, *locked),
        ):
            ended = run(*command)
            if ended.returncode != 0:
                shutil.rmtree(made, ignore_errors=True)
                if any(sign in ended.stderr for sign in UNREACHABLE):
                    pytest.skip(
                        "no package registry can be reached for the SageMaker Python SDK v3"
                    )
                pytest.fail(ended.stderr)
        made.rename(folder)
    return python


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What the team has seen (see team.py)."""
    python = environment()
    folder = tmp_path_factory.mktemp("sdk-v3")
    config = folder / "config.yaml"
    opted_out = {"PythonSDK": {"Modules": {"TelemetryOptOut": True}}}
    config.write_text(json.dumps({"SchemaVersion": "1.0", "SageMaker": opted_out}))
    with emulator(folder / "work") as one:
        ended = subprocess.run(
            [str(python), str(FOLDER / "team.py"), str(folder)],
            capture_output=True,
            encoding="utf-8",
            check=False,
            env={
                "PATH": os.environ["PATH"],
                "HOME": str(folder),
                "PYTHONPATH": str(ROOT / "tests" / "support"),
                "SAGEMAKER_USER_CONFIG_OVERRIDE": str(config),
                **one.environment,
            },
        )
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


WHOLE = dict.fromkeys(("Split", "Tune", "Judge", "Check", "Register"), "Succeeded")


def test_a_pipeline_tunes_checks_and_registers(seen: dict[str, Any]) -> None:
    assert seen["pipeline"] == "pipeline/team"
    assert seen["first"] == ["Succeeded", WHOLE]
    assert seen["packages"] == [[1, "PendingManualApproval"]]
    assert seen["tags"] == {"team": "ours", "stage": "dev"}


def test_the_sdk_references_an_mlflow_app_like_a_stack(seen: dict[str, Any]) -> None:
    assert seen["MlflowConfig"] == render_config({"tracking": "mlflow"})["MlflowConfig"]
    assert seen["MLflowConfig"] == seen["MlflowConfig"]
    # As tests/integ/test_mlflow_integration.py of sagemaker-mlops expects of the service.
    assert seen["renamed"] == {**seen["MlflowConfig"], "MlflowExperimentName": "strict"}


def test_each_change_of_the_definition_creates_a_version(seen: dict[str, Any]) -> None:
    assert (seen["versions"], seen["latest"]) == ([1, 2], 2)
    assert seen["steps"] == [1, 4]
    assert seen["version"] == 2
    assert seen["version 1"] == ["Succeeded", {"Split": "Succeeded"}, 1]
    assert seen["unknown version"] == "ResourceNotFound"


def test_a_fail_step_fails_with_its_message(seen: dict[str, Any]) -> None:
    assert seen["failed"] == ["Failed", "error above 0.5", "Failed"]


def test_selected_steps_run_alone(seen: dict[str, Any]) -> None:
    done = dict.fromkeys(("Split", "Tune", "Judge"), "Succeeded")
    assert seen["selected"] == ["Succeeded", done, {"Split": True, "Tune": True}]


def test_an_execution_is_stopped_and_retried(seen: dict[str, Any]) -> None:
    assert seen["stopped"] == ["Stopped", "Stopped"]
    assert seen["retried"] == ["Succeeded", WHOLE]
    assert seen["parameters"] == {"Error": "1", "Limit": "2", "Seconds": "3"}


def test_executions_are_listed_in_pages(seen: dict[str, Any]) -> None:
    assert seen["listed"] == [True, True]


def test_responses_match_the_services_model(seen: dict[str, Any]) -> None:
    assert seen["wrong"] == []
    assert seen["checked"] == [
        "AddTags",
        "CreatePipeline",
        "DeletePipeline",
        "DescribePipeline",
        "DescribePipelineExecution",
        "ListModelPackages",
        "ListPipelineExecutionSteps",
        "ListPipelineExecutions",
        "ListPipelineParametersForExecution",
        "ListPipelineVersions",
        "ListTags",
        "RetryPipelineExecution",
        "StartPipelineExecution",
        "StopPipelineExecution",
        "UpdatePipeline",
    ]
