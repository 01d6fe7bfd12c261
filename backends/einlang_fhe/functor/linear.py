"""Sums, index maps and reshapes of tensors, at least one of them encrypted.

What only relabels is free: a transpose renames the bits, a broadcast copies references,
a reshape between powers of two joins and splits strings of bits. Everything else waits: a
contraction takes an index map for its own, and what nobody takes is a linear map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from math import prod
from typing import Any

import numpy as np

from einlang.planning.dataflow import AxisMap, View
from einlang_fhe.diagonals import LinearMap
from einlang_fhe.functor.choosing import choose
from einlang_fhe.functor.linear_map import linear_ways
from einlang_fhe.functor.values import (
    Cipher,
    Fresh,
    Plain,
    Settled,
    Value,
    Viewed,
    Writer,
    extend,
    loosened,
)
from einlang_fhe.layout import Bit, Digit, Gap, Layout, Place, arrange, width

Array = np.ndarray[Any, Any]
Shape = tuple[int, ...]


def canonical(writer: Writer, shape: Sequence[int]) -> Layout:
    """The layout of a tensor that nothing else decides on: the last axis lowest."""
    return arrange(shape, tuple(reversed(range(len(shape)))), writer.slots)


def encrypted(writer: Writer, value: Value) -> Cipher:
    """A secret tensor as ciphertexts, in whatever layout it has or by default."""
    if isinstance(value, Viewed):
        return carried(writer, value)
    if isinstance(value, Cipher):
        return value
    assert isinstance(value, Fresh)
    return writer.encrypted(value, canonical(writer, value.shape))


def scaled(value: Fresh | Cipher | Viewed, number: float) -> Value:
    """A tensor times a number, which is left pending."""
    if isinstance(value, Viewed):
        return replace(value, cipher=replace(value.cipher, factor=value.factor * number))
    return replace(value, factor=value.factor * number)


def combine(writer: Writer, values: Sequence[Value], coefficients: Sequence[float]) -> Cipher:
    """The linear combination of tensors of one shape."""
    settled = [carried(writer, v) if isinstance(v, Viewed) else v for v in values]
    pairs = list(zip(settled, coefficients, strict=True))
    secret = [value for value in settled if not isinstance(value, Plain)]
    ciphers = [value for value in secret if isinstance(value, Cipher)]
    base = max(ciphers, key=lambda cipher: len(cipher.values)) if ciphers else secret[0]
    layout = base.layout if isinstance(base, Cipher) else canonical(writer, base.shape)
    units = [v.factor * c for v, c in pairs if not isinstance(v, Plain) and v.factor * c != 0]
    unit = units[0] if units else 1.0
    total: Cipher | None = None
    for value, coefficient in sorted(pairs, key=lambda pair: isinstance(pair[0], Plain)):
        ratio = coefficient * value.factor / unit
        total = _plus(writer, total, value, layout, ratio)
    assert total is not None
    return replace(total, factor=unit)


def _plus(
    writer: Writer, total: Cipher | None, value: Settled, layout: Layout, ratio: float
) -> Cipher:
    """The running sum with one more tensor, `ratio` times what it holds."""
    build = writer.build
    if isinstance(value, Plain):
        assert total is not None
        plains = writer.plaintexts(value, total.layout, ratio)
        pairs = zip(total.values, plains, strict=True)
        return replace(total, values=tuple(build.add_plain(v, p) for v, p in pairs))
    if isinstance(value, Fresh):
        term, ratio = writer.encrypted(value, layout, ratio), 1.0
    else:
        term = writer.converted(value, loosened(layout))
    if total is None:
        scaled = [build.multiply_scalar(v, ratio) for v in term.values]
        return replace(term, values=tuple(scaled))
    places = map(_join, total.layout.places, term.layout.places)
    joined = replace(
        layout,
        places=tuple(places),
        dirty=total.layout.dirty | term.layout.dirty,
        imaginary=total.layout.imaginary or term.layout.imaginary,
    )
    sums = [
        build.subtract(t, v) if ratio == -1 else build.add(t, build.multiply_scalar(v, ratio))
        for t, v in zip(total.values, term.values, strict=True)
    ]
    return Cipher(joined, tuple(sums))


def _join(left: Place, right: Place) -> Place:
    """What a sum holds at a place where its terms hold these."""
    return left if left == right else Gap(junk=True)


def view(writer: Writer, value: Cipher | Viewed, operation: View, shape: Shape) -> Cipher | Viewed:
    """An affine map of the indices of an encrypted tensor, carried out as late as can be."""
    plain = [_plain_axis(axis) for axis in operation.axes]
    named = [axis for axis in plain if axis is not None]
    if isinstance(value, Cipher) and len(named) == len(plain) == len(set(named)):
        sizes = zip(value.shape, named, strict=True)
        if all(size == shape[axis] for size, axis in sizes):
            return spread(value, named, shape)
    origin = view_origin(operation, value.shape, shape)
    seen = _through(value, origin.elements, shape)
    if not origin.fill.any():
        return seen
    moved = carried(writer, seen)
    masks = [
        writer.plains.mask(_filled(moved.layout.table(number), origin.fill / value.factor))
        for number in range(moved.layout.count)
    ]
    pairs = zip(moved.values, masks, strict=True)
    return replace(moved, values=tuple(writer.build.add_plain(v, m) for v, m in pairs))


def _through(value: Cipher | Viewed, elements: Array, shape: Shape) -> Viewed:
    """A tensor through one more map of its elements."""
    if isinstance(value, Cipher):
        return Viewed(value, shape, elements.tobytes())
    known = np.append(np.frombuffer(value.origin, dtype=np.int64), -1)
    return Viewed(value.cipher, shape, known[elements].tobytes())


def carried(writer: Writer, value: Viewed) -> Cipher:
    """The elements of a view moved to where they belong."""
    axes = tuple(range(len(value.shape)))
    map = LinearMap(value.shape, axes, None, axes, value.origin)
    return choose(writer, *linear_ways(writer, value.cipher, map, None))


def _filled(table: Array, fill: Array) -> Array:
    return np.where(table >= 0, fill[table], 0.0)


def _plain_axis(axis: AxisMap) -> int | None:
    simple = len(axis.terms) == 1 and axis.offset == 0 and axis.border is None
    return axis.terms[0][0] if simple and axis.terms[0][1] == 1 else None


def spread(cipher: Cipher, axes: Sequence[int], shape: Sequence[int]) -> Cipher:
    """The tensor with its axes renamed, and copied along the axes of `shape` it lacks."""
    layout = extend(cipher.layout, axes, shape)
    values = tuple(cipher.values[layout.projected(number, axes)] for number in range(layout.count))
    further = set(range(len(shape))) - set(axes)
    dirty = replace(layout, dirty=layout.dirty | further)
    return Cipher(dirty, values, cipher.factor)


@dataclass(frozen=True)
class Origin:
    """Where the elements of a view come from: `elements` (-1: none), and `fill` where none."""

    elements: Array
    fill: Array


def view_origin(operation: View, source: Sequence[int], shape: Sequence[int]) -> Origin:
    """The element of the source behind each element of a view, both counted row by row.

    >>> shift = View((AxisMap(((0, 1),), 1, "pad", 7.0),))
    >>> origin = view_origin(shift, (3,), (3,))
    >>> origin.elements.tolist(), origin.fill.tolist()
    ([1, 2, -1], [0.0, 0.0, 7.0])
    """
    elements, fill = np.zeros((), dtype=np.int64), np.zeros(())
    outside = np.zeros((), dtype=bool)
    for axis, size in zip(operation.axes, source, strict=True):
        place = _read_at(axis, shape)
        away = (place < 0) | (place >= size)
        if axis.border == "wrap":
            place = place % size
        elif axis.border == "clamp":
            place = place.clip(0, size - 1)
        elif axis.border == "pad":
            fill = np.where(away & ~outside, axis.fill, fill)
            outside = outside | away
        elements = elements * size + place
    grid = np.broadcast_to(np.where(outside, -1, elements), tuple(shape))
    return Origin(grid.ravel(), np.broadcast_to(fill, tuple(shape)).ravel())


def _read_at(axis: AxisMap, shape: Sequence[int]) -> Array:
    """The index that is read along an axis, with as many axes as the result has."""
    place = np.full((1,) * len(shape), axis.offset, dtype=np.int64)
    for index, coefficient in axis.terms:
        line = [1] * len(shape)
        line[index] = shape[index]
        place = place + coefficient * np.arange(shape[index]).reshape(line)
    return place


def reshape(value: Cipher | Viewed, shape: Shape) -> Cipher | Viewed:
    """The same elements, row by row, under another shape."""
    if isinstance(value, Viewed):
        return replace(value, shape=shape)
    relabelled = _relabelled(value.layout, shape)
    if relabelled is not None:
        return replace(value, layout=relabelled)
    return Viewed(value, shape, np.arange(prod(shape)).tobytes())


def _relabelled(layout: Layout, shape: tuple[int, ...]) -> Layout | None:
    """The same places with the bits of the new shape; None where strings of bits do not fit.

    All sizes but the first of either shape must be powers of two.
    """
    old = [size for size in layout.shape if size > 1]
    new = [size for size in shape if size > 1]
    powers = all(size & (size - 1) == 0 for size in old[1:] + new[1:])
    if not powers or layout.rolls:
        return None
    starts = _starts(layout.shape)
    bits = [(axis, bit) for axis, size in enumerate(shape) for bit in range(width(size))]
    names = {_starts(shape)[axis] + bit: (axis, bit) for axis, bit in bits}
    places = tuple(
        Bit(*names[starts[place.axis] + place.bit]) if isinstance(place, Bit) else place
        for place in layout.places
    )
    digits: list[Digit] = []
    for digit in layout.digits:
        parts = _split_digit(digit, starts[digit.axis] + digit.low, names, shape)
        if parts is None:
            return None
        digits += parts
    first = next((axis for axis, size in enumerate(shape) if size > 1), 0)
    dirty = frozenset({first} if layout.dirty else ())
    return Layout(shape, places, tuple(digits), dirty=dirty, imaginary=layout.imaginary)


def _starts(shape: Sequence[int]) -> list[int]:
    """The place of the lowest bit of every axis in the string of all bits."""
    widths = [width(size) for size in shape]
    return list(accumulate([0, *reversed(widths[1:])]))[::-1] if widths else []


def _split_digit(
    digit: Digit, start: int, names: dict[int, tuple[int, int]], shape: Sequence[int]
) -> list[Digit] | None:
    """A digit in the axes of the new shape, the part that counts most first."""
    bits = [names[start + bit] for bit in range(width(digit.extent))]
    parts: list[list[tuple[int, int]]] = []
    for axis, bit in bits:
        if parts and parts[-1][0][0] == axis:
            parts[-1].append((axis, bit))
        else:
            parts.append([(axis, bit)])
    if len(parts) > 1 and digit.extent & (digit.extent - 1):
        return None
    found = []
    for part in reversed(parts):
        (axis, low), count = part[0], len(part)
        extent = digit.extent if len(parts) == 1 else 1 << count
        found.append(Digit(axis, low, extent))
    return found
