"""Index objects, and the places on an axis that are made of them.

>>> i, j = indices("i j")
>>> 2 * i + j - 1
2*i + j - 1
>>> pad(i - 1, 0.5)
pad(i - 1, 0.5)
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Union

from einlang.syntax import nodes

Border = Literal["pad", "wrap", "clamp"]


@dataclass(frozen=True, repr=False)
class Place:
    """A whole-number combination of indices plus an offset: where an axis is read.

    Outside of the axis: an error, unless `pad`, `wrap` or `clamp` says otherwise.
    """

    terms: tuple[tuple[Index, int], ...] = ()
    offset: int = 0
    border: Border | None = None
    fill: float = 0.0

    def __add__(self, other: Place | int) -> Place:
        return _combine(self, other, 1)

    def __radd__(self, other: int) -> Place:
        return _combine(self, other, 1)

    def __sub__(self, other: Place | int) -> Place:
        return _combine(self, other, -1)

    def __rsub__(self, other: int) -> Place:
        return _combine(-self, other, 1)

    def __mul__(self, factor: int) -> Place:
        if not isinstance(factor, int):
            return NotImplemented
        self._inside()
        terms = tuple((index, factor * times) for index, times in self.terms if factor)
        return Place(terms, factor * self.offset)

    __rmul__ = __mul__

    def __neg__(self) -> Place:
        return self * -1

    def _inside(self) -> None:
        if self.border is not None:
            raise TypeError(f"{self.border}(...) stands around a whole subscript, not inside one")

    def __repr__(self) -> str:
        parts = [_term(index.name, times) for index, times in self.terms]
        parts += [str(self.offset)] if self.offset or not parts else []
        text = " + ".join(parts).replace("+ -", "- ")
        if self.border is None:
            return text
        return f"{self.border}({text}{f', {self.fill:g}' if self.fill else ''})"


@dataclass(frozen=True, repr=False)
class Index(Place):
    """A name to run over an axis. Its size comes from the tensors, or is given here.

    >>> i = Index("i", 3)
    >>> i, i.size, i + 1
    (i, 3, i + 1)
    """

    name: str = ""
    size: int | None = None

    def __init__(self, name: str, size: int | None = None) -> None:
        if not name.isidentifier():
            raise ValueError(f"{name!r} is no name for an index")
        object.__setattr__(self, "name", name)
        object.__setattr__(self, "size", size)
        object.__setattr__(self, "terms", ((self, 1),))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Index) and (self.name, self.size) == (other.name, other.size)

    def __hash__(self) -> int:
        return hash((self.name, self.size))

    def __repr__(self) -> str:
        return self.name


Subscript = Union[Place, int, tuple[Index, ...]]


def indices(names: str, **sizes: int) -> tuple[Index, ...]:
    """Index objects by their names, with sizes where they are to be given.

    >>> indices("i j k", k=3)
    (i, j, k)
    """
    words = names.replace(",", " ").split()
    if unknown := sizes.keys() - set(words):
        raise ValueError(f"sizes for indices that are not named: {', '.join(sorted(unknown))}")
    return tuple(Index(word, sizes.get(word)) for word in words)


def pad(place: Place, fill: float = 0.0) -> Place:
    """Outside of the axis, `fill` is read.

    >>> import numpy as np
    >>> from einlang.api.tensor import Tensor
    >>> (i,) = indices("i", i=3)
    >>> a, shifted = Tensor([1.0, 2.0, 3.0]), Tensor()
    >>> shifted[i] = a[pad(i - 1)]
    >>> np.asarray(shifted).tolist()
    [0.0, 1.0, 2.0]
    """
    return _bordered(place, "pad", fill)


def wrap(place: Place) -> Place:
    """Outside of the axis, it starts again.

    >>> import numpy as np
    >>> from einlang.api.tensor import Tensor
    >>> (i,) = indices("i", i=3)
    >>> a, rolled = Tensor([1.0, 2.0, 3.0]), Tensor()
    >>> rolled[i] = a[wrap(i + 1)]
    >>> np.asarray(rolled).tolist()
    [2.0, 3.0, 1.0]
    """
    return _bordered(place, "wrap")


def clamp(place: Place) -> Place:
    """Outside of the axis, the nearest element is read.

    >>> import numpy as np
    >>> from einlang.api.tensor import Tensor
    >>> (i,) = indices("i", i=3)
    >>> a, shifted = Tensor([1.0, 2.0, 3.0]), Tensor()
    >>> shifted[i] = a[clamp(i + 1)]
    >>> np.asarray(shifted).tolist()
    [2.0, 3.0, 3.0]
    """
    return _bordered(place, "clamp")


def subscript(given: Any) -> tuple[nodes.Subscript, Mapping[str, int]]:
    """A subscript as a node, and the sizes that its indices were given."""
    if isinstance(given, Place):
        terms = tuple((index.name, times) for index, times in given.terms)
        node = nodes.Affine(terms, given.offset, given.border, given.fill)
        return node, _sizes(index for index, _ in given.terms)
    if isinstance(given, tuple) and all(isinstance(index, Index) for index in given):
        return nodes.Group(tuple(index.name for index in given)), _sizes(given)
    position: Any = given
    try:
        return nodes.Affine((), operator.index(position)), {}
    except TypeError:
        kinds = "an index, a place such as `i + 1`, or a number"
        raise TypeError(f"a subscript is {kinds}, not {given!r}") from None


def _sizes(found: Any) -> dict[str, int]:
    return {index.name: index.size for index in found if index.size is not None}


def _bordered(place: Place, border: Border, fill: float = 0.0) -> Place:
    place._inside()
    return Place(place.terms, place.offset, border, float(fill))


def _combine(left: Place, right: Place | int, sign: int) -> Place:
    if not isinstance(right, Place):
        if not hasattr(right, "__index__"):
            return NotImplemented
        right = Place((), right)
    left._inside()
    right._inside()
    times = dict(left.terms)
    for index, count in right.terms:
        times[index] = times.get(index, 0) + sign * count
    terms = tuple((index, count) for index, count in times.items() if count)
    return Place(terms, left.offset + sign * right.offset)


def _term(name: str, times: int) -> str:
    return {1: name, -1: f"-{name}"}.get(times, f"{times}*{name}")
