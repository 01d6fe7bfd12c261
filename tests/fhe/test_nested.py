"""Contractions that wait for the one that reads them, and imaginary parts that nobody reads."""

from __future__ import annotations

import importlib.util
from collections import Counter
from random import Random
from typing import Any

import numpy as np
import pytest
from einlang_fhe.engines import binding
from einlang_fhe.functor.contract import contract, performed
from einlang_fhe.functor.linear import combine, encrypted, reshape, view
from einlang_fhe.functor.lower import write
from einlang_fhe.functor.nonlinear import Precision
from einlang_fhe.functor.uses import Use, uses
from einlang_fhe.functor.values import Choices, Cipher, Fresh, Pending, Plain, Value, Writer
from einlang_fhe.layout import Bit, Copy, Layout, arrange
from einlang_fhe.slots import Builder
from einlang_fhe.tensors import values_of
from slot_interpreter import held, written

import einlang
from einlang.checking.typed import Function, Qualifier
from einlang.planning.dataflow import (
    Add,
    Apply,
    AxisMap,
    Contract,
    Dataflow,
    Port,
    Reshape,
    Type,
    View,
)
from einlang.planning.dataflow import Builder as FlowBuilder

SECRET = Qualifier.SECRET
CHEAP_PRODUCTS = dict.fromkeys(
    ("rotate", "relinearize", "multiply", "multiply_plain", "input", "output", "other"), 1.0
)
ENGINES = [
    "clear",
    pytest.param(
        "openfhe",
        marks=pytest.mark.skipif(
            importlib.util.find_spec("openfhe") is None or not binding.fits(),
            reason="needs OpenFHE",
        ),
    ),
]


def labels(letters: str) -> tuple[int, ...]:
    return tuple(map(ord, letters))


class Chain:
    """A random chain of contractions with further operands, and what else is linear."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.sizes = {letter: self.random.choice([1, 2, 3, 4, 5, 6, 8]) for letter in "abcde"}
        self.arrays: list[np.ndarray] = []
        self.ports: list[Port] = []
        self.steps: list[tuple] = []
        self.numbers = np.random.default_rng(seed)

    def shape(self, letters: str) -> tuple[int, ...]:
        return tuple(self.sizes[letter] for letter in letters)

    def some(self, letters: str, most: int = 3) -> str:
        count = self.random.randint(0, min(most, len(letters)))
        return "".join(self.random.sample(letters, count))

    def port(self, letters: str, *, secret: bool) -> int:
        kind = SECRET if secret else self.random.choice([SECRET, Qualifier.PUBLIC])
        self.arrays.append(self.numbers.normal(size=self.shape(letters)))
        self.ports.append(Port(f"x{len(self.ports)}", Type(self.shape(letters), kind)))
        return len(self.ports) - 1

    def flow(self) -> tuple[Dataflow, np.ndarray]:
        """The dataflow and what it gives."""
        here = self.some("abcde")
        first = self.port(here, secret=True)
        plan = [self.random.choice(["contract", "contract", "other"]) for _ in range(3)]
        others = []
        for kind in ["contract", *plan]:
            name = self.some("abcde") if kind == "contract" else here
            others.append((kind, name, self.port(name, secret=False), here))
            if kind == "contract":
                here = self.some("".join(dict.fromkeys(here + name)))
        build = FlowBuilder(self.ports)
        value, expected = first, self.arrays[first]
        for (kind, name, other, before), (*_, after) in zip(
            others, [*others[1:], ("", "", 0, here)], strict=True
        ):
            if kind == "contract":
                operation = Contract((labels(before), labels(name)), labels(after))
                value = build.add(operation, (value, other), Type(self.shape(after), SECRET))
                expected = np.einsum(f"{before},{name}->{after}", expected, self.arrays[other])
            else:
                value, expected = self.changed(build, value, other, expected, self.arrays[other])
        return build.flow({"y": value}), np.asarray(expected)

    def changed(self, build, value, other, expected, array):
        type = Type(expected.shape, SECRET)
        kind = self.random.choice(["add", "scale", "shift", "reshape"])
        if kind == "add":
            return build.add(Add((2.0, -1.0)), (value, other), type), 2 * expected - array
        if kind == "scale":
            return build.add(Add((0.5,)), (value,), type), 0.5 * expected
        if kind == "shift" and expected.ndim:
            turned = AxisMap(((0, 1),), 1, "wrap")
            axes = (turned, *(AxisMap(((n, 1),)) for n in range(1, expected.ndim)))
            return build.add(View(axes), (value,), type), np.roll(expected, -1, 0)
        flat = build.add(Reshape(), (value,), Type((expected.size,), SECRET))
        return build.add(Reshape(), (flat,), type), expected


@pytest.mark.parametrize("seed", range(150))
def test_chains_mean_what_they_say_whichever_way_is_taken(seed: int) -> None:
    chain = Chain(seed)
    flow, expected = chain.flow()
    told = {n: chain.random.randint(0, 4) for n in range(12) if chain.random.random() < 0.7}
    choices = Choices(told, weights=CHEAP_PRODUCTS)
    writer = Writer(Builder(32, CHEAP_PRODUCTS), inputs=flow.inputs, choices=choices)
    values: list[Value | Pending] = [
        (Fresh if port.type.qualifier is SECRET else Plain)(number, port.type.shape)
        for number, port in enumerate(flow.inputs)
    ]
    (value,) = write(writer, flow, values, Precision(1e-3, {}, {}), known=uses(flow))
    assert not isinstance(value, Pending)
    cipher = encrypted(writer, value)
    plain = Dataflow(flow.inputs, tuple(writer.steps), (), ())
    inputs = {port.name: array for port, array in zip(flow.inputs, chain.arrays, strict=True)}
    tensors = values_of(plain, set(range(len(flow.inputs) + len(writer.steps))), inputs)
    np.testing.assert_allclose(held(cipher, written(writer, tensors)), expected, atol=1e-8)


TRIPLES = {
    "ij,jk,kl->il": {"i": 5, "j": 6, "k": 3, "l": 7},
    "ik,jkl,il->ij": {"i": 3, "k": 10, "j": 5, "l": 6},
    "i,ij,j->": {"i": 12, "j": 9},
    "ij,jk,kl,lm->im": {"i": 3, "j": 6, "k": 5, "l": 4, "m": 3},
}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("equation", TRIPLES)
@pytest.mark.parametrize(
    "options", [{}, {"minimise": "throughput"}, {"minimise": "throughput", "scale": 45}], ids=str
)
def test_programs_of_three_operands_and_more(equation: str, options: dict, engine: str) -> None:
    sizes, operands = TRIPLES[equation], equation.split("->")[0].split(",")
    random = np.random.default_rng(0)
    data = {f"X{n}": random.normal(size=[sizes[x] for x in o]) for n, o in enumerate(operands)}
    result = ran(text_of(equation, sizes), data, engine=engine, **options)
    expected = np.einsum(equation, *data.values())
    np.testing.assert_allclose(result, expected, atol=1e-4 * max(1, np.abs(expected).max()))


def text_of(equation: str, sizes: dict[str, int]) -> str:
    left, right = equation.split("->")
    reads = [read(f"X{n}", names) for n, names in enumerate(left.split(","))]
    lines = ["index " + ", ".join(f"{label} = {size}" for label, size in sizes.items())]
    lines += [f"secret {name}" for name in reads]
    return "\n".join([*lines, f"{read('Z', right)} = {' * '.join(reads)}"])


def read(name: str, names: str) -> str:
    return f"{name}[{', '.join(names)}]" if names else name


def ran(text: str, data: dict[str, np.ndarray], **options: Any) -> np.ndarray:
    return einlang.compile(text).run(backend="fhe", **options, **data)["Z"]


COUNTED = {
    "ij,jk,kl->il": ({"i": 16, "j": 8, "k": 8, "l": 16}, 5, 4, 9),
    "ik,jkl,il->ij": ({"i": 8, "k": 16, "j": 8, "l": 16}, 5, 7, 9),
}


@pytest.mark.parametrize("equation", COUNTED)
def test_one_fold_does_for_both_sums(equation: str) -> None:
    from einlang.api.pipeline import prepare
    from einlang.checking import check
    from einlang.syntax import read as parsed

    sizes, products, turns, sent = COUNTED[equation]
    options = {"engine": "clear", "minimise": "throughput"}
    made = prepare(check(parsed(text_of(equation, sizes))), "fhe", {}, options).server
    program = made.compiled.program
    counts = Counter(step.verb for step in program.instructions)
    assert (counts["multiply"], program.turns, counts["input"]) == (products, turns, sent)
    assert counts["relinearize"] == 1


@pytest.mark.parametrize("engine", ENGINES)
def test_imaginary_parts_pass_through_what_is_linear(engine: str) -> None:
    text = (
        "index i = 6, j = 4, k = 64\nsecret A[i, k]\nsecret B[k, j]\nsecret D[i, j]\n"
        "public v[j]\nC[i, j] = A[i, k] * B[k, j] + D[i, j]\nZ[i] = C[i, j] * v[j]\n"
    )
    random = np.random.default_rng(1)
    shapes = {"A": (6, 64), "B": (64, 4), "D": (6, 4), "v": (4,)}
    data = {name: random.normal(size=shape) for name, shape in shapes.items()}
    expected = (data["A"] @ data["B"] + data["D"]) @ data["v"]
    result = ran(text, data, engine=engine, minimise="throughput")
    np.testing.assert_allclose(result, expected, atol=1e-4 * np.abs(expected).max())


def halves(writer: Writer) -> tuple[Cipher, dict[int, np.ndarray], np.ndarray]:
    """A product of matrices in real parts, with anything in imaginary ones."""
    arrays = {n: np.random.default_rng(n).normal(size=(4, 4)) for n in range(3)}
    writer.use = Use(linear=True)
    operands = Fresh(0, (4, 4)), Fresh(1, (4, 4))
    cipher = contract(writer, operands, [(0, 1), (1, 2)], (0, 2))
    assert cipher.layout.imaginary
    return cipher, arrays, arrays[0] @ arrays[1]


KEPT = AxisMap(((0, 1),))
LINEAR = {
    "moved": (
        lambda w, c: w.converted(c, arrange((4, 4), (0, 1), w.slots)),
        lambda x: x,
    ),
    "copied along a new axis": (
        lambda w, c: view(w, c, View((AxisMap(((2, 1),)), KEPT)), (4, 3, 4)),
        lambda x: np.repeat(x.T[:, None], 3, 1),
    ),
    "shifted": (
        lambda w, c: view(w, c, View((KEPT, AxisMap(((1, 1),), 1, "pad", 7.0))), (4, 4)),
        lambda x: np.pad(x[:, 1:], ((0, 0), (0, 1)), constant_values=7.0),
    ),
    "windows summed": (
        lambda w, c: contract(
            w,
            [view(w, c, View((KEPT, AxisMap(((1, 1), (2, 2))))), (4, 2, 2))],
            [(0, 1, 2)],
            (0, 1),
        ),
        lambda x: x[:, :2] + x[:, 2:],
    ),
    "reshaped": (lambda w, c: reshape(c, (2, 8)), lambda x: x.reshape(2, 8)),
    "added": (
        lambda w, c: combine(w, [Fresh(2, (4, 4)), c], [1.0, 2.0]),
        lambda x: 2 * x + np.random.default_rng(2).normal(size=(4, 4)),
    ),
}


@pytest.mark.parametrize("way", range(4))
@pytest.mark.parametrize("name", LINEAR)
def test_layouts_say_that_imaginary_parts_hold_something(name: str, way: int) -> None:
    writer = Writer(Builder(32, CHEAP_PRODUCTS), inputs=(Port("x", Type((4, 4))),) * 3)
    writer.choices.weights = CHEAP_PRODUCTS
    cipher, arrays, product = halves(writer)
    writer.choices.told = dict.fromkeys(range(1, 9), way)
    changed, expected = LINEAR[name]
    result = encrypted(writer, changed(writer, cipher))
    assert result.layout.imaginary
    values = written(writer, arrays)
    np.testing.assert_allclose(held(result, values), expected(product), atol=1e-9)


def product_then(operation, *further: int) -> Dataflow:
    """The product of two matrices, and what reads it."""
    build = FlowBuilder([Port(name, Type((4, 4), SECRET)) for name in "ABC"])
    inner = build.add(Contract(((0, 1), (1, 2)), (0, 2)), (0, 1), Type((4, 4), SECRET))
    arguments = tuple(inner if n < 0 else n for n in (-1, *further))
    return build.flow({"Z": build.add(operation, arguments, Type((4, 4), SECRET))})


HADAMARD = Contract(((0, 1), (0, 1)), (0, 1))
REFUSED = {
    "square": product_then(Apply(Function("square"))),
    "times itself": product_then(HADAMARD, -1),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_not_linear_gets_real_numbers(name: str) -> None:
    flow = REFUSED[name]
    assert uses(flow)[3] == Use()
    writer = Writer(Builder(16, CHEAP_PRODUCTS), inputs=flow.inputs)
    writer.choices.weights = CHEAP_PRODUCTS
    values: list[Value | Pending] = [Fresh(n, (4, 4)) for n in range(3)]
    (value,) = write(writer, flow, values, Precision(1e-3, {}, {}), known=uses(flow))
    assert isinstance(value, Cipher)
    assert not writer.places[3].complex
    arrays = {n: np.random.default_rng(n).normal(size=(4, 4)) for n in range(3)}
    expected = (arrays[0] @ arrays[1]) ** 2
    np.testing.assert_allclose(held(value, written(writer, arrays)), expected, atol=1e-9)


def test_a_sum_with_a_function_of_the_same_is_not_linear() -> None:
    build = FlowBuilder([Port(name, Type((4,), SECRET)) for name in "ab"])
    type = Type((), SECRET)
    inner = build.add(Contract(((0,), (0,)), ()), (0, 1), type)
    square = build.add(Apply(Function("square")), (inner,), type)
    total = build.add(Add((1.0, 1.0)), (inner, square), type)
    found = uses(build.flow({"Z": total}))
    assert [found[n].linear for n in (inner, square, total)] == [False, True, True]


def test_what_is_an_output_too_does_not_wait() -> None:
    build = FlowBuilder([Port(name, Type((4, 4), SECRET)) for name in "ABC"])
    product = Contract(((0, 1), (1, 2)), (0, 2))
    inner = build.add(product, (0, 1), Type((4, 4), SECRET))
    outer = build.add(product, (inner, 2), Type((4, 4), SECRET))
    found = uses(build.flow({"Y": inner, "Z": outer}))[inner]
    assert (found.last, found.linear, found.awaited) == (False, True, False)


def test_two_imaginary_parts_are_not_multiplied() -> None:
    writer = Writer(Builder(4))
    layout = Layout((2,), (Bit(0, 0), Copy()), imaginary=True)
    values = [Cipher(layout, (writer.build.input(n),)) for n in range(2)]
    with pytest.raises(ValueError, match="imaginary parts"):
        contract(writer, values, [(0,), (0,)], (0,))


def test_a_contraction_that_waits_can_be_carried_out_by_itself() -> None:
    writer = Writer(Builder(16))
    pending = Pending((Fresh(0, (3, 5)), Fresh(1, (5, 2))), ((0, 1), (1, 2)), (0, 2), (3, 2), 0.5)
    arrays = {0: np.random.default_rng(0).normal(size=(3, 5)), 1: np.ones((5, 2))}
    cipher = performed(writer, pending)
    expected = 0.5 * arrays[0] @ arrays[1]
    np.testing.assert_allclose(held(cipher, written(writer, arrays)), expected, atol=1e-9)
    assert pending.operands == 2
