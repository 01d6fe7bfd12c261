"""Ansaetze: circuits of a given shape whose angles are trained.

>>> ansatz = named("iqp", layers=1)
>>> ansatz.circuit("W", 2, 1).parameters
('W_0',)
>>> sorted(ANSAETZE)
['iqp', 'mera', 'mps', 'sim14', 'sim15', 'strongly_entangling', 'ttn']
"""

from einlang_quantum.ansaetze.ansatz import ANSAETZE, Ansatz, named

__all__ = ["ANSAETZE", "Ansatz", "named"]
