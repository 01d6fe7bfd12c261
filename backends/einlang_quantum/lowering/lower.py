"""The functor from diagrams with data to circuits, each with its scale and its chances.

Values are the amplitudes of the circuit times its scale, exactly: no product is left out, no
number rounded. Composition goes to composition, side by side to side by side, as far as what
the circuits mean.

>>> from einlang.diagrams import Diagram, TensorBox
>>> product = Diagram.box(TensorBox("A"), [2, 3]) >> Diagram.id([2]) @ Diagram.box(
...     TensorBox("x"), [3]).dagger()
>>> data = {"A": np.arange(6.0).reshape(2, 3), "x": np.array([1.0, 0.0, -1.0])}
>>> for strategy in STRATEGIES:
...     lowered = lower(product, data, strategy)
...     print(strategy, lowered.tensor().real.round(9).tolist(), lowered.qubits,
...           round(lowered.success_probability, 4))
auto [-2.0, -2.0] 1 1.0
bend [-2.0, -2.0] 5 0.0182
orient [-2.0, -2.0] 2 0.0741
isometric [-2.0, -2.0] 1 1.0
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from einlang.diagrams import Diagram
from einlang_quantum.circuits import Circuit
from einlang_quantum.execution.straight import check
from einlang_quantum.lowering.combination import combined
from einlang_quantum.lowering.data import network
from einlang_quantum.lowering.emission import emitted
from einlang_quantum.lowering.lowered import Lowered
from einlang_quantum.lowering.network import Network, bits, overlap
from einlang_quantum.lowering.search import refused
from einlang_quantum.lowering.strategies import QUBITS, STRATEGIES, Options, arranged, vanishes
from einlang_quantum.lowering.terms import Term, terms

Array = Any
DEFAULT = Options()


def lower(
    diagram: Diagram,
    data: Mapping[str, Array],
    strategy: str = "auto",
    *,
    qubits: int = QUBITS,
    reuse: bool = False,
    group: int | None = None,
) -> Lowered:
    """The circuit of a diagram whose tensors have these arrays, real or complex.

    The other arguments are those of `Options`. Raises `BackendMistake`: E0750 for what is not
    linear, E0751 for too many qubits, E0752 for sums of too many terms; `DataMistake` E0740
    for data that is not finite; `KeyError` and `ValueError` for data that is missing or of
    other shapes.
    """
    return lower_terms(terms(diagram), data, Options(strategy, qubits, reuse, group))


def lower_terms(
    summands: Sequence[Term], data: Mapping[str, Array], options: Options = DEFAULT
) -> Lowered:
    """The same for a diagram that is multiplied out already."""
    if options.strategy not in STRATEGIES:
        raise ValueError(f"`strategy` is one of {', '.join(STRATEGIES)}")
    # What overflows has no norm, which is complained about below.
    with np.errstate(over="ignore", invalid="ignore"):
        networks = [network(term.diagram, data, term.coefficient) for term in summands]
        kept = [each for each in networks if not vanishes(each)] or networks[:1]
        whole = combined([(1.0, _circuit(each, options)) for each in kept])
    check(whole)
    if whole.width > options.qubits:
        raise refused(whole.width, options.qubits, options.reuse)
    return Lowered(_plain(whole), networks[0].shape, options.strategy, _norm(kept))


def _circuit(each: Network, options: Options) -> Circuit:
    """The circuit of one term."""
    if not vanishes(each):
        made, found = arranged(each, options)
        if not vanishes(made):
            return emitted(made, found.plan)
    into, out = (sum(bits(each.sizes[wire]) for wire in wires) for wires in (each.dom, each.cod))
    return replace(Circuit.zeros(into).dagger() >> Circuit.zeros(out), scale=0.0)


def _plain(circuit: Circuit) -> Circuit:
    """A scale that is real is a float."""
    scale = complex(circuit.scale)
    return replace(circuit, scale=scale if scale.imag else scale.real)


def _norm(networks: Sequence[Network]) -> float:
    """The root of the sum of all squared magnitudes, by contraction."""
    total = 0.0
    for place, left in enumerate(networks):
        total += overlap(left, left).real
        total += 2 * sum(overlap(left, right).real for right in networks[:place])
    return float(np.sqrt(max(0.0, total)))
