"""`ein.einsum` gives what `numpy.einsum` gives, and complains where it does."""

from __future__ import annotations

import subprocess
import sys
import warnings
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import einlang
from einlang.equation import parse

KINDS = ["?", "i1", "u2", "i8", "f2", "f4", "f8", "c8", "c16"]


@st.composite
def contractions(draw: st.DrawFn) -> tuple[str, list[np.ndarray]]:
    """An equation with operands: repeated labels, an ellipsis, axes of length one."""
    sizes = {letter: draw(st.integers(1, 4)) for letter in "abcdE"}
    terms, arrays = [], []
    dots = draw(st.booleans())
    for _ in range(draw(st.integers(1, 4))):
        labels = draw(st.lists(st.sampled_from("abcd"), max_size=3))
        spread = draw(st.integers(0, 1)) if dots else 0
        place = draw(st.integers(0, len(labels)))
        shape = [draw(st.sampled_from([sizes[x], sizes[x], 1])) for x in labels]
        shape = [sizes[x] if labels.count(x) > 1 else n for x, n in zip(labels, shape, strict=True)]
        shape[place:place] = [sizes["E"]] * spread
        labels[place:place] = ["..."] * dots
        random = np.random.default_rng(draw(st.integers(0, 99)))
        kind = draw(st.sampled_from(KINDS))
        arrays.append(np.asarray(random.integers(0, 4, shape)).astype(kind))
        terms.append("".join(labels))
    text = ",".join(terms)
    if draw(st.booleans()):
        known = sorted({x for x in text if x.isalpha()})
        result = [x for x in draw(st.permutations(known)) if draw(st.booleans())]
        if dots:
            result.insert(draw(st.integers(0, len(result))), "...")
        text += "->" + "".join(result)
    return text, arrays


@given(contractions())
@settings(max_examples=400, deadline=None)
def test_values_types_and_shapes_are_those_of_numpy(case: tuple[str, list[np.ndarray]]) -> None:
    text, arrays = case
    wanted = np.einsum(text, *arrays)
    for _ in range(2):
        found = einlang.einsum(text, *arrays)
        assert np.shape(found) == np.shape(wanted)
        assert found.dtype == wanted.dtype
        assert type(found) is type(wanted)
        np.testing.assert_allclose(found, wanted, rtol=1e-2 if wanted.dtype == "f2" else 1e-6)


def error(*arguments: Any) -> str:
    """What is said of a wrong call, which NumPy refuses too."""
    with pytest.raises((ValueError, TypeError)):
        np.einsum(*arguments)
    with pytest.raises((ValueError, TypeError)) as raised:
        einlang.einsum(*arguments)
    return str(raised.value)


def test_errors_name_operands_and_labels() -> None:
    a, b = np.ones((2, 3)), np.ones((4, 5))
    assert error("ij,jk->ik", a, b) == (
        "einsum \"ij,jk->ik\": label 'j' is 3 on operand 0 of shape (2, 3) "
        "but 4 on operand 1 of shape (4, 5)"
    )
    assert error("ijk->i", a) == 'einsum "ijk->i": operand 0 has 2 axes, not 3'
    assert error("ij->z", a) == "einsum \"ij->z\": label 'z' of the result is on no operand"
    assert error("ij->ii", a) == "einsum \"ij->ii\": label 'i' comes twice in the result"
    assert error("ij,jk", a) == (
        'einsum "ij,jk": the numbers of terms and operands differ (2 and 1)'
    )
    assert error("...->", a) == 'einsum "...->": the result lacks the `...` that operands have'
    assert error(a, [0, 99]) == "einsum: labels are whole numbers from 0 to 51"
    assert "labels are a list" in error(a, 3)
    assert error() == "einsum: no operands"


def test_more_labels_than_letters() -> None:
    count = 60
    operands: list[Any] = []
    for n in range(count):
        operands += [np.eye(2) * (1 if n else 3), [n, n + 1]]
    np.testing.assert_array_equal(einlang.einsum(*operands, [0, count]), 3 * np.eye(2))


def test_letters_of_any_alphabet() -> None:
    a = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(einlang.einsum("αβ,βγ->αγ", a, a.T), a @ a.T)


def test_foreign_operands_take_over() -> None:
    class Foreign:
        def __einlang_einsum__(self, equation: str, operands: tuple[Any, ...]) -> Any:
            return equation, [x is self for x in operands]

    x = Foreign()
    assert einlang.einsum("ij,j->i", np.eye(2), x) == ("ij,j->i", [False, True])
    assert einlang.einsum(np.eye(2), [0, 1], x, [1]) == ("AB,B", [False, True])


def test_subclasses_and_objects_are_numpys_own_affair() -> None:
    matrix = np.ma.masked_array(np.eye(2))
    assert type(einlang.einsum("ij->ji", matrix)) is type(np.einsum("ij->ji", matrix))
    objects = np.array([[1, "a"]], dtype=object)
    assert einlang.einsum("ij->ji", objects)[1, 0] == "a"


@pytest.mark.parametrize("optimize", [True, False, "greedy", "optimal", ("greedy", 100)])
def test_every_way_to_ask_for_an_order_is_taken(optimize: Any) -> None:
    a = np.arange(4.0).reshape(2, 2)
    found = einlang.einsum("ij,jk,kl->il", a, a, a, optimize=optimize)
    np.testing.assert_allclose(found, a @ a @ a)


def test_keywords_are_those_of_numpy() -> None:
    a, out = np.arange(4.0).reshape(2, 2), np.zeros((2, 2), int)
    with pytest.raises(TypeError, match="cannot be cast"):
        einlang.einsum("ij,jk", a, a, out=out)
    assert einlang.einsum("ij,jk", a, a, out=out, casting="unsafe") is out
    np.testing.assert_array_equal(out, a @ a)
    assert einlang.einsum("ij,jk", a, a, dtype="f4", casting="same_kind").dtype == np.float32
    assert einlang.einsum("ij,jk", a, a, order="F").flags.f_contiguous
    with pytest.raises(ValueError, match="`out` has shape"):
        einlang.einsum("ij,jk->i", a, a, out=out)


@pytest.mark.parametrize("kind", ["f4", "f8", "c16"])
@pytest.mark.parametrize("order", ["C", "F", "A", "K"])
def test_keywords_hold_for_every_call(kind: str, order: str) -> None:
    x, y = np.random.default_rng(0).normal(size=(2, 5, 5))
    loose = "same_kind"
    for a, b in ((x, y), (y, x), (x.T, y), (x.T, y.T), (x, x)):
        wanted = np.einsum("ij,kj->ki", a, b, dtype=kind, order=order, casting=loose)
        found = einlang.einsum("ij,kj->ki", a, b, dtype=kind, order=order, casting=loose)
        np.testing.assert_allclose(found, wanted, rtol=1e-5)
        assert found.dtype == wanted.dtype
        if order != "K":
            assert found.flags.f_contiguous == wanted.flags.f_contiguous
        out = np.empty((10, 5), kind)[::2]
        assert einlang.einsum(a, [0, 1], b, [2, 1], [2, 0], out=out, casting=loose) is out
        np.testing.assert_allclose(out, wanted, rtol=1e-5)
        for other in (np.empty((5, 6), kind), np.empty(5, kind)):
            with pytest.raises(ValueError, match="`out` has shape"):
                einlang.einsum("ij,kj->ki", a, b, out=other, casting=loose)


def test_nothing_heavy_is_imported() -> None:
    code = """
import sys, numpy as np, einlang
a = np.eye(3)
einlang.einsum("ij,jk->ik", a, a)
heavy = {"discopy", "lark", "opt_einsum", "matplotlib", "typer", "rich"} & set(sys.modules)
assert not heavy, heavy
einlang.einsum("ij,jk,kl->il", a, a, a)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_warnings_are_numpys() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeWarning):
            einlang.einsum("i,i->i", np.array([1e200]), np.array([1e200]))


def test_an_equation_without_operands_for_a_term() -> None:
    with pytest.raises(ValueError, match="1 and 0"):
        parse(("i",), [])
