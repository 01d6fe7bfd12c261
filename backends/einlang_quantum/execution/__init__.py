"""Circuits run: on PennyLane's devices or by contraction, exactly or by shots, with errors.

>>> from einlang_quantum.circuits import Circuit
>>> result = execute(Circuit.state([3, 4j]) >> Circuit.effect([1, 1]))
>>> round(complex(result.values).real, 9), round(result.probability, 9)
(3.0, 0.5)
"""

from einlang_quantum.execution.amplification import amplified, best, gain
from einlang_quantum.execution.contraction import contracted, costs
from einlang_quantum.execution.devices import CHANNELS, SIMULATORS, Device
from einlang_quantum.execution.estimates import Estimate, shots_for
from einlang_quantum.execution.interference import interfering
from einlang_quantum.execution.operators import Plan, deferred, reusing
from einlang_quantum.execution.running import Execution, Options, execute, probabilities
from einlang_quantum.execution.straight import straighten

__all__ = [
    "CHANNELS",
    "SIMULATORS",
    "Device",
    "Estimate",
    "Execution",
    "Options",
    "Plan",
    "amplified",
    "best",
    "contracted",
    "costs",
    "deferred",
    "execute",
    "gain",
    "interfering",
    "probabilities",
    "reusing",
    "shots_for",
    "straighten",
]
