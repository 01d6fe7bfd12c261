"""What a program with ansaetze gives for one sample, as a device reads it, and its gradients.

`adjoint` sweeps through the state, `shift` runs circuits at shifted angles: exactly, or by
shots on a device. What is read are probabilities: Born's rule as they are, amplitudes by a
Hadamard test.

>>> from einlang_quantum.circuits import Circuit, Parameter, ry
>>> turned = Circuit.zeros(1) >> Circuit.gates(1, [ry(Parameter("a"), 0)])
>>> found = Readout(Whole(replace(turned, scale=2.0), (2,)), "amplitude", "shift")
>>> slope = found.gradient({"a": 0.0}, np.array([0.0, 1.0]))["a"]
>>> found.outputs({"a": 0.0}).round(9).tolist(), round(slope, 9)
([2.0, 0.0], 1.0)
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from einlang_quantum.circuits import Circuit, Values
from einlang_quantum.execution import interfering, probabilities
from einlang_quantum.learning.weighted import Gradient, by_adjoint, by_diagram, by_shift
from einlang_quantum.learning.whole import Whole

Array = Any
METHODS = {"diagram": by_diagram, "adjoint": by_adjoint, "shift": by_shift}


@dataclass(frozen=True)
class Readout:
    """An output of one sample; `execution` are options of a device, none for exact values."""

    whole: Whole
    reading: str
    method: str
    execution: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def circuit(self) -> Circuit:
        """What is run: for amplitudes, the test with a qubit more in front."""
        plain = replace(self.whole.circuit, scale=1.0)
        return interfering(plain) if self.reading == "amplitude" else plain

    def outputs(self, values: Values) -> Array:
        """Squared amplitudes, or the real parts of amplitudes, times the scale."""
        found = self._probabilities(self.circuit, values)
        if self.reading == "amplitude":
            found = found[0] - found[1]
        return self._factor * self.whole.cut(found)

    def gradient(self, values: Values, weights: Array) -> Gradient:
        """The gradient of the sum of weights times outputs, by each angle."""
        spread = self._factor * self.whole.spread(weights)
        if self.reading == "amplitude":
            spread = np.stack([spread, -spread])
        if self.method == "shift":
            return by_shift(self.circuit, values, spread, self._evaluate(spread))
        return METHODS[self.method](self.circuit, values, spread)

    @property
    def _factor(self) -> float:
        scale = complex(self.whole.circuit.scale)
        if self.reading == "amplitude":
            return scale.real * 2 ** (len(self.whole.circuit.cod) / 2)
        return abs(scale) ** 2

    def _evaluate(self, weights: Array) -> Any:
        def weighted(circuit: Circuit, values: Values) -> float:
            return float((weights * self._probabilities(circuit, values)).sum())

        return weighted

    def _probabilities(self, circuit: Circuit, values: Values) -> Array:
        if not self.execution:
            return np.abs(circuit.amplitudes(values)) ** 2
        options = dict(self.execution)
        if options.get("seed") is not None:
            options["seed"] = _seed(options["seed"], circuit, values)
        return probabilities(circuit, values, **options)


def _seed(seed: int, circuit: Circuit, values: Values) -> int:
    """Another one for everything that is run, the same when training is taken up again."""
    found = zlib.crc32(repr((seed, circuit.operations, sorted(values.items()))).encode())
    for operation in circuit.operations:
        numbers = getattr(operation, "numbers", None) or getattr(operation, "state", None)
        found = zlib.crc32(numbers.data, found) if numbers else found
    return found
