"""Weighted probabilities of a circuit's outcomes, and their gradients in three ways.

`sum(weights * |amplitudes|^2)` is a function of the angles. `by_diagram` differentiates the
network, `by_adjoint` runs the circuit backwards, `by_shift` runs it at shifted angles, which
is what a device can do. They agree.

>>> from einlang_quantum.ansaetze import named
>>> circuit = named("sim14").circuit("W", 0, 2)
>>> values = {name: 0.1 * n for n, name in enumerate(circuit.parameters)}
>>> weights = np.array([[1.0, 0.0], [0.0, -1.0]])
>>> first = by_diagram(circuit, values, weights)
>>> others = [by_adjoint(circuit, values, weights), by_shift(circuit, values, weights)]
>>> all(np.allclose(list(first.values()), list(other.values())) for other in others)
True
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from einlang_quantum.circuits.amplitudes import amplitudes
from einlang_quantum.circuits.circuit import Circuit
from einlang_quantum.circuits.operations import Gate, Parameter, Values
from einlang_quantum.learning.form import Form
from einlang_quantum.learning.sweep import Sweep

Array = Any
Gradient = dict[str, float]
Evaluate = Callable[[Circuit, Values], float]
"""The weighted probability of a circuit with all its angles given: exact, or by shots."""


def weighted(circuit: Circuit, values: Values, weights: Array) -> float:
    """The sum of weights times probabilities; weights have an axis of two for every wire of
    `dom`, then of `cod`. What is post-selected is not made up for."""
    return float((weights * np.abs(amplitudes(circuit, values)) ** 2).sum())


def by_diagram(circuit: Circuit, values: Values, weights: Array) -> Gradient:
    """The gradient of `weighted` by each angle: a sum of diagrams."""
    form = Form.of(replace(circuit, scale=1.0))
    tensor, pull = form.differentiate(np.array([[values[name] for name in form.parameters]]))
    (gradient,) = pull(2 * weights * tensor.conj())
    return dict(zip(form.parameters, gradient.tolist(), strict=True))


def by_adjoint(circuit: Circuit, values: Values, weights: Array) -> Gradient:
    """The same by one sweep forwards and one backwards, two states held.

    Source: Jones and Gacon, arXiv 2009.02823. What is prepared or post-selected on the way is
    kept as a qubit of its own.
    """
    sweep = Sweep.of(circuit)
    state = sweep.forward(values)
    found = sweep.backward(values, state, sweep.spread(weights * sweep.project(state)))
    return {name: found[name] for name in circuit.parameters}


def by_shift(
    circuit: Circuit, values: Values, weights: Array, evaluate: Evaluate | None = None
) -> Gradient:
    """The same by the parameter-shift rule, two runs per angle of a gate, four if controlled.

    `evaluate` runs a circuit in which some angles have been moved: on a device, by shots, or
    (by default) exactly. Sources: Schuld et al., arXiv 1811.11184; Anselmetti et al.,
    arXiv 2104.05695, for controlled turns.
    """
    run = evaluate or (lambda moved, given: weighted(moved, given, weights))
    gradient = dict.fromkeys(circuit.parameters, 0.0)
    for place, gate in _turning(circuit):
        angle = gate.angles[0]
        assert isinstance(angle, Parameter)
        for coefficient, shift in _rule(gate):
            moved = replace(gate, angles=(replace(angle, offset=angle.offset + shift),))
            operations = (*circuit.operations[:place], moved, *circuit.operations[place + 1 :])
            value = run(replace(circuit, operations=operations), values)
            gradient[angle.name] += angle.factor * coefficient * value
    return gradient


def _turning(circuit: Circuit) -> Iterator[tuple[int, Gate]]:
    for place, gate in enumerate(circuit.operations):
        if isinstance(gate, Gate) and gate.angles and isinstance(gate.angles[0], Parameter):
            yield place, gate


def _rule(gate: Gate) -> list[tuple[float, float]]:
    """Coefficients and shifts: the derivative is the sum of coefficient times shifted value."""
    if not gate.controls or gate.name == "p":
        return [(0.5, math.pi / 2), (-0.5, -math.pi / 2)]
    near, far = ((math.sqrt(2) + sign) / (4 * math.sqrt(2)) for sign in (1, -1))
    return [
        (near, math.pi / 2),
        (-near, -math.pi / 2),
        (-far, 3 * math.pi / 2),
        (far, -3 * math.pi / 2),
    ]
