"""Sentences as diagrams: readers, programs in which sentences share words, lambeq's diagrams.

>>> from einlang_quantum.language import meaning, stairs
>>> diagram = stairs("man prepares meal")
>>> [(node.box.name, node.legs) for node in diagram.nodes]
[('man', (0,)), ('prepares', (1,)), ('STAIR', (0, 1, 2)), ('meal', (3,)), ('STAIR', (2, 3, 4))]
>>> print(meaning(diagram), end="")
index i0 = 2, i1 = 2, i2 = 2, i3 = 2, i4 = 2
<BLANKLINE>
param STAIR[i0, i1, i2]
param man[i0]
param meal[i0]
param prepares[i0]
<BLANKLINE>
meaning[i4] = man[i0] * prepares[i1] * STAIR[i0, i1, i2] * meal[i3] * STAIR[i2, i3, i4]
<BLANKLINE>
out meaning
"""

from __future__ import annotations

from einlang_quantum.language.derivation import from_derivation
from einlang_quantum.language.exchange import from_lambeq, to_lambeq
from einlang_quantum.language.programs import meaning, program
from einlang_quantum.language.readers import cups, spiders, stairs, tree
from einlang_quantum.language.recording import to_derivation
from einlang_quantum.language.spelling import spell, unspell

__all__ = [
    "cups",
    "from_derivation",
    "from_lambeq",
    "meaning",
    "program",
    "spell",
    "spiders",
    "stairs",
    "to_derivation",
    "to_lambeq",
    "tree",
    "unspell",
]
