"""Arrays for the reader: scalars on a line, small tensors as tables, large ones in numbers.

>>> number(3.0), number(0.123456789), number(7)
('3', '0.123457', '7')
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.text import Text

from einlang.api.result import Result
from einlang.commands.speaking import say, table

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


def show_outputs(console: Console, result: Result) -> None:
    """All the outputs: scalars, then vectors of one index side by side, then the rest."""
    names = list(result)
    for name in (n for n in names if result[n].ndim == 0):
        say(console, f"{name} = {number(result[name][()])}")
    vectors = [name for name in names if result[name].ndim == 1 and result[name].size]
    for axis in dict.fromkeys((result.axes[name], result[name].size) for name in vectors):
        group = [n for n in vectors if (result.axes[n], result[n].size) == axis]
        show_vectors(console, axis[0][0], [(name, result[name]) for name in group])
    for name in (n for n in names if result[n].ndim == 2 and _small(result[n])):
        show_matrix(console, name, result.axes[name], result[name])
    rest = [name for name in names if result[name].ndim and not _small(result[name])]
    if rest:
        show_summaries(console, ((result.title(name), result[name]) for name in rest))


def _small(array: Array) -> bool:
    """Whether every element is shown: vectors always are, by their ends at least."""
    if array.ndim == 1:
        return array.size > 0
    return array.ndim == 2 and 0 < array.shape[0] <= ROWS and 0 < array.shape[1] <= COLUMNS


def show_vectors(console: Console, index: str, vectors: Sequence[tuple[str, Array]]) -> None:
    """Vectors over one index as the columns of a table; a long one by its two ends."""
    length = vectors[0][1].size
    ends = 3 * ROWS // 4
    shown = range(length) if length <= ROWS else [*range(ends), *range(length - 2, length)]
    rows: list[dict[str, str]] = []
    for place in shown:
        if rows and length > ROWS and place == length - 2:
            rows.append(dict.fromkeys((index, *(f" {name}" for name, _ in vectors)), "..."))
        row = {index: str(place)}
        rows.append(row | {f" {name}": number(values[place]) for name, values in vectors})
    console.print(table(rows))
    if length > ROWS:
        show_summaries(console, ((f"{name}[{index}]", values) for name, values in vectors))


def show_matrix(console: Console, name: str, axes: Sequence[str], values: Array) -> None:
    """A small matrix as a table, the first index downwards."""
    head = f"{axes[0]}, {axes[1]}"
    rows = [
        {head: str(place), **{str(column): number(value) for column, value in enumerate(row)}}
        for place, row in enumerate(values)
    ]
    say(console, Text(f"{name}[{head}]", style="bold"))
    console.print(table(rows))


def show_summaries(console: Console, arrays: Iterable[tuple[str, Array]]) -> None:
    """Large arrays: their shape and what their values are like."""
    rows = [
        {"tensor": title, "shape": "x".join(map(str, array.shape)), **_statistics(array)}
        for title, array in arrays
    ]
    console.print(table(rows))


def _statistics(array: Array) -> dict[str, str]:
    if not array.size:
        return dict.fromkeys(("smallest", "mean", "largest"), "")
    return {
        "smallest": number(array.min()),
        "mean": number(array.mean()),
        "largest": number(array.max()),
    }
