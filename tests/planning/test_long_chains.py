"""More contractions than Python stacks calls, in one expression or many, from text to result."""

from __future__ import annotations

from functools import reduce

import numpy as np
import pytest
from chains import texts
from counting import growth
from numpy.testing import assert_allclose

from einlang.api import Tensor, compile, indices
from einlang.checking import check
from einlang.diagrams import build
from einlang.errors import SyntaxMistake
from einlang.planning import plan
from einlang.syntax import format, read, show

COUNT = 1500
SAME = {f"A{n}": np.eye(3) for n in range(COUNT)}
TEXTS = texts(COUNT)


@pytest.fixture(scope="module")
def matrices() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [np.linalg.qr(random.normal(size=(3, 3)))[0] for _ in range(COUNT)]


@pytest.mark.parametrize("kind", TEXTS)
def test_from_text_to_result(kind, matrices) -> None:
    data = {f"A{n}": matrix for n, matrix in enumerate(matrices)}
    (result,) = compile(TEXTS[kind]).run("numpy", data).values()
    expected = sum(matrices) if kind == "terms" else reduce(np.matmul, matrices)
    assert_allclose(result, expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("kind", ["factors", "terms", "definitions"])
def test_work_keeps_in_proportion(kind, matrices) -> None:
    def work(count: int) -> None:
        data = {f"A{n}": matrix for n, matrix in enumerate(matrices[:count])}
        compile(texts(count)[kind]).run("numpy", data)

    work(10)
    assert growth(work, 150) < 2.3


@pytest.mark.parametrize("kind", TEXTS)
def test_written_as_it_is_read(kind) -> None:
    program = read(TEXTS[kind])
    text = show(program)
    again = read(text)
    assert again == program
    assert hash(again) == hash(program)
    assert format(text) == text
    assert f"name='A{COUNT - 1}'" in repr(program)


@pytest.mark.parametrize("kind", TEXTS)
def test_diagrams_and_plans(kind) -> None:
    typed = check(read(TEXTS[kind]), data=SAME)
    diagrams = build(typed)
    steps = plan(typed).server.steps
    assert len(diagrams) == (COUNT if kind == "definitions" else 1)
    assert len(steps) == (1 if kind == "terms" else COUNT - 1)


def test_single_elements_as_parameters() -> None:
    data = {f"A{n}": np.full((1, 1), -1.0) for n in range(COUNT)}
    text = TEXTS["factors"].replace("public", "param")
    assert compile(text).run("numpy", data)["Z"] == 1


def test_a_product_of_ranges_beyond_all_floats() -> None:
    text = TEXTS["factors"].replace("]\n", "] in [-1, 1]\n", COUNT)
    assert check(read(text), data=SAME).tensors["Z"].range is None


@pytest.mark.parametrize("sign", "*+")
def test_index_objects(sign, matrices) -> None:
    i = indices(" ".join(f"i{n}" for n in range(COUNT + 1)))
    places = [(i[n], i[n + 1]) if sign == "*" else (i[0], i[1]) for n in range(COUNT)]
    reads = [Tensor(matrix)[place] for matrix, place in zip(matrices, places, strict=True)]
    whole = reads[0]
    for one in reads[1:]:
        whole = whole * one if sign == "*" else whole + one
    result = np.asarray(whole.order(i[0], i[COUNT if sign == "*" else 1]))
    expected = reduce(np.matmul, matrices) if sign == "*" else sum(matrices)
    assert_allclose(result, expected, rtol=1e-9, atol=1e-9)


def test_index_objects_nested_deeply() -> None:
    (i,) = indices("i")
    whole = x = Tensor(np.ones(2))[i]
    for _ in range(2000):
        whole = (whole + 1) * x
    with pytest.raises(SyntaxMistake, match="more than 200 operations deep"):
        whole.order(i)


@pytest.mark.parametrize("one", ["x + ({})", "x * (1 + {})", "-({})", "x ^ ({})", "exp({})"])
def test_what_is_nested_is_no_chain(one) -> None:
    text = "x"
    for _ in range(250):
        text = one.format(text)
    with pytest.raises(SyntaxMistake) as raised:
        read(f"public x\ny = {text}")
    assert [diagnostic.code for diagnostic in raised.value.diagnostics] == ["E0112"]


@pytest.mark.parametrize("text", ["1 - 2 + 3", "1 / 2 * 3", "(1 - 2) ^ 3 ^ 4", "1 - (2 - 3) - 4"])
def test_chains_are_equal_if_their_links_are(text) -> None:
    one, same = (read(f"y = {text}") for _ in range(2))
    assert one == same
    assert hash(one) == hash(same)
    for other in ("1 - 2 - 3", "1 + 2 - 3", "1 / 2 / 3", "1 - 2 - 3 - 4", "1 - 2"):
        assert (read(f"y = {other}") == one) == (other == text)
