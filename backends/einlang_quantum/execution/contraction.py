"""The network of a circuit contracted in a good order, and what either way costs.

>>> from einlang_quantum.circuits import Circuit
>>> chain = Circuit.cap(1)
>>> for _ in range(20):
...     chain = chain >> Circuit.id(1) @ Circuit.cap(1) @ Circuit.id(1)
...     chain = chain >> Circuit.cup(1) @ Circuit.id(2)
>>> costs(chain).contraction < costs(chain).states
True
>>> np.allclose(contracted(chain), chain.amplitudes())
True
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import opt_einsum

from einlang_quantum.circuits import Circuit, Gate, PostSelect, Prepare, Values, network
from einlang_quantum.circuits.operations import NONE

Array = Any


@dataclass(frozen=True)
class Costs:
    """Products of numbers on either way; `largest` is what the contraction holds at most."""

    contraction: float
    largest: float
    states: float


def costs(circuit: Circuit, values: Values = NONE) -> Costs:
    """What the two exact ways take: contraction, and the state after every gate."""
    width = sum(len(o.qubits) for o in circuit.operations if isinstance(o, Prepare))
    gates = [o for o in circuit.operations if isinstance(o, Gate)]
    effects = [o for o in circuit.operations if isinstance(o, PostSelect) and o.state is not None]
    states = sum(2.0 ** (width + len(o.wires)) for o in (*gates, *effects)) + 2.0**width
    operands, result = network(circuit, values)
    if not operands:
        return Costs(0, 1, states)
    parts = [part for array, labels in operands for part in (array, labels)]
    info = opt_einsum.contract_path(*parts, result, optimize="auto")[1]
    return Costs(float(info.opt_cost), float(info.largest_intermediate), states)


def contracted(circuit: Circuit, values: Values = NONE) -> Array:
    """The amplitudes, without the scale."""
    operands, result = network(circuit, values)
    if not operands:
        return np.ones((), complex)
    parts = [part for array, labels in operands for part in (array, labels)]
    return np.asarray(opt_einsum.contract(*parts, result, optimize="auto"))
