"""Programs that no chain of primes holds: bootstraps placed, parameters found, results right."""

from __future__ import annotations

import importlib.util
from random import Random

import numpy as np
import pytest
from einlang_fhe.deep import chains
from einlang_fhe.engines import binding
from einlang_fhe.engines.bootstrap import Bootstrap
from einlang_fhe.parameters import BOUNDS, choose, modulus_bits
from einlang_fhe.passes.bootstrapping import PlaceBootstraps
from einlang_fhe.passes.dead import DropDead
from einlang_fhe.passes.levels import after, assign
from einlang_fhe.search.search import Search
from einlang_fhe.slots import Builder, SlotProgram
from einlang_fhe.verifier import verify
from slot_interpreter import interpret

import einlang as ein
from einlang.errors import BackendMistake

needs_openfhe = pytest.mark.skipif(
    importlib.util.find_spec("openfhe") is None or not binding.fits(), reason="needs OpenFHE"
)


def random_program(random: Random) -> SlotProgram:
    """Products of what was made last, so that depth grows."""
    build = Builder(slots=8)
    values = [build.input(0), build.input(1)]
    for _ in range(random.randint(5, 60)):
        left, right = random.choices(values[-4:], k=2)
        ways = [
            lambda left=left, right=right: build.multiply(left, right),
            lambda left=left, right=right: build.add(left, right),
            lambda left=left: build.rotate(left, random.randint(1, 7)),
            lambda left=left: build.add_scalar(build.negate(left), 1.0),
            lambda left=left: build.multiply_plain(left, 0),
        ]
        values.append(random.choice(ways)())
    return DropDead().apply(build.program((values[-1], values[-2])))


@pytest.mark.parametrize("seed", range(150))
def test_bootstraps_keep_the_outputs_and_the_depth(seed: int) -> None:
    random = Random(seed)
    program = random_program(random)
    refreshed = random.randint(1, 3)
    latest = refreshed + random.randint(1, 4)
    deepest = latest + random.randint(0, 1)
    placed = PlaceBootstraps(deepest, latest, refreshed).apply(program)
    levelled = assign(placed, refreshed)
    assert levelled.depth <= deepest
    for step in levelled.program.instructions:
        if step.verb == "bootstrap":
            assert refreshed < levelled.levels[step.arguments[0]] <= latest
    draw = np.random.default_rng(0)
    data = [draw.uniform(-1, 1, 8) for _ in range(2)], [draw.uniform(-1, 1, 8)]
    with np.errstate(over="ignore", invalid="ignore"):
        before, now = interpret(program, *data), interpret(levelled.program, *data)
    for old, new in zip(program.outputs, levelled.program.outputs, strict=True):
        np.testing.assert_allclose(now[new], before[old], rtol=1e-9)


def without(program: SlotProgram, number: int) -> SlotProgram:
    """What reads an instruction reads its argument instead."""
    build, names = Builder(program.slots), []
    for n, step in enumerate(program.instructions):
        arguments = [names[value] for value in step.arguments]
        made = build.emit(step.verb, *arguments, attribute=step.attribute) if n != number else None
        names.append(arguments[0] if made is None else made)
    return build.program(tuple(names[value] for value in program.outputs))


@pytest.mark.parametrize("seed", range(60))
def test_no_bootstrap_can_be_done_without(seed: int) -> None:
    random = Random(seed)
    program = random_program(random)
    placed = PlaceBootstraps(deepest=5, latest=4, refreshed=2).apply(program)
    for number, step in enumerate(placed.instructions):
        if step.verb == "bootstrap":
            fewer = assign(without(placed, number), refreshed=2)
            read = [fewer.levels[v] for v in bootstrapped(fewer.program)]
            assert fewer.depth > 5 or max(read, default=0) > 4


def bootstrapped(program: SlotProgram) -> list[int]:
    """The values that are."""
    return [v for s in program.instructions if s.verb == "bootstrap" for v in s.arguments]


@pytest.mark.parametrize("seed", range(60))
def test_levels_are_told_without_writing(seed: int) -> None:
    program = random_program(Random(seed))
    places = []
    for step in program.instructions:
        places.append(after(step.verb, [places[value] for value in step.arguments]))
    levels = [level for level, _ in places]
    ends = [places[value][0] + places[value][1] - 1 for value in program.outputs]
    assert assign(program).depth == max([*levels, *ends])


def test_one_bootstrap_serves_what_is_made_of_it() -> None:
    build = Builder(slots=8)
    x = build.input(0)
    for _ in range(20):
        x = build.multiply(x, build.add_scalar(build.negate(build.rotate(x, 1)), 1.0))
    plan = Bootstrap(8)
    placed = PlaceBootstraps(18, plan.latest(19), plan.refreshed).apply(build.program((x,)))
    assert placed.count("bootstrap") == 1
    verify(assign(placed, plan.refreshed), 19, [1], plan)


def test_chains_are_within_the_standard() -> None:
    found = list(chains(1 << 16, slots=32))
    assert len(found) > 1
    for parameters in found:
        bits = modulus_bits(parameters.depth, parameters.scale, parameters.first, parameters.digits)
        assert bits is not None
        assert bits <= BOUNDS[parameters.ring]
        assert parameters.ring == 1 << 16
        assert parameters.secure


def powers(steps: int, n: int = 3) -> tuple[str, dict[str, np.ndarray], np.ndarray]:
    """A matrix that turns, applied again and again."""
    lines = [f"index i = {n}, j = i", "secret A[i, j] in [-1, 1]", "secret v0[j] in [-1, 1]"]
    for step in range(steps):
        new, old = ("i", "j") if step % 2 == 0 else ("j", "i")
        lines.append(f"v{step + 1}[{new}] = A[{new}, {old}] * v{step}[{old}] in [-1, 1]")
    draw = np.random.default_rng(0)
    matrix = np.linalg.qr(draw.normal(size=(n, n)))[0]
    start = v = draw.uniform(-0.5, 0.5, n)
    for _ in range(steps):
        v = matrix @ v
    return "\n".join([*lines, f"out v{steps}", ""]), {"A": matrix, "v0": start}, v


def run(engine: str, steps: int, **settings) -> tuple[float, dict]:
    text, data, expected = powers(steps)
    result = ein.compile(text).run("fhe", engine=engine, **settings, **data)
    return float(np.abs(result[f"v{steps}"] - expected).max()), result.report.figures


def test_a_deep_program_is_bootstrapped_at_128_bits() -> None:
    error, figures = run("clear", 40, bootstrap=True)
    assert error < 1e-4
    assert figures["security"] == "128 bits"
    assert figures["bootstraps"] > 0
    assert figures["slots"] <= 16
    assert figures["key bytes"] < 8e9


def test_more_precision_takes_two_iterations() -> None:
    error, figures = run("clear", 24, bootstrap=True, precision=1e-7)
    assert error < 1e-7
    assert figures["bootstraps"] > 0
    with pytest.raises(BackendMistake, match="E0806"):
        run("clear", 24, bootstrap=True, precision=1e-13)


def test_a_shallow_program_is_not_bootstrapped() -> None:
    error, figures = run("clear", 2, bootstrap=True)
    assert error < 1e-4
    assert figures["bootstraps"] == 0
    assert figures["ring dimension"] < 1 << 16


def test_depth_that_runs_out_is_brought_back(monkeypatch) -> None:
    monkeypatch.setattr(Search, "run", lambda self: choose(99, 50, 60))
    error, figures = run("clear", 26)
    assert error < 1e-4
    assert figures["bootstraps"] > 0
    for settings in ({"bootstrap": False}, {"scale": 50}, {"precision": 1e-13}):
        with pytest.raises(BackendMistake, match="E0805"):
            run("clear", 26, **settings)
    with pytest.raises(BackendMistake, match="E0805"):
        run("clear", 2)


@needs_openfhe
def test_ciphertexts_are_bootstrapped_too() -> None:
    error, figures = run("openfhe", 26, bootstrap=True, insecure=True, ring=1 << 11)
    assert error < 1e-4
    assert figures["security"] == "INSECURE"
    assert figures["bootstraps"] > 0
