"""String diagrams: the algebra, building, normal forms, substitution, DisCoPy, drawing.

>>> from einlang.diagrams import Diagram, TensorBox
>>> a = Diagram.box(TensorBox("A"), [2, 2])
>>> trace = a >> Diagram.cup([2])
>>> trace.isomorphic(a >> Diagram.swap([2], [2]) >> Diagram.cup([2]))
True
"""

from __future__ import annotations

from einlang.diagrams.build import build, expression
from einlang.diagrams.canonical import canonical
from einlang.diagrams.diagram import (
    Box,
    Bubble,
    Diagram,
    FoldBox,
    Gluing,
    MapBox,
    Node,
    NumberBox,
    SumBox,
    TensorBox,
    compose,
    tensor,
    verify,
)
from einlang.diagrams.substitution import Substitution, inline

__all__ = [
    "Box",
    "Bubble",
    "Diagram",
    "FoldBox",
    "Gluing",
    "MapBox",
    "Node",
    "NumberBox",
    "Substitution",
    "SumBox",
    "TensorBox",
    "build",
    "canonical",
    "compose",
    "expression",
    "inline",
    "tensor",
    "verify",
]
