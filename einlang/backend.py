"""What a backend is, and how one is found.

A backend is a functor out of dataflows, with an executor. It registers itself under the
entry point group `einlang.backends`, and is imported when it is asked for.

>>> sorted(available())[:2]
['fhe', 'numpy']
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from einlang.checking.typed import Qualifier
from einlang.errors import BackendMistake, Diagnostic, fail
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
    warnings: tuple[Diagnostic, ...] = ()


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


@dataclass(frozen=True)
class Declared:
    """An input as the program declares it; `source` is the file that it names."""

    name: str
    shape: tuple[int, ...]
    qualifier: Qualifier
    range: tuple[float, float] | None
    axes: tuple[str, ...]
    source: str | None


@dataclass(frozen=True)
class Around:
    """What stands around the evaluator's part of a program: its name, what it declares and
    puts out, and the definitions of the client with the values that they read."""

    name: str
    inputs: tuple[Declared, ...]
    outputs: tuple[str, ...]
    axes: Mapping[str, tuple[str, ...]]
    sizes: Mapping[str, int]
    client: Dataflow
    params: Arrays


@runtime_checkable
class Shippable(Protocol):
    """A compiled program that can be written to a file, for a client and an evaluator."""

    def ship(self, around: Around, client_only: bool = False) -> bytes:
        """The bytes of the file: the same for the same program. A client's copy holds no
        values that only the evaluator needs."""
        ...


@dataclass(frozen=True)
class Limits:
    """What a worker may use: bytes of memory, and seconds."""

    memory: int | None = None
    seconds: float = 3600.0


@dataclass(frozen=True)
class Secret:
    """How a client uses its key: under which passphrase; whether requests are batches, every
    secret input with one axis more in front; whether results are to be shared with others."""

    passphrase: str | None = field(default=None, repr=False)
    batch: bool = False
    share: bool = False


@dataclass(frozen=True)
class Opened:
    """The outputs by name, the names of their axes, and what there is to say of them."""

    arrays: dict[str, np.ndarray[Any, Any]]
    axes: dict[str, tuple[str, ...]]
    report: Report


@runtime_checkable
class Remote(Protocol):
    """A backend whose client and evaluator can be two machines.

    Files are read in a worker with limits, and written whole or not at all. What cannot be
    read, or does not go together, raises `BackendMistake` E083x.
    """

    def inspect(self, path: Path, limits: Limits) -> Report:
        """What a file is, and what it says."""
        ...

    def keygen(
        self, programs: Sequence[Path], out: Path, passphrase: str | None, limits: Limits
    ) -> Report:
        """Keys for all of these programs: `client.key` and `evaluation.key` in a folder."""
        ...

    def encrypt(
        self, program: Path, key: Path, inputs: Arrays, out: Path, secret: Secret, limits: Limits
    ) -> Report:
        """A request, for the secret inputs."""
        ...

    def evaluate(
        self, program: Path, key: Path, request: Path, inputs: Arrays, out: Path, limits: Limits
    ) -> Report:
        """A reply, for public inputs."""
        ...

    def decrypt(
        self, program: Path, key: Path, reply: Path, inputs: Arrays, secret: Secret, limits: Limits
    ) -> Opened:
        """The outputs."""
        ...


@runtime_checkable
class Served(Protocol):
    """A backend whose evaluator can be a service, and whose client calls it."""

    def serve(
        self,
        programs: Sequence[Path],
        inputs: Arrays,
        address: tuple[str, int],
        allowed: Mapping[str, Any],
        ready: Callable[[int], None],
    ) -> None:
        """Serves programs until it is told to stop. `allowed` holds what a service allows, by
        name; `ready` is called with the port, once it is open."""
        ...

    def connect(self, url: str, program: Path, key: Path, secret: Secret) -> Connection:
        """A client of a service."""
        ...


class Connection(Protocol):
    """A client of a service, with its key."""

    @property
    def inputs(self) -> tuple[str, ...]:
        """The inputs that are given to it."""
        ...

    def call(self, given: Mapping[str, Any]) -> Opened:
        """The outputs for these inputs."""
        ...

    def close(self) -> None:
        """Lets go of the service."""
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


class Differentiable(Protocol):
    """A dataflow as a function of parameters, for a batch of samples at once."""

    def start(self, rng: np.random.Generator) -> dict[str, np.ndarray[Any, Any]]:
        """Real parameters to start from, by the names of the tensors they stand for."""
        ...

    def differentiate(
        self, parameters: Arrays, inputs: Arrays
    ) -> tuple[dict[str, np.ndarray[Any, Any]], Callable[[Arrays], Mapping[str, Any]]]:
        """The outputs, and what pulls gradients by outputs back to parameters.

        Inputs and outputs have one axis in front: the samples, or of length one.
        """
        ...


@runtime_checkable
class Trainable(Protocol):
    """A backend whose programs are trained: `param` tensors without data are what is sought."""

    def differentiable(
        self, flow: Dataflow, sought: Mapping[str, tuple[int, ...]], settings: Mapping[str, Any]
    ) -> Differentiable:
        """The dataflow, and parameters for the tensors that are sought, given by shape."""
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
