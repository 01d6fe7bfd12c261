"""The range of every value, by interval arithmetic, where the ranges of inputs are known.

A product of one tensor with itself is a power, a polynomial of one element is bounded as
one, and a sum over known parameters is bounded element by element.

>>> Ranges({"x": (-1, 1)}, {}, Mistakes()).of(Read("x", ()))[1]
(-1, 1)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import inf, isfinite, prod
from typing import Any

import numpy as np

from einlang.checking.intervals import (
    EVERYTHING,
    TINY,
    Interval,
    image,
    join,
    meet,
    meets,
    polynomial,
    powers,
    product,
    times,
    total,
    within,
)
from einlang.checking.mistakes import Mistakes
from einlang.checking.places import element
from einlang.checking.typed import Apply, Expression, Fold, Function, Number, Product, Read, Sum
from einlang.errors import Label, Span

LARGEST_TABLE = 1 << 22
MOST_AXES = 32
Arrays = Mapping[str, "np.ndarray[Any, Any]"]


@dataclass
class Ranges:
    """The intervals of tensors by name, and the arrays of those that are known now."""

    tensors: dict[str, Interval]
    known: Arrays
    mistakes: Mistakes

    def of(self, node: Expression) -> tuple[Expression, Interval]:
        """The expression with its ranges filled in, and its own interval."""
        match node:
            case Number(value):
                return node, (value, value)
            case Read():
                return node, self.read(node)
            case Product():
                return self.product(node)
            case Sum():
                return self.sum(node)
            case Apply():
                return self.apply(node)
            case Fold():
                return self.fold(node)
        raise TypeError(node)

    def read(self, node: Read) -> Interval:
        """The interval of a tensor, and of what is outside of it where that is read."""
        interval = self.tensors.get(node.tensor, EVERYTHING)
        for place in node.places:
            if place.border == "pad":
                interval = join(interval, (place.fill, place.fill))
        return interval

    def product(self, node: Product) -> tuple[Expression, Interval]:
        """A product: the tighter of the corners and the table of known factors."""
        pairs = [self.of(factor) for factor in node.factors]
        factors = tuple(factor for factor, _ in pairs)
        count = prod(index.size for index in node.summed)
        found = times(_multiplied(pairs), count)
        table = self.table(pairs, node) if node.summed and self.known else None
        if table is not None:
            found = meet(found, table) or table
        return replace(node, factors=factors), found

    def table(self, pairs: list[tuple[Expression, Interval]], node: Product) -> Interval | None:
        """The bound of a sum with known factors, the others anywhere in their intervals."""
        reads = [f for f, _ in pairs if isinstance(f, Read) and f.tensor in self.known]
        others = [(f, i) for f, i in pairs if not (isinstance(f, Read) and f.tensor in self.known)]
        indices = tuple(dict.fromkeys(index for read in reads for index in read.free))
        size = prod(index.size for index in indices)
        rest = _multiplied(others)
        if not reads or size > LARGEST_TABLE or len(indices) > MOST_AXES:
            return None
        if not all(map(isfinite, rest)):
            return None
        values = np.ones(())
        for read in reads:
            values = values * element(self.known[read.tensor], read.places, indices)
        values = np.broadcast_to(values, [index.size for index in indices])
        axes = tuple(n for n, index in enumerate(indices) if index in node.summed)
        above, below = np.maximum(values, 0), np.minimum(values, 0)
        ends = [(above * a + below * b).sum(axis=axes) for a, b in (rest, rest[::-1])]
        count = prod(index.size for index in node.summed if index not in indices)
        low, high = float(ends[0].min()), float(ends[1].max())
        return times((low, high), count) if isfinite(low) and isfinite(high) else None

    def sum(self, node: Sum) -> tuple[Expression, Interval]:
        """A sum, bounded as a polynomial too where it is one."""
        pairs = [self.of(term) for term in node.terms]
        full = replace(node, terms=tuple(term for term, _ in pairs))
        found = total([interval for _, interval in pairs])
        if (coefficients := _coefficients(node)) is not None:
            base, numbers = coefficients
            bound = polynomial(numbers, self.of(base)[1])
            found = meet(found, bound) or found
        return full, found

    def apply(self, node: Apply) -> tuple[Expression, Interval]:
        """A function; says when its argument is outside of its domain."""
        argument, interval = self.of(node.argument)
        full = replace(node, argument=argument, range=shown(interval))
        if not meets(node.function, interval):
            self.mistakes.error(
                "E0501",
                f"{_called(node)} is not defined anywhere on [{_ends(interval)}]",
                Label(node.span, "its argument lies there"),
                hint=_domain(node.function),
            )
            return full, EVERYTHING
        if isfinite(interval[0]) and isfinite(interval[1]) and not within(node.function, interval):
            self.mistakes.warn(
                "W0501",
                f"{_called(node)} is not defined on all of [{_ends(interval)}]",
                Label(node.span, "its argument lies there"),
                hint=_domain(node.function),
            )
        return full, image(node.function, interval)

    def fold(self, node: Fold) -> tuple[Expression, Interval]:
        """A reduction."""
        body, interval = self.of(node.body)
        count = prod(index.size for index in node.over)
        full = replace(node, body=body, range=shown(interval))
        if node.operator in ("argmax", "argmin"):
            return full, (0, count - 1)
        return full, powers_of_many(interval, count) if node.operator == "prod" else interval

    def promise(self, found: Interval, wanted: Interval | None, name: str, span: Span) -> Interval:
        """What is computed and what the program promises, together."""
        if wanted is None:
            return found
        both = meet(found, wanted)
        if both is None:
            self.mistakes.error(
                "E0502",
                f"`{name}` is promised to lie in [{_ends(wanted)}], "
                f"but what it computes lies in [{_ends(found)}]",
                Label(span, "promised here"),
            )
        return both or wanted


def shown(interval: Interval) -> Interval | None:
    """An interval as other rooms see it: None where an end is not known."""
    low, high = interval
    return (float(low), float(high)) if isfinite(low) and isfinite(high) else None


def powers_of_many(interval: Interval, count: int) -> Interval:
    """The product of so many values of one interval."""
    low, high = interval
    if low >= 0:
        return powers(interval, count)
    largest = powers((0, max(-low, high)), count)[1]
    one = interval if count == 1 else (-largest, largest)
    return one


def _multiplied(pairs: list[tuple[Expression, Interval]]) -> Interval:
    """The product of factors; equal accesses are one power."""
    same: dict[Expression, int] = {}
    found: Interval = (1, 1)
    intervals: dict[Expression, Interval] = {}
    for factor, interval in pairs:
        if isinstance(factor, Read):
            same[factor] = same.get(factor, 0) + 1
            intervals[factor] = interval
        else:
            found = product(found, interval)
    for factor, count in same.items():
        interval = intervals[factor]
        found = product(found, interval if count == 1 else powers(interval, count))
    return found


def _coefficients(node: Sum) -> tuple[Read, list[float]] | None:
    """The access and the coefficients of a polynomial of one access, constant first."""
    numbers: dict[int, float] = {}
    base: Read | None = None
    for term in node.terms:
        found = _monomial(term)
        if found is None or (found[0] is not None and base is not None and found[0] != base):
            return None
        base = base or found[0]
        numbers[found[1]] = numbers.get(found[1], 0.0) + found[2]
    degree = max(numbers, default=0)
    if base is None or degree < 2 or degree > 64:
        return None
    return base, [numbers.get(n, 0.0) for n in range(degree + 1)]


def _monomial(node: Expression) -> tuple[Read | None, int, float] | None:
    """A number times a power of one access."""
    factors = node.factors if isinstance(node, Product) and not node.summed else (node,)
    base, degree, number = None, 0, 1.0
    for factor in factors:
        if isinstance(factor, Number):
            number *= factor.value
            continue
        read, exponent = _power(factor)
        if read is None or (base is not None and read != base):
            return None
        base, degree = read, degree + exponent
    return base, degree, number


def _power(node: Expression) -> tuple[Read | None, int]:
    if isinstance(node, Read):
        return node, 1
    if isinstance(node, Apply) and isinstance(node.argument, Read):
        if node.function.name == "square":
            return node.argument, 2
        exponent = node.function.parameters[0] if node.function.name == "power" else 0
        if exponent == int(exponent) and exponent > 0:
            return node.argument, int(exponent)
    return None, 0


def _called(node: Apply) -> str:
    """A function as the program spells it."""
    if node.span.text.startswith(node.function.name):
        return f"`{node.function.name}`"
    return "division" if node.function.name == "inverse" else "this power"


def _ends(interval: Interval) -> str:
    return ", ".join(
        "?" if abs(end) == inf else f"{end if abs(end) > TINY else 0:.6g}" for end in interval
    )


def _domain(function: Function) -> str:
    return {
        "log": "`log` needs positive values",
        "sqrt": "`sqrt` needs values that are not negative",
        "inverse": "a divisor must not be zero",
    }.get(function.name, "such a power is not defined for zero or negative values")
