"""What is trained: parameters by name, predictions for samples, and their derivatives.

>>> class Line:
...     def start(self, rng):
...         return {"a": rng.normal(size=2)}
...     def differentiate(self, parameters, samples):
...         x = samples["x"]
...         return x @ parameters["a"], lambda gradient: {"a": x.T @ gradient}
>>> isinstance(Line(), Model)
True
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol, runtime_checkable

import numpy as np

Array = np.ndarray[Any, Any]
Arrays = Mapping[str, Array]
Pull = Callable[[Array], Mapping[str, Array]]
"""Takes the derivative of a real number by the predictions to that by each parameter."""


@runtime_checkable
class Model(Protocol):
    """A function of real parameters that is differentiated in reverse mode."""

    def start(self, rng: np.random.Generator) -> dict[str, Array]:
        """Parameters to start from."""
        ...

    def differentiate(self, parameters: Arrays, samples: Arrays) -> tuple[Array, Pull]:
        """The predictions, one row per sample (each array of `samples` has one row each)."""
        ...
