"""What a program keeps between runs, and under which keys: what was checked, what was compiled.

A key holds everything that the checker takes from the data, and nothing else, so that other
secrets of the same shapes find what is there.

>>> from einlang.syntax import nodes
>>> secret = nodes.Input("secret", "x", ("i",))
>>> seen(secret, np.ones(3), Path()) == seen(secret, np.zeros(3), Path())
True
>>> public = nodes.Input("public", "x", ("i",))
>>> seen(public, np.ones(3), Path()) == seen(public, np.zeros(3), Path())
False
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from einlang.api.pipeline import Compiled
from einlang.checking.typed import Typed
from einlang.syntax import nodes

Value = TypeVar("Value")
Array = np.ndarray[Any, Any]
KEPT = 4
"""How many there are of what is kept: compiled programs hold keys, which are large."""


@dataclass
class Checked:
    """A checked program with what was made of it: a compiled program per backend."""

    typed: Typed
    compiled: dict[tuple[Any, ...], Compiled] = field(default_factory=dict)


def keep(kept: dict[Any, Value], key: Any, make: Callable[[], Value]) -> Value:
    """The value under a key, made where it is not there; the oldest ones go.

    >>> keep({"a": 1}, "a", lambda: 2)
    1
    """
    if key not in kept:
        kept[key] = make()
        while len(kept) > KEPT:
            del kept[next(iter(kept))]
    return kept[key]


def seen(item: nodes.Input, array: Array | None, directory: Path) -> tuple[Any, ...]:
    """What checking sees of an input: of an array its shape, type and what it takes from the
    values, of a file when it was written and how large it is."""
    if array is not None:
        return array.shape, array.dtype.str, _known(item, array)
    if item.path is None:
        return ()
    path = directory / item.path
    found = [p for p in (path, Path(str(path).rpartition(":")[0])) if p.is_file()]
    return tuple((p.stat().st_mtime_ns, p.stat().st_size) for p in found)


def _known(item: nodes.Input, array: Array) -> Any:
    """What the checker takes from the values: all of a parameter, the range of what is public."""
    if item.qualifier == "param":
        return digest(array)
    if item.qualifier == "secret" or item.range or not array.size or array.dtype.kind not in "biuf":
        return None
    return float(array.min()), float(array.max())


def digest(array: Array) -> str:
    """A hash of an array's elements."""
    return hashlib.blake2b(np.ascontiguousarray(array).tobytes(), digest_size=16).hexdigest()
