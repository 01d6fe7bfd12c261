"""Gradients of random programs, as tensors and as circuits: all methods agree with differences."""

from __future__ import annotations

import numpy as np
import parameterised
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from parameterised import Case, apart

import einlang as ein
from einlang.errors import BackendMistake

SEEDS = st.integers(0, 100_000)
TARGET = 1e-6


@settings(max_examples=10, deadline=None)
@given(SEEDS.map(parameterised.tensors))
def test_programs_of_tensors(case: Case) -> None:
    assert apart(case.gradient(), case.quotients) <= TARGET


@settings(max_examples=8, deadline=None)
@given(SEEDS.map(parameterised.circuits))
def test_programs_of_circuits(case: Case) -> None:
    first = case.gradient()
    assert apart(first, case.quotients) <= TARGET
    for method in ("adjoint", "shift"):
        assert apart(case.gradient(gradient=method), first) <= TARGET


TEXT = """
index c = 2, i = 2
param W[c, i]
public x[i]
y[c] = W[c, i] * x[i]
target quantum:
    W = iqp(layers=1)
"""


@pytest.mark.parametrize("reading", ["born", "amplitude"])
def test_shifts_by_shots_come_near(reading: str) -> None:
    samples = {"x": np.array([[1.0, 0.5], [0.2, -1.0]]), "y": np.array([[1.0, 0.0], [0.0, 1.0]])}
    asked = {"loss": "mse", "epochs": 2, "reading": reading, "gradient": "shift"}
    exact = ein.compile(TEXT).train(samples, "quantum", **asked)
    text = TEXT + "    seed = 3\n    shots = 2000\n"
    drawn = [ein.compile(text).train(samples, "quantum", **asked) for _ in range(2)]
    assert drawn[0].history == drawn[1].history
    for wanted, found in zip(exact.history, drawn[0].history, strict=True):
        assert 0 < abs(wanted["loss"] - found["loss"]) < 0.2


def test_what_is_no_angle_is_not_shifted() -> None:
    text = TEXT.replace("iqp(layers=1)", "iqp(layers=1)\n    gradient = shift")
    text = text.replace("public x", "param v[c]\npublic x").replace("= W[", "= v[c] * W[")
    samples = {"x": np.ones((1, 2)), "y": np.ones((1, 2))}
    with pytest.raises(BackendMistake, match="turns angles, and `v` has none"):
        ein.compile(text).train(samples, "quantum", loss="mse", epochs=1)
