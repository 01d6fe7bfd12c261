"""Contractions one inside the other as one: a single iteration space, sums over slots at the end.

A sum over slot bits of an inner contraction can wait until the outer one has multiplied, if
the further operand has copies along them: one fold then does for both. Sums over ciphertext
numbers are taken at once, so that the outer product is not repeated for each of them.

>>> from einlang_fhe.functor.values import Fresh
>>> inner = Pending((Fresh(0, (2, 3)), Fresh(1, (3, 5))), ((0, 1), (1, 2)), (0, 2), (2, 5))
>>> found = nested((inner, Fresh(2, (5, 4))), ((7, 8), (8, 9)), (7, 9))
>>> found.shape, found.axes
((2, 4, 5, 3), ((0, 3), (3, 2), (2, 1)))
>>> found.product
Product(factors=(Product(factors=(0, 1), kept=(0, 2)), 2), kept=(0, 1))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from einlang_fhe.functor.iteration import Product
from einlang_fhe.functor.values import Axes, Pending, Settled


@dataclass(frozen=True)
class Nest:
    """A contraction over one iteration space of that shape, whose first `kept` axes remain.

    `axes` are those of each operand, `scale` is what multiplies all of it.
    """

    operands: tuple[Settled, ...]
    axes: tuple[Axes, ...]
    shape: tuple[int, ...]
    kept: int
    product: Product
    scale: float = 1.0


def nested(arguments: Sequence[Settled | Pending], labels: Sequence[Axes], result: Axes) -> Nest:
    """The nest of a contraction, of all that waits among its arguments and of what waits there."""
    sizes = {
        label: size
        for argument, names in zip(arguments, labels, strict=True)
        for label, size in zip(names, argument.shape, strict=True)
    }
    order = dict.fromkeys([*result, *sizes])
    nesting = _Nesting([sizes[label] for label in order])
    product = nesting.product(arguments, labels, result, {n: k for k, n in enumerate(order)})
    return Nest(
        tuple(nesting.operands),
        tuple(nesting.axes),
        tuple(nesting.sizes),
        len(result),
        product,
        nesting.scale,
    )


@dataclass
class _Nesting:
    sizes: list[int]
    operands: list[Settled] = field(default_factory=list)
    axes: list[Axes] = field(default_factory=list)
    scale: float = 1.0

    def product(
        self,
        arguments: Sequence[Settled | Pending],
        labels: Sequence[Axes],
        result: Axes,
        names: dict[int, int],
    ) -> Product:
        """Of these arguments; `names` are axes of the iteration space, by label."""
        factors = tuple(
            self._factor(argument, tuple(names[label] for label in some))
            for argument, some in zip(arguments, labels, strict=True)
        )
        return Product(factors, tuple(names[label] for label in result))

    def _factor(self, argument: Settled | Pending, where: Axes) -> int | Product:
        if not isinstance(argument, Pending):
            self.operands.append(argument)
            self.axes.append(where)
            return len(self.operands) - 1
        self.scale *= argument.scale
        names = dict(zip(argument.result, where, strict=True))
        for inner, some in zip(argument.arguments, argument.labels, strict=True):
            for label, size in zip(some, inner.shape, strict=True):
                if label not in names:
                    names[label] = len(self.sizes)
                    self.sizes.append(size)
        return self.product(argument.arguments, argument.labels, argument.result, names)
