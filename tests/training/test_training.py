"""Training: gradients of losses, optimisers that learn, checkpoints that go on exactly."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from einlang.errors import DataMistake
from einlang.training import LOSSES, OPTIMISERS, Plan, fit

Array = Any


class Logistic:
    """Two classes by one direction."""

    def start(self, rng: np.random.Generator) -> dict[str, Array]:
        return {"w": rng.normal(size=2), "b": np.zeros(())}

    def differentiate(self, parameters: Any, samples: Any) -> tuple[Array, Any]:
        x = samples["x"]
        p = 1 / (1 + np.exp(-(x @ parameters["w"] + parameters["b"])))

        def pull(gradient: Array) -> dict[str, Array]:
            inner = gradient * p * (1 - p)
            return {"w": x.T @ inner, "b": inner.sum()}

        return p, pull


def data() -> tuple[Array, Array]:
    x = np.random.default_rng(5).normal(size=(60, 2))
    return x, (x @ [2.0, -1.0] > 0.3).astype(float)


@pytest.mark.parametrize("name", sorted(LOSSES))
def test_gradients_of_losses(name: str) -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0.1, 0.9, (4, 3))
    targets = {"cross_entropy": np.array([0, 2, 1, 1]), "mse": rng.normal(size=(4, 3))}
    target = targets.get(name, rng.integers(0, 2, (4, 3)))
    _, gradient = LOSSES[name](p, target)
    step = rng.normal(size=p.shape) * 1e-6
    ends = [LOSSES[name](p + sign * step, target)[0] for sign in (1, -1)]
    assert (gradient * step).sum() == pytest.approx((ends[0] - ends[1]) / 2, rel=1e-4)


@pytest.mark.parametrize("name", sorted(OPTIMISERS))
def test_optimisers_learn(name: str) -> None:
    x, y = data()
    rate = {"adam": 0.1, "lion": 0.05, "spsa": 0.5}[name]
    plan = Plan(optimiser=name, epochs=300, rate=rate)
    trained = fit(Logistic(), {"x": x}, y, plan)
    assert trained.history[-1]["accuracy"] > 0.9


@pytest.mark.parametrize("name", sorted(OPTIMISERS))
def test_a_checkpoint_goes_on_exactly(name: str, tmp_path: Path) -> None:
    x, y = data()
    whole = fit(Logistic(), {"x": x}, y, Plan(optimiser=name, epochs=7, batch=16))
    path = tmp_path / "half.npz"
    fit(Logistic(), {"x": x}, y, Plan(optimiser=name, epochs=3, batch=16, checkpoint=path))
    rest = Plan(optimiser=name, epochs=7, batch=16, checkpoint=path)
    resumed = fit(Logistic(), {"x": x}, y, rest)
    assert resumed.history == whole.history
    assert all(np.array_equal(resumed.parameters[k], whole.parameters[k]) for k in "wb")
    with pytest.raises(DataMistake, match="other options"):
        fit(Logistic(), {"x": x}, y, Plan(optimiser=name, epochs=7, checkpoint=path))


def test_early_stopping_by_validation() -> None:
    x, y = data()
    plan = Plan(epochs=500, rate=0.5, patience=3)
    seen: list[int] = []
    trained = fit(
        Logistic(),
        {"x": x[:30]},
        y[:30],
        plan,
        validation=({"x": x[30:]}, y[30:]),
        watch=lambda epoch, total, figures: seen.append(epoch),
    )
    assert len(trained.history) < 500
    assert seen == list(range(1, len(trained.history) + 1))
    assert {"validation loss", "validation accuracy"} <= set(trained.history[0])


def test_plans_that_cannot_be() -> None:
    with pytest.raises(DataMistake, match="E0614"):
        Plan(loss="hinge")
    with pytest.raises(DataMistake, match="E0614"):
        Plan(epochs=0)
