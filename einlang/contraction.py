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
from einlang.equation import letters, parse, repr_text, spoken

Array = Any
Pair = tuple[int, int]
_LIMIT = 4096
_ready: dict[Hashable, Callable[..., Array]] = {}
_latest: dict[Any, tuple[Any, ...]] = {}
"""Per equation, the function of the last call, and what the operands were like."""
_plain = np.ndarray


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
    `numpy.einsum_path` gives it, a pair `("greedy", memory)` whose second part is the largest
    number of elements of a value in between (labels are sliced to keep to it), or
    `"cotengra"`; otherwise the best order that is quickly found is taken: the best of all for
    up to a dozen operands. (As in NumPy, asking for one lets a sum of products be cast to any
    `out`.) Operands that have a method `__einlang_einsum__(equation, operands)`, as encrypted
    tensors do, take over.

    Raises ValueError and TypeError where `numpy.einsum` does; a ValueError about sizes names
    the operands and the label.

    >>> einsum("ij,j->i", np.eye(2), [3.0, 4.0])
    array([3., 4.])
    """
    if (
        out is None
        and dtype is None
        and order == "K"
        and casting == "safe"
        and (optimize is None or optimize is True or optimize is False)
    ):
        try:
            known = _latest[operands[0]]
        except (KeyError, TypeError, IndexError):
            return _seldom(operands)
        if len(operands) == 3:
            _, a, b = operands
            if (
                type(a) is type(b) is _plain
                and (a.dtype, a.shape, a.strides) == known[2]
                and (b.dtype, b.shape, b.strides) == known[3]
            ):
                return known[0](a, b)
            return _seldom(operands)
        if len(operands) == 2:
            a = operands[1]
            if type(a) is _plain and (a.dtype, a.shape, a.strides) == known[2]:
                return known[0](a)
            return _seldom(operands)
        if len(operands) == 4:
            _, a, b, c = operands
            if (
                type(a) is type(b) is type(c) is _plain
                and len(known[1]) == 3
                and (a.dtype, a.shape, a.strides) == known[2]
                and (b.dtype, b.shape, b.strides) == known[3]
                and (c.dtype, c.shape, c.strides) == known[4]
            ):
                return known[0](a, b, c)
            return _seldom(operands)
        arrays = operands[1:]
        if len(arrays) != len(known[1]) or alike(arrays) != known[-1]:
            return _seldom(operands)
        for x, part in zip(arrays, known[1], strict=False):
            if type(x) is not _plain or (x.dtype, x.shape, x.strides) != part:
                return _seldom(operands)
        return known[0](*arrays)
    keywords = {"out": out, "dtype": dtype, "order": order, "casting": casting}
    return _with_keywords(operands, optimize, keywords)


def _seldom(operands: Sequence[Any]) -> Array:
    """A call without keywords that is not like the last one of its equation."""
    foreign = _foreign(operands)
    if foreign is not None:
        return foreign({})
    arrays = [np.asanyarray(x) for x in _arrays(operands)]
    function = planned(operands, arrays, True)
    if isinstance(operands[0], str):
        parts = tuple((x.dtype, x.shape, x.strides) for x in arrays)
        _keep(_latest, operands[0], (function, parts, *parts, None, None, alike(arrays)))
    return function(*arrays)


def _keep(kept: dict[Any, Any], key: Hashable, value: Any) -> None:
    if len(kept) >= _LIMIT:
        kept.clear()
    kept[key] = value


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
    arrays = _arrays(operands)
    if any(type(x) is not _plain for x in arrays):
        foreign = _foreign(operands)
        if foreign is not None:
            return foreign({name: value for name, value in keywords.items() if value is not None})
        arrays = [np.asanyarray(x) for x in arrays]
    out = keywords["out"]
    if out is not None and not isinstance(out, np.ndarray):
        raise TypeError("einsum: `out` must be an array")
    if len(arrays) == 1:
        parse(operands, [x.shape for x in arrays])
        return np.einsum(*operands, **{n: x for n, x in keywords.items() if x is not None})
    way = _hashable(optimize), *(keywords[name] for name in ("dtype", "order", "casting"))
    into = None if out is None else (out.dtype, out.shape)
    parts = tuple([(x.dtype, x.shape, x.strides) for x in arrays])
    key = _written(operands), parts, alike(arrays), way, into
    if key not in _ready:
        _keep(_ready, key, _prepared(operands, arrays, optimize, keywords))
    return _ready[key](arrays, out)


def _hashable(value: Any) -> Hashable:
    """Lists and tuples within each other as tuples."""
    return tuple(map(_hashable, value)) if isinstance(value, list | tuple) else value


def _prepared(
    operands: Sequence[Any], arrays: Sequence[Array], optimize: Any, keywords: dict[str, Any]
) -> Callable[..., Array]:
    """What computes on such arrays, in a type that is asked for, into an array like `out`."""
    out, casting = keywords["out"], keywords["casting"]
    equation = parse(operands, [x.shape for x in arrays])
    kind = _kind(arrays, out, keywords["dtype"])
    arranged = _order(keywords["order"], arrays)
    for number, x in enumerate(arrays):
        _castable(x.dtype, kind, casting, f"operand {number}")
    cast = [x.astype(kind, copy=False) for x in arrays]
    function = planned(operands, cast, optimize)
    same = all(x.dtype == kind for x in arrays)

    def compute(given: Sequence[Array]) -> Array:
        return function(*(given if same else [x.astype(kind, copy=False) for x in given]))

    if out is None:
        if arranged == "K":
            return lambda given, _: compute(given)
        return lambda given, _: np.asanyarray(compute(given), order=arranged)
    sizes = equation.sizes([x.shape for x in arrays])
    shape = tuple(sizes[label] for label in equation.result)
    if out.shape != shape:
        raise ValueError(f"einsum: `out` has shape {out.shape}, not {shape}")
    loose = optimize not in (None, False) and set(equation.result) != equation.labels
    _castable(kind, out.dtype, "unsafe" if loose else casting, "`out`")

    def into(given: Sequence[Array], out: Array) -> Array:
        np.copyto(out, compute(given), "unsafe")
        return out

    return into


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


def _castable(given: np.dtype[Any], kind: np.dtype[Any], casting: Any, what: str) -> None:
    if not np.can_cast(given, kind, casting):
        raise TypeError(f"einsum: {what} cannot be cast from {given} to {kind}, {casting}")


def planned(
    operands: Sequence[Any], arrays: Sequence[Array], optimize: Any, most: int | None = None
) -> Callable[..., Array]:
    """What computes the equation on arrays of these shapes, strides and types."""
    path = _path(optimize, len(arrays))
    optimizer, limit = _asked(optimize)
    memory = limit if most is None else most
    known = tuple([(x.dtype, x.shape, x.strides) for x in arrays])
    same = alike(arrays)
    key = _written(operands), known, path, optimizer, memory, same
    if key not in _ready:
        text = repr_text(operands[0]) if isinstance(operands[0], str) else ""
        equation = parse(operands, [x.shape for x in arrays])
        equation.sizes([x.shape for x in arrays], text)
        backend: Any = find("numpy")
        terms, result = equation.terms, equation.result
        ready = backend.equation(terms, result, arrays, path, optimizer, memory, same)
        _keep(_ready, key, ready)
    return _ready[key]


def alike(arrays: Sequence[Any]) -> tuple[int, ...] | None:
    """Which of four operands and more are one array; nothing where they are all distinct.

    Three have but two products, which are never the same.

    >>> x, y = [1], [1]
    >>> alike([x, y, x, x]), alike([x, y])
    ((0, 1, 0, 0), None)
    """
    if len(arrays) < 4 or len(set(map(id, arrays))) == len(arrays):
        return None
    first = {id(x): n for n, x in reversed(list(enumerate(arrays)))}
    return tuple(first[id(x)] for x in arrays)


def _written(operands: Sequence[Any]) -> Hashable:
    """The equation as a key."""
    if isinstance(operands[0], str):
        return operands[0]
    return spoken(operands)


def _asked(optimize: Any) -> tuple[str, int | None]:
    """The optimizer by name, and the largest number of elements of a value in between."""
    if isinstance(optimize, list | tuple) and optimize[:1] != ["einsum_path"]:
        name, *limit = optimize
        if isinstance(name, str) and name != "einsum_path":
            return _asked(name)[0], int(limit[0]) if limit else None
    known = {"greedy": "greedy", "optimal": "optimal", "cotengra": "cotengra"}
    return known.get(optimize, "auto") if isinstance(optimize, str) else "auto", None


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
