"""Programs that random ones were shrunk to when they showed a mistake, so that none comes back."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

import numpy as np
import pytest
from agreement import error
from meaning import meaning

import einlang

EINSUM_SUMMED_OUTSIDE = (
    """
    index p = 6, t = 7
    public w[r, t, j, k]
    T[p, t] = einsum("abcd->ac", w)[r, j]
    """,
    {"w": (2, 7, 5, 6)},
)
EXPECT_IN_BRACKETS = (
    """
    secret x[i] in [0, 1]
    T = x[i]
    test "brackets":
        expect (T) <= 6
    """,
    {"x": (6,)},
)
FUNCTION_THAT_GROWS = (
    """
    secret x[i] in [0, 2]
    T[i] = 0.5 * exp(x[i]) in [0.4, 3.7]
    """,
    {"x": (3,)},
)
SUMS_THAT_CANCEL = (
    """
    secret x[i] in [0, 1]
    secret y[j] in [0, 1]
    T = 0.01 * (x[i] * 400 - y[j] * 390) in [-2, 30]
    """,
    {"x": (6,), "y": (6,)},
)
JUNK_BETWEEN_ELEMENTS = (
    """
    index m = 9, s = 9
    secret Q[j, a] in [0, 4]
    N = Q[j, a] * Q[j, a] / size(m) in [0, 12]
    T[s] = Q[j, a] * Q[j, pad(-m)] * N - N * Q[j, clamp(a - s - 2)] in [-40, 40]
    """,
    {"Q": (2, 3)},
)
LARGE_PLAIN_NUMBERS = (
    """
    secret x in [-1, 1]
    secret y[i] in [0, 3]
    T = y[2] - x / 2 - 1.5 in [1, 1.9]
    """,
    {"x": (), "y": (4,)},
)
NOTHING_LEFT = (
    """
    secret x[i] in [-9, 9]
    T = (x[i] - x[wrap(i + 1)]) * 9 in [-1, 1]
    """,
    {"x": (4,)},
)
ERRORS_THAT_GROW = (
    """
    secret x[i] in [0, 0.5]
    T[i] = 1000 * (tanh(x[i]) - x[i] + x[i]^3 / 3) in [-1, 5]
    """,
    {"x": (9,)},
)
CALL_SUMMED_OUTSIDE = (
    """
    def f[a](x[a]) = x[a]^2
    secret x[i] in [0, 1]
    T = 2 * f[i](x[i])
    """,
    {"x": (3,)},
)
FOUND = [
    EINSUM_SUMMED_OUTSIDE,
    EXPECT_IN_BRACKETS,
    FUNCTION_THAT_GROWS,
    SUMS_THAT_CANCEL,
    JUNK_BETWEEN_ELEMENTS,
    LARGE_PLAIN_NUMBERS,
    NOTHING_LEFT,
    ERRORS_THAT_GROW,
    CALL_SUMMED_OUTSIDE,
]


@pytest.mark.parametrize(("text", "shapes"), FOUND)
@pytest.mark.parametrize("backend", ["numpy", "fhe"])
def test_it_is_mended(text: str, shapes: Mapping[str, tuple[int, ...]], backend: str) -> None:
    program = einlang.compile(dedent(text))
    draw = np.random.default_rng(1)
    data = {name: draw.uniform(0, 1, shape) for name, shape in shapes.items()}
    typed = program.check(**data)
    data = {n: values * (typed.tensors[n].range or (0, 1))[1] for n, values in data.items()}
    sizes = {index.name: index.size for index in typed.indices}
    settings = {"engine": "clear"} if backend == "fhe" else {}
    given = program.run(backend, **settings, **data)["T"]
    assert error(np.asarray(given), meaning(program.tree, sizes, data)["T"]) < 1e-4
