"""Diagrams with data as circuits: any einsum, with its scale, its probability, its shots.

>>> import numpy as np
>>> from einlang.diagrams import Diagram, TensorBox
>>> lowered = lower(Diagram.box(TensorBox("x"), [2]), {"x": np.array([3.0, 4.0])})
>>> lowered.scale, lowered.success_probability, lowered.shots_for(0.01)
(5.0, 1.0, 2500)
"""

from einlang_quantum.lowering.lower import lower, lower_terms
from einlang_quantum.lowering.lowered import Lowered
from einlang_quantum.lowering.strategies import QUBITS, STRATEGIES, Options
from einlang_quantum.lowering.terms import Term, terms

__all__ = ["QUBITS", "STRATEGIES", "Lowered", "Options", "Term", "lower", "lower_terms", "terms"]
