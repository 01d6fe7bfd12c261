"""Kernels: what the executor calls, one per step, made ready for its shapes.

A kernel is a value, equal to another that does the same; the function it stands for is
made when it is first called for.

>>> Combination((1, -1))(np.array([3]), np.array([1]))
array([2])
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import zip_longest
from typing import Any

import numpy as np

from einlang.checking.typed import Function
from einlang.data import all_finite
from einlang.errors import DataMistake, fail
from einlang.planning.dataflow import AxisMap
from einlang_numpy import crew
from einlang_numpy.contraction import contraction
from einlang_numpy.functions import apply
from einlang_numpy.views import viewing

Array = Any
Shape = tuple[int, ...]
LARGE = 2**17
"""Arrays of so many elements are reduced by several threads."""


@dataclass(frozen=True)
class Kernel:
    """Arrays to an array."""

    @cached_property
    def function(self) -> Callable[..., Array]:
        """What is called."""
        raise NotImplementedError

    def __call__(self, *arrays: Array) -> Array:
        """Run once."""
        return self.function(*arrays)


@dataclass(frozen=True)
class Scalar(Kernel):
    """A number."""

    value: float | int

    @cached_property
    def function(self) -> Callable[..., Array]:
        """A fresh array of no axes."""
        return lambda: np.asarray(self.value)


@dataclass(frozen=True)
class Viewing(Kernel):
    """An affine view of a source."""

    axes: tuple[AxisMap, ...]
    source: Shape
    shape: Shape

    @cached_property
    def function(self) -> Callable[..., Array]:
        """Strides, after lengthening what is read outside."""
        return viewing(self.axes, self.source, self.shape)


@dataclass(frozen=True)
class Reshaping(Kernel):
    """The same elements under another shape."""

    shape: Shape

    @cached_property
    def function(self) -> Callable[..., Array]:
        """NumPy's own."""
        return lambda a: a.reshape(self.shape)


@dataclass(frozen=True)
class Contraction(Kernel):
    """A contraction of one or two arrays of given shapes."""

    arguments: tuple[tuple[int, ...], ...]
    result: tuple[int, ...]
    shapes: tuple[Shape, ...]

    @cached_property
    def function(self) -> Callable[..., Array]:
        """As `einlang.einsum` has it."""
        return contraction(self.arguments, self.result)


@dataclass(frozen=True)
class Combination(Kernel):
    """A linear combination."""

    coefficients: tuple[float | int, ...]

    @cached_property
    def function(self) -> Callable[..., Array]:
        """Additions and subtractions."""
        return self._combine

    def _combine(self, *arrays: Array) -> Array:
        total = _times(arrays[0], self.coefficients[0])
        for coefficient, array in zip(self.coefficients[1:], arrays[1:], strict=True):
            total = total - array if coefficient == -1 else total + _times(array, coefficient)
        return total


def _times(array: Array, coefficient: float | int) -> Array:
    """A multiple; by the inverse of a whole number, a quotient, which is rounded once.

    >>> float(_times(np.array(49), 1 / 49))
    1.0
    """
    if coefficient in (1, -1):
        return array if coefficient == 1 else -array
    whole = round(1 / coefficient) if 2**-53 < abs(coefficient) < 1 else 0
    return array / whole if whole and 1 / whole == coefficient else array * coefficient


@dataclass(frozen=True)
class Elementwise(Kernel):
    """An elementwise function.

    Complaints name the statement, `label`, and the value, unless it is `secret`.
    """

    applied: Function
    label: str = field(default="", compare=False)
    secret: bool = False

    @cached_property
    def function(self) -> Callable[..., Array]:
        """The function, its domain watched."""
        return self.checked

    def checked(self, x: Array, block: tuple[slice, ...] = ()) -> Array:
        """The value of a block, which lies in those ranges of the first axes."""
        value = apply(self.applied, x)
        if value.dtype.kind not in "fc" or all_finite(value):
            return value
        where = tuple(map(int, np.argwhere(~np.isfinite(value))[0]))
        starts = [part.start or 0 for part in block]
        place = [n + start for n, start in zip_longest(where, starts, fillvalue=0)]
        raise _outside(self, x[where], value[where], tuple(place))


def _outside(kernel: Elementwise, x: Any, value: Any, where: Shape) -> Exception:
    """The complaint about a function outside of its domain, or of what fits in a float."""
    function = kernel.applied
    place = f" at position {list(where)}" if where else ""
    name = "division by" if function.name == "inverse" else f"{function} of"
    large = np.isinf(value) and x != 0
    shown = "a secret value" if kernel.secret else f"{x!s}"
    code, why = ("E0631", "is too large") if large else ("E0630", "is no number")
    hint = "the data must keep to the domain of every function that is applied to it"
    return fail(DataMistake, code, f"in `{kernel.label}`: {name} {shown}{place} {why}", hint=hint)


@dataclass(frozen=True)
class Folding(Kernel):
    """A reduction over axes."""

    operator: str
    axes: tuple[int, ...]

    @cached_property
    def function(self) -> Callable[..., Array]:
        """The ufunc's reduction; positions run over the axes in the order given."""
        if self.operator in REDUCTIONS:
            return self._reduced
        return self._position

    def _reduced(self, a: Array) -> Array:
        reduce = REDUCTIONS[self.operator]
        if a.size < LARGE or 0 in self.axes or not a.ndim:
            return reduce(a, self.axes)
        shape = tuple(n for axis, n in enumerate(a.shape) if axis not in self.axes)
        value = np.empty(shape, a.dtype)

        def part(start: int, stop: int) -> None:
            value[start:stop] = reduce(a[start:stop], self.axes)

        crew.share(part, len(a))
        return value

    def _position(self, a: Array) -> Array:
        kept = [axis for axis in range(a.ndim) if axis not in self.axes]
        turned = a.transpose(*kept, *self.axes)
        flat = turned.reshape(*turned.shape[: len(kept)], -1)
        return np.asarray(flat.argmax(-1) if self.operator == "argmax" else flat.argmin(-1))


REDUCTIONS: dict[str, Callable[[Array, Shape], Array]] = {
    "max": np.maximum.reduce,
    "min": np.minimum.reduce,
    "prod": np.multiply.reduce,
}
