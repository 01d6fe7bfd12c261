"""What NumPy's notation on whole arrays means in the language: definitions over operands.

The operands are named by `key(0)`, `key(1)`, ... Each recipe has a left side, a right
side and the sizes of the indices that the operands alone do not settle.

>>> from einlang.syntax import show_expression
>>> recipe = take((4, 5), (slice(1, 3), 0))
>>> recipe.subscripts, recipe.sizes
((Affine(terms=(('i0', 1),), offset=0, border=None, fill=0.0, scaled=()),), {'i0': 2})
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Union

import numpy as np

from einlang.syntax import nodes

Shape = tuple[int, ...]
Axis = Union[int, tuple[int, ...], None]


@dataclass(frozen=True)
class Recipe:
    """`result[subscripts] = value`, with sizes for some of the indices."""

    subscripts: tuple[nodes.Subscript, ...]
    value: nodes.Expression
    sizes: Mapping[str, int] = field(default_factory=dict)


def key(number: int) -> str:
    """What the right side calls an operand."""
    return f"%{number}"


def _at(name: str) -> nodes.Affine:
    return nodes.Affine(((name, 1),))


def _all(rank: int) -> tuple[nodes.Affine, ...]:
    return tuple(_at(f"i{axis}") for axis in range(rank))


def _read(rank: int) -> nodes.Access:
    return nodes.Access(key(0), _all(rank))


def call(function: str, shape: Shape) -> Recipe:
    """An elementwise function."""
    return Recipe(_all(len(shape)), nodes.Call(function, (_read(len(shape)),)))


def negate(shape: Shape) -> Recipe:
    """`-x`."""
    return Recipe(_all(len(shape)), nodes.Unary("-", _read(len(shape))))


def power(shape: Shape, exponent: float) -> Recipe:
    """`x ** exponent`, the exponent a number."""
    return Recipe(_all(len(shape)), nodes.Binary("^", _read(len(shape)), number(exponent)))


def number(value: Any) -> nodes.Expression:
    """A finite real number as a node."""
    value = value.item() if isinstance(value, (np.generic, np.ndarray)) else value
    if not isinstance(value, (int, float)) or not math.isfinite(value):
        raise TypeError(f"{value!r} is no finite real number")
    node = nodes.Number(abs(value) if not isinstance(value, bool) else int(value))
    return nodes.Unary("-", node) if value < 0 else node


def transpose(shape: Shape, order: Sequence[int]) -> Recipe:
    """The axes in another order."""
    axes = [operator.index(axis) % len(shape) for axis in order] if shape else []
    if sorted(axes) != list(range(len(shape))):
        raise ValueError(f"{tuple(order)} is no order of {len(shape)} axes")
    return Recipe(tuple(_at(f"i{axis}") for axis in axes), _read(len(shape)))


def with_number(verb: Any, left: Any, right: Any) -> Callable[[Sequence[Shape]], Recipe]:
    """`x + 2`, `2 / x` and the like: the tensor is None, the other one a number."""

    def recipe(shapes: Sequence[Shape]) -> Recipe:
        rank = len(shapes[0])
        sides = (_read(rank) if side is None else number(side) for side in (left, right))
        return Recipe(_all(rank), nodes.Binary(verb, *sides))

    return recipe


def binary(verb: Any) -> Callable[[Sequence[Shape]], Recipe]:
    """`x + y` and the like, broadcast as in NumPy."""

    def recipe(shapes: Sequence[Shape]) -> Recipe:
        shape = np.broadcast_shapes(*shapes)
        left, right = (_broadcast(n, item, shape) for n, item in enumerate(shapes))
        return Recipe(_all(len(shape)), nodes.Binary(verb, left, right))

    return recipe


def _broadcast(operand: int, shape: Shape, result: Shape) -> nodes.Access:
    offset = len(result) - len(shape)
    places = tuple(
        _at(f"i{axis + offset}") if size == result[axis + offset] else nodes.Affine()
        for axis, size in enumerate(shape)
    )
    return nodes.Access(key(operand), places)


def reduce(verb: str, shape: Shape, axis: Axis, keepdims: bool) -> Recipe:
    """A reduction over one axis, several, or all."""
    given = range(len(shape)) if axis is None else axis
    axes = {_axis(item, len(shape)) for item in (given if not isinstance(given, int) else (given,))}
    names = [f"i{item}" for item in range(len(shape))]
    over = tuple(name for item, name in enumerate(names) if item in axes)
    body = _read(len(shape))
    value = nodes.Reduction(verb, over, body) if over else body
    if not keepdims:
        return Recipe(tuple(_at(n) for n in names if n not in over), value)
    kept = [f"one{n}" if f"i{n}" in over else f"i{n}" for n in range(len(shape))]
    sizes = {name: 1 for name in kept if name.startswith("one")}
    return Recipe(tuple(_at(name) for name in kept), value, sizes)


def _axis(given: Any, rank: int) -> int:
    axis = operator.index(given)
    if not -rank <= axis < rank:
        raise IndexError(f"axis {axis} of a tensor with {rank} axes")
    return axis % rank


def matmul(left: int, right: int) -> str:
    """The equation of `x @ y` for tensors of these ranks."""
    if not left or not right:
        raise ValueError("a scalar cannot stand beside `@`: use `*`")
    if left == 1 or right == 1:
        return {(1, 1): "k,k->"}.get((left, right), "k,...kj->...j" if left == 1 else "...k,k->...")
    return "...ik,...kj->...ij"


def einsum(equation: str, shapes: Sequence[Shape]) -> Recipe:
    """An equation as a product of reads; what the result lacks is summed."""
    from opt_einsum.parser import parse_einsum_input

    stand_ins = [np.broadcast_to(np.float64(0), shape) for shape in shapes]
    sides, result, _ = parse_einsum_input((equation, *stand_ins))
    letters = sides.split(",")
    names = {letter: f"i{n}" for n, letter in enumerate(dict.fromkeys(sides.replace(",", "")))}
    sizes: dict[str, int] = {}
    for word, shape in zip(letters, shapes, strict=True):
        for letter, size in zip(word, shape, strict=True):
            sizes[letter] = max(size, sizes.get(letter, 1))
    factors = [
        nodes.Access(
            key(number),
            tuple(
                _at(names[letter]) if size == sizes[letter] or size > 1 else nodes.Affine()
                for letter, size in zip(word, shape, strict=True)
            ),
        )
        for number, (word, shape) in enumerate(zip(letters, shapes, strict=True))
    ]
    value: nodes.Expression = factors[0]
    for factor in factors[1:]:
        value = nodes.Binary("*", value, factor)
    return Recipe(tuple(_at(names[letter]) for letter in result), value)


def take(shape: Shape, keys: Sequence[Any]) -> Recipe:
    """`x[0, 1:5:2, ..., None]`: numbers, slices, an ellipsis, new axes."""
    full = _spelled(keys, len(shape))
    left: list[nodes.Affine] = []
    places: list[nodes.Affine] = []
    sizes: dict[str, int] = {}
    for item in full:
        name = f"i{len(left)}"
        if item is None:
            sizes[name] = 1
            left.append(_at(name))
            continue
        size = shape[len(places)]
        if isinstance(item, slice):
            start, stop, step = item.indices(size)
            sizes[name] = len(range(start, stop, step))
            left.append(_at(name))
            places.append(_slice(name, start, step, sizes[name] == size))
            continue
        places.append(nodes.Affine((), _position(item, size)))
    return Recipe(tuple(left), nodes.Access(key(0), tuple(places)), sizes)


def _slice(name: str, start: int, step: int, whole: bool) -> nodes.Affine:
    """Where a slice is read. A plain index would have to run over the whole axis: a part
    from its start is read with a border that is never reached."""
    plain = (start, step) == (0, 1) and not whole
    return nodes.Affine(((name, step),), start, "clamp" if plain else None)


def _spelled(keys: Sequence[Any], rank: int) -> list[Any]:
    """The keys with the ellipsis, written or not, spelled out."""
    dots = [n for n, item in enumerate(keys) if item is Ellipsis]
    if len(dots) > 1:
        raise IndexError("only one `...` can stand among the subscripts")
    given = sum(item is not None and item is not Ellipsis for item in keys)
    if given > rank:
        raise IndexError(f"{given} subscripts for a tensor with {rank} axes")
    place = dots[0] if dots else len(keys)
    return [*keys[:place], *[slice(None)] * (rank - given), *keys[place + 1 :]]


def _position(item: Any, size: int) -> int:
    try:
        position = operator.index(item)
    except TypeError:
        raise TypeError(f"an encrypted tensor cannot be indexed by {item!r}") from None
    if not -size <= position < size:
        raise IndexError(f"position {position} on an axis of size {size}")
    return position % size
