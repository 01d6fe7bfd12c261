"""Einsum equations compiled for shapes, to be called many times.

>>> multiply = Expression("ij,jk->ik", (2, 3), (3, 2))
>>> multiply(np.ones((2, 3)), np.ones((3, 2)))
array([[3., 3.],
       [3., 3.]])
>>> multiply
Expression('ij,jk->ik', (2, 3), (3, 2))
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from einlang.contraction import Array, alike, planned
from einlang.equation import parse, repr_text

KEPT = 64
"""How many ways to lie in memory an expression is ready for at once."""


class Expression:
    """An equation with the shapes of its operands: what is called in a loop.

    Arrays may differ in type and in how they lie in memory: an expression is planned anew for
    each. `optimize` is as in `einlang.einsum`; `memory` is the largest number of elements of
    a value in between. Raises ValueError where the shapes do not fit the equation.
    """

    def __init__(
        self,
        equation: str,
        *shapes: tuple[int, ...],
        optimize: Any = True,
        memory: int | None = None,
    ) -> None:
        self.equation = equation
        self.shapes = tuple(map(tuple, shapes))
        self.optimize = optimize
        self.memory = memory
        parse((equation,), self.shapes).sizes(self.shapes, repr_text(equation))
        self._plans: dict[Any, Callable[..., Array]] = {}
        self._latest: tuple[Any, ...] = (None,) * 3

    def __repr__(self) -> str:
        return f"Expression({', '.join(map(repr, (self.equation, *self.shapes)))})"

    def __call__(self, *arrays: Any) -> Array:
        """The value for arrays of these shapes.

        Raises ValueError for other shapes, naming the operand.
        """
        if len(arrays) == 2:
            a, b = arrays
            function, first, second = self._latest
            if (
                type(a) is type(b) is np.ndarray
                and (a.dtype, a.shape, a.strides) == first
                and (b.dtype, b.shape, b.strides) == second
            ):
                return function(a, b)
        return self._called(arrays)

    def _called(self, arrays: tuple[Any, ...]) -> Array:
        given = [np.asarray(x) for x in arrays]
        found = tuple(x.shape for x in given)
        if found != self.shapes:
            raise ValueError(f"einsum {repr_text(self.equation)}: {self._wrong(found)}")
        parts = tuple((x.dtype, x.shape, x.strides) for x in given)
        key = parts, alike(given)
        function = self._plans.get(key)
        if function is None:
            if len(self._plans) >= KEPT:
                self._plans.clear()
            function = planned((self.equation, *given), given, self.optimize, self.memory)
            self._plans[key] = function
        if len(given) == 2:
            self._latest = (function, *parts)
        return function(*given)

    def _wrong(self, found: tuple[tuple[int, ...], ...]) -> str:
        if len(found) != len(self.shapes):
            return f"compiled for {len(self.shapes)} operands, not {len(found)}"
        pairs = enumerate(zip(found, self.shapes, strict=True))
        number, (shape, wanted) = next((n, pair) for n, pair in pairs if pair[0] != pair[1])
        return f"operand {number} has shape {shape}, but it is compiled for {wanted}"
