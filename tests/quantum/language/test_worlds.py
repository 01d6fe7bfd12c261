"""A sentence and a matrix product state in three worlds: on arrays, ciphertexts and circuits.

The same program, run by each backend, gives the same numbers within the stated precision.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from einlang_fhe.engines import binding
from einlang_quantum.language import meaning, stairs

import einlang as ein

Array = Any
PRECISION = 1e-4
STRATEGIES = ["auto", "bend", "orient", "isometric"]
needs_openfhe = pytest.mark.skipif(
    importlib.util.find_spec("openfhe") is None or not binding.fits(), reason="needs OpenFHE"
)
TARGET = f"\ntarget fhe:\n    precision = {PRECISION}\n"


@dataclass(frozen=True)
class Case:
    """A program, the data of its inputs, and what it means."""

    text: str
    data: dict[str, Array]
    wanted: Array


def sentence() -> Case:
    """Three words joined by a box, the first two of them secret."""
    random = np.random.default_rng(0)
    words = ["man", "prepares", "meal"]
    data = {word: random.uniform(-1, 1, 2) for word in words}
    data["STAIR"] = random.uniform(-1, 1, (2, 2, 2))
    text = meaning(stairs(" ".join(words)), secret=words[:2])
    for word in words[:2]:
        text = text.replace(f"secret {word}[i0]", f"secret {word}[i0] in [-1, 1]")
    read = np.einsum("i,j,ija->a", data["man"], data["prepares"], data["STAIR"])
    return Case(text + TARGET, data, np.einsum("a,k,akb->b", read, data["meal"], data["STAIR"]))


STATE = """
index a = 2, b = 2, c = 2, x = 2, y = 3
secret M0[a, x] in [-1, 1]
param M1[b, x, y]
secret M2[c, y] in [-1, 1]
psi[a, b, c] = M0[a, x] * M1[b, x, y] * M2[c, y]
out psi
"""


def state() -> Case:
    """A matrix product state of three sites, its ends secret."""
    random = np.random.default_rng(1)
    shapes = {"M0": (2, 2), "M1": (2, 2, 3), "M2": (2, 3)}
    data = {name: random.uniform(-1, 1, shape) for name, shape in shapes.items()}
    return Case(STATE + TARGET, data, np.einsum("ax,bxy,cy->abc", *data.values()))


CASES = pytest.mark.parametrize("case", [sentence(), state()], ids=["sentence", "state"])


@CASES
def test_arrays_and_circuits_mean_the_same(case: Case) -> None:
    program = ein.compile(case.text)
    (name,) = program.outputs
    np.testing.assert_allclose(program.run(**case.data)[name], case.wanted, atol=1e-14)
    for strategy in STRATEGIES:
        found = program.run("quantum", strategy=strategy, **case.data)
        np.testing.assert_allclose(found[name], case.wanted, atol=1e-12)


@CASES
def test_circuits_find_the_same_by_shots(case: Case) -> None:
    program = ein.compile(case.text)
    found = program.run("quantum", shots=20_000, seed=1, **case.data)
    error = found.report.tables["execution"][0]["largest error"]
    assert 0 < error < 0.1
    np.testing.assert_allclose(found[program.outputs[0]], case.wanted, atol=5 * error)


@CASES
@pytest.mark.parametrize("engine", [pytest.param("openfhe", marks=needs_openfhe), "clear"])
def test_ciphertexts_mean_the_same(case: Case, engine: str) -> None:
    program = ein.compile(case.text)
    found = program.run("fhe", engine=engine, **case.data)[program.outputs[0]]
    np.testing.assert_allclose(found, case.wanted, atol=PRECISION)


def test_a_matrix_product_state_is_prepared_without_loss() -> None:
    case = state()
    found = ein.compile(case.text).run("quantum", strategy="isometric", **case.data)
    assert found.report.figures["success probability"] == pytest.approx(1, abs=1e-12)
