"""`einsum` as NumPy has it, planned and compiled once per equation, shapes and types.

>>> a, b = np.arange(6.0).reshape(2, 3), np.ones((3, 2))
>>> einsum("ij,jk->ik", a, b)
array([[ 3.,  3.],
       [12., 12.]])
>>> einsum(a, [0, 1], b, [1, 0], []).item()
15.0
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from einlang.backend import find
from einlang.equation import LETTERS, Equation, letters, parse, repr_text

Array = Any
Pair = tuple[int, int]
_LIMIT = 4096
_ready: dict[Hashable, Callable[..., Array]] = {}
_compiled: dict[Hashable, Callable[..., Array]] = {}


def einsum(
    *operands: Any,
    out: Array | None = None,
    optimize: Any = None,
    dtype: Any = None,
    order: str = "K",
    casting: Any = "safe",
) -> Array:
    """The sum over repeated labels of products of operands: a drop-in for `numpy.einsum`.

    Both calling forms: `einsum("ij,jk->ik", a, b)` and `einsum(a, [0, 1], b, [1, 2], [0, 2])`,
    the latter with any number of labels. `optimize` may be an order of contraction as
    `numpy.einsum_path` gives it; otherwise the best order that is quickly found is taken.
    (As in NumPy, asking for one lets a sum of products be cast to any `out`.)
    Operands that have a method `__einlang_einsum__(equation, operands)`, as encrypted tensors
    do, take over.

    Raises ValueError and TypeError where `numpy.einsum` does; a ValueError about sizes names
    the operands and the label.

    >>> einsum("ij,j->i", np.eye(2), [3.0, 4.0])
    array([3., 4.])
    """
    plain = out is None and dtype is None and order == "K" and casting == "safe"
    if plain and (optimize is None or optimize is True):
        try:
            function = _ready[_signature(operands)]
        except (KeyError, TypeError, AttributeError, IndexError):
            return _einsum(operands, _signature)
        return function(*operands[1:])
    keywords = {"out": out, "dtype": dtype, "order": order, "casting": casting}
    return _with_keywords(operands, optimize, keywords)


def _signature(operands: Sequence[Any]) -> Hashable:
    """What decides how a call is computed, where the equation is a text."""
    first = operands[0]
    if len(operands) == 3:
        _, a, b = operands
        return first, type(a), a.shape, a.dtype, type(b), b.shape, b.dtype
    return first, *[(type(x), x.shape, x.dtype) for x in operands[1:]]


def _einsum(operands: Sequence[Any], signature: Callable[..., Hashable]) -> Array:
    """A call without keywords, seen for the first time (or of the other form)."""
    foreign = _foreign(operands)
    if foreign is not None:
        return foreign({})
    arrays = [np.asanyarray(x) for x in _arrays(operands)]
    equation = parse(operands, [x.shape for x in arrays])
    function = _function(operands, equation, arrays, True)
    cacheable = isinstance(operands[0], str) and all(type(x) is np.ndarray for x in operands[1:])
    if cacheable:
        if len(_ready) >= _LIMIT:
            _ready.clear()
        _ready[signature(operands)] = function
    return function(*arrays)


def _arrays(operands: Sequence[Any]) -> Sequence[Any]:
    """The operands proper, of either calling form."""
    if not operands:
        raise ValueError("einsum: no operands")
    if isinstance(operands[0], str):
        return operands[1:]
    return operands[0 : len(operands) // 2 * 2 : 2]


def _foreign(operands: Sequence[Any]) -> Callable[[dict[str, Any]], Any] | None:
    """Who takes the call over, if an operand is no array of NumPy's own."""
    arrays = _arrays(operands)
    for array in arrays:
        own = getattr(array, "__einlang_einsum__", None)
        if own is not None:
            text = operands[0] if isinstance(operands[0], str) else letters(operands)
            return lambda keywords: own(text, tuple(arrays), **keywords)
    others = (type(x) for x in arrays if type(x) is not np.ndarray)
    if any(hasattr(kind, "__array_function__") and _overrides(kind) for kind in others):
        return lambda keywords: np.einsum(*operands, **keywords)
    return None


def _overrides(kind: type) -> bool:
    """Not for the scalars of NumPy, which are nothing but arrays without axes."""
    return not issubclass(kind, np.generic)


def _with_keywords(operands: Sequence[Any], optimize: Any, keywords: dict[str, Any]) -> Array:
    asked = {name: value for name, value in keywords.items() if value is not None}
    foreign = _foreign(operands)
    if foreign is not None:
        return foreign(asked)
    out, casting = keywords["out"], keywords["casting"]
    if out is not None and not isinstance(out, np.ndarray):
        raise TypeError("einsum: `out` must be an array")
    arrays = [np.asanyarray(x) for x in _arrays(operands)]
    equation = parse(operands, [x.shape for x in arrays])
    if len(arrays) == 1:
        return np.einsum(*operands, **asked)
    kind = _kind(arrays, out, keywords["dtype"])
    arranged = _order(keywords["order"], arrays)
    cast = [_cast(x, kind, casting, f"operand {n}") for n, x in enumerate(arrays)]
    value = _function(operands, equation, cast, optimize)(*cast)
    if out is None:
        return value if arranged == "K" else np.asanyarray(value, order=arranged)
    if out.shape != np.shape(value):
        raise ValueError(f"einsum: `out` has shape {out.shape}, not {np.shape(value)}")
    loose = optimize not in (None, False) and set(equation.result) != equation.labels
    out[...] = _cast(np.asarray(value), out.dtype, "unsafe" if loose else casting, "`out`")
    return out


def _kind(arrays: Sequence[Array], out: Array | None, dtype: Any) -> np.dtype[Any]:
    """The type that is computed in."""
    if dtype is not None:
        return np.dtype(dtype)
    return np.result_type(*arrays, *([] if out is None else [out.dtype]))


def _order(order: str, arrays: Sequence[Array]) -> Any:
    """The memory order of the result: K keeps what comes, A is F where all operands are."""
    if not isinstance(order, str) or order.upper() not in ("K", "A", "C", "F"):
        raise ValueError(f"einsum: order must be one of 'C', 'F', 'A', or 'K', not {order!r}")
    if order.upper() != "A":
        return order.upper()
    return "F" if all(x.flags.f_contiguous for x in arrays) else "C"


def _cast(array: Array, kind: np.dtype[Any], casting: Any, what: str) -> Array:
    if not np.can_cast(array.dtype, kind, casting):
        raise TypeError(f"einsum: {what} cannot be cast from {array.dtype} to {kind}, {casting}")
    return array.astype(kind, copy=False)


def _function(
    operands: Sequence[Any], equation: Equation, arrays: Sequence[Array], optimize: Any
) -> Callable[..., Array]:
    """What computes the equation on arrays of these shapes and types."""
    text = repr_text(operands[0]) if isinstance(operands[0], str) else ""
    shapes = [x.shape for x in arrays]
    equation.sizes(shapes, text)
    kind = np.result_type(*arrays)
    path = _path(optimize, len(arrays))
    key = equation, *shapes, kind, path
    if key not in _compiled:
        if len(_compiled) >= _LIMIT:
            _compiled.clear()
        _compiled[key] = _compile(equation, shapes, kind, path)
    function = _compiled[key]
    if any(x.dtype != kind for x in arrays) and len(arrays) > 1:
        return lambda *xs: function(*[np.asarray(x).astype(kind, copy=False) for x in xs])
    return function


def _compile(
    equation: Equation,
    shapes: Sequence[tuple[int, ...]],
    kind: np.dtype[Any],
    path: tuple[Pair, ...] | None,
) -> Callable[..., Array]:
    number: dict[int, int] = {}
    for label in (label for term in equation.terms for label in term):
        number.setdefault(label, len(number))
    terms = [tuple(number[label] for label in term) for term in equation.terms]
    result = tuple(number[label] for label in equation.result)
    whole = len(terms) == 1 or kind.kind not in "biufc"
    if whole and len(number) <= len(LETTERS):
        return _whole(terms, result)
    from einlang.planning.product import product

    backend: Any = find("numpy")
    function = backend.function(product(terms, result, shapes, path))
    return function if result else lambda *arrays: np.asarray(function(*arrays))[()]


def _whole(terms: Sequence[tuple[int, ...]], result: tuple[int, ...]) -> Callable[..., Array]:
    """The equation in one call of NumPy's loops: views of one operand, and objects."""
    sides = ["".join(LETTERS[label] for label in labels) for labels in (*terms, result)]
    equation = f"{','.join(sides[:-1])}->{sides[-1]}"
    return lambda *arrays: np.einsum(equation, *arrays)


def _path(optimize: Any, count: int) -> tuple[Pair, ...] | None:
    """An order of contraction that is given in words of `numpy.einsum_path`, as pairs."""
    groups = list(optimize) if isinstance(optimize, list | tuple) else []
    if groups[:1] != ["einsum_path"]:
        return None
    waiting, pairs = list(range(count)), []
    for group in groups[1:]:
        if any(place >= len(waiting) for place in group):
            raise RuntimeError(f"einsum: the path {optimize} names operands that are not there")
        taken = [waiting.pop(place) for place in sorted(group, reverse=True)][::-1]
        value = taken[0]
        for other in taken[1:]:
            pairs.append((value, other))
            value = count + len(pairs) - 1
        waiting.append(value)
    if len(waiting) != 1:
        raise RuntimeError(f"einsum: the path {optimize} leaves {len(waiting)} operands")
    return tuple(pairs)
