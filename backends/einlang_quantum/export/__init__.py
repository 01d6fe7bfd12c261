"""Circuits for others: OpenQASM, PennyLane, DisCoPy, pictures and tables.

>>> from einlang_quantum.circuits import Circuit
>>> openqasm(Circuit.cap(1)).splitlines()[:2]
['OPENQASM 2.0;', 'include "qelib1.inc";']
"""

from einlang_quantum.export.diagrams import diagram
from einlang_quantum.export.drawing import svg, text
from einlang_quantum.export.openqasm import openqasm
from einlang_quantum.export.resources import resources
from einlang_quantum.export.tapes import qnode, tape

__all__ = ["diagram", "openqasm", "qnode", "resources", "svg", "tape", "text"]
