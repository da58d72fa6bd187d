"""Executions in MLflow: an experiment per pipeline, a run per execution, with nested runs.

The input is a JSON document (`Facts`). Logging it again changes nothing: a run is found by its
execution's ARN and its key, and only replaced if its content differs. Model versions are found by
the ARN of their model package.

`restate export mlflow` logs with MLflow's own client (local/mlflow/log.py); the job in AWS with
mlflow_rest.py, because SageMaker's images have no MLflow.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

#: The content of executions, written by cli/tracked.ts and log_executions.py.
Facts = Mapping[str, Any]

#: What a client returns: MLflow's entities, or objects with the same attributes.
Entity = Any

EXECUTION = "sagemaker.pipeline_execution_arn"
KEY = "restate.run"
#: Derived from other content, so it does not count in comparisons of runs.
REPORT = "report.html"
CONTENT = "restate.content"
PACKAGE = "sagemaker.model_package_arn"
APPROVAL = "sagemaker.approval_status"
APPROVED = "approved"

STATUSES = {"Succeeded": "FINISHED", "Completed": "FINISHED", "Stopped": "KILLED"}

#: MLflow's limits per request: mlflow/utils/validation.py, MAX_PARAMS_TAGS_PER_BATCH and
#: MAX_METRICS_PER_BATCH; at most 1,000 of all kinds together, and 1 MB.
MAX_PARAMS = 100
MAX_METRICS = 800

#: Max points of a trial's learning curve, evenly spaced: each takes a fifth of a millisecond.
MAX_COURSE = 25

#: How MLflow nests runs: mlflow/utils/mlflow_tags.py.
PARENT = "mlflow.parentRunId"

#: Makes MLflow treat an experiment as one of models, not of prompts.
EXPERIMENT_KIND = {"mlflow.experimentKind": "custom_model_development"}

#: A name, a value, a time (milliseconds since 1970), and a step.
Point = tuple[str, float, int, int]


@dataclass(frozen=True)
class Logged:
    """The intended content of a run in MLflow."""

    key: str
    parent: str | None
    name: str
    status: str
    start: int
    end: int
    params: dict[str, str]
    metrics: list[Point]
    tags: dict[str, str]
    #: Files, with each one's folder in the artifacts.
    artifacts: list[tuple[str, str]] = field(default_factory=list)


def name_of(text: str) -> str:
    """A valid name of a parameter or a metric in MLflow: letters, digits and `_-. :/`."""
    return re.sub(r"[^\w.\- :/]", "_", text)


def milliseconds(text: str) -> int:
    """A time in ISO 8601, as milliseconds since 1970."""
    return round(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1000)


def known(values: Mapping[str, Any]) -> dict[str, str]:
    """The items with a value, as text."""
    return {name_of(name): str(value) for name, value in values.items() if value not in (None, "")}


def points(metrics: Mapping[str, float | None], time: int, step: int = 0) -> list[Point]:
    """Metrics at one time; values that are not numbers are omitted."""
    return [
        (name_of(name), float(value), time, step)
        for name, value in metrics.items()
        if value is not None and math.isfinite(value)
    ]


def trial_run(trial: Facts, parent: str, execution: Facts) -> Logged:
    """The run of a trial, with its objective after each iteration, if known."""
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
    """The run of a candidate, with its metrics on the test rows, and the runs of its trials."""
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
    """Parts of limited size."""
    return (values[first : first + size] for first in range(0, len(values), size))


class Store:
    """An MLflow store.

    Args:
        client: MLflow's client, or another with its methods, but for two: ``log_batch`` takes
            tuples, and ``log_artifact`` takes the run. ``sha256`` hashes an artifact's content.
        artifacts: Prefix of the location of new experiments' artifacts. Default: the
            server's.
    """

    def __init__(self, client: Any, artifacts: str | None = None) -> None:  # noqa: ANN401
        self.client = client
        self.artifacts = artifacts
        self.created = 0
        self.kept = 0

    def experiment(self, name: str) -> str:
        """The id of a pipeline's experiment, which is created if needed."""
        found = self.client.get_experiment_by_name(name)
        if found is not None:
            if found.lifecycle_stage == "deleted":
                self.client.restore_experiment(found.experiment_id)
            return str(found.experiment_id)
        location = None if self.artifacts is None else f"{self.artifacts}{name}"
        return str(self.client.create_experiment(name, location, EXPERIMENT_KIND))

    def ended(self, pipeline: str) -> dict[str, int]:
        """When the executions of a pipeline ended that are in the store, by their ARNs."""
        runs = self.search(self.experiment(pipeline), f"tags.`{KEY}` = 'execution'")
        return {
            run.data.tags[EXECUTION]: run.info.end_time
            for run in runs
            if CONTENT in run.data.tags and run.info.status != "RUNNING"
        }

    def search(self, experiment: str, wanted: str) -> list[Entity]:
        """All runs in the store that a filter selects."""
        found: list[Entity] = []
        token = None
        while True:
            page = self.client.search_runs([experiment], wanted, max_results=1000, page_token=token)
            found += page
            token = page.token
            if not token:
                return found

    def digest(self, run: Logged, parent: str | None) -> str:
        """A hash of a run's content, including its files'."""
        files = [
            (Path(path).name, folder, self.client.sha256(path))
            for path, folder in run.artifacts
            if Path(path).name != REPORT
        ]
        content = {**asdict(run), "artifacts": files, "parent": parent}
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()

    def log_run(
        self, experiment: str, arn: str, run: Logged, parent: str | None, content: str
    ) -> str:
        """Creates a run."""
        tags = {**run.tags, EXECUTION: arn, KEY: run.key}
        if parent is not None:
            tags[PARENT] = parent
        made = self.client.create_run(experiment, run.start, tags, run.name)
        run_id = str(made.info.run_id)
        for path, folder in run.artifacts:
            self.client.log_artifact(made, path, folder)
        params, metrics = list(run.params.items()), run.metrics
        for part in chunks(params[MAX_PARAMS:], MAX_PARAMS):
            self.client.log_batch(run_id, params=part)
        for part in chunks(metrics[MAX_METRICS:], MAX_METRICS):
            self.client.log_batch(run_id, metrics=part)
        # The tag that marks the run as complete comes last.
        self.client.log_batch(
            run_id, metrics[:MAX_METRICS], params[:MAX_PARAMS], [(CONTENT, content)]
        )
        self.client.set_terminated(run_id, run.status, run.end)
        return run_id

    def log_execution(self, execution: Facts) -> dict[str, str]:
        """Creates the runs of an execution, except those that have the same content already.

        Returns:
            The ids of the runs, by their keys.
        """
        experiment = self.experiment(execution["pipelineName"])
        arn = execution["arn"]
        there = self.search(experiment, f"tags.`{EXECUTION}` = '{arn}'")
        # An interrupted call leaves an unfinished run.
        old = {
            (run.data.tags.get(KEY), run.data.tags.get(CONTENT)): run.info.run_id
            for run in there
            if run.info.status != "RUNNING"
        }
        ids: dict[str, str] = {}
        for run in runs_of(execution):
            parent = None if run.parent is None else ids[run.parent]
            content = self.digest(run, parent)
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
        """Registers model packages whose runs exist, and updates the approval of all versions.

        `runs` has the ids of the candidates' runs, by the execution's id and the candidate's name.

        Returns:
            The number of these versions in the store.
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

    def versions(self, group: str) -> dict[str, Entity]:
        """The versions of a registered model, by the ARNs of their model packages."""
        found: dict[str, Entity] = {}
        token = None
        while True:
            page = self.client.search_model_versions(f"name = '{group}'", page_token=token)
            found.update({one.tags[PACKAGE]: one for one in page if PACKAGE in one.tags})
            token = page.token
            if not token:
                return found

    def register(self, model: Facts, run_id: str) -> Entity:
        """Creates a version of a registered model for a model package."""
        try:
            self.client.get_registered_model(model["group"])
        except Exception as error:  # each client has errors of its own
            if getattr(error, "error_code", None) != "RESOURCE_DOES_NOT_EXIST":
                raise
            self.client.create_registered_model(model["group"])
        tags = {
            **{f"sagemaker.{name}": value for name, value in known(model["metadata"]).items()},
            PACKAGE: model["arn"],
            "sagemaker.version": str(model["version"]),
        }
        source = f"{self.client.get_run(run_id).info.artifact_uri}/model"
        return self.client.create_model_version(model["group"], source, run_id, tags)

    def approve(self, version: Entity, model: Facts) -> None:
        """Updates the approval of a model package's version, if it changed."""
        if version.tags.get(APPROVAL) != model["approvalStatus"]:
            self.client.set_model_version_tag(
                version.name, version.version, APPROVAL, model["approvalStatus"]
            )
        description = model.get("approvalDescription") or ""
        if (version.description or "") != description:
            self.client.update_model_version(version.name, version.version, description)

    def name_approved(
        self, group: str, models: Sequence[Facts], versions: Mapping[str, Entity]
    ) -> None:
        """Sets the alias `approved` to the latest approved version, if there is one."""
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


def log(facts: Facts, store: Store) -> dict[str, int]:
    """Logs a document.

    Returns:
        Numbers of new runs, of unchanged runs, and of model versions.
    """
    runs: dict[tuple[str, str], str] = {}
    for execution in facts["executions"]:
        ids = store.log_execution(execution)
        for candidate in execution["candidates"]:
            runs[execution["id"], candidate["name"]] = ids[f"candidate/{candidate['tuningStep']}"]
    models = store.log_models(facts["models"], runs)
    return {"created": store.created, "kept": store.kept, "models": models}
