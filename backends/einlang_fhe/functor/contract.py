"""Contractions: one layout for all indices of the step, products in place, sums by rotation.

Every operand is brought to the layout of the iteration space, copied along the indices
that it lacks: plain and client-side tensors are packed so, encrypted ones converted. A
summed index in the ciphertext number costs additions only; one in the slots costs a
rotation per bit. Summed bits above all others leave copies of the sum behind, which the
next step can use; other ones leave partial sums (junk).

A contraction that another one waits for is carried out first, or both are nested.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Union

from einlang_fhe.functor.choosing import choose
from einlang_fhe.functor.iteration import Operand, Product, iterations
from einlang_fhe.functor.linear import carried
from einlang_fhe.functor.linear_map import Ways, contraction_ways
from einlang_fhe.functor.nest import Nest, nested
from einlang_fhe.functor.uses import Use
from einlang_fhe.functor.values import (
    TIGHT,
    Axes,
    Cipher,
    Fresh,
    Pending,
    Plain,
    Settled,
    Value,
    Viewed,
    Writer,
    extend,
    loosened,
    zeroed,
)
from einlang_fhe.layout import Bit, Copy, Gap, Layout, Place, arrange
from einlang_fhe.slots import Builder

MOST_NESTED = 4
"""At most so many operands are nested."""


def contract(
    writer: Writer, arguments: Sequence[Value | Pending], labels: Sequence[Axes], result: Axes
) -> Cipher:
    """`einsum` of tensors, at least one of them secret; labels as in `dataflow.Contract`."""

    def stepwise() -> Cipher:
        known = [performed(writer, a) if isinstance(a, Pending) else a for a in arguments]
        return _by_itself(writer, known, labels, result)

    waits = [a for a in arguments if isinstance(a, (Plain, Fresh, Pending))]
    if len(waits) < len(arguments) or not any(isinstance(a, Pending) for a in waits):
        return stepwise()
    nest = nested(waits, labels, result)
    ways = _layouts(writer, nest)
    nests = [(lambda layout=layout: _within(writer, nest, layout)) for layout in ways]
    return choose(writer, [stepwise, *nests], [None, *ways.values()])


def waiting(arguments: Sequence[Value | Pending]) -> tuple[Plain | Fresh | Pending, ...] | None:
    """The arguments of a contraction that can wait for the one that reads it; None if not."""
    found = [a for a in arguments if isinstance(a, (Plain, Fresh, Pending))]
    count = sum(a.operands if isinstance(a, Pending) else 1 for a in found)
    return tuple(found) if len(found) == len(arguments) and count < MOST_NESTED else None


def performed(writer: Writer, pending: Pending) -> Cipher:
    """A contraction that waited, carried out by itself."""
    before = writer.build.origin, writer.use
    writer.build.origin, writer.use = pending.number, pending.use
    try:
        cipher = contract(writer, pending.arguments, pending.labels, pending.result)
    finally:
        writer.build.origin, writer.use = before
    writer.places[pending.number] = cipher.layout
    return replace(cipher, factor=cipher.factor * pending.scale)


def _by_itself(
    writer: Writer, arguments: Sequence[Value], labels: Sequence[Axes], result: Axes
) -> Cipher:
    """A contraction of what is there, or packed for it."""
    linear = _linear(writer, arguments, labels, result)
    if linear is not None and not any(isinstance(a, Fresh) for a in arguments):
        return choose(writer, *linear)
    settled = [carried(writer, a) if isinstance(a, Viewed) else a for a in arguments]
    nest = nested(settled, labels, result)
    ways = _layouts(writer, nest)
    within = [(lambda layout=layout: _within(writer, nest, layout)) for layout in ways]
    if linear is not None:
        return choose(writer, [*linear[0], *within])
    return choose(writer, within, [weight for weight in ways.values() if weight is not None])


def _linear(
    writer: Writer, arguments: Sequence[Value], labels: Sequence[Axes], result: Axes
) -> Ways | None:
    """A contraction with a tensor in the clear, or of a view alone, as a linear map."""
    pairs = list(zip(arguments, labels, strict=True))
    plain = [(value, names) for value, names in pairs if isinstance(value, (Plain, Fresh))]
    moved = [(value, names) for value, names in pairs if isinstance(value, (Cipher, Viewed))]
    if len(moved) != 1 or len(plain) + 1 != len(pairs):
        return None
    ((secret, names),) = moved
    if not plain and isinstance(secret, Cipher):
        return None
    return contraction_ways(writer, secret, names, plain[0] if plain else None, result)


def _layouts(writer: Writer, nest: Nest) -> dict[Layout, float | None]:
    """Layouts of the iteration space worth a try, with what they weigh where that is known.

    It is known where no operand has to be brought from one layout to another.
    """
    pairs, shape, kept = list(zip(nest.operands, nest.axes, strict=True)), nest.shape, nest.kept
    operands = [
        Operand(where, isinstance(argument, Fresh), isinstance(argument, Plain))
        for argument, where in pairs
    ]
    parts, weights = _parts(operands, shape, kept, writer.use), _weights(writer, nest.operands)
    moved = any(isinstance(argument, Cipher) for argument in nest.operands)
    tops = [frozenset[int]()] if moved else [writer.use.turned, frozenset[int]()]
    best = [
        pair
        for top in dict.fromkeys(tops)
        for pair in iterations(
            *(shape, kept, operands, writer.slots, weights),
            parts=parts,
            product=nest.product,
            top=top,
        )
    ]
    extended = [
        replace(extend(argument.layout, where, shape), imaginary=False)
        for argument, where in pairs
        if isinstance(argument, Cipher) and not argument.layout.rolls
    ]
    if not moved:
        return {layout: weight for weight, layout in best}
    default = arrange(shape, _by_default(len(shape), kept), writer.slots)
    return dict.fromkeys([*reversed(extended), default, *(layout for _, layout in best[:2])])


def _weights(writer: Writer, arguments: Sequence[Settled]) -> Mapping[str, float]:
    """What verbs weigh, where rotations may be out of the question."""
    weights, last = writer.choices.weights, writer.use.last
    if not writer.choices.tight or last or any(isinstance(a, Cipher) for a in arguments):
        return weights
    turning = ("rotate", "hoist", "rotate_hoisted")
    heavy = {verb: TIGHT * weights[verb] for verb in turning if verb in weights}
    return {**weights, **heavy}


def _parts(
    operands: Sequence[Operand], shape: Sequence[int], kept: int, use: Use
) -> list[int | None]:
    """The axes that can be the complex part.

    A summed one that two operands have, where nobody minds what is left in imaginary parts:
    the real part of `(a + ib)(c - id)` is `ac + bd`. Or a kept one that only one operand
    has, where nobody computes with the result. Only who packs operands can do so.
    """
    if any(not (operand.fresh or operand.plain) for operand in operands):
        return [None]
    holders = [sum(axis in operand.axes for operand in operands) for axis in range(len(shape))]
    wanted = [1 if axis < kept else 2 for axis in range(len(shape))]
    allowed = range(0 if use.last else kept, len(shape) if use.linear else kept)
    fitting = (axis for axis in allowed if shape[axis] % 2 == 0 and shape[axis] > 0)
    return [None, *(axis for axis in fitting if holders[axis] == wanted[axis])]


def _by_default(axes: int, kept: int) -> list[int]:
    """The kept axes, last one lowest, below the summed ones."""
    return [*reversed(range(kept)), *range(kept, axes)]


def _within(writer: Writer, nest: Nest, layout: Layout) -> Cipher:
    """The contraction in a layout of its iteration space."""
    axes, kept = nest.axes, nest.kept
    aligned = [
        _aligned(writer, argument, where, signed)
        for argument, where, signed in zip(nest.operands, axes, _signed(nest, layout), strict=True)
    ]
    aligned = _summable(writer, aligned, axes, kept)
    product = _product_layout(aligned, axes, layout)
    values = _multiplied(writer.build, nest.product, list(zip(aligned, axes, strict=True)), layout)
    reduced = _summed_layout(product, kept)
    turns = [
        1 << position
        for position, place in enumerate(product.places)
        if isinstance(place, Bit) and place.axis >= kept
    ]
    for turn in reversed(turns):
        values = [writer.build.add(value, writer.build.rotate(value, turn)) for value in values]
    factor = nest.scale
    for operand in nest.operands:
        factor *= operand.factor
    return Cipher(reduced, tuple(values), factor)


def _signed(nest: Nest, layout: Layout) -> list[Layout]:
    """The layout for each operand: the last one that has a summed complex part conjugates it."""
    part = -1 if layout.part is None else layout.part.axis
    holders = [place for place, where in enumerate(nest.axes) if part in where]
    last = holders[-1] if part >= nest.kept else -1
    return [replace(layout, conjugate=place == last) for place in range(len(nest.axes))]


Aligned = Union[Cipher, tuple[Layout, tuple[int, ...]]]
"""A ciphertext tensor, or a plain one as its layout and the numbers of its plaintexts."""


def _aligned(writer: Writer, value: Settled, axes: Axes, iteration: Layout) -> Aligned:
    target = iteration.project(axes)
    if isinstance(value, Fresh):
        return writer.encrypted(value, target)
    if isinstance(value, Plain):
        return zeroed(target), writer.plaintexts(value, target)
    return writer.converted(value, loosened(target, iteration))


def _summable(
    writer: Writer, aligned: Sequence[Aligned], axes: Sequence[Axes], kept: int
) -> list[Aligned]:
    """The same, with zeros in the padding of every summed axis of some operand."""
    result = list(aligned)
    for axis in {axis for where in axes for axis in where if axis >= kept}:
        holders = [n for n, where in enumerate(axes) if axis in where]
        if all(axes[n].index(axis) in layout_of(result[n]).dirty for n in holders):
            dirty = result[holders[0]]
            assert isinstance(dirty, Cipher)
            result[holders[0]] = writer.cleaned(dirty)
    return result


def layout_of(value: Aligned) -> Layout:
    """Where an operand sits."""
    return value.layout if isinstance(value, Cipher) else value[0]


def _product_layout(aligned: Sequence[Aligned], axes: Sequence[Axes], iteration: Layout) -> Layout:
    layouts = [layout_of(value) for value in aligned]
    places = tuple(
        place if isinstance(place, Bit) else _meet([layout.places[position] for layout in layouts])
        for position, place in enumerate(iteration.places)
    )
    dirty = {
        axis
        for axis in range(len(iteration.shape))
        if all(
            where.index(axis) in layout.dirty
            for layout, where in zip(layouts, axes, strict=True)
            if axis in where
        )
    }
    imaginary = [layout.imaginary for layout in layouts]
    if sum(imaginary) + (iteration.part is not None) > 1:
        raise ValueError("imaginary parts that nobody knows would be multiplied")
    return replace(iteration, places=places, dirty=frozenset(dirty), imaginary=any(imaginary))


def _meet(places: Sequence[Place]) -> Place:
    """What a product holds at a place where its operands hold these."""
    if all(isinstance(place, Copy) for place in places):
        return Copy()
    return Gap(junk=Gap() not in places)


def _multiplied(
    build: Builder, product: Product, operands: Sequence[tuple[Aligned, Axes]], layout: Layout
) -> list[int]:
    """The ciphertexts of a product, summed over ciphertext numbers."""
    factors = [_factor(build, factor, operands, layout) for factor in product.factors]
    axes = product.axes([where for _, where in operands])
    space = layout.project(axes)
    inside = [tuple(axes.index(axis) for axis in where) for _, where in factors]
    kept = tuple(axes.index(axis) for axis in product.kept)
    sums: dict[int, list[int]] = {}
    for number in range(space.count):
        parts = [space.projected(number, where) for where in inside]
        term = _slotwise(build, [value for value, _ in factors], parts)
        sums.setdefault(space.projected(number, kept), []).append(term)
    return [_collected(build, terms) for _, terms in sorted(sums.items())]


def _factor(
    build: Builder, factor: int | Product, operands: Sequence[tuple[Aligned, Axes]], layout: Layout
) -> tuple[Aligned, Axes]:
    """A factor of a product, and its axes."""
    if not isinstance(factor, Product):
        return operands[factor]
    values = _multiplied(build, factor, operands, layout)
    return Cipher(layout.project(factor.kept), tuple(values)), factor.kept


def _slotwise(build: Builder, aligned: Sequence[Aligned], parts: Sequence[int]) -> int:
    """One slotwise product; of two ciphertexts, it is left unrelinearised."""
    ciphers = [
        value.values[part]
        for value, part in zip(aligned, parts, strict=True)
        if isinstance(value, Cipher)
    ]
    plains = [
        value[1][part]
        for value, part in zip(aligned, parts, strict=True)
        if not isinstance(value, Cipher)
    ]
    if len(ciphers) == 2:
        return build.emit("multiply", *sorted(ciphers))
    return build.multiply_plain(ciphers[0], plains[0]) if plains else ciphers[0]


def _collected(build: Builder, terms: Sequence[int]) -> int:
    """The sum of products, relinearised once."""
    total = build.add_all(terms)
    raw = build.instructions[terms[0]].verb == "multiply"
    return build.emit("relinearize", total) if raw else total


def _summed_layout(product: Layout, kept: int) -> Layout:
    """Where the sum sits: copies where summed bits are above all others, else junk."""
    places: list[Place] = []
    top = True
    for place in reversed(product.places):
        if isinstance(place, Bit) and place.axis >= kept:
            places.append(Copy() if top else Gap(junk=True))
        else:
            top = top and isinstance(place, Copy)
            places.append(place)
    digits = tuple(digit for digit in product.digits if digit.axis < kept)
    dirty = frozenset(axis for axis in product.dirty if axis < kept)
    stays = product.part is not None and product.part.axis < kept
    return Layout(
        product.shape[:kept],
        tuple(reversed(places)),
        digits,
        dirty=dirty,
        part=product.part if stays else None,
        imaginary=product.imaginary or (product.part is not None and not stays),
    )
