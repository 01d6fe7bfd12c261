"""Passes keep what a program means; the verifier sees what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from einlang_fhe.costs.tally import tally
from einlang_fhe.passes.budget import MOST, BoundKeys, in_a_row
from einlang_fhe.passes.dead import DropDead
from einlang_fhe.passes.flat import assign_flat
from einlang_fhe.passes.fold import FoldSlots, Price
from einlang_fhe.passes.levels import Levelled, assign
from einlang_fhe.slots import Builder, Instruction, SlotProgram
from einlang_fhe.verifier import InvalidProgramError, verify
from slot_interpreter import interpret
from slot_programs import SLOTS, random_program

from einlang.errors import BackendMistake

SEEDS = range(100)


def outputs(program: SlotProgram) -> list[np.ndarray]:
    numbers = np.random.default_rng(0)
    request = [numbers.uniform(-1, 1, SLOTS) for _ in range(2)]
    plaintexts = [numbers.uniform(-1, 1, SLOTS) for _ in range(2)]
    values = interpret(program, request, plaintexts)
    return [values[value] for value in program.outputs]


@pytest.mark.parametrize("seed", SEEDS)
def test_dropping_the_dead_keeps_the_outputs(seed: int) -> None:
    program = random_program(Random(seed))
    smaller = DropDead().apply(program)
    np.testing.assert_array_equal(outputs(smaller), outputs(program))
    assert len(smaller.instructions) <= len(program.instructions)
    assert DropDead().apply(smaller) == smaller


@pytest.mark.parametrize("seed", SEEDS)
def test_levels_keep_the_outputs_and_are_valid(seed: int) -> None:
    program = DropDead().apply(random_program(Random(seed)))
    levelled = assign(program)
    np.testing.assert_allclose(outputs(levelled.program), outputs(program), rtol=1e-12)
    verify(levelled, levelled.depth, levelled.program.rotations)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_program_is_deeper_than_its_products(seed: int) -> None:
    program = DropDead().apply(random_program(Random(seed)))
    depths: list[int] = []
    for step in program.instructions:
        depth = max((depths[value] for value in step.arguments), default=0)
        depths.append(depth + step.verb.startswith("multiply"))
    assert assign(program).depth <= max(depths)


def doublings(
    build: Builder, value: int, distances: Sequence[int], turned_first: bool = False
) -> int:
    """A value added to a rotation of itself, again and again."""
    for distance in distances:
        turned = build.rotate(value, distance)
        pair = (turned, value) if turned_first else (value, turned)
        value = build.emit("add", *pair)
    return value


def priced(**verbs: float) -> Price:
    return lambda verb, level: verbs.get(verb, 0.01)


APART = priced(rotate=10, hoist=7, rotate_hoisted=3, switch_down=50)
EXTENDED = priced(rotate=20, hoist=6, rotate_hoisted=14, rotate_extended=3, switch_down=11)
PRICES = {"apart": APART, "extended": EXTENDED}


def doubling_program(random: Random) -> SlotProgram:
    """Doublings of any distances, some of whose sums are read by others, too."""
    build = Builder(SLOTS)
    values = [build.input(0), build.input(1)]
    for _ in range(random.randint(1, 4)):
        distances = random.choices(range(1, SLOTS), k=random.randint(1, 3))
        values.append(doublings(build, random.choice(values), distances, random.random() < 0.5))
        if random.random() < 0.5:
            values.append(build.multiply(*random.choices(values, k=2)))
    return build.program((values[-1], random.choice(values)))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("price", PRICES.values(), ids=PRICES)
@pytest.mark.parametrize("make", [random_program, doubling_program])
def test_folds_keep_the_outputs_and_are_valid(
    make: Callable[[Random], SlotProgram], price: Price, seed: int
) -> None:
    program = DropDead().apply(make(Random(seed)))
    for made in (assign(program), assign_flat(program)):
        folded = FoldSlots(price).apply(made)
        np.testing.assert_allclose(outputs(folded.program), outputs(program), rtol=1e-12)
        verify(folded, folded.depth, folded.program.rotations)
        assert FoldSlots(price).apply(folded) == folded


@pytest.mark.parametrize("count", range(1, 8))
@pytest.mark.parametrize("price", PRICES.values(), ids=PRICES)
def test_folds_are_no_dearer_than_any_other_grouping(price: Price, count: int) -> None:
    build = Builder(1 << count)
    total = doublings(build, build.input(0), [1 << bit for bit in range(count)])
    made = assign(build.program((total,)))

    def cost(levelled: Levelled) -> float:
        return sum(price(*call[:2]) * times for call, times in tally(levelled).items())

    least = min(cost(FoldSlots(price, most=most).apply(made)) for most in range(1, 4))
    assert cost(FoldSlots(price).apply(made)) <= least


def test_a_fold_is_a_sum_of_rotations_where_that_is_cheaper() -> None:
    build = Builder(SLOTS)
    made = assign(build.program((doublings(build, build.input(0), (2, 1)),)))
    apart, extended = (FoldSlots(price).apply(made).program for price in (APART, EXTENDED))
    assert [apart.count("rotate"), apart.count("add")] == [3, 3]
    assert str(extended) == "%0 = input 0\n%1 = rotate_sum %0, %0, %0, %0, (0, 2, 1, 3)\noutput %1"


def test_what_others_read_is_not_folded_away() -> None:
    build = Builder(SLOTS)
    half = doublings(build, build.input(0), (2,))
    made = assign(build.program((doublings(build, half, (1,)), half)))
    assert FoldSlots(EXTENDED).apply(made) is made


def test_a_key_must_be_worth_it() -> None:
    build = Builder(SLOTS)
    x, y, z = (build.input(number) for number in range(3))
    made = assign(build.program((doublings(build, x, (2, 1)),)))
    assert FoldSlots(EXTENDED, key=100.0).apply(made) is made
    known = build.program((doublings(build, x, (2, 1)), build.rotate(y, 3)))
    assert FoldSlots(EXTENDED, key=100.0).apply(assign(known)).program.count("rotate_sum") == 1
    often = build.program(tuple(doublings(build, value, (2, 1)) for value in (x, y, z)))
    assert FoldSlots(EXTENDED, key=30.0).apply(made) is made
    assert FoldSlots(EXTENDED, key=30.0).apply(assign(often)).program.count("rotate_sum") == 3


def test_rotations_that_meet_are_left_as_doublings() -> None:
    build = Builder(SLOTS)
    made = assign(build.program((doublings(build, build.input(0), (3, 3)),)))
    assert FoldSlots(EXTENDED).apply(made) is made


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("keys", range(1, 5))
@pytest.mark.parametrize("make", [random_program, doubling_program])
def test_few_keys_keep_the_outputs(
    make: Callable[[Random], SlotProgram], keys: int, seed: int
) -> None:
    program = DropDead().apply(make(Random(seed)))
    bounded = BoundKeys(keys).apply(program)
    assert len(bounded.rotations) <= keys
    np.testing.assert_allclose(outputs(bounded), outputs(program), rtol=1e-12)
    assert BoundKeys(keys).apply(bounded) == bounded
    made = assign(bounded)
    verify(made, made.depth, made.program.rotations)


def rotated_by(slots: int, distances: Sequence[int]) -> SlotProgram:
    build = Builder(slots)
    x = build.input(0)
    return build.program(tuple(build.rotate(x, distance) for distance in distances))


def test_more_keys_never_take_more_rotations() -> None:
    program = rotated_by(1 << 12, [n * n + 1 for n in range(60)])
    counts = [BoundKeys(keys).apply(program).turns for keys in (12, 20, 30, 45, 59, 60)]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 60
    assert in_a_row(BoundKeys(12).apply(program)) <= MOST


def test_rotations_that_begin_alike_share_it() -> None:
    bounded = BoundKeys(8).apply(rotated_by(256, range(1, 256)))
    assert bounded.turns == 255


def test_too_few_keys_are_refused_with_how_many_will_do() -> None:
    program = rotated_by(1 << 12, range(1, 4000, 7))
    with pytest.raises(BackendMistake, match=r"`keys` cannot be `1`.*\n.* 6 keys are enough"):
        BoundKeys(1).apply(program)
    assert len(BoundKeys(6).apply(program).rotations) <= 6


def levelled(*steps: Instruction, levels: str, degrees: str) -> Levelled:
    """A hand-written program whose last value is the output."""
    program = SlotProgram(SLOTS, steps, (len(steps) - 1,))
    return Levelled(program, tuple(map(int, levels)), tuple(map(int, degrees)))


X = Instruction("input", attribute=0)
Y = Instruction("input", attribute=1)
MULTIPLY = Instruction("multiply", (0, 0))
TWICE = Instruction("multiply_scalar", (0,), 2.0)

WRONG = {
    "before it is there": levelled(Instruction("negate", (1,)), X, levels="00", degrees="11"),
    "level 2 of 1": levelled(X, levels="2", degrees="1"),
    "different levels": levelled(X, Y, Instruction("add", (0, 1)), levels="010", degrees="111"),
    "different scales": levelled(X, TWICE, Instruction("add", (0, 1)), levels="000", degrees="122"),
    "multiply %1, %1: cannot be at level 0 with degree 2": levelled(
        X, TWICE, Instruction("multiply", (1, 1)), levels="000", degrees="122"
    ),
    "at a degree other than 2": levelled(
        X, Instruction("rescale", (0,)), levels="01", degrees="11"
    ),
    "cannot be at level 0 with degree 2": levelled(X, levels="0", degrees="2"),
    "cannot be at level 1 with degree 2": levelled(X, TWICE, levels="01", degrees="12"),
    "cannot be at level 0 with degree 1": levelled(
        X, TWICE, Instruction("rescale", (1,)), levels="000", degrees="121"
    ),
    "cannot be at level 0 with degree 3": levelled(X, TWICE, levels="00", degrees="13"),
    "cannot be at level 1 with degree 1": levelled(
        X, Instruction("negate", (0,)), levels="01", degrees="11"
    ),
    "no key": levelled(X, Instruction("rotate", (0,), 3), levels="00", degrees="11"),
    "not a distance for each": levelled(
        X, Instruction("rotate_sum", (0, 0), (1,)), levels="00", degrees="11"
    ),
    "can only be rotated": levelled(
        X, Instruction("hoist", (0,)), Instruction("negate", (1,)), levels="000", degrees="111"
    ),
    "is hoisted": levelled(X, Instruction("hoist", (0,)), levels="00", degrees="11"),
    "not relinearised": levelled(
        X, MULTIPLY, Instruction("rotate", (1,), 1), levels="000", degrees="122"
    ),
    "not hoisted": levelled(X, Instruction("rotate_extended", (0,), 1), levels="00", degrees="11"),
    "takes a term of a sum": levelled(
        X, Instruction("extend", (0,)), Instruction("add", (0, 1)), levels="000", degrees="111"
    ),
    "no sum of rotations": levelled(X, Instruction("switch_down", (0,)), levels="00", degrees="11"),
    r"%1 is hoisted": levelled(X, Instruction("extend", (0,)), levels="00", degrees="11"),
}


@pytest.mark.parametrize("words", WRONG)
def test_the_verifier_says_what_is_wrong(words: str) -> None:
    with pytest.raises(InvalidProgramError, match=words):
        verify(WRONG[words], depth=1, rotations=[1])


def test_an_input_needed_late_is_encrypted_late() -> None:
    build = Builder(SLOTS)
    x, y = build.input(0), build.input(1)
    power = build.multiply(build.multiply(x, x), build.multiply(x, x))
    made = assign(build.program((build.add(power, y),)))
    assert made.depth == 2
    assert [made.levels[value] for value in (x, y)] == [0, 2]
    assert made.program.count("drop") == 0


def test_a_program_prints_itself() -> None:
    build = Builder(SLOTS)
    program = build.program((build.multiply_scalar(build.input(0), 0.5),))
    assert str(program) == "%0 = input 0\n%1 = multiply_scalar %0, 0.5\noutput %1"
    assert replace(program, outputs=(0,)) != program
