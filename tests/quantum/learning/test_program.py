"""Programs trained as circuits: gradients as differences, the same text trained as tensors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from einlang_quantum.learning.program import CircuitModel

from einlang import planning
from einlang.api.program import compile
from einlang.api.training import ProgramModel
from einlang.backend import find
from einlang.errors import BackendMistake
from einlang.training import Plan, fit

Array = Any
TEXT = """
index c = 2, i = 3, j = 2
param W[c, i]
param v[j]
public x[i]
public z[j]
y[c] = W[c, i] * x[i] * v[j] * z[j] + (W[c, i] * x[i])^2
target quantum:
    W = iqp(layers=2)
"""


def model(**settings: Any) -> CircuitModel:
    typed = compile(TEXT).check()
    asked = {**typed.settings["quantum"], **settings}
    return CircuitModel(planning.plan(typed).server, {"W": (2, 3), "v": (2,)}, asked)


@pytest.mark.parametrize("reading", ["born", "amplitude"])
def test_gradients_are_differences(reading: str) -> None:
    trained = model(reading=reading)
    rng = np.random.default_rng(0)
    parameters = trained.start(rng)
    inputs = {"x": rng.normal(size=(4, 3)), "z": rng.normal(size=(1, 2))}
    outputs, pull = trained.differentiate(parameters, inputs)
    weight = rng.normal(size=outputs["y"].shape)
    for name, gradient in pull({"y": weight}).items():
        step = rng.normal(size=gradient.shape) * 1e-6
        ends = []
        for sign in (1, -1):
            moved = parameters | {name: parameters[name] + sign * step}
            ends.append((trained.differentiate(moved, inputs)[0]["y"] * weight).sum())
        assert (gradient * step).sum() == pytest.approx((ends[0] - ends[1]) / 2, rel=1e-4)


def test_a_circuit_learns() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(40, 3))
    targets = (x[:, 0] ** 2 > x[:, 1] ** 2).astype(int)
    learner = ProgramModel(model(), "y", {"z": np.ones(2)})
    plan = Plan("cross_entropy", epochs=120, rate=0.1, seed=2)
    trained = fit(learner, {"x": x}, targets, plan)
    assert trained.history[-1]["accuracy"] > 0.85


def test_settings_that_are_none() -> None:
    broken = model(reading="aloud")
    inputs = {"x": np.ones((1, 3)), "z": np.ones((1, 2))}
    start = broken.start(np.random.default_rng(0))
    with pytest.raises(BackendMistake, match="reading"):
        broken.differentiate(start, inputs)
    with pytest.raises(BackendMistake, match="E0850"):
        model(W="ipq").start(np.random.default_rng(0))


def test_the_same_text_as_tensors_and_as_circuits(monkeypatch: pytest.MonkeyPatch) -> None:
    class Circuits:
        name = "quantum"

        def compile(self, flow: Any, parameters: Any, settings: Any) -> Any:
            raise NotImplementedError

        def differentiable(self, flow: Any, sought: Any, settings: Any) -> CircuitModel:
            return CircuitModel(flow, sought, settings)

    def found(name: str) -> Any:
        return Circuits() if name == "quantum" else find(name)

    monkeypatch.setattr("einlang.api.training.find", found)
    x = np.random.default_rng(0).normal(size=(20, 3))
    samples = {"x": x, "y": (np.abs(x[:, 0]) > np.abs(x[:, 1])).astype(int)}
    shapes = {}
    for backend in ("numpy", "quantum"):
        trained = compile(TEXT).train(
            samples, backend, loss="cross_entropy", epochs=30, rate=0.1, z=[1.0, 1.0]
        )
        assert trained.history[-1]["loss"] < trained.history[0]["loss"]
        shapes[backend] = {name: array.shape for name, array in trained.parameters.items()}
    assert shapes["numpy"] == {"W": (2, 3), "v": (2,)}
    assert shapes["quantum"] == {"W": (4,), "v": (2,)}
