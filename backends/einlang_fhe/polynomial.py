"""Polynomials of a ciphertext with the fewest levels, then the fewest products.

A series of degree d takes ceil(log2(d + 1)) levels, and one more to map its range to
[-1, 1]. Products are shared by baby steps and giant steps in the series' own basis
(Paterson and Stockmeyer 1973; in the Chebyshev basis Chen, Chillotti and Song, ePrint
2018/1043; the split that spends no level on the leading coefficients is that of Bossuat et
al., ePrint 2020/1203).

>>> build = Builder(slots=4)
>>> result = evaluate(build, build.input(0), Polynomial((0.0, 0.0, 0.0, 2.0)))
>>> print(build.program((result,)))
%0 = input 0
%1 = multiply_scalar %0, 2.0
%2 = multiply %0, %0
%3 = relinearize %2
%4 = multiply %1, %3
%5 = relinearize %4
output %5
>>> depth(Polynomial((0.0, 0.0, 0.0, 2.0))), depth(Chebyshev((0.5,) * 32, -8, 8))
(2, 6)
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Literal, Union

import numpy as np
from numpy.polynomial import chebyshev, polynomial

from einlang_fhe.slots import Builder, SlotProgram

Array = np.ndarray[Any, Any]
Coefficients = tuple[float, ...]


@dataclass(frozen=True)
class Chebyshev:
    """sum of c[k] T_k(t), where t runs over [-1, 1] as x runs over [low, high].

    `error`: how far it is from the function it stands for, at most, on that range.
    """

    coefficients: Coefficients
    low: float = -1.0
    high: float = 1.0
    error: float = 0.0

    @property
    def degree(self) -> int:
        """The largest k."""
        return len(self.coefficients) - 1

    @property
    def affine(self) -> tuple[float, float]:
        """`(a, b)` with t = a x + b."""
        width = self.high - self.low
        return 2 / width, -(self.low + self.high) / width

    def __call__(self, x: Array) -> Array:
        """Its values in float64."""
        slope, offset = self.affine
        return chebyshev.chebval(slope * np.asarray(x) + offset, self.coefficients)


@dataclass(frozen=True)
class Polynomial:
    """sum of c[k] x^k, exact."""

    coefficients: Coefficients
    error: float = field(default=0.0, init=False)

    @property
    def degree(self) -> int:
        """The largest k."""
        return len(self.coefficients) - 1

    def __call__(self, x: Array) -> Array:
        """Its values in float64."""
        return polynomial.polyval(np.asarray(x), self.coefficients)


@dataclass(frozen=True)
class Composite:
    """A polynomial of a polynomial of ... of t, where t runs over [-1, 1] with x.

    The stages stand on [-1, 1] themselves. Then comes what `times` says: `itself` squares
    the result, and it is subtracted from `offset` if `minus`, else `offset` is added;
    `input` multiplies all of that by t. `error` holds for x of absolute value `gap` or more,
    and everywhere where `gap` is 0.
    """

    stages: tuple[Chebyshev, ...]
    low: float = -1.0
    high: float = 1.0
    error: float = 0.0
    gap: float = 0.0
    times: Literal["nothing", "input", "itself"] = "nothing"
    offset: float = 0.0
    minus: bool = False

    @property
    def degree(self) -> int:
        """The product of the stages' degrees, doubled by a square, plus one by the input."""
        inner = int(np.prod([stage.degree for stage in self.stages]))
        return inner * (2 if self.times == "itself" else 1) + (self.times == "input")

    @property
    def affine(self) -> tuple[float, float]:
        """`(a, b)` with t = a x + b."""
        width = self.high - self.low
        return 2 / width, -(self.low + self.high) / width

    def __call__(self, x: Array) -> Array:
        """Its values in float64."""
        slope, offset = self.affine
        t = slope * np.asarray(x) + offset
        inner = t
        for stage in self.stages:
            inner = stage(inner)
        inner = inner * inner if self.times == "itself" else inner
        inner = self.offset + (-inner if self.minus else inner)
        return inner * t if self.times == "input" else inner


Series = Union[Chebyshev, Polynomial, Composite]


def evaluate(build: Builder, value: int, series: Series, normalized: bool = False) -> int:
    """Writes the series of a value, in every slot; returns the value that holds it.

    `normalized`: the value is already mapped by `series.affine`, so that level is saved.
    A series without x at all has no ciphertext to stand in: the value is multiplied by 0.
    """
    if isinstance(series, Polynomial):
        return _Evaluation(build, _Powers(build, value), series.coefficients).best()
    slope, offset = (1.0, 0.0) if normalized else series.affine
    if isinstance(series, Chebyshev) and series.degree <= 1:
        constant, factor = (*series.coefficients, 0.0)[:2]
        moved = build.multiply_scalar(value, factor * slope)
        return build.add_scalar(moved, constant + factor * offset)
    inner = build.add_scalar(build.multiply_scalar(value, slope), offset)
    if isinstance(series, Composite):
        return _composite(build, inner, series)
    return _chebyshev(build, inner, series.coefficients)


def evaluate_power(build: Builder, value: int, power: int) -> int:
    """x^power for power >= 1, in ceil(log2(power)) levels."""
    return _Powers(build, value).term(power)


def _composite(build: Builder, value: int, series: Composite) -> int:
    inner = value
    for stage in series.stages:
        inner = _chebyshev(build, inner, stage.coefficients)
    if series.times == "itself":
        inner = build.multiply(inner, inner)
    inner = build.add_scalar(build.negate(inner) if series.minus else inner, series.offset)
    return build.multiply(inner, value) if series.times == "input" else inner


def _chebyshev(build: Builder, value: int, coefficients: Coefficients) -> int:
    """Even series, with or without a linear term, are series in T_2 of half the degree."""
    even, odd = coefficients[::2], coefficients[3::2]
    if len(coefficients) > 4 and not any(odd):
        halved = _chebyshev(build, _Chebyshevs(build, value).term(2), even)
        if coefficients[1] == 0:
            return halved
        return build.add(halved, build.multiply_scalar(value, coefficients[1]))
    return _Evaluation(build, _Chebyshevs(build, value), coefficients).best()


class _Basis:
    """Values of basis polynomials, each made once, when it is asked for."""

    def __init__(self, build: Builder, value: int) -> None:
        self.build = build
        self.made = {1: value}

    def term(self, index: int) -> int:
        """The basis polynomial of that degree, in ceil(log2(index)) levels."""
        if index not in self.made:
            low = index // 2
            self.made[index] = self.double(index - low, low)
        return self.made[index]

    def double(self, high: int, low: int) -> int:
        raise NotImplementedError

    def split(self, coefficients: Coefficients, at: int) -> tuple[Coefficients, Coefficients]:
        """`(q, r)` with p = q * basis(at) + r."""
        raise NotImplementedError


class _Powers(_Basis):
    """x^k."""

    def term(self, index: int) -> int:
        """By squares, the odd rest first: x^7 = (x x^2) x^4."""
        if index not in self.made:
            half = 1 << (index.bit_length() - 1)
            half = half // 2 if half == index else half
            self.made[index] = self.build.multiply(self.term(index - half), self.term(half))
        return self.made[index]

    def split(self, coefficients: Coefficients, at: int) -> tuple[Coefficients, Coefficients]:
        return coefficients[at:], _trimmed(coefficients[:at])


class _Chebyshevs(_Basis):
    """T_k, by T_(m+n) = 2 T_m T_n - T_(m-n)."""

    def double(self, high: int, low: int) -> int:
        product = self.build.multiply(self.term(high), self.term(low))
        twice = self.build.add(product, product)
        if high == low:
            return self.build.add_scalar(twice, -1.0)
        return self.build.subtract(twice, self.term(high - low))

    def split(self, coefficients: Coefficients, at: int) -> tuple[Coefficients, Coefficients]:
        high = [coefficients[at], *(2 * c for c in coefficients[at + 1 :])]
        low = list(coefficients[:at])
        for index, coefficient in enumerate(coefficients[at + 1 :], start=1):
            low[at - index] -= coefficient
        return tuple(high), _trimmed(tuple(low))


def _trimmed(coefficients: Coefficients) -> Coefficients:
    """Without zeros at the end; at least one coefficient."""
    while len(coefficients) > 1 and coefficients[-1] == 0:
        coefficients = coefficients[:-1]
    return coefficients


def levels(degree: int) -> int:
    """The levels that a series of this degree takes in its own variable."""
    return degree.bit_length()


class _Evaluation:
    """One series in one basis, for some number of baby steps."""

    def __init__(self, build: Builder, basis: _Basis, coefficients: Coefficients) -> None:
        self.build = build
        self.basis = basis
        self.coefficients = _trimmed(coefficients)

    def best(self) -> int:
        """Written with the number of baby steps that makes the fewest products."""
        degree = len(self.coefficients) - 1
        if degree == 0:
            nothing = self.build.multiply_scalar(self.basis.made[1], 0.0)
            return self.build.add_scalar(nothing, self.coefficients[0])
        kind = type(self.basis)
        baby = min(range(1, levels(degree) + 1), key=lambda b: _cost(kind, self.coefficients, b))
        return self.write(baby)

    def write(self, baby: int) -> int:
        """With sums of fewer than 2^baby terms at the leaves."""
        result, constant = self._part(self.coefficients, levels(len(self.coefficients) - 1), baby)
        assert result is not None
        return self.build.add_scalar(result, constant)

    def _part(self, p: Coefficients, budget: int, baby: int) -> tuple[int | None, float]:
        """A value and a constant to add to it, within a number of levels."""
        degree = len(p) - 1
        if degree == 0:
            return None, p[0]
        if self._is_leaf(p, budget, baby):
            return self._leaf(p), p[0]
        at = 1 << (degree.bit_length() - 1)
        high, low = self.basis.split(p, at)
        rest, constant = self._part(low, budget, baby)
        return self._sum(self._product(high, at, budget, baby), rest), constant

    def _is_leaf(self, p: Coefficients, budget: int, baby: int) -> bool:
        """Whether the terms can be summed as they are: few, and each within the levels."""
        last = max(k for k, c in enumerate(p) if c)
        deep = (last - 1).bit_length() + 1
        only = sum(1 for c in p[1:] if c) == 1 and p[last] == 1
        return len(p) <= (1 << baby) and (deep <= budget or (only and deep - 1 <= budget))

    def _leaf(self, p: Coefficients) -> int | None:
        total = None
        for index, coefficient in enumerate(p[1:], start=1):
            if coefficient:
                term = self.build.multiply_scalar(self.basis.term(index), coefficient)
                total = self._sum(total, term)
        return total

    def _product(self, high: Coefficients, at: int, budget: int, baby: int) -> int:
        """high * basis(at): the factor has one level less."""
        factor, constant = self._part(_trimmed(high), budget - 1, baby)
        giant = self.basis.term(at)
        if factor is None:
            return self.build.multiply_scalar(giant, constant)
        return self.build.multiply(self.build.add_scalar(factor, constant), giant)

    def _sum(self, left: int | None, right: int | None) -> int | None:
        if left is None or right is None:
            return right if left is None else left
        return self.build.add(left, right)


@lru_cache(maxsize=4096)
def _cost(kind: type[_Basis], coefficients: Coefficients, baby: int) -> tuple[int, int]:
    """Products of ciphertexts, then products with numbers."""
    build = Builder(slots=1)
    _Evaluation(build, kind(build, build.input(0)), coefficients).write(baby)
    program = build.program(())
    return program.count("multiply"), program.count("multiply_scalar")


@lru_cache(maxsize=1024)
def depth(series: Series, normalized: bool = False) -> int:
    """The levels that `evaluate` takes."""
    build = Builder(slots=1)
    result = evaluate(build, build.input(0), series, normalized)
    return program_depth(build.program((result,)))


def program_depth(program: SlotProgram) -> int:
    """The most products on a way from an input to an output."""
    found: list[int] = []
    for step in program.instructions:
        below = max((found[value] for value in step.arguments), default=0)
        found.append(below + step.verb.startswith("multiply"))
    return max((found[value] for value in program.outputs), default=0)
