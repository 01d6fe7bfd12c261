"""The plans that a search weighed against each other, for whoever wants to see them.

>>> chosen = Alternative("rolled", {"rotations": 30, "predicted seconds": 0.01})
>>> other = Alternative("by rows", {"rotations": 512, "ring dimension": 8192})
>>> for row in comparison([chosen, other]):
...     print(row)
{'figure': 'plan', 'chosen': 'rolled', 'runner-up': 'by rows'}
{'figure': 'rotations', 'chosen': 30, 'runner-up': 512}
{'figure': 'predicted seconds', 'chosen': 0.01, 'runner-up': None}
{'figure': 'ring dimension', 'chosen': None, 'runner-up': 8192}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Alternative:
    """A plan in a few words, and what it costs: figures by name, of plain numbers and words.

    Figures that reports know by name: `objective`, `predicted seconds`, `ring dimension`,
    `depth`, `rotations`, `products`, `ciphertexts`.
    """

    name: str
    figures: Mapping[str, Any] = field(default_factory=dict)


def comparison(plans: Sequence[Alternative]) -> list[dict[str, Any]]:
    """The rows of a table with a column for each plan: the chosen one first, in order of merit."""
    if len(plans) < 2:
        return []
    heads = ["chosen", "runner-up", *(f"number {n}" for n in range(3, len(plans) + 1))]
    columns = [{"plan": plan.name, **plan.figures} for plan in plans]
    names = dict.fromkeys(name for column in columns for name in column)
    return [
        {"figure": name, **{h: c.get(name) for h, c in zip(heads, columns, strict=False)}}
        for name in names
    ]
