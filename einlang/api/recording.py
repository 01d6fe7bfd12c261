"""What Python expressions leave behind: definitions over arrays, written out as a program.

A leaf is an array, secret or public; a made tensor is a definition over other tensors.
`write` turns what a tensor is made of into one program, in which every tensor has a name
of its own and every definition indices of its own.

>>> x = Leaf(np.ones(3), name="x")
>>> i = nodes.Affine((("i", 1),))
>>> y = Made((i,), nodes.Access("%0", (i,)), {"%0": x}, name="y")
>>> print(write(y).text, end="")
public x[x_0]
y[i] = x[i]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Union

import numpy as np

from einlang import checking
from einlang.api.pipeline import CLEAR
from einlang.api.renaming import Renaming, index_names, subscript_names
from einlang.api.result import Result
from einlang.backend import Progress, silent
from einlang.syntax import nodes, show
from einlang.syntax.places import depth_checked

if TYPE_CHECKING:
    from einlang.api.program import Program

SOURCE = "<python>"
STATEMENTS = "index secret public param client out def where use target test expect let within"
BUILT_IN = "from in size pi einsum pad wrap clamp sum mean prod max min argmax argmin"
FUNCTIONS = "exp log sqrt abs sigmoid tanh relu gelu silu sign inverse square"
RESERVED: frozenset[str] = frozenset(f"{STATEMENTS} {BUILT_IN} {FUNCTIONS}".split())


@dataclass(frozen=True, eq=False)
class Leaf:
    """An array. `range` is what a secret one is said to lie in."""

    array: np.ndarray[Any, Any] = field(repr=False)
    secret: bool = False
    range: tuple[float, float] | None = None
    name: str | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the array."""
        return self.array.shape


@dataclass(frozen=True, eq=False)
class Made:
    """`name[subscripts] = value`, where accesses in `value` name the operands by their keys."""

    subscripts: tuple[nodes.Subscript, ...]
    value: nodes.Expression
    operands: Mapping[str, Tensorial]
    sizes: Mapping[str, int] = MappingProxyType({})
    name: str | None = None
    secret: bool = field(init=False)
    """Whether anything that it is made of is secret."""

    def __post_init__(self) -> None:
        secret = any(operand.secret for operand in self.operands.values())
        object.__setattr__(self, "secret", secret)

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """What the checker says of this one definition."""
        bare = {key: _bare(operand) for key, operand in self.operands.items()}
        return write(replace(self, operands=bare)).shape


Tensorial = Union[Leaf, Made]


def _bare(operand: Tensorial) -> Leaf:
    """An input of the same shape, and with no more known of its values."""
    if isinstance(operand, Leaf) and not operand.secret:
        return operand
    nothing = np.broadcast_to(np.float64(1), operand.shape)
    bounds = operand.range if isinstance(operand, Leaf) else None
    return Leaf(nothing, operand.secret, bounds, operand.name)


@dataclass(frozen=True)
class Written:
    """A program with its data; `name` is the tensor that it is all about."""

    text: str
    data: dict[str, np.ndarray[Any, Any]]
    name: str

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that the tensor will have. Raises `CheckMistake` where nothing fits."""
        tree = _program(self.text).tree
        return checking.check(tree, data=self.data).tensors[self.name].shape

    def run(
        self, backend: str, settings: Mapping[str, Any] | None = None, progress: Progress = silent
    ) -> Result:
        """The program run on its data. Programs are kept: only few of those that hold keys."""
        program = (_program if backend == CLEAR else _keyed)(self.text)
        return program.run(backend, {**(settings or {}), **self.data}, progress=progress)


@lru_cache(maxsize=256)
def _program(text: str) -> Program:
    from einlang.api.program import compile

    return compile(text, name=SOURCE)


_keyed = lru_cache(maxsize=4)(_program.__wrapped__)


def write(tensor: Made) -> Written:
    """Everything that a tensor is made of, as one program."""
    items = _ordered(tensor)
    tensors = dict.fromkeys(RESERVED, 0)
    names = {id(item): _free(item.name or "t", tensors) for item in items}
    taken: dict[str, int] = {}
    made = [_definition(item, names, taken) for item in items if isinstance(item, Made)]
    leaves = [item for item in items if isinstance(item, Leaf)]
    given = [_input(item, names[id(item)], taken) for item in leaves]
    sizes = [statement for declared, _ in made for statement in declared]
    program = nodes.Program(None, (*sizes, *given, *(definition for _, definition in made)))
    data = {names[id(item)]: item.array for item in leaves}
    return Written(show(program), data, names[id(tensor)])


def _input(item: Leaf, name: str, taken: dict[str, int]) -> nodes.Input:
    axes = tuple(_free(f"{name}_{axis}", taken) for axis in range(item.array.ndim))
    return nodes.Input("secret" if item.secret else "public", name, axes, None, item.range)


def _definition(
    item: Made, names: Mapping[int, str], taken: dict[str, int]
) -> tuple[list[nodes.Statement], nodes.Definition]:
    """The definition under the names of its program, and the sizes that it declares."""
    depth_checked(item.value)
    used = [name for place in item.subscripts for name in subscript_names(place)]
    indices = {
        name: _free(name, taken) for name in dict.fromkeys((*used, *index_names(item.value)))
    }
    tensors = {key: names[id(operand)] for key, operand in item.operands.items()}
    rename = Renaming(tensors, indices)
    left = tuple(rename.subscript(place) for place in item.subscripts)
    declared: list[nodes.Statement] = [
        nodes.Index(indices[name], nodes.Number(size)) for name, size in item.sizes.items()
    ]
    return declared, nodes.Definition(names[id(item)], left, rename(item.value))


def _ordered(tensor: Tensorial) -> list[Tensorial]:
    """Everything that it depends on, each once, what is read before what reads it."""
    order: dict[int, Tensorial] = {}
    stack: list[tuple[Tensorial, bool]] = [(tensor, False)]
    while stack:
        item, ready = stack.pop()
        if id(item) in order:
            continue
        if ready or isinstance(item, Leaf):
            order[id(item)] = item
            continue
        stack.append((item, True))
        stack += [(operand, False) for operand in reversed(tuple(item.operands.values()))]
    return list(order.values())


def _free(name: str, taken: dict[str, int]) -> str:
    """The name, with a number behind it where it is taken already; `taken` counts those."""
    found = name
    while found in taken:
        taken[name] += 1
        found = f"{name}{taken[name]}"
    taken[found] = 0
    return found
