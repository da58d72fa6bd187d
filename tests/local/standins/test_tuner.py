"""The tuner as a separate process, through its protocol."""

import functools
import json
import math
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from machine import PATIENCE

ROOT = Path(__file__).parents[3]
RANGES = {
    "IntegerParameterRanges": [
        {"Name": "max_depth", "MinValue": "2", "MaxValue": "10", "ScalingType": "Linear"}
    ],
    "ContinuousParameterRanges": [
        {"Name": "eta", "MinValue": "0.01", "MaxValue": "0.5", "ScalingType": "Logarithmic"},
        {
            "Name": "rho",
            "MinValue": "0.5",
            "MaxValue": "0.999",
            "ScalingType": "ReverseLogarithmic",
        },
    ],
    "CategoricalParameterRanges": [{"Name": "booster", "Values": ["gbtree", "dart"]}],
}
GRID = {
    "CategoricalParameterRanges": [
        {"Name": "a", "Values": ["1", "2"]},
        {"Name": "b", "Values": ["x", "y", "z"]},
    ]
}


def opening(**fields: object) -> dict[str, Any]:
    """An `open` request."""
    return {
        "open": {
            "tuning": "T",
            "strategy": "Random",
            "objectiveType": "Minimize",
            "parameterRanges": RANGES,
            "seed": 1729,
            "maxJobs": 40,
            **fields,
        }
    }


def ask(trial: int) -> dict[str, Any]:
    return {"ask": {"tuning": "T", "trial": trial}}


def tell(trial: int, value: float | None) -> dict[str, Any]:
    return {"tell": {"tuning": "T", "trial": trial, "value": value}}


class Tuner:
    """A tuner's process."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "local.standins.tuner.server"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def answer(self, request: object) -> dict[str, Any]:
        assert self.process.stdin and self.process.stdout
        line = request if isinstance(request, str) else json.dumps(request)
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self.process.communicate(timeout=PATIENCE) == ("", "")
        assert self.process.returncode == 0


@functools.cache
def shared() -> Tuner:
    """A process for most tests: loading the libraries takes longer than a search."""
    return Tuner()


@pytest.fixture(scope="module", autouse=True)
def _closed() -> Iterator[None]:
    yield
    shared().close()
    shared.cache_clear()


def answers(*requests: object) -> list[dict[str, Any]]:
    """The answers to the requests, in order."""
    return [shared().answer(request) for request in requests]


def suggestions(*requests: object) -> list[dict[str, str]]:
    return [item["trial"]["hyperparameters"] for item in answers(*requests) if "trial" in item]


def test_random_values_are_strings_within_their_ranges() -> None:
    trials = suggestions(opening(), *(ask(trial) for trial in range(40)))
    assert len(trials) == 40
    for trial in trials:
        assert list(trial) == ["max_depth", "eta", "rho", "booster"]
        assert trial["max_depth"] == str(int(trial["max_depth"]))
        assert 2 <= int(trial["max_depth"]) <= 10
        assert 0.01 <= float(trial["eta"]) <= 0.5
        assert 0.5 <= float(trial["rho"]) <= 0.999
    assert {trial["booster"] for trial in trials} == {"gbtree", "dart"}
    assert len({trial["eta"] for trial in trials}) == 40


def test_scaling_spreads_values_evenly_over_orders_of_magnitude() -> None:
    def median(scaling: str, low: str, high: str) -> float:
        one = {"Name": "x", "MinValue": low, "MaxValue": high, "ScalingType": scaling}
        ranges = {"ContinuousParameterRanges": [one]}
        trials = suggestions(
            opening(parameterRanges=ranges, maxJobs=300), *(ask(trial) for trial in range(300))
        )
        return sorted(float(trial["x"]) for trial in trials)[150]

    assert median("Linear", "0.0001", "0.9999") == pytest.approx(0.5, abs=0.1)
    assert math.log10(median("Logarithmic", "0.0001", "1")) == pytest.approx(-2, abs=0.4)
    assert math.log10(median("Auto", "0.0001", "1")) == pytest.approx(-2, abs=0.4)
    assert median("Auto", "0.1", "1") == pytest.approx(0.55, abs=0.1)
    reverse = median("ReverseLogarithmic", "0", "0.9999")
    assert math.log10(1 - reverse) == pytest.approx(-2, abs=0.4)


def loss(trial: dict[str, str]) -> float:
    return (int(trial["max_depth"]) - 7) ** 2 + math.log(float(trial["eta"]) / 0.1) ** 2


def search(
    strategy: str, objective_type: str = "Minimize", seed: int = 3, tuner: Tuner | None = None
) -> list[float]:
    """Plays a whole search, with each trial's requests after the previous results."""
    sign = 1 if objective_type == "Minimize" else -1
    answer = (tuner or shared()).answer
    answer(opening(strategy=strategy, objectiveType=objective_type, seed=seed, maxJobs=40))
    losses = []
    for number in range(40):
        losses.append(loss(answer(ask(number))["trial"]["hyperparameters"]))
        assert answer(tell(number, sign * losses[-1])) == {"told": {}}
    return losses


@pytest.mark.parametrize("objective_type", ["Minimize", "Maximize"])
def test_bayesian_learns_from_results(objective_type: str) -> None:
    losses = search("Bayesian", objective_type)
    assert sum(losses[20:]) < 0.5 * sum(losses[:20])


def test_a_search_starts_from_earlier_trials_within_its_ranges() -> None:
    def trial(depth: int, booster: str = "dart") -> dict[str, Any]:
        named = {"max_depth": str(depth), "eta": "0.1", "rho": "0.9", "booster": booster}
        return {"hyperparameters": {**named, "fixed": "1"}, "value": abs(depth - 3)}

    known = [trial(depth) for depth in range(2, 11)] * 3
    outside = [trial(1), trial(11), trial(5, booster="gblinear")]
    asked = [ask(number) for number in range(8)]
    warm = answers(opening(strategy="Bayesian", earlier=[*known, *outside]), *asked)
    assert warm[0] == {"opened": {"earlier": 27}}
    depths = [int(one["trial"]["hyperparameters"]["max_depth"]) for one in warm[1:]]
    cold = suggestions(opening(strategy="Bayesian"), *asked)
    assert sum(abs(depth - 3) for depth in depths) < 0.5 * sum(
        abs(int(one["max_depth"]) - 3) for one in cold
    )
    # Chance learns nothing.
    assert suggestions(opening(earlier=known), *asked) == suggestions(opening(), *asked)


def test_the_same_calls_give_the_same_answers() -> None:
    other = Tuner()
    found = search("Bayesian")
    assert search("Bayesian", tuner=other) == found
    assert search("Bayesian", seed=4) != found
    other.close()


def test_a_suggestion_does_not_depend_on_the_order_of_requests() -> None:
    forward = suggestions(opening(), ask(0), ask(1), ask(2), ask(1))
    backward = suggestions(opening(), ask(2), ask(1), ask(0))
    assert forward[:3] == backward[::-1]
    assert forward[3] == forward[1]


def test_grid_covers_every_combination_once() -> None:
    result = answers(
        opening(strategy="Grid", parameterRanges=GRID, maxJobs=6),
        *(ask(trial) for trial in range(6)),
    )
    assert result[0] == {"opened": {"earlier": 0}}
    trials = [item["trial"]["hyperparameters"] for item in result[1:]]
    assert [trial["a"] + trial["b"] for trial in trials] == ["1x", "1y", "1z", "2x", "2y", "2z"]


def test_a_failed_trial_is_accepted_and_the_search_continues() -> None:
    result = answers(
        opening(strategy="Bayesian"), ask(0), tell(0, None), ask(1), tell(1, 1.5), ask(2)
    )
    assert [next(iter(item)) for item in result] == [
        "opened", "trial", "told", "trial", "told", "trial",
    ]  # fmt: skip


def one_range(kind: str, **fields: object) -> dict[str, Any]:
    values = {"Name": "x", "MinValue": "0", "MaxValue": "1", **fields}
    return opening(parameterRanges={kind: [values]})


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (opening(parameterRanges={}), "at least one range"),
        (opening(parameterRanges={"AutoParameters": []}), "AutoParameters is not supported"),
        (opening(strategy="Grid"), "Grid requires categorical ranges, not Integer"),
        (opening(strategy="Grid", parameterRanges=GRID, maxJobs=5), "5 is not the number of comb"),
        (one_range("ContinuousParameterRanges", MinValue="2"), "x: MinValue 2.0 is above MaxValue"),
        (one_range("ContinuousParameterRanges", MinValue="low"), "x: MinValue must be a number"),
        (one_range("ContinuousParameterRanges", MaxValue="inf"), "x: MaxValue must be finite"),
        (one_range("ContinuousParameterRanges", ScalingType="Logarithmic"), "a range above 0"),
        (one_range("ContinuousParameterRanges", ScalingType="ReverseLogarithmic"), "0 <= x < 1.0"),
        (one_range("ContinuousParameterRanges", ScalingType="Log"), "ScalingType Log is unknown"),
        (one_range("IntegerParameterRanges", MaxValue="1.5"), "x: MaxValue must be an integer"),
        (one_range("IntegerParameterRanges", ScalingType="ReverseLogarithmic"), "continuous range"),
        (one_range("CategoricalParameterRanges", Values=[]), "x: Values must be a list"),
        (one_range("CategoricalParameterRanges", Values=["a", "a"]), "x: Values must be distinct"),
    ],
)  # fmt: skip
def test_refuses_the_same_as_sagemaker(request_: dict[str, Any], message: str) -> None:
    error = answers(request_)[0]["error"]["message"]
    assert error.startswith("tuning T: ")
    assert message in error


def test_an_opening_starts_over() -> None:
    result = answers(opening(), ask(0), tell(0, 1.0), opening(), ask(0), tell(0, 1.0), ask(1))
    assert result[1] == result[4]
    assert [next(iter(item)) for item in result] == [
        "opened", "trial", "told", "opened", "trial", "told", "trial",
    ]  # fmt: skip
