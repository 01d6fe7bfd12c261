"""Dataflows form a category with copying, and passes keep what they mean."""

from __future__ import annotations

import numpy as np
import pytest
from dataflows import meaning, random_arrays, random_flow, random_type

from einlang.planning import prune, share
from einlang.planning.dataflow import Dataflow, Port, Type
from einlang.planning.split import split

SEEDS = range(80)


def flows(seed: int, count: int) -> tuple[np.random.Generator, list[Dataflow]]:
    """Dataflows that compose, one after another."""
    random = np.random.default_rng(seed)
    types = [random_type(random) for _ in range(2)]
    made: list[Dataflow] = []
    for _ in range(count):
        made.append(random_flow(random, types))
        types = [port.type for port in made[-1].cod]
    return random, made


def agree(left: Dataflow, right: Dataflow, random: np.random.Generator) -> None:
    arrays = random_arrays(random, [port.type for port in left.inputs])
    for one, other in zip(meaning(left, arrays), meaning(right, arrays), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("seed", SEEDS)
def test_composition_is_associative_and_has_units(seed: int) -> None:
    _, (f, g, h) = flows(seed, 3)
    assert (f >> g) >> h == f >> (g >> h)
    assert Dataflow.identity(f.dom) >> f == f == f >> Dataflow.identity(f.cod)


@pytest.mark.parametrize("seed", SEEDS)
def test_side_by_side_is_associative_and_has_a_unit(seed: int) -> None:
    _, (f, g, h) = flows(seed, 3)
    assert (f @ g) @ h == f @ (g @ h)
    assert f @ Dataflow.identity(()) == f == Dataflow.identity(()) @ f


@pytest.mark.parametrize("seed", SEEDS)
def test_interchange_holds_in_meaning(seed: int) -> None:
    random, (f, g) = flows(seed, 2)
    _, (h, k) = flows(seed + 1000, 2)
    agree((f @ h) >> (g @ k), (f >> g) @ (h >> k), random)


@pytest.mark.parametrize("seed", SEEDS)
def test_swaps_are_natural_and_copies_commute(seed: int) -> None:
    random, (f,) = flows(seed, 1)
    _, (g,) = flows(seed + 1000, 1)
    agree((f @ g) >> Dataflow.swap(f.cod, g.cod), Dataflow.swap(f.dom, g.dom) >> (g @ f), random)
    agree(f >> Dataflow.copy(f.cod), Dataflow.copy(f.dom) >> (f @ f), random)
    copy, swap = Dataflow.copy(f.dom), Dataflow.swap(f.dom, f.dom)
    assert copy >> swap == copy
    nothing = Dataflow.discard(f.dom)
    assert copy >> (nothing @ Dataflow.identity(f.dom)) == Dataflow.identity(f.dom)
    assert prune(f >> Dataflow.discard(f.cod)) == nothing


@pytest.mark.parametrize("seed", SEEDS)
def test_passes_keep_what_a_dataflow_means(seed: int) -> None:
    random, (f, g) = flows(seed, 2)
    twice = Dataflow.copy(f.dom) >> ((f >> g) @ (f >> g))
    for passed in (prune, share):
        agree(twice, passed(twice), random)
        assert passed(passed(twice)) == passed(twice)
    assert len(share(twice).steps) <= len(twice.steps) // 2


@pytest.mark.parametrize("seed", SEEDS)
def test_a_split_dataflow_means_the_same(seed: int) -> None:
    random, (f,) = flows(seed, 1)
    arrays = random_arrays(random, [port.type for port in f.inputs])
    early, late = split(f, {"x0"})
    assert {port.name for port in early.inputs} <= {"x0"}
    known = {port.name: array for port, array in zip(f.inputs, arrays, strict=True)}
    known |= dict(zip(early.names, meaning(early, arrays[: len(early.inputs)]), strict=True))
    given = meaning(late, [known[port.name] for port in late.inputs])
    for one, other in zip(given, meaning(f, arrays), strict=True):
        np.testing.assert_array_equal(one, other)


def test_types_are_checked_on_composition() -> None:
    with pytest.raises(TypeError, match="public 2 is not public 3"):
        Dataflow.identity([Type((2,))]) >> Dataflow.identity([Type((3,))])


def test_a_dataflow_prints_one_line_per_step() -> None:
    flow = Dataflow.copy([Port("x", Type((2,), range=(0.0, 1.0)))])
    assert str(flow).splitlines() == [
        "%0 = input x: public 2 in [0, 1]",
        "output x = %0",
        "output x = %0",
    ]
