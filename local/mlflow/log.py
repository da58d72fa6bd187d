"""Logs executions to MLflow: an experiment a pipeline, a run an execution, below it its trials.

What it logs is a JSON document (`Facts`), whoever has read it from SageMaker. Logging the same
again changes nothing: a run is found by its execution's ARN and its key, and is made anew only
where it would hold something else. Model versions are found by the ARN of their model package.

Usage: python log.py FACTS STORE, where STORE is a folder, the address of a tracking server,
or the ARN of an MLflow app or tracking server of SageMaker. In a folder, the store is what
`mlflow ui` expects where it is started: mlflow.db, and the artifacts in mlartifacts. MLflow's own
file store is no choice: it is kept for old stores only, and gets no new features (MLflow's
documentation, "Backend Stores"). Prints what was done, as JSON.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import re
import shutil
import sqlite3
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import mlflow
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.utils.mlflow_tags import MLFLOW_PARENT_RUN_ID

#: What is known of executions, as JSON: see cli/sageMaker/tracked.ts, which writes it.
Facts = Mapping[str, Any]

EXECUTION = "sagemaker.pipeline_execution_arn"
KEY = "restate.run"
#: Drawn from what is logged anyway, so it does not tell one run from another.
REPORT = "report.html"
CONTENT = "restate.content"
PACKAGE = "sagemaker.model_package_arn"
APPROVAL = "sagemaker.approval_status"
APPROVED = "approved"

STATUSES = {"Succeeded": "FINISHED", "Completed": "FINISHED", "Stopped": "KILLED"}

#: What MLflow takes in one request: mlflow/utils/validation.py, MAX_PARAMS_TAGS_PER_BATCH and
#: MAX_METRICS_PER_BATCH; with 1,000 of all kinds, and 1 MB.
MAX_PARAMS = 100
MAX_METRICS = 800

#: Points of a trial's course that are logged, evenly chosen: each costs a fifth of a millisecond.
MAX_COURSE = 25

#: Makes MLflow show an experiment as one of models, not of prompts.
EXPERIMENT_KIND = {"mlflow.experimentKind": "custom_model_development"}

#: A name, a value, when it was measured (milliseconds since 1970), and at which step.
Point = tuple[str, float, int, int]


@dataclass(frozen=True)
class Logged:
    """A run, as it is to be in MLflow."""

    key: str
    parent: str | None
    name: str
    status: str
    start: int
    end: int
    params: dict[str, str]
    metrics: list[Point]
    tags: dict[str, str]
    #: Files, and the folder of each among the artifacts.
    artifacts: list[tuple[str, str]] = field(default_factory=list)


def name_of(text: str) -> str:
    """A name that MLflow takes for a parameter or a metric: letters, digits and `_-. :/`."""
    return re.sub(r"[^\w.\- :/]", "_", text)


def milliseconds(text: str) -> int:
    """A time of ISO 8601."""
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def known(values: Mapping[str, Any]) -> dict[str, str]:
    """What has a value, as text."""
    return {name_of(name): str(value) for name, value in values.items() if value not in (None, "")}


def points(metrics: Mapping[str, float | None], time: int, step: int = 0) -> list[Point]:
    """Metrics of one moment; what is no number is left out."""
    return [
        (name_of(name), float(value), time, step)
        for name, value in metrics.items()
        if value is not None and math.isfinite(value)
    ]


def trial_run(trial: Facts, parent: str, execution: Facts) -> Logged:
    """The run of a trial, with its objective after each iteration where that is known."""
    start = milliseconds(trial.get("startTime") or execution["startTime"])
    end = start + round(1000 * (trial.get("seconds") or 0))
    history: Sequence[float] = trial.get("history") or []
    objective = trial["objectiveMetric"]
    stride = max(1, math.ceil(len(history) / MAX_COURSE))
    final = max(0, len(history) - 1)
    course = [
        point
        for step in range(0, final, stride)
        for point in points(
            {objective: history[step]}, start + (end - start) * step // len(history), step
        )
    ]
    metrics = {name: value for name, value in trial["metrics"].items() if name != objective}
    last = {objective: trial.get("objective")}
    return Logged(
        key=f"trial/{trial['trainingJobName']}",
        parent=parent,
        name=f"trial {trial['number'] + 1}",
        status=STATUSES.get(trial["status"], "FAILED"),
        start=start,
        end=end,
        params=known(trial["hyperparameters"]),
        metrics=[*course, *points(last, end, final), *points(metrics, end, final)],
        tags=known(
            {
                "sagemaker.training_job": trial["trainingJobName"],
                "sagemaker.failure_reason": trial.get("failureReason"),
            }
        ),
    )


def tuning_course(candidate: Facts, trials: Sequence[Logged]) -> list[Point]:
    """The objective of each trial, and the best so far, by the trial's number."""
    objective = name_of(candidate["objectiveMetric"])
    better = max if candidate["maximised"] else min
    best: float | None = None
    course: list[Point] = []
    for trial, run in zip(candidate["trials"], trials, strict=True):
        value = trial.get("objective")
        if trial["status"] == "Completed" and value is not None and math.isfinite(value):
            best = value if best is None else better(best, value)
            course += points(
                {objective: value, f"best {objective}": best}, run.end, trial["number"] + 1
            )
    return course


def candidate_runs(candidate: Facts, execution: Facts) -> list[Logged]:
    """The run of a candidate, with the metrics on the test rows, and those of its trials."""
    key = f"candidate/{candidate['tuningStep']}"
    trials = [trial_run(trial, key, execution) for trial in candidate["trials"]]
    first = milliseconds(execution["startTime"])
    start = min((run.start for run in trials), default=first)
    end = max((run.end for run in trials), default=first)
    own = Logged(
        key=key,
        parent="execution",
        name=candidate["name"],
        status=STATUSES.get(candidate["status"], "FAILED"),
        start=start,
        end=end,
        params=known(candidate["hyperparameters"]),
        metrics=[*tuning_course(candidate, trials), *points(candidate["metrics"], end)],
        tags=known(
            {
                "sagemaker.tuning_step": candidate["tuningStep"],
                "sagemaker.best_training_job": candidate.get("best"),
            }
        ),
        artifacts=[(path, folder) for path, folder in candidate["artifacts"]],
    )
    return [own, *trials]


def runs_of(execution: Facts) -> list[Logged]:
    """All runs of an execution, each after its parent."""
    start = milliseconds(execution["startTime"])
    end = start + round(1000 * execution["seconds"])
    candidates = execution["candidates"]
    winner = next((one for one in candidates if one["name"] == execution.get("winner")), None)
    own = Logged(
        key="execution",
        parent=None,
        name=execution["id"],
        status=STATUSES.get(execution["status"], "FAILED"),
        start=start,
        end=end,
        params=known(execution["parameters"]),
        metrics=points({} if winner is None else winner["metrics"], end),
        tags=known(
            {
                "sagemaker.winner": execution.get("winner"),
                "restate.challenge": execution.get("challenge"),
                "sagemaker.failure_reason": execution.get("failureReason"),
            }
        ),
        artifacts=[(path, folder) for path, folder in execution["artifacts"]],
    )
    return [own, *(run for one in candidates for run in candidate_runs(one, execution))]


def chunks(values: Sequence[Any], size: int) -> Iterator[Sequence[Any]]:
    """Parts of at most so many."""
    return (values[first : first + size] for first in range(0, len(values), size))


def digest(run: Logged, parent: str | None) -> str:
    """What tells a run from one that holds something else; of files the content counts."""
    files = [
        (Path(path).name, folder, hashlib.sha256(Path(path).read_bytes()).hexdigest())
        for path, folder in run.artifacts
        if Path(path).name != REPORT
    ]
    content = {**asdict(run), "artifacts": files, "parent": parent}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def write_ahead() -> None:
    """Lets SQLite commit without waiting for the disk: thousands of runs take several each."""
    from sqlalchemy import event
    from sqlalchemy.engine import Engine

    def opened(connection: sqlite3.Connection, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.close()

    event.listen(Engine, "connect", opened)


class Store:
    """An MLflow store that executions are logged to."""

    def __init__(self, address: str) -> None:
        """Opens a tracking server by its address, or a store in a folder, making it if needed."""
        self.folder = None if "://" in address or address.startswith("arn:") else Path(address)
        if self.folder is None:
            # SageMaker's plugin signs by the address that is set for all, not by the client's.
            mlflow.set_tracking_uri(address)
            self.client = MlflowClient(address)
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_ahead()
            self.client = MlflowClient(f"sqlite:///{(self.folder / 'mlflow.db').resolve()}")
        self.created = 0
        self.kept = 0

    def experiment(self, name: str) -> str:
        """The id of a pipeline's experiment."""
        found = self.client.get_experiment_by_name(name)
        if found is not None:
            if found.lifecycle_stage == "deleted":
                self.client.restore_experiment(found.experiment_id)
            return str(found.experiment_id)
        # The server looks for such artifacts in mlartifacts, so the folder can be moved.
        location = None if self.folder is None else f"mlflow-artifacts:/{name}"
        return str(self.client.create_experiment(name, location, EXPERIMENT_KIND))

    def search(self, experiment: str, arn: str) -> list[Run]:
        """All runs of an execution that the store has."""
        found: list[Run] = []
        token = None
        while True:
            page = self.client.search_runs(
                [experiment], f"tags.`{EXECUTION}` = '{arn}'", max_results=1000, page_token=token
            )
            found += page
            token = page.token
            if not token:
                return found

    def log_artifact(self, run: Run, path: Path, folder: str) -> None:
        """Puts a file among a run's artifacts."""
        uri = urlparse(run.info.artifact_uri)
        if self.folder is None or uri.scheme != "mlflow-artifacts":
            self.client.log_artifact(run.info.run_id, str(path), folder or None)
            return
        target = self.folder / "mlartifacts" / uri.path.lstrip("/") / folder / path.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)

    def log_run(
        self, experiment: str, arn: str, run: Logged, parent: str | None, content: str
    ) -> str:
        """Makes a run."""
        tags = {**run.tags, EXECUTION: arn, KEY: run.key}
        if parent is not None:
            tags[MLFLOW_PARENT_RUN_ID] = parent
        made = self.client.create_run(experiment, run.start, tags, run.name)
        run_id = str(made.info.run_id)
        for path, folder in run.artifacts:
            self.log_artifact(made, Path(path), folder)
        params = [Param(name, value) for name, value in run.params.items()]
        metrics = [Metric(*point) for point in run.metrics]
        for part in chunks(params[MAX_PARAMS:], MAX_PARAMS):
            self.client.log_batch(run_id, params=part)
        for part in chunks(metrics[MAX_METRICS:], MAX_METRICS):
            self.client.log_batch(run_id, metrics=part)
        # What says that all of it is there comes last.
        self.client.log_batch(
            run_id, metrics[:MAX_METRICS], params[:MAX_PARAMS], [RunTag(CONTENT, content)]
        )
        self.client.set_terminated(run_id, run.status, run.end)
        return run_id

    def log_execution(self, execution: Facts) -> dict[str, str]:
        """Makes the runs of an execution, but for those that hold the same already.

        Returns:
            The ids of the runs, by their keys.
        """
        experiment = self.experiment(execution["pipelineName"])
        arn = execution["arn"]
        there = self.search(experiment, arn)
        # A run that an earlier call was interrupted in is still under way.
        old = {
            (run.data.tags.get(KEY), run.data.tags.get(CONTENT)): run.info.run_id
            for run in there
            if run.info.status != "RUNNING"
        }
        ids: dict[str, str] = {}
        for run in runs_of(execution):
            parent = None if run.parent is None else ids[run.parent]
            content = digest(run, parent)
            run_id = old.get((run.key, content))
            if run_id is None:
                run_id = self.log_run(experiment, arn, run, parent, content)
                self.created += 1
            else:
                self.kept += 1
            ids[run.key] = run_id
        for run_id in {run.info.run_id for run in there} - set(ids.values()):
            self.client.delete_run(run_id)
        return ids

    def log_models(self, models: Sequence[Facts], runs: Mapping[tuple[str, str], str]) -> int:
        """Registers model packages whose runs are here, and brings the approval of all up to date.

        Args:
            models: versions of model package groups
            runs: the ids of the candidates' runs, by the execution's id and the candidate's name

        Returns:
            How many versions of them the store has.
        """
        count = 0
        for group in dict.fromkeys(one["group"] for one in models):
            own = [one for one in models if one["group"] == group]
            versions = self.versions(group)
            for one in own:
                run_id = runs.get((one["executionId"], one["candidate"]))
                version = versions.get(one["arn"])
                if run_id is not None and (version is None or version.run_id != run_id):
                    if version is not None:
                        self.client.delete_model_version(group, version.version)
                    version = self.register(one, run_id)
                    versions[one["arn"]] = version
                if version is not None:
                    count += 1
                    self.approve(version, one)
            self.name_approved(group, own, versions)
        return count

    def versions(self, group: str) -> dict[str, ModelVersion]:
        """The versions of a registered model that stand for model packages, by their ARNs."""
        found: dict[str, ModelVersion] = {}
        token = None
        while True:
            page = self.client.search_model_versions(f"name = '{group}'", page_token=token)
            found.update({one.tags[PACKAGE]: one for one in page if PACKAGE in one.tags})
            token = page.token
            if not token:
                return found

    def register(self, model: Facts, run_id: str) -> ModelVersion:
        """Makes a version of a registered model for a model package."""
        try:
            self.client.get_registered_model(model["group"])
        except MlflowException as error:
            if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                raise
            self.client.create_registered_model(model["group"])
        tags = {
            **{f"sagemaker.{name}": value for name, value in known(model["metadata"]).items()},
            PACKAGE: model["arn"],
            "sagemaker.version": str(model["version"]),
        }
        source = f"{self.client.get_run(run_id).info.artifact_uri}/model"
        return self.client.create_model_version(model["group"], source, run_id, tags)

    def approve(self, version: ModelVersion, model: Facts) -> None:
        """Writes the approval of a model package to its version, where it is another."""
        if version.tags.get(APPROVAL) != model["approvalStatus"]:
            self.client.set_model_version_tag(
                version.name, version.version, APPROVAL, model["approvalStatus"]
            )
        description = model.get("approvalDescription") or ""
        if (version.description or "") != description:
            self.client.update_model_version(version.name, version.version, description)

    def name_approved(
        self, group: str, models: Sequence[Facts], versions: Mapping[str, ModelVersion]
    ) -> None:
        """Gives the alias `approved` to the latest approved version, where there is one."""
        approved = [
            one for one in models if one["approvalStatus"] == "Approved" and one["arn"] in versions
        ]
        if approved:
            latest = max(approved, key=lambda one: int(one["version"]))
            version = versions[latest["arn"]].version
            if self.client.get_registered_model(group).aliases.get(APPROVED) != version:
                self.client.set_registered_model_alias(group, APPROVED, version)
        elif versions and APPROVED in self.client.get_registered_model(group).aliases:
            self.client.delete_registered_model_alias(group, APPROVED)


def log(facts: Facts, address: str) -> dict[str, int]:
    """Logs all that a document tells.

    Returns:
        How many runs were made, how many were there already, and how many model versions are.
    """
    store = Store(address)
    runs: dict[tuple[str, str], str] = {}
    for execution in facts["executions"]:
        ids = store.log_execution(execution)
        for candidate in execution["candidates"]:
            runs[execution["id"], candidate["name"]] = ids[f"candidate/{candidate['tuningStep']}"]
    models = store.log_models(facts["models"], runs)
    return {"created": store.created, "kept": store.kept, "models": models}


def main() -> None:
    """Logs a document, or says in a line why not."""
    for name in ("mlflow", "alembic"):
        logging.getLogger(name).setLevel(logging.ERROR)
    path, address = sys.argv[1:]
    try:
        done = log(json.loads(Path(path).read_text("utf-8")), address)
    except MlflowException as error:
        sys.exit(f"MLflow: {str(error).strip().splitlines()[0]}")
    sys.stdout.write(json.dumps(done))


if __name__ == "__main__":
    main()
