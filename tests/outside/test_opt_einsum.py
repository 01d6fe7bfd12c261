"""The equations of opt_einsum's own tests, from the installed opt_einsum, run on ours."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from string import ascii_letters
from typing import Any

import numpy as np
import pytest
from opt_einsum.testing import build_views, rand_equation

import einlang

ROOM = "opt_einsum.tests."
SIZES = {letter: 2 + n % 4 for n, letter in enumerate(ascii_letters)}
LISTS = {"test_contract": "tests", "test_sharing": "equations", "test_blas": "blas_tests"}
SPECIAL = [
    "test_ellipse_input1",
    "test_ellipse_input2",
    "test_ellipse_input3",
    "test_ellipse_input4",
    "test_singleton_dimension_broadcast",
]


def theirs(name: str) -> Any:
    return pytest.importorskip(ROOM + name)


def equations() -> Iterator[str]:
    """Those of all lists, and those that test functions are parametrized by."""
    for module, name in LISTS.items():
        for item in getattr(import_module(ROOM + module), name):
            yield equation(item)
    marked = import_module(ROOM + "test_input").test_compare.pytestmark
    for mark in marked:
        yield from mark.args[1]


def equation(item: Any) -> str:
    """An equation, or the result and arguments of a test of `can_blas` as one."""
    if isinstance(item, str):
        return item
    terms, result, _ = item[0]
    return f"{','.join(terms)}->{result}"


@pytest.mark.parametrize("optimize", [True, False, "optimal", "greedy"])
def test_their_equations(optimize: Any) -> None:
    known = list(dict.fromkeys(equations()))
    assert len(known) >= 110
    for text in known:
        views = build_views(text.replace("...", "Z"), SIZES)
        found = einlang.einsum(text, *views, optimize=optimize)
        np.testing.assert_allclose(found, np.einsum(text, *views), err_msg=text)


@pytest.mark.parametrize("count", [4, 5, 12])
@pytest.mark.parametrize("wide", [False, True])
def test_their_random_equations(count: int, wide: bool) -> None:
    for seed in range(4):
        text, shapes, sizes = rand_equation(
            count, 2, 2, d_min=2, d_max=3, seed=seed, global_dim=wide, return_size_dict=True
        )
        assert len(shapes) == count
        views = build_views(text, sizes)
        wanted = np.einsum(text, *views, optimize=True)
        np.testing.assert_allclose(einlang.einsum(text, *views), wanted)


@pytest.mark.parametrize("name", SPECIAL)
def test_their_calls(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = theirs("test_input")
    monkeypatch.setattr(module, "contract", einlang.einsum)
    getattr(module, name)()
