"""Circuits as values: operations on qubits, composed as a category, and what they mean.

>>> from einlang_quantum.circuits import Circuit, Parameter, cx, ry
>>> circuit = Circuit.zeros(2) >> Circuit.gates(2, [ry(Parameter("a"), 0), cx(0, 1)])
>>> circuit.parameters, circuit.depth
(('a',), 2)
>>> abs(circuit.amplitudes({"a": 0.0})).round(12).tolist()
[[1.0, 0.0], [0.0, 0.0]]
"""

from einlang_quantum.circuits.amplitudes import amplitudes, network
from einlang_quantum.circuits.circuit import Circuit
from einlang_quantum.circuits.constants import Numbers
from einlang_quantum.circuits.operations import (
    Angle,
    Gate,
    Measure,
    Operation,
    Parameter,
    PostSelect,
    Prepare,
    Reset,
    Values,
    crx,
    crz,
    cx,
    cz,
    h,
    matrix,
    phase,
    rx,
    ry,
    rz,
    s,
    swap,
    unitary,
    value,
    x,
    z,
)

__all__ = [
    "Angle",
    "Circuit",
    "Gate",
    "Measure",
    "Numbers",
    "Operation",
    "Parameter",
    "PostSelect",
    "Prepare",
    "Reset",
    "Values",
    "amplitudes",
    "crx",
    "crz",
    "cx",
    "cz",
    "h",
    "matrix",
    "network",
    "phase",
    "rx",
    "ry",
    "rz",
    "s",
    "swap",
    "unitary",
    "value",
    "x",
    "z",
]
