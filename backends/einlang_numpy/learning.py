"""Programs whose unknown tensors are trained, number by number.

>>> from einlang.planning.dataflow import Builder, Contract, Port, Type
>>> build = Builder([Port("w", Type((3,))), Port("x", Type((3,)))])
>>> y = build.add(Contract(((0,), (0,)), ()), (0, 1), Type(()))
>>> model = TensorModel(build.flow({"y": y}), {"w": (3,)})
>>> outputs, pull = model.differentiate({"w": np.ones(3)}, {"x": np.eye(3)})
>>> pull({"y": np.ones(3)})
{'w': array([1., 1., 1.])}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from einlang.backend import Arrays
from einlang.planning.dataflow import Dataflow
from einlang_numpy.reverse import differentiate

Array = Any


@dataclass(frozen=True)
class TensorModel:
    """A dataflow, and the shapes of the inputs that are sought."""

    flow: Dataflow
    sought: Mapping[str, tuple[int, ...]]

    def start(self, rng: np.random.Generator) -> dict[str, Array]:
        """Normal numbers, smaller where more of them meet: by the root of the longest axis."""
        return {
            name: rng.normal(size=shape) / np.sqrt(max(shape, default=1))
            for name, shape in self.sought.items()
        }

    def differentiate(
        self, parameters: Arrays, inputs: Arrays
    ) -> tuple[dict[str, Array], Callable[[Arrays], Mapping[str, Any]]]:
        """The outputs, and what pulls their gradients back to the tensors."""
        tensors = {name: np.asarray(parameters[name])[None] for name in self.sought}
        outputs, pull = differentiate(self.flow, {**inputs, **tensors})

        def back(gradients: Arrays) -> dict[str, Array]:
            found = pull(gradients)
            # What no output depends on is not in the dataflow.
            none = {name: np.zeros((1, *shape)) for name, shape in self.sought.items()}
            return {name: found.get(name, zero)[0] for name, zero in none.items()}

        return outputs, back
