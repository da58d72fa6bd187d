"""Automatic model tuning: suggests each trial's hyperparameters, and learns from results.

`python -m local.standins.tuner.server` answers each request on standard input with a line, in
order:

    {"open": {"tuning", "strategy", "objectiveType", "parameterRanges", "seed", "maxJobs",
              "earlier"?: [{"hyperparameters", "value"}]}}
        -> {"opened": {"earlier": how many of the earlier trials are within the ranges}};
           starts over if it was open
    {"ask": {"tuning", "trial"}}
        -> {"trial": {"hyperparameters"}}
    {"tell": {"tuning", "trial", "value": number or null (failed)}}
        -> {"told": {}}

or, to open, {"error": {"message"}}.

A suggestion only depends on the seed, the trial's number and earlier results.
"""

from __future__ import annotations

import json
import math
import sys
from typing import Any

import numpy as np
import optuna
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.trial import Trial, TrialState

from local.standins.errors import UserError
from local.standins.tuner.search_space import (
    Parameter,
    count_combinations,
    grid_point,
    parse_parameter_ranges,
)


class Tuning:
    """The search of a tuning job."""

    def __init__(self, fields: dict[str, Any]) -> None:
        """Opens the search by the fields of the `open` request.

        Raises:
            UserError: SageMaker would refuse the ranges.
        """
        self._strategy: str = fields["strategy"]
        self._seed: int = fields["seed"]
        self._parameters = parse_parameter_ranges(fields["parameterRanges"])
        self._max_jobs: int = fields["maxJobs"]
        if self._strategy == "Grid":
            _check_grid(fields, self._parameters)
        self._study = optuna.create_study(direction=fields["objectiveType"].lower())
        self.earlier = sum(self._know(trial) for trial in fields.get("earlier") or [])
        self._trials: dict[int, Trial] = {}

    def _know(self, trial: dict[str, Any]) -> bool:
        """Takes a trial of an earlier tuning job, unless it is outside the ranges."""
        try:
            known = optuna.trial.create_trial(
                params={
                    name: parameter.from_text(trial["hyperparameters"][name])
                    for name, parameter in self._parameters.items()
                },
                distributions={
                    name: parameter.distribution for name, parameter in self._parameters.items()
                },
                value=trial["value"],
            )
        except ValueError:
            return False
        self._study.add_trial(known)
        return True

    def ask(self, number: int) -> dict[str, str]:
        """A trial's hyperparameters, by its number from 0; repeated calls return the same ones."""
        if number not in self._trials:
            if self._strategy == "Grid":
                self._study.enqueue_trial(grid_point(self._parameters, number))
            self._study.sampler = self._sampler(number)
            self._trials[number] = self._study.ask(
                {name: parameter.distribution for name, parameter in self._parameters.items()}
            )
        values = self._trials[number].params
        return {
            name: parameter.to_text(values[name]) for name, parameter in self._parameters.items()
        }

    def tell(self, number: int, value: float | None) -> None:
        """Records the objective of a suggested trial; None if it failed."""
        failed = value is None or not math.isfinite(value)
        state = TrialState.FAIL if failed else TrialState.COMPLETE
        self._study.tell(self._trials[number], None if failed else value, state)

    def _sampler(self, number: int) -> BaseSampler:
        seed = int(np.random.SeedSequence([self._seed, number]).generate_state(1)[0])
        if self._strategy != "Bayesian":
            return RandomSampler(seed)
        return TPESampler(
            seed=seed,
            n_startup_trials=min(10, max(self._max_jobs // 3, 3)),
            multivariate=True,  # a learner's parameters depend on each other
            constant_liar=True,  # avoid points near those of concurrent trials
        )


def _check_grid(fields: dict[str, Any], parameters: dict[str, Parameter]) -> None:
    for kind in ("IntegerParameterRanges", "ContinuousParameterRanges"):
        if fields["parameterRanges"].get(kind):
            raise UserError(f"strategy: Grid requires categorical ranges, not {kind}")
    combinations = count_combinations(parameters)
    if fields["maxJobs"] != combinations:
        raise UserError(
            f"maxJobs: {fields['maxJobs']} is not the number of combinations of the grid, "
            f"{combinations}"
        )


def _answer(tunings: dict[str, Tuning], kind: str, fields: dict[str, Any]) -> dict[str, Any]:
    name = fields["tuning"]
    if kind == "open":
        try:
            tunings[name] = Tuning(fields)
        except UserError as error:
            return {"error": {"message": f"tuning {name}: {error}"}}
        return {"opened": {"earlier": tunings[name].earlier}}
    if kind == "tell":
        tunings[name].tell(fields["trial"], fields["value"])
        return {"told": {}}
    return {"trial": {"hyperparameters": tunings[name].ask(fields["trial"])}}


def main() -> None:
    """Answers requests until standard input ends."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    tunings: dict[str, Tuning] = {}
    for line in sys.stdin:
        ((kind, fields),) = json.loads(line).items()
        answer = _answer(tunings, kind, fields)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
