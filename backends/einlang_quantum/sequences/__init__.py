"""Networks for sequences, as in the protein paper: paths and trees, uniform and hierarchical.

>>> from einlang_quantum.sequences import Shape
>>> shape = Shape("tree", length=32, bond=4, letters=21, hierarchical=True)
>>> shape.parameters, shape.qubits
(252, 2)
>>> len(shape.diagram(["M"] * 32).nodes)
95
"""

from __future__ import annotations

from einlang_quantum.sequences.classifier import Classifier
from einlang_quantum.sequences.fasta import read_fasta
from einlang_quantum.sequences.shape import Shape
from einlang_quantum.sequences.training import Schedule, fit

__all__ = ["Classifier", "Schedule", "Shape", "fit", "read_fasta"]
