"""The checked program: every sum explicit, every index sized, every tensor shaped.

The expressions of this room are few. A sum over indices stands where it is meant
(`Product.summed`), a function has one argument, `a - b` is a sum with a factor of -1,
`a / b` a product with `inverse`, `a < b` the function `lt0` of `a - b`.

>>> i, k = Index("i", 2), Index("k", 3)
>>> a = Read("A", (at(i), at(k)))
>>> [index.name for index in Product((a,), summed=(k,)).free]
['i']
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, Union

from einlang.errors import NOWHERE, Diagnostic, Span


@dataclass(frozen=True, order=True)
class Index:
    """An index with its size: a wire of a diagram."""

    name: str
    size: int


@dataclass(frozen=True)
class At:
    """Where one axis of a tensor is read: `sum(coefficient * index) + offset`.

    Outside of the axis: an error ruled out by the checker (border None), `fill`, around,
    or the nearest element.
    """

    terms: tuple[tuple[Index, int], ...] = ()
    offset: int = 0
    border: Literal["pad", "wrap", "clamp"] | None = None
    fill: float = 0.0

    @property
    def plain(self) -> Index | None:
        """The index, where this is nothing but one."""
        simple = len(self.terms) == 1 and self.offset == 0 and self.border is None
        return self.terms[0][0] if simple and self.terms[0][1] == 1 else None


def at(index: Index) -> At:
    """A plain index as a place on an axis."""
    return At(((index, 1),))


@dataclass(frozen=True)
class Function:
    """An elementwise function of one argument, by name and numbers.

    Names: exp log sqrt abs sigmoid tanh relu gelu silu sign inverse square; `power` with
    one parameter; `polynomial` with its coefficients, constant first; the steps `lt0 le0
    gt0 ge0 eq0 ne0`, one where it holds and zero elsewhere.
    """

    name: str
    parameters: tuple[float, ...] = ()

    def __str__(self) -> str:
        inside = ", ".join(f"{p:g}" for p in self.parameters)
        return f"{self.name}({inside})" if inside else self.name


def _union(parts: tuple[Any, ...]) -> tuple[Index, ...]:
    """The free indices of all parts, in order of first appearance."""
    return tuple(dict.fromkeys(index for part in parts for index in part.free))


@dataclass(frozen=True)
class Number:
    """A constant."""

    value: float | int
    free: tuple[Index, ...] = field(default=(), init=False, repr=False, compare=False)


@dataclass(frozen=True)
class Read:
    """An element of a tensor, by places."""

    tensor: str
    places: tuple[At, ...]
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    @cached_property
    def free(self) -> tuple[Index, ...]:
        """Its indices, in order of first appearance."""
        return tuple(dict.fromkeys(index for place in self.places for index, _ in place.terms))


@dataclass(frozen=True)
class Product:
    """The product of the factors, summed over `summed` (each carried by some factor, or
    by none: then it multiplies by the size)."""

    factors: tuple[Expression, ...]
    summed: tuple[Index, ...] = ()

    @cached_property
    def free(self) -> tuple[Index, ...]:
        """The indices of the factors that are not summed."""
        summed = frozenset(self.summed)
        return tuple(index for index in _union(self.factors) if index not in summed)


@dataclass(frozen=True)
class Sum:
    """The sum of the terms; an index that a term lacks is broadcast."""

    terms: tuple[Expression, ...]

    @cached_property
    def free(self) -> tuple[Index, ...]:
        """The indices of all terms."""
        return _union(self.terms)


@dataclass(frozen=True)
class Apply:
    """A function applied to every element. `range` is what the argument is known to lie in."""

    function: Function
    argument: Expression
    range: tuple[float, float] | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    @property
    def free(self) -> tuple[Index, ...]:
        """The indices of the argument."""
        return self.argument.free


@dataclass(frozen=True)
class Fold:
    """`max`, `min`, `prod`, `argmax` or `argmin` over indices of the body.

    The position that argmax gives runs over the indices together, the last one fastest.
    """

    operator: str
    over: tuple[Index, ...]
    body: Expression
    range: tuple[float, float] | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)

    @cached_property
    def free(self) -> tuple[Index, ...]:
        """The indices of the body that are left."""
        return tuple(index for index in self.body.free if index not in self.over)


Expression = Union[Number, Read, Product, Sum, Apply, Fold]


class Qualifier(enum.IntEnum):
    """Who may see a value, from everyone (compiler included) to the client alone.

    The qualifier of a definition is the largest among what it reads.
    """

    PARAM = 0
    PUBLIC = 1
    SECRET = 2


@dataclass(frozen=True)
class Tensor:
    """A name with a shape, a qualifier and, where known, the range of its values."""

    name: str
    shape: tuple[int, ...]
    qualifier: Qualifier
    range: tuple[float, float] | None = None
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Input:
    """A tensor that comes from outside; `path` as written, made absolute (`file.npz:key`)."""

    tensor: Tensor
    indices: tuple[Index, ...]
    path: str | None = None

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of its axes."""
        return tuple(index.name for index in self.indices)


@dataclass(frozen=True)
class Definition:
    """`tensor[left] = value`: each axis on the left is one index, or several as a group."""

    tensor: Tensor
    left: tuple[tuple[Index, ...], ...]
    value: Expression
    client: bool = False

    @property
    def indices(self) -> tuple[Index, ...]:
        """The indices on the left, groups opened."""
        return tuple(index for axis in self.left for index in axis)

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of its axes, groups in brackets."""
        return tuple(
            axis[0].name if len(axis) == 1 else f"({' '.join(index.name for index in axis)})"
            for axis in self.left
        )


@dataclass(frozen=True)
class Expect:
    """A relation that a test asks for, for all values of the free indices."""

    left: Expression
    operator: str
    right: Expression
    within: float = 0.0
    span: Span = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True)
class Test:
    """A labelled list of expectations, with inputs replaced by the definitions in `lets`."""

    label: str
    lets: tuple[Definition, ...]
    expects: tuple[Expect, ...]


@dataclass(frozen=True)
class Typed:
    """A program that fits together.

    `definitions` are in an order in which each reads only what stands before it.
    `settings` are those of the `target` blocks: backend name to setting name to value
    (see `einlang.syntax.nodes.SettingValue`). `warnings` are mistakes that may be none.
    """

    name: str
    docstring: str | None
    indices: tuple[Index, ...]
    inputs: tuple[Input, ...]
    definitions: tuple[Definition, ...]
    outputs: tuple[str, ...]
    settings: dict[str, dict[str, Any]] = field(default_factory=dict)
    tests: tuple[Test, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()

    @cached_property
    def tensors(self) -> dict[str, Tensor]:
        """All tensors by name."""
        inputs = {item.tensor.name: item.tensor for item in self.inputs}
        return inputs | {item.tensor.name: item.tensor for item in self.definitions}
