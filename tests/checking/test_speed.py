"""Checking takes time in proportion to the program, and no more stack than any program."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
from counting import growth
from oracle import evaluate

from einlang.checking import check
from einlang.errors import CheckMistake
from einlang.syntax import nodes, read

ROW, COLUMN = (nodes.Affine(((name, 1),)) for name in "ik")
HEAD = (
    nodes.Index("i", nodes.Number(3)),
    nodes.Index("k", nodes.Number(3)),
    nodes.Input("secret", "A", ("i", "k")),
)
A = nodes.Access("A", (ROW, COLUMN))


def checked(*statements: nodes.Statement) -> None:
    """A program of these statements is checked."""
    check(nodes.Program(None, HEAD + statements))


def chain(count: int) -> list[nodes.Statement]:
    """Matrix times vector, again and again."""
    first = nodes.Definition("x0", (ROW,), nodes.Access("A", (ROW, nodes.Affine((), 0))))
    found: list[nodes.Statement] = [first]
    for n in range(count):
        vector = nodes.Access(f"x{n}", (COLUMN,))
        found.append(nodes.Definition(f"x{n + 1}", (ROW,), nodes.Binary("*", A, vector)))
    return found


def test_many_definitions() -> None:
    checked(*chain(1500))
    assert growth(lambda count: checked(*chain(count)), 200) < 2.3


@pytest.mark.parametrize("operator", ["*", "+", "-"])
def test_many_factors_and_terms(operator) -> None:
    def whole(count: int) -> None:
        sides = reduce(lambda left, right: nodes.Binary(operator, left, right), [A] * count)
        checked(nodes.Definition("x", (ROW,), sides))

    whole(1500)
    assert growth(whole, 200) < 2.3


def test_many_windows() -> None:
    def windows(count: int) -> nodes.Program:
        text = f"index i = {3 * count}\nsecret x0[i]\n"
        text += "".join(f"x{n + 1}[p{n}] = x{n}[p{n} + 1]\n" for n in range(count))
        return read(text)

    assert check(windows(1000)).tensors["x1000"].shape == (2000,)
    assert growth(lambda count: check(windows(count)), 100) < 2.3


@pytest.mark.parametrize(
    "one", ["relu({})", "max[k](A[i, k] + {})", "1 / (2 + {})", "f({})", "({} + 1)^2", "-(1 - {})"]
)
def test_what_is_nested_deeply_is_taken_apart(one) -> None:
    inner = "A[i, 0]"
    for _ in range(60 if one != "max[k](A[i, k] + {})" else 40):
        inner = one.format(inner)
    text = f"index i = 2, k = 2\nsecret A[i, k]\ndef f(x) = x / (1 + x^2)\nC[i] = {inner}"
    typed = check(read(text))
    assert len(typed.definitions) > 1
    if "max" not in one:
        with np.errstate(all="ignore"):
            assert evaluate(typed, {"A": np.ones((2, 2))})["C"].shape == (2,)


def test_functions_of_functions() -> None:
    forth = "def f0(x) = 1 + relu(x)\n"
    forth += "".join(f"def f{n}(x) = f{n - 1}(relu(x))\n" for n in range(1, 300))
    typed = check(read(f"index i = 2\npublic a[i]\n{forth}b[i] = f299(a[i])"))
    assert evaluate(typed, {"a": np.ones(2)})["b"].tolist() == [2, 2]
    back = "".join(f"def f{n}(x) = f{n + 1}(x)\n" for n in range(100)) + "def f100(x) = x\n"
    with pytest.raises(CheckMistake, match="define functions before those that call them"):
        check(read(f"{back}b = f0(1)"))
