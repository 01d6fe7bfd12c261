"""Reverse mode over random programs: values as a run gives them, gradients as differences."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from einlang_numpy.functions import apply
from einlang_numpy.reverse import differentiate
from einlang_numpy.slopes import SLOPES, slope
from programs import generate

from einlang import planning
from einlang.api.program import compile
from einlang.checking.typed import Function

Array = Any
HEAD = "index i=3, j=4, r=2\npublic a[i,j]\npublic b[j]\n"
PROGRAMS = {
    "diagonals": "index i=3, k=3\npublic a[i,k]\npublic b[i]\ny[i] = tanh(a[i,i]*b[i]) + a[i,i]",
    "windows": HEAD + "y[i,r] = a[i, pad(i + r - 1)] * b[j]",
    "folds": HEAD + "y[i] = max[j](a[i,j]*b[j]) * prod[j](a[i,j])",
    "means": HEAD + "y[j] = sigmoid(mean[i](a[i,j])) / b[j]^2",
    "norm": HEAD + "s[i] = sum[j](exp(a[i,j]))\ny[i,j] = exp(a[i,j]) / s[i] * b[j]",
}


@pytest.mark.parametrize("name", sorted(PROGRAMS))
def test_gradients_are_differences(name: str) -> None:
    typed = compile(PROGRAMS[name]).check()
    flow = planning.plan(typed).server
    rng = np.random.default_rng(0)
    inputs = {
        port.name: rng.uniform(0.5, 1.5, (3 if port.name == "a" else 1, *port.type.shape))
        for port in flow.inputs
    }
    outputs, pull = differentiate(flow, inputs)
    weight = rng.normal(size=outputs["y"].shape)
    gradients = pull({"y": weight})
    for key, gradient in gradients.items():
        step = rng.normal(size=gradient.shape) * 1e-6
        ends = []
        for sign in (1, -1):
            moved, _ = differentiate(flow, inputs | {key: inputs[key] + sign * step})
            ends.append((moved["y"] * weight).sum())
        assert (gradient * step).sum() == pytest.approx(
            (ends[0] - ends[1]) / 2, rel=1e-4, abs=1e-10
        )


@pytest.mark.parametrize("name", sorted(SLOPES))
def test_slopes(name: str) -> None:
    x = np.array([0.3, 0.9, 2.5]) if name in ("log", "sqrt") else np.array([-2.1, -0.4, 0.7, 1.9])
    near = (apply(Function(name), x + 1e-6) - apply(Function(name), x - 1e-6)) / 2e-6
    assert np.allclose(slope(Function(name), x), near, rtol=1e-5, atol=1e-8)


def test_complex_values_have_complex_slopes_only() -> None:
    assert slope(Function("polynomial", (1.0, 2.0)), np.array([1j])).tolist() == [2 + 0j]
    with pytest.raises(ValueError, match="no complex derivative"):
        slope(Function("abs"), np.array([1j]))


@pytest.mark.parametrize("seed", range(40))
def test_values_of_random_programs(seed: int) -> None:
    made = generate(seed)
    typed = compile(made.text).check(made.data)
    together = tuple(replace(item, client=False) for item in typed.definitions)
    flow = planning.plan(replace(typed, definitions=together)).server
    inputs = {port.name: made.data[port.name][None] for port in flow.inputs}
    outputs, pull = differentiate(flow, inputs)
    for name, value in outputs.items():
        assert np.allclose(value[0], made.expected[name], rtol=1e-9, atol=1e-9)
    gradients = pull(outputs)
    assert {name: g.shape for name, g in gradients.items()} == {
        name: array.shape for name, array in inputs.items()
    }
