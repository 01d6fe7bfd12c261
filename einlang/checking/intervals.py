"""Interval arithmetic: what a function can give when its argument lies in an interval.

An end may be infinite. `0 * inf` is 0: the infinity is a bound, not a value.

>>> product((-1, 2), (0, 3))
(-3, 6)
>>> image(Function("square"), (-1, 2))
(0.0, 4.0)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import erf, exp, inf, isfinite, isnan, log, sqrt, tanh, ulp

from einlang.checking.typed import Function

Interval = tuple[float, float]

EVERYTHING: Interval = (-inf, inf)
TINY = ulp(0.0)
GELU_LOWEST = (-0.7517915246935645, -0.16997120747990369)
SILU_LOWEST = (-1.2784645427610738, -0.2784645427610738)


def join(left: Interval, right: Interval) -> Interval:
    """The smallest interval around both."""
    return min(left[0], right[0]), max(left[1], right[1])


def meet(left: Interval, right: Interval) -> Interval | None:
    """What lies in both; None where nothing does."""
    low, high = max(left[0], right[0]), min(left[1], right[1])
    return (low, high) if low <= high else None


def total(parts: Sequence[Interval]) -> Interval:
    """The sum of values from each."""
    low, high = sum(low for low, _ in parts), sum(high for _, high in parts)
    return (-inf if isnan(low) else low), (inf if isnan(high) else high)


def product(left: Interval, right: Interval) -> Interval:
    """The product of a value from each."""
    corners = [_times(a, b) for a in left for b in right]
    return min(corners), max(corners)


def times(interval: Interval, count: int) -> Interval:
    """The sum of so many values."""
    return _times(interval[0], count), _times(interval[1], count)


def power(interval: Interval, exponent: float) -> Interval:
    """A power of a value; what is outside of the domain is left out."""
    low, high = interval
    if exponent == int(exponent) and exponent >= 0:
        return _whole_power(interval, int(exponent))
    if exponent < 0:
        return _inverse(power(interval, -exponent))
    low = max(low, 0.0)
    return _raise(low, exponent), _raise(max(high, 0.0), exponent)


def powers(interval: Interval, count: int) -> Interval:
    """A value multiplied by itself so many times."""
    return _whole_power(interval, count)


def polynomial(coefficients: Sequence[float], interval: Interval) -> Interval:
    """A polynomial, constant first: exact where the interval is finite."""
    if not all(map(isfinite, interval)):
        parts = [product((c, c), _whole_power(interval, n)) for n, c in enumerate(coefficients)]
        return total(parts)
    import numpy as np
    from numpy.polynomial import polynomial as poly

    slope = poly.polytrim(poly.polyder(np.asarray(coefficients, float)))
    turns = poly.polyroots(slope) if len(slope) > 1 else np.zeros(0)
    near = np.real(turns[np.abs(np.imag(turns)) < 1e-6])
    places = np.concatenate([interval, near[(near > interval[0]) & (near < interval[1])]])
    values = poly.polyval(places, np.asarray(coefficients, float))
    return float(values.min()), float(values.max())


def image(function: Function, interval: Interval) -> Interval:
    """What the function gives on the interval, as far as it is in its domain."""
    low, high = float(interval[0]), float(interval[1])
    if function.name in _MONOTONE:
        rule = _MONOTONE[function.name]
        return rule(low), rule(high)
    match function.name:
        case "abs":
            return _distance(low, high), max(-low, high)
        case "square":
            return _whole_power((low, high), 2)
        case "inverse":
            return _inverse((low, high))
        case "gelu":
            return _dip(_gelu, GELU_LOWEST, low, high)
        case "silu":
            return _dip(_silu, SILU_LOWEST, low, high)
        case "power":
            return power((low, high), function.parameters[0])
        case "polynomial":
            return polynomial(function.parameters, (low, high))
    return _step(function.name, low, high)


def meets(function: Function, interval: Interval) -> bool:
    """Whether any of the interval is in the domain of the function."""
    low, high = interval
    match function.name:
        case "log":
            return high > 0
        case "sqrt":
            return high >= 0
        case "inverse":
            return not low == high == 0
        case "power":
            exponent = function.parameters[0]
            if exponent < 0 and low == high == 0:
                return False
            return exponent == int(exponent) or high > 0 or (high == 0 and exponent > 0)
    return True


def within(function: Function, interval: Interval) -> bool:
    """Whether all of the interval is in the domain of the function."""
    low, high = interval
    match function.name:
        case "log":
            return low > 0
        case "sqrt":
            return low >= 0
        case "inverse":
            return low > 0 or high < 0
        case "power":
            exponent = function.parameters[0]
            apart = exponent >= 0 or low > 0 or high < 0
            return apart and (exponent == int(exponent) or low >= 0)
    return True


def _times(a: float, b: float) -> float:
    """The product of two ends; a whole number that is too large for a float is infinite."""
    if a == 0 or b == 0:
        return 0
    try:
        float(a * b)
    except OverflowError:
        return inf if (a > 0) == (b > 0) else -inf
    return a * b


def _raise(value: float, exponent: float) -> float:
    try:
        return value**exponent
    except OverflowError:
        return inf if value > 0 or exponent % 2 == 0 else -inf


def _whole_power(interval: Interval, exponent: int) -> Interval:
    low, high = float(interval[0]), float(interval[1])
    if exponent == 0:
        return 1.0, 1.0
    if exponent % 2:
        return _raise(low, exponent), _raise(high, exponent)
    return _raise(_distance(low, high), exponent), _raise(max(-low, high), exponent)


def _distance(low: float, high: float) -> float:
    return 0.0 if low <= 0 <= high else min(abs(low), abs(high))


def _inverse(interval: Interval) -> Interval:
    low, high = interval
    if low < 0 < high or low == high == 0:
        return EVERYTHING
    if low == 0:
        return 1 / high, inf
    if high == 0:
        return -inf, 1 / low
    return 1 / high, 1 / low


def _exp(x: float) -> float:
    if x > 709.78:
        return inf
    return max(exp(x), TINY)


def _sigmoid(x: float) -> float:
    return 1 / (1 + exp(-x)) if x >= 0 else max(exp(x) / (1 + exp(x)), TINY)


def _gelu(x: float) -> float:
    return x / 2 * (1 + erf(x / sqrt(2))) if isfinite(x) else max(x, 0.0)


def _silu(x: float) -> float:
    return x * _sigmoid(x) if isfinite(x) else max(x, 0.0)


def _dip(rule: Callable[[float], float], lowest: Interval, low: float, high: float) -> Interval:
    """A function that falls to a lowest point and then rises."""
    place, value = lowest
    ends = rule(low), rule(high)
    return (value if low <= place <= high else min(ends)), max(ends)


def _step(name: str, low: float, high: float) -> Interval:
    always, never = {
        "lt0": (high < 0, low >= 0),
        "le0": (high <= 0, low > 0),
        "gt0": (low > 0, high <= 0),
        "ge0": (low >= 0, high < 0),
        "eq0": (low == high == 0, low > 0 or high < 0),
        "ne0": (low > 0 or high < 0, low == high == 0),
    }[name]
    return (1.0 if always else 0.0), (0.0 if never else 1.0)


_MONOTONE: dict[str, Callable[[float], float]] = {
    "exp": _exp,
    "log": lambda x: log(x) if x > 0 and isfinite(x) else (x if x > 0 else -inf),
    "sqrt": lambda x: sqrt(max(x, 0.0)),
    "sigmoid": _sigmoid,
    "tanh": tanh,
    "relu": lambda x: max(x, 0.0),
    "sign": lambda x: float((x > 0) - (x < 0)),
}
