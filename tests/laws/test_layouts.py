"""Laws of layouts: packing and unpacking, projecting, extending."""

from __future__ import annotations

from random import Random

import numpy as np
import pytest
from einlang_fhe.functor.values import extend, loosened, same_bits, serves, zeroed
from einlang_fhe.layout import Bit, Copy, Digit, Layout, Roll, arrange, pack, unpack
from hypothesis import given
from hypothesis import strategies as st
from slot_interpreter import random_layout

shapes = st.lists(st.integers(1, 9), min_size=0, max_size=4).map(tuple)
randoms = st.randoms(use_true_random=False)
slots = st.sampled_from([2, 8, 32, 128])


def numbers(shape: tuple[int, ...]) -> np.ndarray:
    """A tensor of different numbers, none of them zero."""
    return np.arange(1.0, np.prod(shape, dtype=int) + 1).reshape(shape)


@given(shapes, slots, randoms)
def test_unpack_undoes_pack(shape: tuple[int, ...], slots: int, random: Random) -> None:
    layout = random_layout(random, shape, slots)
    np.testing.assert_array_equal(unpack(pack(numbers(shape), layout), layout), numbers(shape))


@given(shapes, slots, st.data())
def test_unpack_undoes_pack_when_arranged(
    shape: tuple[int, ...], slots: int, data: st.DataObject
) -> None:
    order = data.draw(st.permutations(range(len(shape))))
    layout = arrange(shape, order, slots)
    np.testing.assert_array_equal(unpack(pack(numbers(shape), layout), layout), numbers(shape))


@given(st.integers(1, 9), st.integers(1, 9), slots, randoms)
def test_unpack_undoes_pack_when_rolled(
    rows: int, columns: int, slots: int, random: Random
) -> None:
    plain = random_layout(random, (rows, columns), slots)
    rolled = Layout(plain.shape, plain.places, plain.digits, (Roll(0, 1),))
    x = numbers((rows, columns))
    np.testing.assert_array_equal(unpack(pack(x, rolled), rolled), x)


def test_a_roll_turns_a_diagonal_into_a_row() -> None:
    places = (Bit(1, 0), Bit(1, 1))
    layout = Layout((4, 4), places, (Digit(0, 0, 4),), (Roll(0, 1),))
    x = numbers((4, 4))
    np.testing.assert_array_equal(pack(x, layout)[0], [x[-j % 4, j] for j in range(4)])


@given(shapes, slots, randoms)
def test_elements_and_zeros_are_all_there_is(
    shape: tuple[int, ...], slots: int, random: Random
) -> None:
    layout = random_layout(random, shape, slots)
    packed = pack(numbers(shape), layout)
    for number in range(layout.count):
        table = layout.table(number)
        np.testing.assert_array_equal(packed[number] != 0, table >= 0)


@given(shapes, slots, randoms, st.data())
def test_projecting_meets_the_right_ciphertext(
    shape: tuple[int, ...], slots: int, random: Random, data: st.DataObject
) -> None:
    layout = random_layout(random, shape, slots)
    axes = data.draw(st.permutations(range(len(shape))))[: data.draw(st.integers(0, len(shape)))]
    small = layout.project(axes)
    x = numbers(small.shape)
    packed = pack(x, small)
    grid = np.indices(shape)
    broadcast = np.broadcast_to(x[tuple(grid[axis] for axis in axes)], shape)
    whole = pack(broadcast, layout)
    for number in range(layout.count):
        inside = layout.table(number) >= 0
        part = packed[layout.projected(number, axes)]
        np.testing.assert_array_equal(part[inside], whole[number][inside])


@given(shapes, slots, randoms)
def test_extending_and_projecting_back(shape: tuple[int, ...], slots: int, random: Random) -> None:
    layout = random_layout(random, shape, slots)
    axes = tuple(range(1, len(shape) + 1))
    larger = extend(layout, axes, (3, *shape))
    assert larger.project(axes).digits == layout.digits
    assert same_bits(larger.project(axes), layout)


@given(shapes, slots, randoms)
def test_a_layout_serves_itself_and_looser_ones(
    shape: tuple[int, ...], slots: int, random: Random
) -> None:
    layout = random_layout(random, shape, slots)
    assert serves(layout, layout)
    assert serves(layout, loosened(layout))
    assert zeroed(layout) == layout


def test_every_bit_has_one_place() -> None:
    with pytest.raises(ValueError, match="two places"):
        Layout((2,), (Bit(0, 0), Bit(0, 0)))
    with pytest.raises(ValueError, match="no place"):
        Layout((4,), (Bit(0, 0), Copy()))
