"""What a backend is, and how one is found.

A backend is a functor out of dataflows, with an executor. It registers itself under the
entry point group `einlang.backends`, and is imported when it is asked for.

>>> sorted(available())[:2]
['fhe', 'numpy']
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from einlang.errors import BackendMistake, fail
from einlang.planning.dataflow import Dataflow

if TYPE_CHECKING:
    from einlang.diagrams.drawing import Drawing

Arrays = Mapping[str, "np.ndarray[Any, Any]"]
Progress = Callable[[str, int, int], None]
"""Called with what is being done, how much is done, and how much there is."""


def silent(what: str, done: int, total: int) -> None:
    """The progress of those who do not look."""


@dataclass(frozen=True)
class Report:
    """What a backend says of a compiled program: figures by name, and tables to show.

    `figures` holds plain numbers and strings (what `--json` prints), bytes and seconds under
    names that end so; `tables` maps a title to rows of equal keys. `groups` maps a title to
    the figures that are shown below it, by name, where not all belong together.
    """

    figures: dict[str, Any] = field(default_factory=dict)
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    groups: dict[str, tuple[str, ...]] = field(default_factory=dict)


class Executable(Protocol):
    """A compiled program."""

    @property
    def report(self) -> Report:
        """Figures known before, and after the last run."""
        ...

    def run(self, inputs: Arrays, progress: Progress = silent) -> dict[str, np.ndarray[Any, Any]]:
        """Inputs by name to outputs by name."""
        ...


@runtime_checkable
class Drawable(Protocol):
    """A compiled program that shows where it puts the elements of tensors."""

    def layouts(self) -> Drawing:
        """Every tensor with its layout, step by step, as a picture and as text."""
        ...


class Backend(Protocol):
    """A functor out of dataflows."""

    name: str

    def compile(
        self, flow: Dataflow, parameters: Arrays, settings: Mapping[str, Any]
    ) -> Executable:
        """The dataflow made ready to run.

        `parameters` holds the values of the `param` inputs; `settings` those of the
        `target` block, options of the command line included.
        """
        ...


@runtime_checkable
class Calibrated(Protocol):
    """A backend that can measure what its operations cost on this machine."""

    def calibrate(self, quick: bool = False, progress: Progress = silent) -> Report:
        """Measures, keeps what was measured for later compilations, and says it."""
        ...


@cache
def available() -> dict[str, EntryPoint]:
    """The backends that are installed, by name."""
    return {point.name: point for point in entry_points(group="einlang.backends")}


@cache
def find(name: str) -> Backend:
    """The backend of that name.

    Raises `BackendMistake` E0701 when there is none, with those that there are.
    """
    points = available()
    if name not in points:
        known = ", ".join(sorted(points)) or "none"
        raise fail(
            BackendMistake,
            "E0701",
            f"there is no backend `{name}`",
            hint=f"installed backends: {known}",
        )
    return points[name].load()()
