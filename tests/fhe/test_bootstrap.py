"""Bootstrapping by both engines: equal answers, equal errors, equal refusals."""

from __future__ import annotations

import importlib.util
from dataclasses import replace

import numpy as np
import pytest
from einlang_fhe.costs import load
from einlang_fhe.engines import binding, engine_named, noise
from einlang_fhe.engines.bootstrap import Bootstrap
from einlang_fhe.engines.clear import ClearEngine
from einlang_fhe.engines.engine import Parameters
from einlang_fhe.executor import Executor
from einlang_fhe.passes.levels import Levelled, assign
from einlang_fhe.slots import Builder, Instruction, SlotProgram
from einlang_fhe.verifier import InvalidProgramError, verify

needs_openfhe = pytest.mark.skipif(
    importlib.util.find_spec("openfhe") is None or not binding.fits(), reason="needs OpenFHE"
)
ENGINES = [pytest.param("openfhe", marks=needs_openfhe), "clear"]
ONCE = Parameters(1 << 10, 19, 59, 60, 3, secure=False, bootstrap=Bootstrap(16))
TWICE = replace(ONCE, depth=20, bootstrap=Bootstrap(8, iterations=2))


def errors(engine: str, parameters: Parameters) -> tuple[np.ndarray, np.ndarray]:
    """How far numbers are off that were bootstrapped, and their products with neighbours."""
    client, run = engine_named(engine).keys(parameters, [1], True)
    plan = parameters.bootstrap
    assert plan is not None
    x = np.random.default_rng(0).uniform(-1, 1, parameters.slots)
    y = run.bootstrap(client.encrypt(x, plan.latest(parameters.depth)))
    product = run.rescale(run.relinearize(run.multiply(y, run.rotate(y, 1))))
    return client.decrypt(y) - x, client.decrypt(product) - x * np.roll(x, -1)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("parameters", [ONCE, TWICE], ids=["once", "twice"])
def test_numbers_stay_and_primes_come_back(engine, parameters) -> None:
    plan = parameters.bootstrap
    deviation = noise.bootstrapping(parameters.ring, plan.correction, plan.iterations)
    bend = np.abs(1 - plan.bent(np.ones(1))).max()
    for error in errors(engine, parameters):
        assert np.abs(error).max() < 2 * bend + 16 * deviation


@needs_openfhe
def test_the_sine_bends_as_predicted() -> None:
    parameters = replace(ONCE, bootstrap=Bootstrap(16, correction=6))
    (real, _), (modelled, _) = (errors(engine, parameters) for engine in ("openfhe", "clear"))
    assert np.abs(modelled).max() > 5e-4
    np.testing.assert_allclose(real, modelled, atol=1e-5)


@pytest.mark.parametrize("engine", ENGINES)
def test_what_cannot_be_bootstrapped_is_refused(engine) -> None:
    client, run = engine_named(engine).keys(ONCE, [], True)
    x = np.ones(ONCE.slots)
    for level in (15, 18):
        with pytest.raises(ValueError, match="bootstrap"):
            run.bootstrap(client.encrypt(x, level))
    with pytest.raises(ValueError, match="bootstrap"):
        run.bootstrap(run.multiply_scalar(client.encrypt(x, 17), 2.0))


def test_parameters_without_bootstrapping_refuse() -> None:
    client, run = ClearEngine().keys(replace(ONCE, ring=32, bootstrap=None), [], True)
    with pytest.raises(ValueError, match="bootstrap"):
        run.bootstrap(client.encrypt(np.ones(16), 17))


def squared(times: int, pause: int) -> SlotProgram:
    """x^(2^times), bootstrapped after so many squarings."""
    build = Builder(slots=16)
    value = build.input(0)
    for step in range(times):
        if step and step % pause == 0:
            value = build.bootstrap(value)
        value = build.multiply(value, value)
    return build.program((value,))


def test_levels_begin_anew_after_bootstrapping() -> None:
    levelled = assign(squared(20, 17), refreshed=15)
    assert levelled.depth == 18
    assert levelled.program.count("bootstrap") == 1
    verify(levelled, 19, [], Bootstrap(16))
    # At level 15 and before, a ciphertext has all the primes that it would get.
    assert assign(squared(20, 5), refreshed=15).program.count("bootstrap") == 0


@pytest.mark.parametrize("engine", ENGINES)
def test_a_program_runs_past_its_chain(engine) -> None:
    client, run = engine_named(engine).keys(ONCE, [], True)
    executor = Executor(assign(squared(20, 17), refreshed=15), run)
    x = np.cos(np.linspace(0, 1e-3, ONCE.slots))
    (reply,) = executor.run([client.encrypt(x)])
    assert np.abs(client.decrypt(reply) - x ** (2.0**20)).max() < 1e-3


def wrong(level: int, result: int = 15, degree: int = 1) -> Levelled:
    """One bootstrap, from one level to another."""
    steps = (Instruction("input", attribute=0), Instruction("bootstrap", (0,)))
    return Levelled(SlotProgram(16, steps, (1,)), (level, result), (degree, 1))


@pytest.mark.parametrize(
    ("levelled", "words"),
    [
        (wrong(15), "from level 15 of 19"),
        (wrong(18), "from level 18 of 19"),
        (wrong(17, 14), "cannot be at level 14"),
    ],
)
def test_the_verifier_knows_from_where_to_where(levelled, words) -> None:
    with pytest.raises(InvalidProgramError, match=words):
        verify(levelled, 19, [], Bootstrap(16))
    with pytest.raises(InvalidProgramError, match="not for bootstrapping"):
        verify(levelled, 19, [])


def test_the_verifier_wants_it_rescaled() -> None:
    steps = (
        Instruction("input", attribute=0),
        Instruction("multiply_scalar", (0,), 0.5),
        Instruction("bootstrap", (1,)),
    )
    levelled = Levelled(SlotProgram(16, steps, (2,)), (17, 17, 15), (1, 2, 1))
    with pytest.raises(InvalidProgramError, match="not rescaled"):
        verify(levelled, 19, [], Bootstrap(16))


@needs_openfhe
@pytest.mark.parametrize("plan", [Bootstrap(2), Bootstrap(128), Bootstrap(128, moves=3)])
def test_rotations_are_those_that_openfhe_has_keys_for(plan) -> None:
    import openfhe

    parameters = replace(ONCE, ring=1 << 9, depth=plan.refreshed + 4, bootstrap=plan)
    _, run = engine_named("openfhe").keys(parameters, [], False)
    made = openfhe.CryptoContext.GetExistingEvalAutomorphismKeyIndices(run.keys.tag)
    powers = [pow(5, turn, 2 << 9) for turn in range(1 << 8)]
    turns = {powers.index(index) for index in made if index in powers}
    assert plan.rotations(1 << 9) == turns - {plan.slots + 1}
    assert plan.slots + 1 not in plan.rotations(1 << 9)


@pytest.mark.parametrize("plan", [Bootstrap(8), Bootstrap(1 << 15, moves=3)])
def test_bootstrapping_costs_more_with_more_primes_and_iterations(plan) -> None:
    costs, parameters = load(), Parameters(1 << 16, 22, 59, 60, 4, bootstrap=plan)
    once = costs.seconds("bootstrap", parameters)
    twice = costs.seconds("bootstrap", replace(parameters, bootstrap=replace(plan, iterations=2)))
    assert twice == pytest.approx(2 * once)
    assert costs.seconds("bootstrap", replace(parameters, depth=24)) > once
    assert once > 10 * costs.seconds("relinearize", parameters)


def test_the_sine_of_two_iterations_does_not_bend() -> None:
    x = np.linspace(-1, 1, 5)
    assert Bootstrap(8, iterations=2).bent(x) is x
