"""Scales of their own for operands: the same meaning, within the precision that is asked for."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from einlang_fhe.functor.values import Packing
from einlang_fhe.layout import arrange
from einlang_fhe.passes.flat import assign_flat
from einlang_fhe.passes.grades import Grade, kinds
from einlang_fhe.plaintexts import Mask
from einlang_fhe.scales.errors import Source
from einlang_fhe.scales.graded import fit_graded
from einlang_fhe.scales.rehearsal import Rehearsal
from einlang_fhe.scales.simulation import intervals
from einlang_fhe.slots import Builder, SlotProgram
from slot_interpreter import interpret

import einlang

SLOTS = 8
NETWORK = """
index p = 64, h = 16, c = {classes}
secret x[p] in [0, 1]
param W[h, p]
param b[h]
param V[c, h]
param a[c]
hidden[h] = square(W[h, p] * x[p] + b[h])
score[c] = V[c, h] * hidden[h] + a[c]
out score
target fhe:
    precision = 1e-3
    engine = clear
    outputs = raw
"""


def network(draw: np.random.Generator, classes: int) -> dict[str, np.ndarray]:
    return {
        "W": draw.normal(size=(16, 64)) / 6,
        "b": draw.normal(size=16) / 4,
        "V": draw.normal(size=(classes, 16)) / 4,
        "a": draw.normal(size=classes) / 4,
    }


@pytest.mark.parametrize("classes", [1, 7, 10])
@pytest.mark.parametrize("minimise", ["throughput", "latency"])
def test_a_network_needs_no_chain(classes: int, minimise: str) -> None:
    """In the smallest ring, precise enough for data of any size."""
    draw = np.random.default_rng(classes)
    program, weights = einlang.compile(NETWORK.format(classes=classes)), network(draw, classes)
    for size in (1.0, 0.5, 0.2, 0.0):
        x = size * draw.uniform(size=64)
        expected = program.run(x=x, **weights)["score"]
        result = program.run(backend="fhe", minimise=minimise, x=x, **weights)
        assert np.abs(result["score"] - expected).max() <= 1e-3 * max(1, np.abs(expected).max())
    figures = program.explain("fhe", minimise=minimise, **weights).figures
    assert figures["ring dimension"] == 4096
    assert figures["rescalings"] == 0


def random_program(random: Random) -> SlotProgram:
    """Products of what the client sends and of plaintexts, summed where they are alike."""
    build = Builder(SLOTS)
    values = [build.input(0), build.input(1)]
    for _ in range(random.randint(2, 8)):
        values.append(extended(build, random, *random.choices(values, k=2)))
    return build.program((values[-1],))


def extended(build: Builder, random: Random, value: int, other: int) -> int:
    ways = [
        lambda: build.multiply_plain(value, random.randrange(3)),
        lambda: build.multiply_scalar(value, 0.5),
        lambda: build.multiply(value, other),
        lambda: build.add(value, build.rotate(value, 1)),
        lambda: build.rotate(value, 3),
        lambda: build.add_plain(value, random.randrange(3)),
        lambda: build.add_scalar(value, 2.0),
    ]
    return random.choice(ways)()


@pytest.mark.parametrize("seed", range(60))
def test_the_meaning_stays(seed: int) -> None:
    random, draw = Random(seed), np.random.default_rng(seed)
    levelled = assign_flat(random_program(random))
    factors = kinds(levelled)
    assert factors is not None
    plaintexts = [Mask(draw.normal(size=SLOTS).tobytes()) for _ in range(3)]
    layout = arrange((SLOTS,), (0,), SLOTS)
    request = [Packing(n, layout, 0, 1.0) for n in range(2)]
    tensors = {n: draw.normal(size=SLOTS) for n in range(2)}
    more = draw.integers(-4, 5, size=len(factors[0])).tolist()
    grade = Grade(more, factors, plaintexts, request)
    made = grade.apply(levelled)

    def output(program: SlotProgram, sent: list, known: list) -> np.ndarray:
        rows = [item.row(tensors) for item in sent]
        return interpret(program, rows, [entry.row({}) for entry in known])[program.outputs[0]]

    usual = output(levelled.program, request, plaintexts)
    graded = output(made.levelled.program, list(made.request), list(made.plaintexts))
    excess = grade.excess(levelled.program.outputs[0])
    np.testing.assert_allclose(graded, usual * 2.0**excess)


@pytest.mark.parametrize("seed", range(60))
def test_numbers_lie_in_their_intervals(seed: int) -> None:
    program, draw = random_program(Random(seed)), np.random.default_rng(seed)
    plaintexts = [draw.normal(size=SLOTS) for _ in range(3)]
    ((low, high),) = intervals(program, [(-1.0, 2.0), (0.0, 1.0)], plaintexts)
    for _ in range(5):
        rows = [draw.uniform(-1, 2, SLOTS), draw.uniform(0, 1, SLOTS)]
        found = interpret(program, rows, plaintexts)[program.outputs[0]]
        assert (low - 1e-9 <= found).all()
        assert (found <= high + 1e-9).all()


def test_terms_of_different_kinds() -> None:
    build = Builder(SLOTS)
    x, y = build.input(0), build.input(1)
    total = build.add(build.multiply_plain(x, 0), build.multiply(x, y))
    assert kinds(assign_flat(build.program((total,)))) is None


def seen(growth: float, held: float) -> Rehearsal:
    sources = [Source((1, 0), 0), Source((0, 1), 1), Source((2, 1))]
    return Rehearsal(sources, np.full((3, 1), growth), [((2, 1), held)], [(2, 1)], False, False)


def test_bits_are_shared_out() -> None:
    fitted = fit_graded(4096, seen(1.0, 64.0), 1e-3)
    assert fitted is not None
    sent, plain = fitted.bits
    assert sent > plain
    assert 2 * sent + plain < 108 - 6
    assert fit_graded(4096, seen(1e9, 64.0), 1e-3) is None
    assert fit_graded(2048, seen(1.0, 64.0), 1e-3) is None


@pytest.mark.parametrize("top", [8, 16])
def test_errors_are_over_what_is_promised(top: int) -> None:
    """Products of what is drawn are up to 256 times as large."""
    program = einlang.compile(f"""
index i = 64
secret x[i] in [-{top}, {top}]
secret w[i] in [-{top}, {top}]
z[i] = x[i] * w[i] in [-1, 1]
target fhe:
    precision = 1e-4
""")
    draw = np.random.default_rng(0)
    x = draw.uniform(-top, top, 64)
    x[::2] = 0.99 * top * np.sign(x[::2])
    data = {"x": x, "w": np.clip(draw.uniform(-1, 1, 64) / x, -top, top)}
    found = program.run("fhe", engine="clear", **data)["z"]
    wanted = data["x"] * data["w"]
    assert np.abs(found - wanted).max() <= 1e-4 * np.abs(wanted).max()
