"""Contractions: one layout for all indices of the step, products in place, sums by rotation.

Every operand is brought to the layout of the iteration space, copied along the indices
that it lacks: plain and client-side tensors are packed so, encrypted ones converted. A
summed index in the ciphertext number costs additions only; one in the slots costs a
rotation per bit. Summed bits above all others leave copies of the sum behind, which the
next step can use; other ones leave partial sums (junk).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Union

from einlang_fhe.functor.choosing import choose
from einlang_fhe.functor.iteration import Operand, iterations
from einlang_fhe.functor.linear import carried
from einlang_fhe.functor.linear_map import Ways, contraction_ways
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
    zeroed,
)
from einlang_fhe.layout import Bit, Copy, Gap, Layout, Place, arrange
from einlang_fhe.slots import Builder

Axes = tuple[int, ...]


def contract(
    writer: Writer, arguments: Sequence[Value], labels: Sequence[Axes], result: Axes
) -> Cipher:
    """`einsum` of tensors, at least one of them secret; labels as in `dataflow.Contract`."""
    linear = _linear(writer, arguments, labels, result)
    if linear is not None and not any(isinstance(a, Fresh) for a in arguments):
        return choose(writer, *linear)
    settled = [carried(writer, a) if isinstance(a, Viewed) else a for a in arguments]
    sizes = {
        label: size
        for argument, names in zip(settled, labels, strict=True)
        for label, size in zip(names, argument.shape, strict=True)
    }
    order = list(result) + [label for label in sizes if label not in result]
    shape = tuple(sizes[label] for label in order)
    axes = [tuple(order.index(label) for label in names) for names in labels]
    ways = _layouts(writer, settled, axes, shape, len(result))
    within = [
        (lambda layout=layout: _within(writer, settled, axes, layout, len(result)))
        for layout in ways
    ]
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


def _layouts(
    writer: Writer,
    arguments: Sequence[Settled],
    axes: Sequence[Axes],
    shape: tuple[int, ...],
    kept: int,
) -> dict[Layout, float | None]:
    """Layouts of the iteration space worth a try, with what they weigh where that is known.

    It is known where no operand has to be brought from one layout to another.
    """
    operands = [
        Operand(where, isinstance(argument, Fresh), isinstance(argument, Plain))
        for argument, where in zip(arguments, axes, strict=True)
    ]
    parts = _parts(operands, shape, kept) if writer.last else (None,)
    best = iterations(shape, kept, operands, writer.slots, writer.choices.weights, parts=parts)
    extended = [
        extend(argument.layout, where, shape)
        for argument, where in zip(arguments, axes, strict=True)
        if isinstance(argument, Cipher) and not argument.layout.rolls
    ]
    if not any(isinstance(argument, Cipher) for argument in arguments):
        return {layout: weight for weight, layout in best}
    default = arrange(shape, _by_default(len(shape), kept), writer.slots)
    return dict.fromkeys([*reversed(extended), default, *(layout for _, layout in best[:2])])


def _parts(operands: Sequence[Operand], shape: Sequence[int], kept: int) -> list[int | None]:
    """The axes that can be the complex part, where nobody computes with the result.

    A kept axis that only one operand has, or a summed one that two have: the real part of
    `(a + ib)(c - id)` is `ac + bd`. Only who packs operands can do so.
    """
    if any(not (operand.fresh or operand.plain) for operand in operands):
        return [None]
    holders = [sum(axis in operand.axes for operand in operands) for axis in range(len(shape))]
    wanted = [1 if axis < kept else 2 for axis in range(len(shape))]
    fitting = (axis for axis, size in enumerate(shape) if size % 2 == 0 and size > 0)
    return [None, *(axis for axis in fitting if holders[axis] == wanted[axis])]


def _by_default(axes: int, kept: int) -> list[int]:
    """The kept axes, last one lowest, below the summed ones."""
    return [*reversed(range(kept)), *range(kept, axes)]


def _within(
    writer: Writer, arguments: Sequence[Settled], axes: Sequence[Axes], layout: Layout, kept: int
) -> Cipher:
    """The contraction in a layout of its iteration space, whose first `kept` axes remain."""
    conjugate = layout.part is not None and layout.part.axis >= kept
    layouts = [layout, replace(layout, conjugate=conjugate)]
    aligned = [
        _aligned(writer, argument, where, layouts[place])
        for place, (argument, where) in enumerate(zip(arguments, axes, strict=True))
    ]
    aligned = _summable(writer, aligned, axes, kept)
    product = _product_layout(aligned, axes, layout)
    sums: dict[tuple[int, ...], list[int]] = {}
    for number in range(layout.count):
        digits = zip(layout.digits, layout.values(number), strict=True)
        key = tuple(value for digit, value in digits if digit.axis < kept)
        parts = [layout.projected(number, where) for where in axes]
        sums.setdefault(key, []).append(_multiplied(writer.build, aligned, parts))
    values = [_collected(writer.build, terms) for _, terms in sorted(sums.items())]
    reduced = _summed_layout(product, kept)
    turns = [
        1 << position
        for position, place in enumerate(product.places)
        if isinstance(place, Bit) and place.axis >= kept
    ]
    for turn in reversed(turns):
        values = [writer.build.add(value, writer.build.rotate(value, turn)) for value in values]
    factor = 1.0
    for argument in arguments:
        factor *= argument.factor
    return Cipher(reduced, tuple(values), factor)


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
    return replace(iteration, places=places, dirty=frozenset(dirty))


def _meet(places: Sequence[Place]) -> Place:
    """What a product holds at a place where its operands hold these."""
    if all(isinstance(place, Copy) for place in places):
        return Copy()
    return Gap(junk=Gap() not in places)


def _multiplied(build: Builder, aligned: Sequence[Aligned], parts: Sequence[int]) -> int:
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
        imaginary=product.part is not None and not stays,
    )
