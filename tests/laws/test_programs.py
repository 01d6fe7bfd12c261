"""What always holds of programs: they survive printing, and changes that change nothing."""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
import pytest
from agreement import error
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from programs import NAMES, Generated, generate, programs
from rewriting import renamed, shuffled

import einlang
from einlang.api.program import Program
from einlang.checking.typed import Typed
from einlang.diagrams import Diagram, Substitution, build, canonical
from einlang.syntax import format as tidy
from einlang.syntax import nodes, read, show

SEEDS = st.integers(0, 2**32)
LIGHT = settings(
    max_examples=40, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def values(program: nodes.Program, made: Generated) -> dict[str, np.ndarray]:
    """What the numpy backend gives for these nodes."""
    result = einlang.compile(show(program)).run(**made.data)
    return {name: np.asarray(result[name]) for name in result}


def same(program: nodes.Program, made: Generated) -> bool:
    """Whether these nodes give what the program means."""
    given = values(program, made)
    return all(error(given[name], wanted) < 1e-9 for name, wanted in made.expected.items())


@given(programs())
@LIGHT
def test_any_spelling_reads_as_what_it_spells(made: Generated) -> None:
    assert read(made.text) == made.program


@given(programs())
@LIGHT
def test_printed_programs_read_the_same(made: Generated) -> None:
    assert read(show(made.program)) == made.program


@given(programs())
@LIGHT
def test_formatting_twice_is_formatting_once_and_keeps_the_program(made: Generated) -> None:
    once = tidy(made.text, "x.ein")
    assert tidy(once, "x.ein") == once
    assert read(once) == made.program
    kept = [text for _, text in read(once).comments]
    assert kept == [text for _, text in read(made.text).comments]


@given(programs(), SEEDS)
@LIGHT
def test_the_order_of_factors_does_not_matter(made: Generated, seed: int) -> None:
    assert same(shuffled(made.program, random.Random(seed)), made)


@given(programs(), SEEDS)
@LIGHT
def test_the_names_of_indices_do_not_matter(made: Generated, seed: int) -> None:
    others = random.Random(seed).sample(NAMES, len(NAMES))
    assert same(renamed(made.program, dict(zip(NAMES, others, strict=True))), made)


@pytest.mark.parametrize("seed", range(20))
def test_the_order_of_contraction_does_not_matter(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from einlang.planning import lowering
    from einlang.planning.order import left_to_right

    made = generate(seed)

    def as_written(factors: list[tuple[int, ...]], *_: object) -> list[tuple[int, int]]:
        return left_to_right(len(factors)) if len(factors) > 1 else []

    monkeypatch.setattr(lowering, "order", as_written)
    assert same(made.program, made)


def redrawn(
    change: Callable[[dict[str, Diagram], dict[str, Diagram]], dict[str, Diagram]],
    made: Generated,
    monkeypatch: pytest.MonkeyPatch,
) -> bool:
    """Whether a program means the same when its diagrams are changed before they are planned."""

    def changed(typed: Typed) -> dict[str, Diagram]:
        return change(build(typed), build(typed, fuse=True))

    with monkeypatch.context() as patch:
        patch.setattr("einlang.diagrams.build", changed)
        result = Program(made.text).run(**made.data)
    return all(error(np.asarray(result[n]), wanted) < 1e-9 for n, wanted in made.expected.items())


@pytest.mark.parametrize("seed", range(40))
def test_definitions_may_be_written_out_where_they_are_read(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def inlined(open: dict[str, Diagram], fused: dict[str, Diagram]) -> dict[str, Diagram]:
        write_out = Substitution(fused, again=True)
        return {name: write_out(diagram) for name, diagram in open.items()}

    assert redrawn(inlined, generate(seed, "fhe"), monkeypatch)


@pytest.mark.parametrize("seed", range(40))
def test_diagrams_may_go_through_discopy(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    from einlang.diagrams.interchange import from_discopy, to_discopy

    def through(open: dict[str, Diagram], _: dict[str, Diagram]) -> dict[str, Diagram]:
        return {name: from_discopy(to_discopy(diagram)) for name, diagram in open.items()}

    assert redrawn(through, generate(seed), monkeypatch)


@pytest.mark.parametrize("seed", range(40))
def test_the_normal_form_means_the_same(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    def normal(open: dict[str, Diagram], _: dict[str, Diagram]) -> dict[str, Diagram]:
        return {name: canonical(diagram) for name, diagram in open.items()}

    assert redrawn(normal, generate(seed), monkeypatch)
