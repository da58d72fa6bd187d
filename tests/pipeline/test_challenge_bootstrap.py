"""How sure a comparison with the champion is, against SciPy's bootstrap and the truth."""

import challenge
import numpy as np
import pytest
import regression_scores
from scipy import stats


def pair(seed: int, rows: int = 300, gain: float = 0.0) -> tuple[np.ndarray, ...]:
    """Two models whose errors are half shared, and as large where the gain is 0."""
    random = np.random.default_rng(seed)
    actual = random.normal(size=rows)
    shared = random.normal(size=rows)
    first, second = random.normal(size=(2, rows))
    return actual, actual + (1 - gain) * (shared + first), actual + shared + second


def test_finds_the_same_bound_as_scipy() -> None:
    actual, predicted, champion = pair(7, 400, 0.05)

    def difference(target: np.ndarray, one: np.ndarray, other: np.ndarray, axis: int) -> np.ndarray:
        errors = np.mean((target - other) ** 2, axis) - np.mean((target - one) ** 2, axis)
        return np.asarray(errors / np.var(target, axis))

    found = challenge.challenge(actual, predicted, champion, 0.9)
    bounds = stats.bootstrap(
        (actual, predicted, champion),
        difference,
        paired=True,
        n_resamples=4000,
        confidence_level=0.9,
        alternative="greater",
        method="percentile",
        rng=np.random.default_rng(0),
    )
    spread = float(bounds.standard_error)
    assert found.least == pytest.approx(bounds.confidence_interval.low, abs=0.1 * spread)
    assert found.r2 - found.champion_r2 == pytest.approx(
        float(difference(actual, predicted, champion, 0)), abs=1e-12
    )


def test_promotes_equal_models_as_rarely_as_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regression_scores, "RESAMPLES", 200)  # enough for the rate over many runs
    runs, confidence = 600, 0.9
    promoted = sum(challenge.challenge(*pair(seed), confidence).least > 0 for seed in range(runs))
    expected = (1 - confidence) * runs
    # Three standard deviations of so many draws.
    assert abs(promoted - expected) < 3 * (expected * confidence) ** 0.5


def test_promotes_a_clearly_better_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(regression_scores, "RESAMPLES", 200)
    promoted = sum(challenge.challenge(*pair(seed, gain=0.2), 0.9).least > 0 for seed in range(50))
    assert promoted == 50
