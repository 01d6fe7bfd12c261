"""Gradients of circuits: the three ways agree, with one another and with the difference."""

from __future__ import annotations

import numpy as np
import pytest
from einlang_quantum.circuits import Circuit, Measure
from einlang_quantum.learning.form import Form
from einlang_quantum.learning.weighted import by_adjoint, by_diagram, by_shift, weighted
from turning import random_circuit


@pytest.mark.parametrize("seed", range(12))
def test_the_three_ways_agree(seed: int) -> None:
    circuit, values, weights = random_circuit(np.random.default_rng(seed))
    first = by_diagram(circuit, values, weights)
    adjoint, shift = by_adjoint(circuit, values, weights), by_shift(circuit, values, weights)
    for name, slope in first.items():
        ends = [
            weighted(circuit, values | {name: values[name] + e}, weights) for e in (1e-5, -1e-5)
        ]
        assert slope == pytest.approx((ends[0] - ends[1]) / 2e-5, abs=1e-6)
        assert slope == pytest.approx(adjoint[name], abs=1e-10)
        assert slope == pytest.approx(shift[name], abs=1e-10)


def test_shifts_by_shots() -> None:
    """Probabilities from counts: the gradient lies within a few standard errors."""
    circuit, values, weights = random_circuit(np.random.default_rng(3))
    rng = np.random.default_rng(0)

    def sampled(moved: Circuit, given: dict[str, float]) -> float:
        chances = np.abs(moved.amplitudes(given)).ravel() ** 2
        counts = rng.multinomial(100_000, [*chances, max(0.0, 1 - chances.sum())])
        return float(counts[:-1] @ weights.ravel()) / 100_000

    exact = by_diagram(circuit, values, weights)
    for name, slope in by_shift(circuit, values, weights, sampled).items():
        assert slope == pytest.approx(exact[name], abs=0.05)


def test_forms_are_batches() -> None:
    circuit, _, _ = random_circuit(np.random.default_rng(7))
    form = Form.of(circuit)
    angles = np.random.default_rng(1).normal(size=(4, len(form.parameters)))
    tensors = form.tensors(angles)
    for tensor, row in zip(tensors, angles, strict=True):
        values = dict(zip(form.parameters, row.tolist(), strict=True))
        assert np.allclose(tensor, circuit.scale * circuit.amplitudes(values))


def test_what_is_measured_has_no_gradient() -> None:
    circuit = Circuit(1, (Measure(0),), (0,), (0,))
    with pytest.raises(ValueError, match="no gradient"):
        by_adjoint(circuit, {}, np.ones((2, 2)))
