"""The dataflow of a single product of tensors: an einsum.

>>> print(product([(0, 1), (1, 2)], (0, 2), [(2, 3), (3, 4)]))
%0 = input x0: public 2 3
%1 = input x1: public 3 4
%2 = contract "ab,bc->ac" %0 %1: public 2 4
output y = %2
"""

from __future__ import annotations

from collections.abc import Sequence

from einlang.planning.dataflow import AxisMap, Builder, Dataflow, Port, Type
from einlang.planning.factors import Factor
from einlang.planning.lowering import Lowering

Shape = tuple[int, ...]


def product(
    terms: Sequence[Sequence[int]],
    result: Sequence[int],
    shapes: Sequence[Shape],
    pairs: Sequence[tuple[int, int]] | None = None,
) -> Dataflow:
    """Operands with a label per axis, multiplied and summed over what the result lacks.

    Labels count from 0. An axis of length one whose label is longer elsewhere is read at its
    only place. `pairs` is the order of contraction (see `order`), chosen when not given.
    """
    count = 1 + max((label for term in terms for label in term), default=-1)
    sizes = [1] * count
    for term, shape in zip(terms, shapes, strict=True):
        for label, size in zip(term, shape, strict=True):
            sizes[label] = size if sizes[label] == 1 else sizes[label]
    ports = [Port(f"x{number}", Type(shape)) for number, shape in enumerate(shapes)]
    factors = [
        Factor(
            number,
            tuple(
                AxisMap(((label, 1),)) if size == sizes[label] else AxisMap()
                for label, size in zip(term, shape, strict=True)
            ),
        )
        for number, (term, shape) in enumerate(zip(terms, shapes, strict=True))
    ]
    lowering = Lowering(Builder(ports), {})
    value = lowering.contracted(factors, result, sizes, pairs)
    return lowering.build.flow({"y": value})
