"""Elementwise functions as polynomials: as low a degree as the precision allows.

Smooth functions are Chebyshev series, cut where the largest error on the range is within
the precision. Functions with a jump or a kink at 0 are compositions of small polynomials
where that takes fewer levels (see `minimax`).

>>> series = approximate(Function("sigmoid"), -8, 8, 1e-3)
>>> series.degree, series.error < 1e-3, series.coefficients[2]
(15, True, 0.0)
>>> step = approximate(Function("gt0"), -1, 1, 1e-3)
>>> step.gap, float(abs(step(np.array([0.02, -0.5])) - [1, 0]).max()) < 1e-3
(0.015625, True)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Union

import numpy as np
from numpy.polynomial import chebyshev

from einlang.checking.typed import Function
from einlang.errors import BackendMistake, fail
from einlang_fhe import minimax
from einlang_fhe.polynomial import Chebyshev, Composite, depth

Array = np.ndarray[Any, Any]
Approximation = Union[Chebyshev, Composite]

LARGEST = 1023
SAMPLES = 4096
ROUNDING = 1e-14
"""Coefficients below this part of the largest value are rounding errors: zero."""
GAP = 1 / 64
"""Half the band around 0 where a step is not promised, as a part of the range."""

_STEPS = ("lt0", "le0", "gt0", "ge0")
_EQUALS = ("eq0", "ne0")


def _erf(x: Array) -> Array:
    return np.array([math.erf(v) for v in np.ravel(x)]).reshape(np.shape(x))


def _sigmoid(x: Array) -> Array:
    return 0.5 + 0.5 * np.tanh(0.5 * x)


_FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "abs": np.abs,
    "sigmoid": _sigmoid,
    "tanh": np.tanh,
    "relu": lambda x: np.maximum(x, 0.0),
    "gelu": lambda x: x / 2 * (1 + _erf(x / math.sqrt(2))),
    "silu": lambda x: x * _sigmoid(x),
    "sign": np.sign,
    "inverse": np.reciprocal,
    "square": np.square,
    "lt0": lambda x: np.where(x < 0, 1.0, 0.0),
    "le0": lambda x: np.where(x <= 0, 1.0, 0.0),
    "gt0": lambda x: np.where(x > 0, 1.0, 0.0),
    "ge0": lambda x: np.where(x >= 0, 1.0, 0.0),
    "eq0": lambda x: np.where(x == 0, 1.0, 0.0),
    "ne0": lambda x: np.where(x != 0, 1.0, 0.0),
}


def values(function: Function, x: Array) -> Array:
    """What the function is, in float64."""
    if function.name == "power":
        return np.power(x, function.parameters[0])
    if function.name == "polynomial":
        return np.polynomial.polynomial.polyval(x, function.parameters)
    return _FUNCTIONS[function.name](x)


@lru_cache(maxsize=256)
def approximate(
    function: Function,
    low: float,
    high: float,
    precision: float,
    degree: int | None = None,
    gap: float | None = None,
) -> Approximation:
    """A polynomial within `precision` (absolute) of the function on [low, high].

    `degree`: a Chebyshev series of that degree instead, whatever its error. `gap`: for
    steps and signs, the precision holds for |x| >= gap only, by default 1/64 of the range.
    Raises E0710 when the function is not defined on all of the range, E0711 when no degree
    up to 1023 is precise enough.
    """
    low, high = float(low), float(high)
    _check(function, low, high)
    if degree is None and low < 0 < high:
        if function.name in ("sign", *_STEPS, *_EQUALS):
            return _step(function, low, high, precision, gap)
        if function.name in ("abs", "relu"):
            return _kink(function, low, high, precision)
    coefficients, largest = _expansion(function, low, high)
    if degree is not None:
        return _cut(function, low, high, coefficients, degree)
    series = _shortest(function, low, high, coefficients, precision)
    if series is None:
        best = _cut(function, low, high, coefficients, LARGEST)
        raise _hopeless(function, low, high, precision, best.error, largest)
    return series


def _expansion(function: Function, low: float, high: float) -> tuple[Array, float]:
    """Chebyshev coefficients 0 to 1023, from 4096 Chebyshev points; and the largest value.

    Coefficients that a symmetry of the function makes vanish are exactly zero.
    """
    angles = np.pi * (np.arange(SAMPLES) + 0.5) / SAMPLES
    points = values(function, _stretched(low, high, np.cos(angles)))
    spectrum = np.fft.rfft(np.concatenate([points, points[::-1]]))[: LARGEST + 1]
    turn = np.exp(-0.5j * np.pi * np.arange(LARGEST + 1) / SAMPLES)
    coefficients = (spectrum * turn).real / SAMPLES
    coefficients[0] /= 2
    largest = float(np.abs(points).max())
    coefficients[np.abs(coefficients) <= ROUNDING * largest] = 0.0
    return coefficients, largest


def _stretched(low: float, high: float, t: Array) -> Array:
    return (low + high) / 2 + (high - low) / 2 * t


def _grid(function: Function, low: float, high: float, gap: float = 0.0) -> Array:
    """Points dense everywhere, denser at the ends and at 0, none nearer to 0 than `gap`."""
    ends = _stretched(low, high, np.cos(np.linspace(0, np.pi, 2049)))
    middle = np.concatenate([-np.geomspace(1e-9, 1, 257), [0.0], np.geomspace(1e-9, 1, 257)])
    points = np.concatenate([ends, np.linspace(low, high, 2049), max(-low, high) * middle])
    kept = (points >= low) & (points <= high)
    if gap > 0:
        kept &= np.abs(points) >= gap
    if function.name in ("inverse", "log") or function.name == "power":
        kept &= points != 0
    return points[kept]


def _cut(function: Function, low: float, high: float, all_: Array, degree: int) -> Chebyshev:
    """The series up to a degree, with its error."""
    coefficients = tuple(float(c) for c in np.trim_zeros(all_[: degree + 1], "b")) or (0.0,)
    series = Chebyshev(coefficients, low, high)
    grid = _grid(function, low, high)
    error = float(np.abs(series(grid) - values(function, grid)).max())
    return Chebyshev(coefficients, low, high, error)


def _shortest(
    function: Function, low: float, high: float, all_: Array, precision: float
) -> Chebyshev | None:
    """The shortest series within the precision, by bisection."""
    grid = _grid(function, low, high)
    exact = values(function, grid)
    t = (2 * grid - low - high) / (high - low)

    def good(degree: int) -> bool:
        return bool(np.abs(chebyshev.chebval(t, all_[: degree + 1]) - exact).max() <= precision)

    if not good(LARGEST):
        return None
    short, long = -1, LARGEST
    while long - short > 1:
        middle = (short + long) // 2
        short, long = (short, middle) if good(middle) else (middle, long)
    flat = _flattened(function, low, high, all_, long)
    return flat if flat.error <= precision else _cut(function, low, high, all_, long)


def _flattened(function: Function, low: float, high: float, all_: Array, degree: int) -> Chebyshev:
    """The best polynomial of the largest degree with a level less, by exchange of extrema."""
    degree = (1 << degree.bit_length()) // 2 - 1
    cut = all_[: degree + 1].copy()
    even, odd = not all_[3::2].any(), not all_[2::2].any()
    if not 3 <= degree <= (511 if even or odd else 255):
        return Chebyshev((0.0,), low, high, math.inf)
    kept = np.arange(degree + 1)
    kept = kept[::2] if even else kept[1::2] if odd else kept
    t = np.cos(np.linspace(np.pi / 2 if even or odd else np.pi, 0, 40 * len(kept) + 41))
    others = np.setdiff1d(np.arange(degree + 1), kept)
    target = values(function, _stretched(low, high, t))
    target = target - np.cos(np.outer(np.arccos(t), others)) @ cut[others]
    try:
        cut[kept] = minimax.exchange(t, target, kept)
    except np.linalg.LinAlgError:
        return Chebyshev((0.0,), low, high, math.inf)
    return _cut(function, low, high, cut, degree)


def _step(
    function: Function, low: float, high: float, precision: float, gap: float | None
) -> Composite:
    """sign = s, a step = 1/2 +- s/2, x == 0 is 1 - s^2."""
    reach = max(-low, high)
    band = GAP * reach if gap is None else gap
    name = function.name
    wanted = precision if name == "sign" else precision / 2 if name in _EQUALS else 2 * precision
    stages = _sign(function, low, high, band / reach, wanted, precision)
    if name in _STEPS:
        stages = _last_times(stages, 0.5 if name in ("gt0", "ge0") else -0.5)
    offset = {"sign": 0.0, "ne0": 0.0, "eq0": 1.0}.get(name, 0.5)
    times = "itself" if name in _EQUALS else "nothing"
    made = Composite(
        stages, -reach, reach, gap=band, times=times, offset=offset, minus=name == "eq0"
    )
    return _measured(function, low, high, made)


def _kink(function: Function, low: float, high: float, precision: float) -> Approximation:
    """|x| = x sign(x), relu(x) = x (1/2 + sign(x) / 2), or a series if that is not deeper.

    Near 0 the product is small whatever the sign is, so the gap may be some times wider than
    the precision.
    """
    series = _shortest(function, low, high, _expansion(function, low, high)[0], precision)
    part = 1.0 if function.name == "abs" else 0.5
    wanted = precision / (part * max(-low, high))
    found = [] if series is None else [series]
    for wider in (4.0, 3.0, 2.0, 1.0):
        if wanted * wider < 0.5:
            found += _carried(function, low, high, precision, wanted * wider, wanted)
    if not found:
        raise _hopeless(function, low, high, precision, math.inf, 1.0)
    return min(found, key=depth)


def _carried(
    function: Function, low: float, high: float, precision: float, gap: float, wanted: float
) -> list[Composite]:
    """x times a sign, if that is precise enough."""
    try:
        stages = _sign(function, low, high, gap, wanted, precision)
    except BackendMistake:
        return []
    reach = max(-low, high)
    factor = reach if function.name == "abs" else reach / 2
    offset = 0.0 if function.name == "abs" else factor
    stages = _last_times(stages, factor)
    made = Composite(stages, -reach, reach, times="input", offset=offset)
    made = _measured(function, low, high, made)
    return [made] if made.error <= precision else []


def _sign(
    function: Function, low: float, high: float, gap: float, wanted: float, precision: float
) -> tuple[Chebyshev, ...]:
    try:
        stages, _ = minimax.sign(gap, wanted)
    except ValueError as error:
        raise _hopeless(function, low, high, precision, math.inf, 1.0) from error
    return tuple(Chebyshev(stage) for stage in stages)


def _last_times(stages: tuple[Chebyshev, ...], factor: float) -> tuple[Chebyshev, ...]:
    last = Chebyshev(tuple(factor * c for c in stages[-1].coefficients))
    return (*stages[:-1], last)


def _measured(function: Function, low: float, high: float, made: Composite) -> Composite:
    grid = _grid(function, low, high, made.gap)
    error = float(np.abs(made(grid) - values(function, grid)).max())
    fields = made.low, made.high, error, made.gap, made.times, made.offset, made.minus
    return Composite(made.stages, *fields)


def _check(function: Function, low: float, high: float) -> None:
    """E0710, and a range with two different ends."""
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise ValueError(f"no range for `{function}`: [{low:g}, {high:g}]")
    excluded = _excluded(function, low, high)
    if excluded:
        raise _mistake(
            "E0710",
            f"`{function}` is not defined on all of [{low:g}, {high:g}]: {excluded}",
            "declare a range where it is defined, such as `in [0.1, 4]`",
        )


def _excluded(function: Function, low: float, high: float) -> str:
    """What in the range the function is not defined for; empty if nothing."""
    zero, negative = low <= 0 <= high, low < 0
    name = function.name
    power = function.parameters[0] if name == "power" else 1.0
    if (name == "inverse" or (power < 0 and power == int(power))) and zero:
        return "it has a pole at 0"
    if (name == "log" or (power < 0 and power != int(power))) and (zero or negative):
        return "it needs numbers above 0"
    if (name == "sqrt" or power != int(power)) and negative:
        return "it needs numbers from 0 on"
    return ""


def _hopeless(
    function: Function, low: float, high: float, precision: float, best: float, largest: float
) -> BackendMistake:
    reached = f"degree {LARGEST} reaches {best:.1e}: " if math.isfinite(best) else ""
    relative = "or a larger precision" if largest <= 100 else "or a precision that suits its size"
    return _mistake(
        "E0711",
        f"no polynomial of degree {LARGEST} or less is within {precision:g} of `{function}` "
        f"on [{low:g}, {high:g}]",
        f"{reached}declare a narrower range, state a degree "
        f"(`{function.name} = chebyshev(degree=63, on={low:g}..{high:g})`), {relative}",
    )


def _mistake(code: str, message: str, hint: str) -> BackendMistake:
    error = fail(BackendMistake, code, message, hint=hint)
    assert isinstance(error, BackendMistake)
    return error
