"""Automatic model tuning: suggests each trial's hyperparameters, and learns from results.

`python -m local.standins.tuner.server` answers each request on standard input with a line, in
order:

    {"open": {"tuning", "strategy", "objectiveType", "parameterRanges", "seed", "maxJobs"?,
              "earlier"?: [{"hyperparameters", "value"}]}}
        -> {"opened": {"earlier": how many of the earlier trials are within the ranges}};
           starts over if it was open
    {"ask": {"tuning", "trial"}}
        -> {"trial": {"hyperparameters"}}, or {"exhausted": {}} if the search has no such trial
    {"tell": {"tuning", "trial", "value": number or null (failed)}}
        -> {"told": {}}

or {"error": {"message"}}.

A suggestion only depends on the seed, the trial's number and earlier results.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import optuna
from optuna.samplers import BaseSampler, GridSampler, RandomSampler, TPESampler
from optuna.study import StudyDirection
from optuna.trial import Trial, TrialState

from local.standins.errors import UserError
from local.standins.tuner.search_space import Parameter, count_combinations, parse_parameter_ranges

STRATEGIES = ("Random", "Bayesian", "Grid")
_DIRECTIONS = {"Minimize": StudyDirection.MINIMIZE, "Maximize": StudyDirection.MAXIMIZE}


class Tuning:
    """The search of a tuning job."""

    def __init__(self, fields: dict[str, Any]) -> None:
        """Opens the search.

        Args:
            fields: Of the `open` request.

        Raises:
            UserError: A field is missing, or SageMaker would refuse it.
        """
        self._strategy: str = _choice(fields, "strategy", STRATEGIES)
        direction = _DIRECTIONS[_choice(fields, "objectiveType", tuple(_DIRECTIONS))]
        self._seed = _whole_number(fields, "seed")
        self._parameters = parse_parameter_ranges(fields.get("parameterRanges") or {})
        self._max_jobs = _max_jobs(fields, self._strategy, self._parameters)
        self._study = optuna.create_study(direction=direction)
        self.earlier = sum(self._know(trial) for trial in fields.get("earlier") or [])
        self._trials: dict[int, Trial] = {}
        self._told: set[int] = set()

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

    def ask(self, number: int) -> dict[str, str] | None:
        """Suggests a trial's hyperparameters; repeated calls return the same ones.

        Args:
            number: The trial's number, from 0.

        Returns:
            The hyperparameters as strings, or None if the search has no such trial.
        """
        if self._max_jobs is not None and number >= self._max_jobs:
            return None
        if number not in self._trials:
            self._study.sampler = self._sampler(number)
            self._trials[number] = self._study.ask(
                {name: parameter.distribution for name, parameter in self._parameters.items()}
            )
        values = self._trials[number].params
        return {
            name: parameter.to_text(values[name]) for name, parameter in self._parameters.items()
        }

    def tell(self, number: int, value: float | None) -> None:
        """Records a trial's result.

        Args:
            number: The trial's number.
            value: The objective, or None if the trial failed.

        Raises:
            UserError: The trial was never suggested, or was already reported.
        """
        if number in self._told:
            raise UserError(f"tell.trial: {number} was already reported")
        failed = value is None or not math.isfinite(value)
        state = TrialState.FAIL if failed else TrialState.COMPLETE
        if number not in self._trials:
            raise UserError(f"tell.trial: {number} was never suggested")
        self._study.tell(self._trials[number], None if failed else value, state)
        self._told.add(number)

    def _sampler(self, number: int) -> BaseSampler:
        seed = int(np.random.SeedSequence([self._seed, number]).generate_state(1)[0])
        if self._strategy == "Random":
            return RandomSampler(seed)
        if self._strategy == "Grid":
            return _GridPoint(self._parameters, number)
        return TPESampler(
            seed=seed,
            n_startup_trials=min(10, max((self._max_jobs or 30) // 3, 3)),
            multivariate=True,  # a learner's parameters depend on each other
            constant_liar=True,  # avoid points near those of concurrent trials
        )


class _GridPoint(GridSampler):
    """The grid's point by number: the last parameter changes fastest."""

    def __init__(self, parameters: dict[str, Parameter], number: int) -> None:
        grid = {
            name: list(parameter.distribution.choices)  # type: ignore[attr-defined]
            for name, parameter in parameters.items()
        }
        super().__init__(grid)
        self._point: dict[str, Any] = {}
        for name, choices in reversed(grid.items()):
            number, position = divmod(number, len(choices))
            self._point[name] = choices[position]

    def before_trial(self, study: optuna.Study, trial: optuna.trial.FrozenTrial) -> None:
        pass  # the trial's number chooses the point

    def sample_independent(  # an Optuna sampler's interface
        self,
        study: optuna.Study,  # noqa: ARG002
        trial: optuna.trial.FrozenTrial,  # noqa: ARG002
        param_name: str,
        param_distribution: optuna.distributions.BaseDistribution,  # noqa: ARG002
    ) -> Any:  # noqa: ANN401
        return self._point[param_name]


def _choice(fields: dict[str, Any], name: str, allowed: tuple[str, ...]) -> str:
    value = fields.get(name)
    if value not in allowed:
        raise UserError(f"{name}: {value} is unknown; allowed are {', '.join(allowed)}")
    return str(value)


def _whole_number(fields: dict[str, Any], name: str) -> int:
    value = fields.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise UserError(f"{name}: must be an integer, 0 or more")
    return value


def _max_jobs(
    fields: dict[str, Any], strategy: str, parameters: dict[str, Parameter]
) -> int | None:
    given = _whole_number(fields, "maxJobs") if fields.get("maxJobs") is not None else None
    if strategy != "Grid":
        return given
    for kind in ("IntegerParameterRanges", "ContinuousParameterRanges"):
        if fields["parameterRanges"].get(kind):
            raise UserError(f"strategy: Grid requires categorical ranges, not {kind}")
    combinations = count_combinations(parameters)
    if given not in (None, combinations):
        raise UserError(
            f"maxJobs: {given} is not the number of combinations of the grid, {combinations}"
        )
    return combinations


def _answer(tunings: dict[str, Tuning], line: str) -> dict[str, Any]:
    request = json.loads(line)
    if not isinstance(request, dict) or len(request) != 1:
        raise UserError('a request is an object with one key, "open", "ask" or "tell"')
    kind, fields = next(iter(request.items()))
    handlers: dict[str, Callable[[dict[str, Tuning], dict[str, Any]], dict[str, Any]]] = {
        "open": _open,
        "ask": _ask,
        "tell": _tell,
    }
    if kind not in handlers:
        raise UserError(f'unknown request "{kind}"; allowed are "open", "ask" and "tell"')
    if not isinstance(fields, dict) or not isinstance(fields.get("tuning"), str):
        raise UserError(f"{kind}.tuning: must be the name of a tuning")
    return handlers[kind](tunings, fields)


def _open(tunings: dict[str, Tuning], fields: dict[str, Any]) -> dict[str, Any]:
    name = fields["tuning"]
    try:
        tunings[name] = Tuning(fields)
    except UserError as error:
        raise UserError(f"tuning {name}: {error}") from None
    return {"opened": {"earlier": tunings[name].earlier}}


def _ask(tunings: dict[str, Tuning], fields: dict[str, Any]) -> dict[str, Any]:
    hyperparameters = _opened(tunings, fields).ask(_whole_number(fields, "trial"))
    if hyperparameters is None:
        return {"exhausted": {}}
    return {"trial": {"hyperparameters": hyperparameters}}


def _tell(tunings: dict[str, Tuning], fields: dict[str, Any]) -> dict[str, Any]:
    number = _whole_number(fields, "trial")
    value = fields.get("value")
    if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)):
        raise UserError("tell.value: must be a number, or null if the trial failed")
    _opened(tunings, fields).tell(number, value)
    return {"told": {}}


def _opened(tunings: dict[str, Tuning], fields: dict[str, Any]) -> Tuning:
    if fields["tuning"] not in tunings:
        raise UserError(f"tuning {fields['tuning']} is not open")
    return tunings[fields["tuning"]]


def main() -> None:
    """Answers requests until standard input ends."""
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    tunings: dict[str, Tuning] = {}
    for line in sys.stdin:
        if not line.strip():
            continue
        try:
            answer = _answer(tunings, line)
        except ValueError as error:
            answer = {"error": {"message": str(error)}}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
