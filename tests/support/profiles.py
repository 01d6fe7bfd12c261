"""How much of everything a random program has, and what is known of its tensors.

>>> sorted(PROFILES)
['fhe', 'numpy', 'rough']
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True)
class Profile:
    """How much of everything.

    `deep` bounds the products in a row that a secret goes through, `work` the elements of a
    term. `bends` and `jumps` are how likely secrets may meet what polynomials follow badly:
    `relu` and `max`; comparisons and `sign`, which stay `edge` away from where they jump.
    With `ranged`, functions are applied to secrets only where a range is declared.
    """

    name: str = "numpy"
    secret: float = 0.5
    deep: int = 1000
    work: int = 20000
    bends: float = 1.0
    jumps: float = 1.0
    edge: float = 1e-3
    ranged: bool = False


PROFILES = {
    "numpy": Profile(),
    "fhe": Profile("fhe", secret=0.65, deep=15, work=2500, bends=0.1, jumps=0.0, ranged=True),
    "rough": Profile("rough", secret=0.65, deep=25, work=500, jumps=0.5, edge=0.05, ranged=True),
}


@dataclass(frozen=True)
class Known:
    """A tensor that expressions may read. `deep`: see `depth`."""

    name: str
    values: np.ndarray = field(repr=False)
    secret: bool
    range: tuple[float, float] | None
    deep: int | None = None
    client: bool = False

    @property
    def whole(self) -> bool:
        """Only whole numbers: fit for `==`."""
        return bool(np.all(self.values == np.round(self.values)))
