"""Compiled equations: orders, slices, whole numbers, and what they say of wrong arrays."""

from __future__ import annotations

import tracemalloc
import warnings
from typing import Any

import numpy as np
import pytest
from einlang_numpy import crew
from einlang_numpy.expressions import plan, slicing
from einlang_numpy.expressions.orders import found, operations
from einlang_numpy.expressions.slicing import divided, largest, sliced

import einlang
from einlang.expression import Expression

RING = [(n, (n + 1) % 8) for n in range(8)]


def test_expressions_take_any_type_and_any_strides() -> None:
    multiply = einlang.compile("ij,jk->ik", (4, 6), (6, 5))
    assert isinstance(multiply, Expression)
    a, b = np.arange(24).reshape(4, 6), np.arange(30.0).reshape(6, 5)
    for x in (a, a.astype("f4"), np.asfortranarray(a), np.repeat(a, 2, axis=1)[:, ::2]):
        for _ in range(2):
            np.testing.assert_allclose(multiply(x, b), a @ b)
    np.testing.assert_allclose(multiply(a.tolist(), b), a @ b)


def test_expressions_refuse_other_shapes() -> None:
    multiply = einlang.compile("ij,jk->ik", (2, 3), (3, 2))
    with pytest.raises(ValueError, match=r"operand 1 has shape \(2, 3\), but it is compiled for"):
        multiply(np.ones((2, 3)), np.ones((2, 3)))
    with pytest.raises(ValueError, match="compiled for 2 operands, not 1"):
        multiply(np.ones((2, 3)))
    with pytest.raises(ValueError, match="label 'j' is 3 on operand 0"):
        einlang.compile("ij,jk->ik", (2, 3), (4, 2))


def test_a_dozen_operands_are_put_in_the_best_order() -> None:
    sizes = {n: 2 + n % 3 * 5 for n in range(13)}
    chain = tuple((n, n + 1) for n in range(12))
    pairs = found(chain, (0, 12), sizes)
    assert operations(chain, (0, 12), sizes, pairs) == best_chain([sizes[n] for n in range(13)])


def best_chain(sizes: list[int]) -> int:
    """The least number of products that a chain of matrices takes (Godbole, 1973)."""
    count = len(sizes) - 1
    cost = {(i, i): 0 for i in range(count)}
    for length in range(1, count):
        for i in range(count - length):
            j = i + length
            cost[i, j] = min(
                cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1]
                for k in range(i, j)
            )
    return cost[0, count - 1]


def test_an_index_of_many_operands_is_counted_once_a_pair() -> None:
    star = [(0, 1), (0, 2), (0, 3)]
    assert operations(star, (0,), dict.fromkeys(range(4), 10), ((0, 1), (2, 3))) == 1100
    assert operations(star, (), dict.fromkeys(range(4), 10), ((0, 1), (2, 3))) == 1100


@pytest.mark.parametrize("memory", [1, 3, 9, 27])
def test_memory_is_kept_to_by_slices(memory: int) -> None:
    random = np.random.default_rng(0)
    arrays = [random.normal(size=(3, 3)) for _ in RING]
    sizes = dict.fromkeys(range(8), 3)
    pairs = found(tuple(RING), (0,), sizes)
    cut = sliced(RING, (0,), sizes, pairs, memory)
    assert largest(RING, (0,), sizes | dict.fromkeys(cut, 1), pairs) <= memory
    text = ",".join("abcdefgh"[a] + "abcdefgh"[b] for a, b in RING) + "->a"
    ready = einlang.compile(text, *[(3, 3)] * 8, memory=memory)
    np.testing.assert_allclose(ready(*arrays), np.einsum(text, *arrays, optimize=True))


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_slices_are_shared_among_threads(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "_allowed", lambda: threads)
    monkeypatch.setattr(slicing, "WORTH", 2**10)
    terms, sizes = [(0, 1), (1, 2), (2, 3)], {0: 60, 1: 70, 2: 80, 3: 6}
    pairs = ((0, 1), (2, 3))
    cut, shared = divided(terms, (0, 3), sizes, pairs, 2400)
    assert shared == (threads > 1)
    assert threads * largest(terms, (0, 3), sizes | dict.fromkeys(cut, 1), pairs) <= 2400
    assert divided(terms, (0, 3), sizes, pairs, 300) == (
        sliced(terms, (0, 3), sizes, pairs, 300),
        False,
    )
    random = np.random.default_rng(0)
    arrays = [random.normal(size=tuple(sizes[x] for x in term)) for term in terms]
    path = ["einsum_path", (0, 1), (0, 1)]
    ready = einlang.compile("ab,bc,cd->ad", *[x.shape for x in arrays], optimize=path, memory=2400)
    np.testing.assert_allclose(ready(*arrays), np.linalg.multi_dot(arrays))


@pytest.mark.parametrize("kind", ["i1", "u1", "i2", "u4", "i8", "u8", "?"])
def test_whole_numbers_wrap_around_as_in_numpy(kind: str) -> None:
    random = np.random.default_rng(1)
    bits = 8 * np.dtype(kind).itemsize
    for high in (3, 2**7 - 1, 2 ** (bits - 1) - 1):
        drawn = random.integers(0, min(high, 2**62), (2, 40, 40))
        a, b = drawn.astype(kind)
        np.testing.assert_array_equal(einlang.einsum("ij,jk", a, b), np.einsum("ij,jk", a, b))
        np.testing.assert_array_equal(einlang.einsum("ij,kj", a, b), np.einsum("ij,kj", a, b))


@pytest.mark.parametrize("kind", ["f4", "f8", "c8", "c16"])
@pytest.mark.parametrize(
    "text", ["bi,bi->b", "bi,i->b", "i,bi->b", "bi,bi", "ib,bi->b", "abi,abi->ba"]
)
def test_rows_of_any_type_are_multiplied_and_none_is_conjugated(text: str, kind: str) -> None:
    random = np.random.default_rng(5)

    def drawn(term: str) -> np.ndarray:
        shape = tuple({"a": 3, "b": 12, "i": 80}[x] for x in term)
        return (random.normal(size=shape) + 1j * random.normal(size=shape)).astype(kind)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", np.exceptions.ComplexWarning)
        arrays = [drawn(term) for term in text.split("->")[0].split(",")]
    window = np.lib.stride_tricks.sliding_window_view(arrays[0].reshape(-1), 80)[:12]
    rough = 1e-3 if kind in ("f4", "c8") else 1e-10
    for given in [arrays, [window, arrays[1]]] if text.startswith("bi,") else [arrays]:
        wanted = np.einsum(text, *given)
        found_value = einlang.einsum(text, *given)
        np.testing.assert_allclose(found_value, wanted, rtol=rough, atol=rough)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("kind", ["?", "i2", "u4", "i8"])
@pytest.mark.parametrize(
    "shape", [(1, 200, 300, 100), (40, 5, 7, 9), (3, 97, 257, 1), (2, 1, 600, 1)]
)
def test_panels_of_whole_numbers_make_their_product(
    shape: tuple[int, ...], kind: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "_allowed", lambda: threads)
    stack, rows, inner, columns = shape
    random = np.random.default_rng(2)
    a = random.integers(0, 3, (inner, stack, rows)).astype(kind)
    b = random.integers(0, 3, (columns, inner, stack)).astype(kind)
    found_value = einlang.einsum("kbi,jkb->ijb", a, b)
    np.testing.assert_array_equal(found_value, np.einsum("kbi,jkb->ijb", a, b))
    assert found_value.dtype == kind
    total = einlang.einsum("kbi,jkb->", a, b)
    assert type(total) is type(np.einsum("kbi,jkb->", a, b))
    assert total == np.einsum("kbi,jkb->", a, b)


@pytest.mark.parametrize("kind", ["i4", "i8"])
def test_whole_numbers_take_little_room(kind: str) -> None:
    a = np.ones((300, 300), kind)
    einlang.einsum("ij,jk->ik", a, a)
    tracemalloc.start()
    value = einlang.einsum("ij,jk->ik", a, a)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < value.nbytes + 2**16


def test_cotengra_is_asked_where_it_is_installed() -> None:
    arrays = [np.eye(3)] * 4
    try:
        import cotengra  # pyright: ignore
    except ImportError:
        with pytest.raises(ImportError, match="pip install cotengra"):
            einlang.einsum("ab,bc,cd,de->ae", *arrays, optimize="cotengra")
    else:
        assert cotengra.__name__ == "cotengra"
        found_value = einlang.einsum("ab,bc,cd,de->ae", *arrays, optimize="cotengra")
        np.testing.assert_allclose(found_value, np.eye(3))


def test_a_plan_for_many_operands_beyond_a_dozen() -> None:
    count = 20
    terms = tuple((n, n + 1) for n in range(count))
    arrays = [np.full((2, 2), 0.5) for _ in terms]
    value = plan(terms, (0, count), arrays)(*arrays)
    np.testing.assert_allclose(value, np.full((2, 2), 0.5))


def test_what_is_the_same_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    x, y = np.random.default_rng(3).normal(size=(2, 40, 40))
    texts = ["ab,bc,cd,de->ae", "ab,bc,de,ef->acdf", "ij,jk,lj,jm->ikm", "ab,cb,cd,ad->"]
    for text in texts:
        for arrays in ([x, y, x, y], [x, x, x, x], [x, x.T, x, x.T], [x, y, y, x], [x, x, y, y]):
            wanted = np.einsum(text, *[z.copy() for z in arrays], optimize=True)
            for _ in range(2):
                np.testing.assert_allclose(einlang.einsum(text, *arrays), wanted, rtol=1e-9)
    path = ["einsum_path", (0, 1), (0, 1), (0, 1)]
    calls: list[int] = []

    def counted(a: Any, b: Any) -> Any:
        calls.append(1)
        return a.dot(b)

    monkeypatch.setattr("einlang_numpy.expressions.pairs._dot", counted)
    terms = ((0, 1), (1, 2), (2, 3), (3, 4))
    for same, count in (((0, 1, 0, 1), 2), (None, 3)):
        calls.clear()
        ready = plan(terms, (0, 4), [x, y, x, y], ((0, 1), (2, 3), (4, 5)), same=same)
        np.testing.assert_allclose(ready(x, y, x, y), x @ y @ x @ y)
        assert len(calls) == count
    np.testing.assert_allclose(einlang.einsum(texts[0], x, y, x, y, optimize=path), x @ y @ x @ y)


def test_other_arrays_of_the_same_shapes_are_not_taken_for_one() -> None:
    text, ready = "ab,bc,cd,de->ae", einlang.compile("ab,bc,cd,de->ae", *[(30, 30)] * 4)
    x, y = np.random.default_rng(4).normal(size=(2, 30, 30))
    for arrays in ([x, y, x, y], [x, y, y, x], [x, y, x.copy(), y], [x, x, x, x], [y, x, y, y]):
        wanted = np.linalg.multi_dot(arrays)
        np.testing.assert_allclose(einlang.einsum(text, *arrays), wanted)
        np.testing.assert_allclose(ready(*arrays), wanted)


@pytest.mark.parametrize("kind", ["g", "G", "d", "l"])
def test_truth_values_that_are_summed_are_counted(kind: str) -> None:
    x, truths = np.array([2, 3, 5], kind), np.array([[False, False, True, True]])
    found = einlang.einsum("c,xd,c,a->cx", x, truths, x, x)
    assert found.dtype == kind
    assert found.ravel().tolist() == [80, 180, 500]
