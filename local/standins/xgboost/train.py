"""Trains a model like the image."""

from __future__ import annotations

import os
import re
import signal
import sys
import traceback
from pathlib import Path
from typing import Any

import xgboost
from xgboost.callback import EarlyStopping, EvaluationMonitor, TrainingCallback

from local.standins.errors import UserError
from local.standins.files import base_directory, read_configuration, write_text
from local.standins.xgboost import MODEL_PATH
from local.standins.xgboost.channels import read_channels
from local.standins.xgboost.hyperparameters import metric_directions, validate_hyperparameters
from local.standins.xgboost.metrics import METRICS, custom_metric

_STOPPED_EXIT_CODE = 128 + signal.SIGTERM


class _Rounds(TrainingCallback):
    """Runs callbacks in order, and ends the training after the round in which SIGTERM arrived.

    XGBoost's order is undefined, and it runs none after one stops. The image saves the model after
    each round, with all rounds so far, not only the best.
    """

    def __init__(self) -> None:
        super().__init__()
        self.callbacks: list[TrainingCallback] = []
        self.stop_requested = False
        self.stopped_model: xgboost.Booster | None = None
        signal.signal(signal.SIGTERM, self._request_stop)

    def _request_stop(self, *_: object) -> None:
        self.stop_requested = True

    def before_training(self, model: xgboost.Booster) -> xgboost.Booster:
        for callback in self.callbacks:
            model = callback.before_training(model)
        return model

    def after_iteration(
        self, model: xgboost.Booster, epoch: int, evals_log: TrainingCallback.EvalsLog
    ) -> bool:
        if stop := self.stop_requested:
            self.stopped_model = model.copy()
        stops = [callback.after_iteration(model, epoch, evals_log) for callback in self.callbacks]
        return stop or any(stops)

    def after_training(self, model: xgboost.Booster) -> xgboost.Booster:
        for callback in self.callbacks:
            model = callback.after_training(model)
        return model


def main() -> int:
    """Runs the training job; returns the exit code."""
    rounds = _Rounds()
    base = base_directory()
    failure = base / "output" / "failure"
    try:
        hyperparameters = validate_hyperparameters(read_configuration(base, "hyperparameters"))
        if len(read_configuration(base, "resourceconfig").get("hosts", [])) > 1:
            raise UserError("Training on more than one host is not supported by the local run")
        threads = hyperparameters.setdefault("nthread", _default_threads())
        csv_weights = hyperparameters.pop("csv_weights", 0) == 1
        channels = read_configuration(base, "inputdataconfig")
        train, validation = read_channels(channels, threads, csv_weights)
        _log(f"Train matrix has {train.num_row()} rows and {train.num_col()} columns")
        if validation is not None:
            _log(f"Validation matrix has {validation.num_row()} rows")
        save_when_stopped = hyperparameters.pop("save_model_on_termination", "false") == "true"
        model = _train(hyperparameters, train, validation, rounds)
        if rounds.stop_requested and not save_when_stopped:
            _log("Stopped; save_model_on_termination is false, so no model is saved")
            return _STOPPED_EXIT_CODE
        _save(rounds.stopped_model or model, base / MODEL_PATH)
    except (UserError, xgboost.core.XGBoostError) as error:
        message = str(error) if isinstance(error, UserError) else _training_error(error)
        write_text(failure, message)
        _log(f"ERROR: {message}")
        return 1
    except Exception as error:
        write_text(failure, f"AlgorithmError: {error!r}\n\n{traceback.format_exc()}")
        raise
    return 0


def _train(
    parameters: dict[str, Any],
    train: xgboost.DMatrix,
    validation: xgboost.DMatrix | None,
    rounds: _Rounds,
) -> xgboost.Booster:
    count = parameters.pop("num_round")
    patience = parameters.pop("early_stopping_rounds", None)
    if "updater" in parameters:
        parameters["updater"] = ",".join(parameters["updater"])
    if "interaction_constraints" in parameters:  # as a list, it would require feature names
        parameters["interaction_constraints"] = str(parameters["interaction_constraints"])
    tuned = parameters.pop("_tuning_objective_metric", None)
    given: list[str] = parameters.pop("eval_metric", [])
    metrics = given
    if tuned is not None:
        tuned = tuned.removeprefix("validation:")
        metrics = sorted({*given, tuned})
    if native := [name for name in metrics if name not in METRICS]:
        parameters["eval_metric"] = native
    computed = [name for name in metrics if name in METRICS]

    # XGBoost separates metrics by tabs, which CloudWatch shows as #011.
    monitor = EvaluationMonitor(logger=lambda line: _log(line.strip("\n").replace("\t", "#011")))
    rounds.callbacks.append(monitor)
    decisive = tuned or (given[-1] if given else None)
    if patience and decisive and validation is not None:
        rounds.callbacks.append(
            EarlyStopping(
                rounds=patience,
                metric_name=decisive,
                data_name="validation",
                maximize=metric_directions().get(decisive) == "Maximize",
                save_best=True,
            )
        )
    elif patience:
        _log("early_stopping_rounds has no effect without a validation channel and eval_metric")
    watched = [(train, "train")] + ([(validation, "validation")] if validation is not None else [])
    return xgboost.train(
        parameters,
        train,
        num_boost_round=count,
        evals=watched,
        custom_metric=custom_metric(computed) if computed else None,
        callbacks=[rounds],
        verbose_eval=False,
    )


def _save(model: xgboost.Booster, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # XGBoost derives the format from the suffix, so the model is serialized here (UBJSON).
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(model.save_raw("ubj"))
    temporary.replace(path)


def _training_error(error: Exception) -> str:
    """XGBoost's own reason, without its C++ stack trace."""
    line = next((line for line in str(error).splitlines() if line.strip()), repr(error))
    reason = re.sub(r"^(\[[\d:]+\] )?(\S+:\d+: )?", "", line)
    return f"XGB train call failed with exception: {reason}"


def _default_threads() -> int:
    text = os.environ.get("OMP_NUM_THREADS", "")
    if text.isdecimal() and int(text) > 0:
        return int(text)
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity else os.cpu_count() or 1


def _log(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
