"""Steps in blocks and threads give what they give one after another."""

from __future__ import annotations

import numpy as np
import pytest
from einlang_numpy import crew
from einlang_numpy.chains import BLOCK, Chain, blocks, chained
from einlang_numpy.division import divide
from einlang_numpy.expressions.batches import batched
from einlang_numpy.functor import lower
from einlang_numpy.kernels import Folding
from einlang_numpy.program import Program
from hypothesis import given, settings
from hypothesis import strategies as st

import einlang
from einlang import planning
from einlang.errors import DataMistake

SHAPES = st.lists(st.integers(1, 6), min_size=1, max_size=4)
SOFTMAX = """
public X[b, t, s]
public M[t, s]
param W[b]
S[b, t, s] = X[b, t, s] * W[b] / 3 + M[t, s]
E[b, t, s] = exp(S[b, t, s] - max[s](S[b, t, s]))
P[b, t, s] = E[b, t, s] / sum[s](E[b, t, s])
G[b, t, s] = sigmoid(P[b, t, s]) * M[t, s] - 2 * X[b, t, s]
out P, G
"""


@pytest.fixture(params=[1, 2, 3])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(crew, "_allowed", lambda: request.param)
    return request.param


def lowered(text: str, **arrays: np.ndarray) -> tuple[Program, list[np.ndarray]]:
    """The program of the server's dataflow, with its arguments."""
    program = einlang.compile(text)
    flow = planning.plan(program.check(**arrays)).server
    return divide(lower(flow)), [arrays[port.name] for port in flow.inputs]


def softmax(b: int, t: int, s: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    return {
        "X": random.normal(size=(b, t, s)),
        "M": random.normal(size=(t, s)),
        "W": random.normal(size=b),
    }


@given(SHAPES, st.integers(1, 40))
def test_blocks_cover_every_place_once(shape: list[int], most: int) -> None:
    count = np.zeros(shape, int)
    for place in blocks(tuple(shape), most):
        count[place] += 1
        assert count[place].size <= max(most, 1)
    assert (count == 1).all()


@pytest.mark.parametrize("shape", [(2, 3, 5), (4, 40, 128), (1, 200, 101)])
def test_chains_change_nothing(shape: tuple[int, int, int], threads: int) -> None:
    program, arrays = lowered(SOFTMAX, **softmax(*shape))
    fused = chained(program, least=1)
    assert any(isinstance(call.kernel, Chain) for call in fused.calls)
    assert len(fused.calls) < len(program.calls)
    before = [x.copy() for x in arrays]
    for one, other in zip(fused.run(arrays), program.run(arrays), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-14)
    for x, y in zip(arrays, before, strict=True):
        np.testing.assert_array_equal(x, y)


def test_a_chain_is_written_over_what_nobody_needs_after() -> None:
    text = "public A[i, k]\npublic B[k, j]\nY[i, j] = exp(A[i, k] * B[k, j] - 1)\n"
    program, arrays = lowered(text, A=np.ones((3, 2)), B=np.ones((2, 4)))
    chains = [
        call.kernel for call in chained(program, least=1).calls if isinstance(call.kernel, Chain)
    ]
    assert [chain.over != () for chain in chains] == [True]
    np.testing.assert_allclose(chained(program, least=1).run(arrays)[0], np.full((3, 4), np.e))


def test_a_value_that_is_read_again_is_not_written_over() -> None:
    text = "public A[i, k]\npublic B[k, j]\nC[i, j] = A[i, k] * B[k, j]\n"
    text += "Y[i, j] = exp(C[i, j])\nout C, Y\n"
    program, arrays = lowered(text, A=np.ones((3, 2)), B=np.ones((2, 4)))
    product, power = chained(program, least=1).run(arrays)
    np.testing.assert_allclose(product, np.full((3, 4), 2))
    np.testing.assert_allclose(power, np.exp(product))


@pytest.mark.parametrize("place", [(0, 0), (3, 7), (299, 999), (150, 500)])
def test_complaints_name_the_place_in_the_whole_array(place: tuple[int, int], threads: int) -> None:
    x = np.ones((300, 1000))
    assert x.size > BLOCK
    x[place] = 0
    at = rf"0.0 at position \[{place[0]}, {place[1]}\]"
    with pytest.raises(DataMistake, match=f"log of {at}"):
        einlang.compile("public x[i, j]\ny[i, j] = log(x[i, j])\n").run(x=x)
    with pytest.raises(DataMistake, match=f"division by {at}"):
        einlang.compile("public x[i, j]\ny[i, j] = 2 * x[i, j] / x[i, j]\n").run(x=x)


def test_whole_numbers_turn_to_floats_all_together() -> None:
    x = np.ones((300, 1000), int)
    x[299, 999] = 2**40
    y = einlang.compile("public x[i, j]\ny[i, j] = x[i, j]^3 + x[i, j]\n").run(x=x)["y"]
    assert y.dtype == np.float64
    assert y[299, 999] == 2.0**120 + 2.0**40


@pytest.mark.parametrize("axes", [(1,), (0,), (1, 2), (0, 1, 2)])
@pytest.mark.parametrize("operator", ["max", "min", "prod"])
def test_large_arrays_are_reduced_in_parts(
    axes: tuple[int, ...], operator: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("einlang_numpy.kernels.LARGE", 1)
    x = np.random.default_rng(0).normal(size=(5, 4, 3))
    wanted = {"max": np.max, "min": np.min, "prod": np.prod}[operator](x, axes)
    np.testing.assert_allclose(Folding(operator, axes)(x), wanted)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=2), st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_parts_of_a_batch_make_the_batch(batch: list[int], inner: int) -> None:
    random = np.random.default_rng(0)
    a, b = random.normal(size=(*batch, 3, inner)), random.normal(size=(*batch, inner, 2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(crew, "_allowed", lambda: 2)
        patch.setattr("einlang_numpy.expressions.batches.WORTH", 1)
        call = batched((*batch, 3, 2), inner)
        assert (call is np.matmul) == (max(batch) < 2)
        np.testing.assert_allclose(call(a, b), a @ b)


def test_errors_in_threads_are_those_of_the_first_piece(threads: int) -> None:
    def work(start: int, stop: int) -> None:
        raise ValueError(f"piece {start}")

    with pytest.raises(ValueError, match="piece 0"):
        crew.share(work, 7, products=True)


def test_work_within_work_takes_no_more_threads(threads: int) -> None:
    seen: list[int] = []

    def outer(start: int, stop: int) -> None:
        crew.share(lambda first, last: seen.extend([last - first]), 4)

    crew.share(outer, threads)
    assert seen == [4] * threads
