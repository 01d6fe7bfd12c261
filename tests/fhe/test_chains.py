"""Products of several encrypted matrices: what they mean, and what they take."""

from __future__ import annotations

import importlib.util
from functools import reduce
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from einlang_fhe import costs
from einlang_fhe.engines import binding
from einlang_fhe.search.objective import bill

import einlang
from einlang.api.pipeline import prepare

needs_openfhe = pytest.mark.skipif(
    importlib.util.find_spec("openfhe") is None or not binding.fits(), reason="needs OpenFHE"
)
ENGINES = [pytest.param("openfhe", marks=needs_openfhe), "clear"]
NAMES = "ABCDE"
ONE_BY_ONE = (
    "F[i0, i2] = A[i0, i1] * B[i1, i2]",
    "G[i0, i3] = F[i0, i2] * C[i2, i3]",
    "H[i0, i4] = G[i0, i3] * D[i3, i4]",
    "Y[i0, i5] = H[i0, i4] * E[i4, i5]",
    "out Y",
)


def chain(sizes: tuple[int, ...], last: str = "secret") -> str:
    """The product of so many matrices, the last one secret or not."""
    indices = [f"i{number}" for number in range(len(sizes))]
    lines = ["index " + ", ".join(f"{i} = {n}" for i, n in zip(indices, sizes, strict=True))]
    pairs = [f"[{a}, {b}]" for a, b in pairwise(indices)]
    tensors = [name + pair for name, pair in zip(NAMES, pairs, strict=False)]
    lines += [f"secret {tensor}" for tensor in tensors[:-1]] + [f"{last} {tensors[-1]}"]
    return "\n".join([*lines, f"Y[{indices[0]}, {indices[-1]}] = " + " * ".join(tensors), "out Y"])


def matrices(sizes: tuple[int, ...]) -> dict[str, np.ndarray[Any, Any]]:
    rng = np.random.default_rng(0)
    shapes = zip(NAMES, pairwise(sizes), strict=False)
    return {name: rng.normal(size=shape) for name, shape in shapes}


def executable(text: str, **settings: Any) -> Any:
    return prepare(einlang.compile(text).check(), "fhe", {}, {"minimise": "throughput", **settings})


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("last", ["secret", "public"])
@pytest.mark.parametrize("sizes", [(5, 7, 3, 6, 9), (6, 12, 9, 5, 7, 3), (1, 20, 2, 9, 1)])
def test_chains_mean_what_they_say(sizes: tuple[int, ...], last: str, engine: str) -> None:
    program, arrays = einlang.compile(chain(sizes, last)), matrices(sizes)
    settings: dict[str, Any] = {"engine": engine, "minimise": "throughput", **arrays}
    result = program.run(backend="fhe", **settings)["Y"]
    wanted = reduce(np.matmul, arrays.values())
    assert np.abs(result - wanted).max() < 1e-4 * max(1.0, np.abs(wanted).max())


def test_each_further_matrix_comes_by_diagonals() -> None:
    compiled = executable(chain((64,) * 6)).server.compiled
    program = compiled.program
    assert compiled.parameters.ring == 8192
    assert program.count("multiply_plain") == 0
    assert program.count("multiply") <= 64 * 4
    assert program.count("rotate") <= (15 + 3) * 3
    assert program.count("relinearize") <= 4 * 3
    assert len(program.rotations) <= 15 + 3


def test_the_order_of_a_long_product_is_no_worse_than_one_by_one() -> None:
    text = chain((16,) * 6)
    named = text[: text.index("Y[")] + "\n".join(ONE_BY_ONE)
    taken, other = (
        bill(executable(each).server.compiled, costs.load()).evaluate for each in (text, named)
    )
    assert taken <= 1.01 * other
