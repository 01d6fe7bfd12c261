"""Every equation in NumPy's own tests of einsum, as a program, on the numpy backend.

The calls are recorded while NumPy's tests run; those that NumPy refuses are left out.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator
from functools import cache
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import einlang
from einlang.equation import letters

theirs: Any = pytest.importorskip("numpy._core.tests.test_einsum")
Call = tuple[str, tuple[tuple[int, ...], ...]]
SHAPES = 3
"""How many of the shapes that an equation comes with are tried."""


@cache
def calls() -> tuple[Call, ...]:
    """The distinct equations with the shapes of their operands."""
    found: dict[str, dict[tuple[tuple[int, ...], ...], None]] = {}

    def record(*operands: Any, **keywords: Any) -> Any:
        value = np.einsum(*operands, **keywords)
        text = operands[0] if isinstance(operands[0], str) else letters(operands)
        arrays = (
            operands[1:] if isinstance(operands[0], str) else operands[: len(operands) // 2 * 2 : 2]
        )
        found.setdefault(text, {})[tuple(map(np.shape, arrays))] = None
        return value

    stand_in = SimpleNamespace(**{name: getattr(np, name) for name in dir(np)})
    stand_in.einsum = record
    original, theirs.np = theirs.np, stand_in
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for test, arguments in runnable():
                test(*arguments)
    finally:
        theirs.np = original
    return tuple((text, shapes) for text, known in found.items() for shapes in spread(list(known)))


def spread(items: list[Any]) -> list[Any]:
    """A few of many, from the first to the last."""
    return items[:: -(-len(items) // SHAPES)]


def runnable() -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """NumPy's tests that make no mistake on purpose, with what they are parametrized by."""
    for kind in (theirs.TestEinsum(), theirs.TestEinsumPath()):
        for name, test in inspect.getmembers(kind, inspect.ismethod):
            if not name.startswith("test_") or "error" in name or "invalid" in name:
                continue
            wanted = [p for p in inspect.signature(test).parameters if p in ("do_opt", "dtype")]
            if len(inspect.signature(test).parameters) == len(wanted):
                yield test, tuple({"do_opt": True, "dtype": "d"}[name] for name in wanted)


def program(text: str, shapes: tuple[tuple[int, ...], ...], rank: int) -> str:
    """The equation as a program."""
    inputs = [
        f"public A{n}[{', '.join(f'a{n}_{axis}' for axis in range(len(shape)))}]"
        if shape
        else f"public A{n}"
        for n, shape in enumerate(shapes)
    ]
    names = ", ".join(f"A{n}" for n in range(len(shapes)))
    left = f"C[{', '.join(f'c{axis}' for axis in range(rank))}]" if rank else "C"
    return "\n".join([*inputs, f'{left} = einsum("{text}", {names})', "out C\n"])


@pytest.mark.parametrize("kind", ["int64", "float64"])
@pytest.mark.parametrize("part", range(8))
def test_programs_give_what_numpy_gives(part: int, kind: str) -> None:
    random = np.random.default_rng(part)
    for text, shapes in calls()[part::8]:
        arrays = [random.integers(-3, 4, shape).astype(kind) for shape in shapes]
        wanted = np.einsum(text, *arrays, optimize=True)
        source = program(text, shapes, np.ndim(wanted))
        data = {f"A{n}": array for n, array in enumerate(arrays)}
        given = einlang.compile(source).run(**data)["C"]
        np.testing.assert_allclose(given, wanted, rtol=1e-12, err_msg=f"{text} {shapes}")
        assert given.dtype == kind


def test_there_are_as_many_equations_as_numpy_has() -> None:
    assert len({text for text, _ in calls()}) >= 160
