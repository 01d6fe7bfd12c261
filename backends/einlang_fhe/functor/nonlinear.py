"""Elementwise functions and reductions of encrypted tensors, by polynomials.

Before a polynomial is evaluated, every slot must hold a number from its interval: slots
without an element are set to the middle by the same product that scales the interval.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from math import log2, prod

import numpy as np

from einlang.checking.typed import Function
from einlang.errors import BackendMistake, fail
from einlang_fhe.approximation import approximate
from einlang_fhe.functor.values import Cipher, Writer
from einlang_fhe.layout import Bit, Copy, Digit, Gap, Layout, Place
from einlang_fhe.polynomial import Polynomial, Series, evaluate

Interval = tuple[float, float]


@dataclass(frozen=True)
class Precision:
    """How good approximations have to be, and what the program says of single functions.

    `degrees` and `intervals` are those of settings like `exp = chebyshev(degree=7, on=-1..1)`.
    """

    error: float
    degrees: dict[str, int]
    intervals: dict[str, Interval]

    def behind(self, gain: float) -> Precision:
        """What is asked of a step whose errors grow by so much."""
        return replace(self, error=self.error / max(gain, 1.0))


def apply(
    writer: Writer,
    cipher: Cipher,
    function: Function,
    interval: Interval | None,
    precision: Precision,
    label: str,
) -> Cipher:
    """A function of every element."""
    exact = _exactly(function)
    if exact is not None:
        return evaluated(writer, cipher, exact)
    interval = precision.intervals.get(function.name, interval)
    if interval is None:
        raise _endless(_SIGNS.get(function.name, function.name), label)
    low, high = _widened(interval)
    series = approximate(
        function, low, high, precision.error, degree=precision.degrees.get(function.name)
    )
    return evaluated(writer, cipher, series)


_SIGNS = {"lt0": "<", "le0": "<=", "gt0": ">", "ge0": ">=", "eq0": "==", "ne0": "!="}


def _endless(name: str, label: str) -> Exception:
    return fail(
        BackendMistake,
        "E0704",
        f"`{name}` of a secret needs a range" + (f", in {label}" if label else ""),
        hint="declare one: `secret x[i] in [-4, 4]`, or behind a definition `... in [-4, 4]`",
    )


def _exactly(function: Function) -> Polynomial | None:
    """The polynomial that a function is, where it is one: those need no range."""
    if function.name == "square":
        return Polynomial((0.0, 0.0, 1.0))
    if function.name == "power" and function.parameters[0] in range(1, 65):
        return Polynomial((0.0,) * int(function.parameters[0]) + (1.0,))
    return Polynomial(function.parameters) if function.name == "polynomial" else None


def _widened(interval: Interval) -> Interval:
    """An interval with room for a point."""
    low, high = interval
    return (low, high) if high > low else (low - 0.5, high + 0.5)


def evaluated(writer: Writer, cipher: Cipher, series: Series) -> Cipher:
    """A polynomial of every element."""
    if isinstance(series, Polynomial):
        return _power_series(writer, cipher, series)
    slope, offset = series.affine
    cipher = _affine(writer, cipher, cipher.factor * slope, offset)
    values = tuple(evaluate(writer.build, v, series, normalized=True) for v in cipher.values)
    return Cipher(_filled(cipher.layout), values)


def _power_series(writer: Writer, cipher: Cipher, series: Polynomial) -> Cipher:
    """Exact; the pending factor goes into the coefficients, or stays pending for a power."""
    if series.degree > 2:
        cipher = writer.cleaned(cipher)
    *lower, leading = series.coefficients
    factor = 1.0
    if any(lower) or not leading:
        scaled = (c * cipher.factor**k for k, c in enumerate(series.coefficients))
        series = Polynomial(tuple(scaled))
    else:
        factor = leading * cipher.factor**series.degree
        series = Polynomial((*lower, 1.0))
    values = tuple(evaluate(writer.build, value, series) for value in cipher.values)
    layout = _filled(cipher.layout) if series.coefficients[0] else cipher.layout
    return Cipher(layout, values, factor)


def _affine(writer: Writer, cipher: Cipher, scale: float, shift: float) -> Cipher:
    """`scale * x + shift` for the elements, zero for whatever is not one."""
    layout, build = cipher.layout, writer.build
    if layout.full or (layout.clean and shift == 0):
        values = [build.add_scalar(build.multiply_scalar(v, scale), shift) for v in cipher.values]
        return Cipher(layout, tuple(values))
    values = []
    for number, value in enumerate(cipher.values):
        held = (layout.table(number) >= 0).astype(np.float64)
        value = build.multiply_plain(value, writer.plains.mask(held * scale))
        if shift != 0:
            value = build.add_plain(value, writer.plains.mask(held * shift))
        values.append(value)
    places = tuple(Gap() if isinstance(place, Gap) else place for place in layout.places)
    return Cipher(replace(layout, places=places, dirty=frozenset()), tuple(values))


def _filled(layout: Layout) -> Layout:
    """The layout after a function that need not keep zeros."""
    places = tuple(Gap(junk=True) if isinstance(place, Gap) else place for place in layout.places)
    return replace(layout, places=places, dirty=frozenset(range(len(layout.shape))))


def fold(
    writer: Writer,
    cipher: Cipher,
    operator: str,
    axes: tuple[int, ...],
    interval: Interval | None,
    precision: Precision,
    label: str,
) -> Cipher:
    """`prod`, `max` or `min` over axes."""
    if operator in ("argmax", "argmin"):
        raise fail(
            BackendMistake,
            "E0705",
            f"`{operator}` of a secret cannot be computed under encryption",
            hint="let the client compute it after decryption: `client name[n] = "
            f"{operator}[c](...)`",
        )
    if operator == "prod":
        return _folded(writer, cipher, axes, 1.0, writer.build.multiply, cipher.factor)
    if interval is None:
        raise _endless(operator, label)
    return _extremum(writer, cipher, operator, axes, _widened(interval), precision)


def _extremum(
    writer: Writer,
    cipher: Cipher,
    operator: str,
    axes: tuple[int, ...],
    interval: Interval,
    precision: Precision,
) -> Cipher:
    """`max(a, b) = (a + b + |a - b|) / 2` in a tree, on values scaled to [-1/2, 1/2]."""
    low, high = interval
    middle, length = (low + high) / 2, high - low
    rounds = max(1.0, log2(max(2, prod(cipher.shape[axis] for axis in axes))))
    error = max(2 * precision.error / length / rounds, 1e-9)
    distance = approximate(
        Function("abs"), -1.0, 1.0, error, degree=precision.degrees.get(operator)
    )
    build, sign = writer.build, 1 if operator == "max" else -1

    def better(left: int, right: int) -> int:
        gap = evaluate(build, build.subtract(left, right), distance, normalized=True)
        total = build.add(left, right)
        total = build.add(total, gap) if sign > 0 else build.subtract(total, gap)
        return build.multiply_scalar(total, 0.5)

    scaled = _affine(writer, cipher, cipher.factor / length, -middle / length)
    folded = _folded(writer, scaled, axes, -0.5 * sign, better, 1.0)
    values = tuple(build.add_scalar(value, middle / length) for value in folded.values)
    return replace(folded, values=values, factor=length)


def _folded(
    writer: Writer,
    cipher: Cipher,
    axes: tuple[int, ...],
    neutral: float,
    combine: Callable[[int, int], int],
    factor: float,
) -> Cipher:
    """A tree of an associative operation over axes; padding is filled with `neutral`."""
    layout, build = cipher.layout, writer.build
    values = [
        _neutral_padding(writer, value, layout, number, axes, neutral)
        for number, value in enumerate(cipher.values)
    ]
    groups: dict[tuple[int, ...], list[int]] = {}
    for number, value in enumerate(values):
        digits = zip(layout.digits, layout.values(number), strict=True)
        key = tuple(digit_value for digit, digit_value in digits if digit.axis not in axes)
        groups.setdefault(key, []).append(value)
    results = [_tree(terms, combine) for _, terms in sorted(groups.items())]
    positions = [
        position
        for position, place in enumerate(layout.places)
        if isinstance(place, Bit) and place.axis in axes
    ]
    for position in reversed(positions):
        results = [combine(value, build.rotate(value, 1 << position)) for value in results]
    total = prod(cipher.shape[axis] for axis in axes)
    return Cipher(_without(layout, axes), tuple(results), factor**total)


def _tree(terms: list[int], combine: Callable[[int, int], int]) -> int:
    while len(terms) > 1:
        pairs = [terms[n : n + 2] for n in range(0, len(terms), 2)]
        terms = [combine(*pair) if len(pair) == 2 else pair[0] for pair in pairs]
    return terms[0]


def _neutral_padding(
    writer: Writer, value: int, layout: Layout, number: int, axes: tuple[int, ...], neutral: float
) -> int:
    """The ciphertext with `neutral` in every slot that holds no element."""
    held = layout.table(number) >= 0
    if held.all():
        return value
    if not layout.clean:
        value = writer.build.multiply_plain(value, writer.plains.mask(held))
    return writer.build.add_plain(value, writer.plains.mask(np.where(held, 0.0, neutral)))


def _without(layout: Layout, axes: tuple[int, ...]) -> Layout:
    """Where the result of a fold sits: folded bits are copies at the top, junk elsewhere."""
    kept = [axis for axis in range(len(layout.shape)) if axis not in axes]
    order = {axis: position for position, axis in enumerate(kept)}
    places: list[Place] = []
    top = True
    for place in reversed(layout.places):
        if isinstance(place, Bit) and place.axis in axes:
            places.append(Copy() if top else Gap(junk=True))
        elif isinstance(place, Bit):
            top = False
            places.append(Bit(order[place.axis], place.bit))
        else:
            top = top and isinstance(place, Copy)
            places.append(place if isinstance(place, Copy) else Gap(junk=True))
    digits = tuple(
        Digit(order[digit.axis], digit.low, digit.extent)
        for digit in layout.digits
        if digit.axis in order
    )
    shape = tuple(layout.shape[axis] for axis in kept)
    return Layout(shape, tuple(reversed(places)), digits, dirty=frozenset(range(len(shape))))
