"""Arrays for the reader: scalars on a line, small tensors as tables, large ones in numbers.

>>> number(3.0), number(0.123456789), number(7)
('3', '0.123457', '7')
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from rich.console import RenderableType
from rich.table import Table
from rich.text import Text

from einlang.api.result import Result
from einlang.commands.speaking import table

ROWS = 20
COLUMNS = 12
Array = np.ndarray[Any, Any]


def number(value: Any) -> str:
    """A number with six digits."""
    if isinstance(value, (bool, np.bool_)):
        return str(int(value))
    if isinstance(value, (int, np.integer)):
        return str(value)
    return f"{float(value):.6g}"


def outputs(result: Result) -> Iterator[RenderableType]:
    """All the outputs: scalars, vectors of one index side by side, matrices, the rest."""
    names = list(result)
    scalars = [name for name in names if result[name].ndim == 0]
    if scalars:
        yield Text("\n".join(f"{name} = {number(result[name][()])}" for name in scalars))
    vectors = [name for name in names if result[name].ndim == 1 and _small(result[name])]
    for axis in dict.fromkeys((result.axes[name], result[name].size) for name in vectors):
        group = [n for n in vectors if (result.axes[n], result[n].size) == axis]
        yield _vectors(axis[0][0], [(name, result[name]) for name in group])
    for name in (n for n in names if result[n].ndim == 2 and _small(result[n])):
        yield _matrix(name, result.axes[name], result[name])
    rest = [name for name in names if _summarised(result[name])]
    if rest:
        yield _summaries((result.title(name), result[name]) for name in rest)


def _small(array: Array) -> bool:
    """Whether every element is shown: vectors always are, by their ends at least."""
    if array.ndim == 1:
        return array.size > 0
    return array.ndim == 2 and 0 < array.shape[0] <= ROWS and 0 < array.shape[1] <= COLUMNS


def _summarised(array: Array) -> bool:
    return array.ndim > 0 and (not _small(array) or (array.ndim == 1 and array.size > ROWS))


def _vectors(index: str, vectors: Sequence[tuple[str, Array]]) -> Table:
    """Vectors over one index as the columns of a table; long ones by their two ends."""
    length = vectors[0][1].size
    ends = 3 * ROWS // 4
    shown = range(length) if length <= ROWS else [*range(ends), *range(length - 2, length)]
    heads = (index, *(f" {name}" for name, _ in vectors))
    rows: list[dict[str, str]] = []
    for place in shown:
        if length > ROWS and place == length - 2:
            rows.append(dict.fromkeys(heads, "..."))
        cells = (str(place), *(number(values[place]) for _, values in vectors))
        rows.append(dict(zip(heads, cells, strict=True)))
    return table(rows)


def _matrix(name: str, axes: Sequence[str], values: Array) -> Table:
    """A small matrix as a table, the first index downwards."""
    head = f"{axes[0]}, {axes[1]}"
    rows = [
        {head: str(place), **{str(column): number(value) for column, value in enumerate(row)}}
        for place, row in enumerate(values)
    ]
    return table(rows, f"{name}[{head}]")


def _summaries(arrays: Iterable[tuple[str, Array]]) -> Table:
    """Large arrays: their shape and what their values are like."""
    rows = [
        {"tensor": title, "shape": "x".join(map(str, array.shape)), **_statistics(array)}
        for title, array in arrays
    ]
    return table(rows)


def _statistics(array: Array) -> dict[str, str]:
    if not array.size:
        return dict.fromkeys(("smallest", "mean", "largest"), "")
    return {
        "smallest": number(array.min()),
        "mean": number(array.mean()),
        "largest": number(array.max()),
    }
