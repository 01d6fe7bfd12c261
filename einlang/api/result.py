"""What a run returns: a mapping of names to arrays, with the backend's report beside it.

>>> import einlang as ein
>>> result = ein.compile("public x[i]\\ny[i] = 2 * x[i]").run(x=[1, 2])
>>> result["y"].tolist(), dict(result).keys() == {"y"}
([2, 4], True)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np

from einlang.backend import Report


@dataclass(frozen=True)
class Agreement:
    """How far an output is from NumPy's: the largest error relative to `max(1, max|value|)`."""

    name: str
    error: float
    precision: float

    @property
    def holds(self) -> bool:
        """Whether the error is within the precision that the program states."""
        return self.error <= self.precision


def agreement(
    name: str, got: np.ndarray[Any, Any], expected: np.ndarray[Any, Any], precision: float
) -> Agreement:
    """The agreement of one output.

    >>> agreement("y", np.array([10.1]), np.array([10.0]), 0.1).holds
    True
    """
    if got.shape != expected.shape:
        return Agreement(name, float("inf"), precision)
    if not expected.size:
        return Agreement(name, 0.0, precision)
    with np.errstate(invalid="ignore", over="ignore"):
        distance = np.abs(np.asarray(got, float) - np.asarray(expected, float))
    distance = np.where(np.asarray(got == expected), 0.0, distance)
    largest = float(np.max(distance)) / max(1.0, float(np.max(np.abs(expected))))
    return Agreement(name, largest if np.isfinite(largest) else float("inf"), precision)


@dataclass(frozen=True, repr=False)
class Result(Mapping[str, "np.ndarray[Any, Any]"]):
    """The outputs of a run, by name.

    `axes` names the axes of each output, `report` is what the backend says of the run,
    `agreements` compares with NumPy where `verify` was asked for.

    >>> Result({"y": np.zeros(2)}, {"y": ("i",)})
    Result(y[i]: 2)
    """

    arrays: Mapping[str, np.ndarray[Any, Any]]
    axes: Mapping[str, tuple[str, ...]]
    report: Report = field(default_factory=Report)
    agreements: tuple[Agreement, ...] = ()

    def __getitem__(self, name: str) -> np.ndarray[Any, Any]:
        return self.arrays[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.arrays)

    def __len__(self) -> int:
        return len(self.arrays)

    def title(self, name: str) -> str:
        """An output with the names of its axes: `C[i, j]`."""
        axes = self.axes.get(name, ())
        return f"{name}[{', '.join(axes)}]" if axes else name

    def __repr__(self) -> str:
        shapes = (
            f"{self.title(name)}: {'x'.join(map(str, array.shape)) or 'scalar'}"
            for name, array in self.arrays.items()
        )
        return f"Result({', '.join(shapes)})"

    def _repr_html_(self) -> str:
        parts = (
            f"<dt><code>{escape(self.title(name))}</code></dt>"
            f"<dd><pre>{escape(np.array2string(array, threshold=100, precision=6))}</pre></dd>"
            for name, array in self.arrays.items()
        )
        return f"<dl>{''.join(parts)}</dl>"
