"""Checking a program: names, sizes, secrecy and ranges, all mistakes at once.

>>> from einlang.syntax import read
>>> program = read("index i = 2, k = 3\\nsecret A[i, k]\\nparam x[k]\\ny[i] = A[i, k] * x[k]")
>>> checked = check(program)
>>> checked.tensors["y"].shape, checked.tensors["y"].qualifier.name
((2,), 'SECRET')
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from einlang import data as files
from einlang.checking import loose, typed
from einlang.checking.constraints import Constraints
from einlang.checking.elaborate import Elaboration
from einlang.checking.intervals import EVERYTHING, Interval
from einlang.checking.mistakes import Mistakes, ordered, similar
from einlang.checking.names import Flat, Test, flatten
from einlang.checking.ranges import Ranges, shown
from einlang.checking.secrecy import Secrecy
from einlang.checking.sizes import Sizes, size
from einlang.checking.typed import Index, Qualifier, Tensor, Typed
from einlang.errors import DataMistake, EinlangError, Label, Span
from einlang.syntax import nodes

LARGEST_TENSOR = 1 << 40
Arrays = Mapping[str, "np.ndarray[Any, Any]"]


def check(
    program: nodes.Program,
    *,
    data: Mapping[str, Any] | None = None,
    sizes: Mapping[str, int] | None = None,
    directory: Path | None = None,
) -> Typed:
    """The program with every sum explicit, every index sized, every tensor shaped.

    `data` holds arrays for inputs by name (they go before the files that the program
    names), `sizes` those of indices; `directory` is where relative paths start, the
    working directory by default. Raises `CheckMistake`, or `DataMistake` when only the
    data is wrong, with all diagnostics in the order of the source.
    """
    mistakes = Mistakes()
    room = _Check(program, data or {}, sizes or {}, directory or Path(), mistakes)
    found = room.typed()
    mistakes.raised()
    assert found is not None
    return found


@dataclass
class _Check:
    program: nodes.Program
    data: Mapping[str, Any]
    given: Mapping[str, int]
    directory: Path
    mistakes: Mistakes

    def typed(self) -> Typed | None:
        mistakes = self.mistakes
        flat = flatten(self.program, self.directory, mistakes)
        self.strangers(flat)
        shapes = {n.name: s for n in flat.inputs if (s := self.shape(n, flat)) is not None}
        constraints = Constraints()
        for node in flat.inputs:
            constraints.axes[node.name] = tuple((name,) for name in node.indices)
        secrecy = Secrecy(mistakes)
        for node in flat.inputs:
            secrecy.input(node)
        for definition in flat.definitions:
            constraints.define(definition)
            secrecy.define(definition)
        for part in _parts(flat.tests):
            constraints.define(part)
        sizes = size(flat, constraints, shapes, self.given, mistakes)
        return _Core(self, flat, constraints, secrecy, sizes).typed()

    def strangers(self, flat: Flat) -> None:
        """Refuses data and sizes for names that the program has not."""
        names = [*(node.name for node in flat.inputs), *flat.broken]
        strangers = [name for name in self.data if name not in names]
        self.mistakes.errors += [files.stranger(name, names) for name in strangers]
        known = {*flat.indices, *flat.occurring}
        for name in self.given:
            if name not in known:
                self.mistakes.error(
                    "E0204",
                    f"index `{name}` is not known, and cannot be set",
                    hint=similar(name, known),
                )

    def shape(self, node: nodes.Input, flat: Flat) -> tuple[int, ...] | None:
        """The shape of an input's data, where there is any."""
        if node.name not in self.data and node.path is None:
            return None
        try:
            shape = self.found(node)
        except DataMistake as wrong:
            self.mistakes.take(wrong, node.span)
            flat.cut.update(node.indices)
            return None
        if len(shape) != len(node.indices):
            origin = f'"{node.path}"' if node.name not in self.data else "the data given"
            self.mistakes.error(
                "E0304",
                f"`{node.name}` is declared with {_axes(len(node.indices))}, "
                f"but its data has {len(shape)}",
                Label(node.span, f"{origin} has the shape {_shape(shape)}"),
            )
            flat.cut.update(node.indices)
            return None
        return shape

    def found(self, node: nodes.Input) -> tuple[int, ...]:
        """The shape of the data that is given, or of the file."""
        if node.name in self.data:
            return files.numbers(self.data[node.name], node.name).shape
        assert node.path is not None
        return files.fitted(files.shape(node.path, self.directory), len(node.indices), node.path)


@dataclass
class _Core:
    room: _Check
    flat: Flat
    constraints: Constraints
    secrecy: Secrecy
    sizes: Sizes

    @cached_property
    def ranges(self) -> Ranges:
        return Ranges({}, {}, self.room.mistakes)

    @cached_property
    def elaboration(self) -> Elaboration:
        return Elaboration(self.sizes.known, self.constraints.axes, self.room.mistakes)

    def typed(self) -> Typed | None:
        mistakes = self.room.mistakes
        inputs = [self.input(node) for node in self.flat.inputs if self.sound(node.indices)]
        definitions = [self.definition(node) for node in self.flat.definitions if self.sized(node)]
        tests = [self.test(test) for test in self.flat.tests] if not mistakes.errors else []
        if mistakes.errors:
            return None
        program = self.room.program
        return Typed(
            program.span.source.name,
            program.docstring,
            tuple(
                Index(name, self.sizes.known[name])
                for name in dict.fromkeys((*self.flat.indices, *self.flat.occurring))
                if name in self.sizes.known
            ),
            tuple(inputs),
            tuple(definitions),
            tuple(self.flat.outputs),
            self.flat.settings,
            tuple(tests),
            ordered(mistakes.warnings),
        )

    def sound(self, names: tuple[str, ...] | set[str]) -> bool:
        known, wrong = self.sizes.known, self.sizes.wrong
        return all(name in known and name not in wrong for name in names)

    def sized(self, node: loose.Definition) -> bool:
        """Whether all the indices of a definition, and of what it reads, have sizes."""
        names = set(node.indices)
        for read in node.reads:
            if read.tensor not in self.ranges.tensors:
                return False
            names.update(read.carries)
            names.update(name for place in read.places for name in loose.sizes_of(place))
        names.update(_bound(node.value))
        return self.sound(names)

    def input(self, node: nodes.Input) -> typed.Input:
        indices = tuple(Index(name, self.sizes.known[name]) for name in node.indices)
        shape = tuple(index.size for index in indices)
        self.fits(node.name, prod(shape), node.span)
        qualifier = self.secrecy.qualifiers[node.name]
        interval = node.range or self.measured(node, shape, qualifier)
        self.ranges.tensors[node.name] = interval or EVERYTHING
        tensor = Tensor(node.name, shape, qualifier, shown(interval or EVERYTHING), node.span)
        path = None if node.path is None else str((self.room.directory / node.path).resolve())
        return typed.Input(tensor, indices, path)

    def measured(
        self, node: nodes.Input, shape: tuple[int, ...], qualifier: Qualifier
    ) -> Interval | None:
        """The interval of values that are at hand and not secret."""
        if qualifier is Qualifier.SECRET:
            return None
        if node.name not in self.room.data and node.path is None:
            return None
        try:
            array = files.array(node.name, node.path, self.room.data, self.room.directory)
        except EinlangError as wrong:
            self.room.mistakes.take(wrong, node.span)
            return None
        if array.size != prod(shape):
            return None
        if qualifier is Qualifier.PARAM:
            self.ranges.known = {**self.ranges.known, node.name: array.reshape(shape)}
        return float(array.min()), float(array.max())

    def definition(self, node: loose.Definition) -> typed.Definition:
        left, value = self.elaboration.definition(node)
        self.fits(node.name, prod(index.size for axis in left for index in axis), node.span)
        value, interval = self.ranges.of(value)
        interval = self.ranges.promise(interval, node.range, node.name, node.span)
        self.ranges.tensors[node.name] = interval
        shape = tuple(prod(index.size for index in axis) for axis in left)
        qualifier = self.secrecy.qualifiers[node.name]
        tensor = Tensor(node.name, shape, qualifier, shown(interval), node.span)
        return typed.Definition(tensor, left, value, node.client)

    def fits(self, name: str, count: int, span: Span) -> None:
        """Refuses what no machine can hold."""
        if count > LARGEST_TENSOR:
            self.room.mistakes.error(
                "E0311",
                f"`{name}` has {count:,} elements, more than memory can hold",
                Label(span, "here"),
                hint="are the sizes of its indices right?",
            )

    def test(self, test: Test) -> typed.Test:
        """A test; its ranges are those of the test's own values, so none are filled in."""
        lets = []
        for node in test.lets:
            left, value = self.elaboration.definition(node)
            shape = tuple(prod(index.size for index in axis) for axis in left)
            qualifier = self.secrecy.qualifiers[node.name]
            lets.append(
                typed.Definition(Tensor(node.name, shape, qualifier, None, node.span), left, value)
            )
        expects = []
        for expect in test.expects:
            _, left = self.elaboration.definition(expect.left)
            _, right = self.elaboration.definition(expect.right)
            operator, within, span = expect.node.operator, expect.node.within, expect.node.span
            expects.append(typed.Expect(left, operator, right, within, span))
        return typed.Test(test.label, tuple(lets), tuple(expects))


def _parts(tests: list[Test]) -> list[loose.Definition]:
    return [
        part
        for test in tests
        for part in (*test.lets, *(side for e in test.expects for side in (e.left, e.right)))
    ]


def _bound(value: loose.Expression) -> set[str]:
    """The indices that are summed, folded or asked for their size."""
    found: set[str] = set()
    stack = [value]
    while stack:
        node = stack.pop()
        if isinstance(node, loose.Product):
            found.update(node.summed)
        elif isinstance(node, loose.Fold):
            found.update(node.over)
        elif isinstance(node, loose.Size):
            found.add(node.index)
        stack.extend(loose.parts(node))
    return found


def _axes(count: int) -> str:
    return f"{count} axis" if count == 1 else f"{count} axes"


def _shape(shape: tuple[int, ...]) -> str:
    return f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"
