"""Pairs of elements in complex slots: packed, multiplied, summed and unpacked."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from einlang_fhe.functor.contract import contract
from einlang_fhe.functor.iteration import laid
from einlang_fhe.functor.uses import Use
from einlang_fhe.functor.values import Fresh, Plain, Value, Writer
from einlang_fhe.layout import Bit, Layout, pack, unpack, width
from einlang_fhe.slots import Builder
from slot_interpreter import held, written

import einlang

CLIENT = Use(last=True, linear=True)
CHEAP_PRODUCTS = {
    "rotate": 1.0,
    "relinearize": 1.0,
    "multiply": 1.0,
    "multiply_plain": 1.0,
    "input": 1.0,
    "output": 1.0,
    "other": 1.0,
}


@pytest.mark.parametrize("seed", range(60))
def test_what_is_packed_is_unpacked(seed: int) -> None:
    random = Random(seed)
    shape = [random.choice([1, 2, 3, 4, 5, 6]) for _ in range(3)]
    axis = random.randrange(3)
    shape[axis] = random.choice([2, 4, 6])
    halved = [size // 2 if n == axis else size for n, size in enumerate(shape)]
    split = [random.randint(0, width(size)) for size in halved]
    layout = laid(shape, random.randint(0, 3), split, 1 << 9, axis)
    assert layout.complex
    for signed in (layout, Layout(**{**vars_of(layout), "conjugate": True})):
        tensor = np.random.default_rng(seed).normal(size=shape)
        vectors = pack(tensor, signed)
        assert np.iscomplexobj(vectors)
        np.testing.assert_array_equal(unpack(vectors, signed), tensor)
        assert in_words(signed)


def vars_of(layout: Layout) -> dict[str, object]:
    names = ("shape", "places", "digits", "rolls", "dirty", "part", "conjugate", "imaginary")
    return {name: getattr(layout, name) for name in names}


def in_words(layout: Layout) -> bool:
    return (" - i " if layout.conjugate else " + i ") in repr(layout)


def test_an_odd_axis_has_no_complex_part() -> None:
    with pytest.raises(ValueError, match="complex part"):
        Layout((3,), (Bit(0, 1),), part=Bit(0, 0))


EQUATIONS = ("ij,jk->ik", "i,i->", "i,j->ij", "bij,bjk->bik", "ij,ij->ij", "ij,j->i", "ij->j")


@pytest.mark.parametrize("equation", EQUATIONS)
@pytest.mark.parametrize("plain", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_contractions_of_pairs(equation: str, plain: bool, seed: int) -> None:
    random = Random(seed)
    sizes = {letter: random.choice([1, 2, 3, 4, 6]) for letter in "bijk"}
    left, result = equation.split("->")
    operands = left.split(",")
    arrays = {
        number: np.random.default_rng([seed, number]).normal(size=[sizes[x] for x in names])
        for number, names in enumerate(operands)
    }
    values: list[Value] = [Fresh(number, array.shape) for number, array in arrays.items()]
    if plain and len(values) == 2:
        values[1] = Plain(1, arrays[1].shape)
    writer = Writer(Builder(16, CHEAP_PRODUCTS), use=CLIENT)
    writer.choices.weights = CHEAP_PRODUCTS
    labels = [tuple("bijk".index(x) for x in names) for names in operands]
    cipher = contract(writer, values, labels, tuple("bijk".index(x) for x in result))
    expected = np.einsum(equation, *arrays.values())
    np.testing.assert_allclose(held(cipher, written(writer, arrays)), expected, atol=1e-9)


def test_pairs_are_lighter_than_single_elements() -> None:
    weights = []
    for last in (False, True):
        writer = Writer(Builder(16), use=CLIENT if last else Use())
        cipher = contract(writer, [Fresh(0, (64,)), Fresh(1, (64,))], [(0,), (0,)], ())
        assert cipher.layout.complex == last
        weights.append(writer.build.weight)
    assert weights[1] < weights[0]


@pytest.mark.parametrize("engine", ["clear"])
def test_programs_of_pairs(engine: str) -> None:
    text = "index i = 6, j = 4, k = 8\nsecret A[i, k]\nsecret B[k, j]\nC[i, j] = A[i, k] * B[k, j]"
    rng = np.random.default_rng(0)
    data = {"A": rng.normal(size=(6, 8)), "B": rng.normal(size=(8, 4))}
    result = einlang.compile(text).run(backend="fhe", engine=engine, **data)
    np.testing.assert_allclose(result["C"], data["A"] @ data["B"], atol=1e-4)
