"""Running `test` blocks: `let`s replace inputs, `expect`s are compared by NumPy.

>>> from einlang.api.program import compile
>>> text = 'index i = 2\\npublic x[i]\\ny[i] = 2 * x[i]\\ntest "doubles":\\n'
>>> outcome, = compile(text + "    let x[i] = 3\\n    expect y[i] == 7").test()
>>> print(outcome.failures[0])
expect y[i] == 7: off by 1 at i = 0, where 6 stands beside 7
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from einlang import data
from einlang.api.pipeline import CLEAR, Arrays, execute, prepare
from einlang.api.settings import Options
from einlang.checking.typed import (
    Definition,
    Expect,
    Expression,
    Fold,
    Index,
    Input,
    Number,
    Product,
    Qualifier,
    Read,
    Sum,
    Tensor,
    Test,
    Typed,
)
from einlang.errors import EinlangError

COMPARE = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


@dataclass(frozen=True)
class Outcome:
    """One test: its label and, where something does not hold, the sentences that say what."""

    label: str
    failures: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything that it expects holds."""
        return not self.failures


def run_tests(
    checked: Callable[[Arrays], Typed], options: Options, backend: str, directory: Path
) -> tuple[Outcome, ...]:
    """All the tests of a program, in order. `checked` checks it with further data."""
    typed = checked({})
    runs = (_Run(typed, n, checked, options, backend, directory) for n in range(len(typed.tests)))
    return tuple(run.outcome() for run in runs)


@dataclass(frozen=True)
class _Run:
    """One test, by number, of a program that was checked without its `let`s."""

    typed: Typed
    number: int
    checked: Callable[[Arrays], Typed]
    options: Options
    backend: str
    directory: Path

    def outcome(self) -> Outcome:
        test = self.typed.tests[self.number]
        try:
            lets = self.lets(test)
            typed = self.checked(lets) if lets else self.typed
            test = typed.tests[self.number]
            values = self.values(typed, test, {**self.options.data, **lets})
            failures = tuple(text for item in test.expects for text in _violation(item, values))
        except EinlangError as error:
            return Outcome(test.label, (str(error),))
        return Outcome(test.label, failures)

    def lets(self, test: Test) -> dict[str, np.ndarray[Any, Any]]:
        """The values that the test gives to inputs."""
        if not test.lets:
            return {}
        asked = {name for item in test.lets for name in reads(item.value)}
        kept, arrays = self.bound(self.typed, asked, self.options.data)
        return _clear(kept, tuple(replace(d, client=False) for d in test.lets), arrays)

    def values(self, typed: Typed, test: Test, given: Arrays) -> dict[str, np.ndarray[Any, Any]]:
        """All tensors that the test reads."""
        asked = {name for e in test.expects for side in (e.left, e.right) for name in reads(side)}
        needed = _needed(typed, asked)
        kept, arrays = self.bound(typed, needed, given)
        made = tuple(d.tensor.name for d in typed.definitions if d.tensor.name in asked)
        if not made:
            return arrays
        definitions = tuple(d for d in typed.definitions if d.tensor.name in needed)
        part = replace(typed, inputs=kept, definitions=definitions, outputs=made)
        compiled = prepare(part, self.backend, arrays, self.options.settings)
        return {**arrays, **execute(compiled, arrays)}

    def bound(
        self, typed: Typed, names: Collection[str], given: Arrays
    ) -> tuple[tuple[Input, ...], dict[str, np.ndarray[Any, Any]]]:
        """The inputs of these names, and their values."""
        kept = tuple(item for item in typed.inputs if item.tensor.name in names)
        own = {name: array for name, array in given.items() if name in names}
        return kept, data.bind(replace(typed, inputs=kept), own, self.directory)


def _needed(typed: Typed, asked: Iterable[str]) -> set[str]:
    """The names that the asked ones depend on, themselves included."""
    needed = set(asked)
    for item in reversed(typed.definitions):
        if item.tensor.name in needed:
            needed.update(reads(item.value))
    return needed


def _clear(
    kept: tuple[Input, ...], made: tuple[Definition, ...], arrays: Arrays
) -> dict[str, np.ndarray[Any, Any]]:
    """Definitions evaluated by NumPy, everything public."""
    part = Typed(
        "<test>",
        None,
        (),
        tuple(replace(i, tensor=replace(i.tensor, qualifier=Qualifier.PUBLIC)) for i in kept),
        tuple(replace(d, tensor=replace(d.tensor, qualifier=Qualifier.PUBLIC)) for d in made),
        tuple(item.tensor.name for item in made),
    )
    return execute(prepare(part, CLEAR, arrays, {}), arrays)


def reads(value: Expression) -> tuple[str, ...]:
    """The tensors that an expression reads."""
    if isinstance(value, Number):
        return ()
    if isinstance(value, Read):
        return (value.tensor,)
    if isinstance(value, (Product, Sum)):
        parts = value.factors if isinstance(value, Product) else value.terms
        return tuple(name for part in parts for name in reads(part))
    return reads(value.body if isinstance(value, Fold) else value.argument)


def _violation(expect: Expect, values: Arrays) -> tuple[str, ...]:
    """What is wrong at the worst place, if anything is."""
    left, right, indices = _sides(expect, values)
    distance = np.abs(left - right)
    if expect.operator == "!=":
        holds = distance > expect.within
    else:
        holds = COMPARE[expect.operator](left, right) | (distance <= expect.within)
    if np.all(holds):
        return ()
    badness = np.where(holds, -1.0, np.nan_to_num(distance, nan=np.inf))
    worst = np.unravel_index(int(np.argmax(badness)), left.shape)
    place = ", ".join(f"{i.name} = {at}" for i, at in zip(indices, worst, strict=True))
    where = f" at {place}" if place else ""
    sentence = f"expect {_text(expect)}: off by {distance[worst]:.6g}{where}"
    return (f"{sentence}, where {left[worst]:.6g} stands beside {right[worst]:.6g}",)


def _text(expect: Expect) -> str:
    return expect.span.text.removeprefix("expect").strip() or expect.operator


def _sides(
    expect: Expect, values: Arrays
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any], tuple[Index, ...]]:
    """Both sides as float arrays over all free indices."""
    indices = tuple(dict.fromkeys((*expect.left.free, *expect.right.free)))
    asked = (*reads(expect.left), *reads(expect.right))
    kept = tuple(Input(_tensor(name, values[name]), ()) for name in dict.fromkeys(asked))
    kept = tuple(
        replace(item, indices=_fresh(item.tensor.shape, item.tensor.name)) for item in kept
    )
    shape = tuple(index.size for index in indices)
    left = tuple((index,) for index in indices)
    made = tuple(
        Definition(Tensor(name, shape, Qualifier.PUBLIC), left, value)
        for name, value in (("left side", expect.left), ("right side", expect.right))
    )
    sides = _clear(kept, made, {name: values[name] for name in asked})
    first, second = (np.asarray(sides[item.tensor.name], float) for item in made)
    return first, second, indices


def _tensor(name: str, array: np.ndarray[Any, Any]) -> Tensor:
    return Tensor(name, array.shape, Qualifier.PUBLIC)


def _fresh(shape: tuple[int, ...], name: str) -> tuple[Index, ...]:
    return tuple(Index(f"{name}.{axis}", size) for axis, size in enumerate(shape))
