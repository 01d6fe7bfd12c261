"""The numpy backend is a functor, and gives what a dataflow means."""

from __future__ import annotations

import numpy as np
import pytest
from dataflows import meaning, random_arrays, random_flow, random_type
from einlang_numpy import Program, lower

from einlang.planning.dataflow import Dataflow

SEEDS = range(150)


def pair(seed: int) -> tuple[np.random.Generator, Dataflow, Dataflow]:
    """Two dataflows that compose."""
    random = np.random.default_rng(seed)
    first = random_flow(random, [random_type(random) for _ in range(2)])
    return random, first, random_flow(random, [port.type for port in first.cod])


@pytest.mark.parametrize("seed", SEEDS)
def test_composition_goes_to_composition(seed: int) -> None:
    _, f, g = pair(seed)
    assert lower(f >> g) == lower(f) >> lower(g)


@pytest.mark.parametrize("seed", SEEDS)
def test_side_by_side_goes_to_side_by_side(seed: int) -> None:
    _, f, g = pair(seed)
    assert lower(f @ g) == lower(f) @ lower(g)


@pytest.mark.parametrize("seed", range(10))
def test_identity_goes_to_identity(seed: int) -> None:
    _, f, _ = pair(seed)
    assert lower(Dataflow.identity(f.dom)) == Program.identity(lower(f).dom)


@pytest.mark.parametrize("seed", SEEDS)
def test_kernels_give_what_steps_mean(seed: int) -> None:
    random, f, g = pair(seed)
    arrays = random_arrays(random, [port.type for port in f.inputs])
    flow = f >> g
    for given, wanted in zip(lower(flow).run(arrays), meaning(flow, arrays), strict=True):
        assert np.shape(given) == wanted.shape
        np.testing.assert_allclose(given, wanted, rtol=1e-9, atol=1e-9)


def test_programs_of_other_shapes_do_not_compose() -> None:
    with pytest.raises(TypeError, match="cannot compose"):
        Program.identity([(2,)]) >> Program.identity([(3,)])
