"""The numpy backend is a functor, and gives what a dataflow means."""

from __future__ import annotations

import numpy as np
import pytest
from dataflows import meaning, random_arrays, random_flow, random_type
from einlang_numpy import Program, lower
from einlang_numpy.division import divide
from einlang_numpy.kernels import Contraction, Elementwise
from einlang_numpy.program import Call

from einlang.checking.typed import Function
from einlang.errors import DataMistake
from einlang.planning.dataflow import Apply, Builder, Contract, Dataflow, Port, Type

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


@pytest.mark.parametrize("seed", range(30))
def test_dividing_keeps_what_a_program_gives(seed: int) -> None:
    random = np.random.default_rng(seed)
    shapes = [(2, 3), (3,)]
    build = Builder([Port(f"x{n}", Type(shape)) for n, shape in enumerate(shapes)])
    inverse = build.add(Apply(Function("inverse")), (1,), Type((3,)))
    sides = [((0, 1), (1,)), ((1,), (0, 1))][seed % 2]
    result = [(0, 1), (1, 0), (0,)][seed % 3]
    arguments = (0, inverse) if seed % 2 == 0 else (inverse, 0)
    shape = tuple((2, 3)[label] for label in result)
    value = build.add(Contract(sides, result), arguments, Type(shape))
    named = {"y": value} | ({"z": inverse} if seed % 5 == 0 else {})
    arrays = [random.normal(size=shape) for shape in shapes]
    program = lower(build.flow(named))
    for one, other in zip(divide(program).run(arrays), program.run(arrays), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-12)
    assert (divide(program) == program) == (result == (0,))


def test_dividing_by_zero_is_said_once_it_is_a_quotient() -> None:
    program = Program(
        ((2,), (2,)),
        (
            Call(Elementwise(Function("inverse"), "y"), (1,), (2,)),
            Call(Contraction(((0,), (0,)), (0,), ((2,), (2,))), (0, 2), (2,)),
        ),
        (3,),
    )
    with pytest.raises(DataMistake, match=r"in `y`: division by 0 at position .1."):
        divide(program).run([np.array([1, 0]), np.array([2, 0])])
