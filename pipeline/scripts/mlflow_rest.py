"""An MLflow app of SageMaker, by MLflow's REST API, for images that have boto3 but no MLflow.

`App` has those methods of MLflow's client that mlflow_runs.py calls. Host, signature and header are
those of SageMaker's plugin for MLflow's client: aws/sagemaker-mlflow, mlflow_sagemaker_helpers.py,
auth.py and mlflow_sagemaker_request_header_provider.py. The app keeps no artifacts itself: clients
put them into its bucket (mlflow/store/artifact/s3_artifact_repo.py).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlencode

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.httpsession import URLLib3Session
from s3_objects import place

TRIES = 6
PASSING = {429, 500, 502, 503, 504}
"""Answers after which a request is repeated, as by MLflow's client."""

BLOCK = 1 << 20

Entity = Any
"""An object of an answer, with the attributes of an entity of MLflow's client."""


class RestError(Exception):
    """An answer of MLflow that is an error."""

    def __init__(self, error_code: str, message: str) -> None:
        super().__init__(f"{error_code}: {message}")
        self.error_code = error_code


class Page(list[Entity]):
    """A page of a list, with the token of the next one."""

    def __init__(self, answer: Entity, member: str) -> None:
        super().__init__(getattr(answer, member, []))
        self.token: str | None = getattr(answer, "next_page_token", None)


def pairs(values: Mapping[str, str]) -> list[dict[str, str]]:
    """Named values, as requests have them."""
    return [{"key": name, "value": value} for name, value in values.items()]


def entity(members: Mapping[str, Any]) -> Entity:
    """An object of an answer; its tags are by name."""
    tags = {one.key: getattr(one, "value", "") for one in members.get("tags", [])}
    return SimpleNamespace(**{"run_id": "", "description": "", **members, "tags": tags})


def request(method: str, path: str, *names: str) -> Callable[..., None]:
    """A method of App that sends its arguments by these names, and whose answer nobody needs."""

    def send(app: App, *values: str | int) -> None:
        app.call(method, path, **dict(zip(names, values, strict=True)))

    return send


class App:
    """An MLflow app; the client of S3 is for artifacts."""

    def __init__(self, arn: str, s3: Any) -> None:  # noqa: ANN401 - boto3 has no types
        self.arn = arn
        self.s3 = s3
        self.region = arn.split(":")[3]
        self.host = os.environ.get(
            "SAGEMAKER_MLFLOW_CUSTOM_ENDPOINT", f"https://mlflow.sagemaker.{self.region}.app.aws"
        )
        self.credentials = boto3.Session().get_credentials()
        self.http = URLLib3Session()

    def call(self, method: str, path: str, **values: object) -> Entity:
        """Sends a request, without members that are None; returns the answer.

        Raises:
            RestError: MLflow refuses it.
        """
        known = {name: value for name, value in values.items() if value is not None}
        url = f"{self.host}/api/2.0/mlflow/{path}"
        body = b""
        if method == "GET":
            url += f"?{urlencode(known, quote_via=quote)}"
        else:
            body = json.dumps(known).encode()
        for attempt in range(TRIES):
            headers = {
                "Content-Type": "application/json",
                "x-sm-mlflow-app-arn": self.arn,
                "X-Amz-Content-SHA256": hashlib.sha256(body).hexdigest(),
            }
            request = AWSRequest(method, url, headers, body)
            SigV4Auth(self.credentials, "sagemaker", self.region).add_auth(request)
            answer = self.http.send(request.prepare())
            if answer.status_code not in PASSING or attempt == TRIES - 1:
                break
            time.sleep(2**attempt)
        text = answer.content.decode(errors="replace")
        try:
            found: Entity = json.loads(text or "{}", object_hook=entity)
        except ValueError:
            found = SimpleNamespace()
        if answer.status_code != 200:
            code = getattr(found, "error_code", f"HTTP {answer.status_code}")
            raise RestError(code, getattr(found, "message", text[:200]))
        return found

    restore_experiment = request("POST", "experiments/restore", "experiment_id")
    set_terminated = request("POST", "runs/update", "run_id", "status", "end_time")
    delete_run = request("POST", "runs/delete", "run_id")
    create_registered_model = request("POST", "registered-models/create", "name")
    delete_model_version = request("DELETE", "model-versions/delete", "name", "version")
    set_model_version_tag = request(
        "POST", "model-versions/set-tag", "name", "version", "key", "value"
    )
    update_model_version = request(
        "PATCH", "model-versions/update", "name", "version", "description"
    )
    set_registered_model_alias = request(
        "POST", "registered-models/alias", "name", "alias", "version"
    )
    delete_registered_model_alias = request("DELETE", "registered-models/alias", "name", "alias")

    def get_experiment_by_name(self, name: str) -> Entity | None:
        """An experiment, if there is one of this name."""
        try:
            return self.call("GET", "experiments/get-by-name", experiment_name=name).experiment
        except RestError as error:
            if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                return None
            raise

    def create_experiment(self, name: str, location: str | None, tags: Mapping[str, str]) -> str:
        """Creates an experiment; returns its id."""
        described = {"artifact_location": location, "tags": pairs(tags)}
        return str(self.call("POST", "experiments/create", name=name, **described).experiment_id)

    def search_runs(
        self, experiments: Sequence[str], wanted: str, max_results: int, page_token: str | None
    ) -> Page:
        """Runs that a filter selects."""
        found = self.call(
            "POST",
            "runs/search",
            experiment_ids=experiments,
            filter=wanted,
            run_view_type="ACTIVE_ONLY",
            max_results=max_results,
            page_token=page_token,
        )
        return Page(found, "runs")

    def create_run(self, experiment: str, start: int, tags: Mapping[str, str], name: str) -> Entity:
        """Creates a run."""
        named = {"start_time": start, "tags": pairs(tags), "run_name": name}
        return self.call("POST", "runs/create", experiment_id=experiment, **named).run

    def get_run(self, run_id: str) -> Entity:
        """A run."""
        return self.call("GET", "runs/get", run_id=run_id).run

    def log_batch(
        self,
        run_id: str,
        metrics: Sequence[tuple[str, float, int, int]] = (),
        params: Sequence[tuple[str, str]] = (),
        tags: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Logs metrics, parameters and tags of a run."""
        names = ("key", "value", "timestamp", "step")
        self.call(
            "POST",
            "runs/log-batch",
            run_id=run_id,
            metrics=[dict(zip(names, one, strict=True)) for one in metrics],
            params=pairs(dict(params)),
            tags=pairs(dict(tags)),
        )

    def get_registered_model(self, name: str) -> Entity:
        """A registered model."""
        found = self.call("GET", "registered-models/get", name=name).registered_model
        found.aliases = {one.alias: one.version for one in getattr(found, "aliases", [])}
        return found

    def search_model_versions(self, wanted: str, page_token: str | None) -> Page:
        """Versions of registered models that a filter selects."""
        found = self.call(
            "GET", "model-versions/search", filter=wanted, max_results=1000, page_token=page_token
        )
        return Page(found, "model_versions")

    def create_model_version(
        self, name: str, source: str, run_id: str, tags: Mapping[str, str]
    ) -> Entity:
        """Creates a version of a registered model."""
        described = {"source": source, "run_id": run_id, "tags": pairs(tags)}
        return self.call("POST", "model-versions/create", name=name, **described).model_version

    def sha256(self, path: str) -> str:
        """The hash of a file, or of an object in S3."""
        digest = hashlib.sha256()
        with self._open(path) as content:
            while block := content.read(BLOCK):
                digest.update(block)
        return digest.hexdigest()

    def log_artifact(self, run: Entity, path: str, folder: str) -> None:
        """Adds a file, or an object in S3, to a run's artifacts.

        Raises:
            RestError: the app does not keep artifacts in S3.
        """
        if not run.info.artifact_uri.startswith("s3://"):
            raise RestError("ARTIFACTS", f"{run.info.artifact_uri} is not in S3")
        bucket, key = place(run.info.artifact_uri)
        parts = [key, folder, Path(path).name]
        with self._open(path) as content:
            self.s3.upload_fileobj(content, bucket, "/".join(part for part in parts if part))

    def _open(self, path: str) -> Any:  # noqa: ANN401 - boto3 has no types
        if not path.startswith("s3://"):
            return Path(path).open("rb")
        bucket, key = place(path)
        return self.s3.get_object(Bucket=bucket, Key=key)["Body"]
