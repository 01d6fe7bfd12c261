"""Arrays of complex numbers that compare by their values, as parts of frozen dataclasses.

>>> Numbers.of([1, 1j]) == Numbers.of([1, 1j])
True
>>> Numbers.of([1, 1j]).array
array([1.+0.j, 0.+1.j])
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

Array = Any


@dataclass(frozen=True)
class Numbers:
    """An array of complex128, by shape and bytes."""

    shape: tuple[int, ...]
    data: bytes = field(repr=False)

    @staticmethod
    def of(values: Any) -> Numbers:
        """What NumPy makes an array of."""
        array = np.ascontiguousarray(values, complex)
        return Numbers(np.shape(values), array.tobytes())

    @property
    def array(self) -> Array:
        """The array itself, not to be written to."""
        return np.frombuffer(self.data, complex).reshape(self.shape)
