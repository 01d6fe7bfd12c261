"""What is chosen is what OpenFHE accepts, and nothing smaller would be."""

from __future__ import annotations

import importlib.util
from dataclasses import replace

import numpy as np
import pytest
from einlang_fhe.engines import binding, engine_named
from einlang_fhe.engines.engine import Parameters
from einlang_fhe.parameters import (
    BOUNDS,
    choose,
    deepest,
    fit,
    modulus_bits,
    scale_bits,
    special_primes,
)
from einlang_fhe.scales.unscaled import QUICK, fit_unscaled

from einlang.errors import BackendMistake

needs_openfhe = pytest.mark.skipif(
    importlib.util.find_spec("openfhe") is None or not binding.fits(), reason="needs OpenFHE"
)


def accepted(parameters: Parameters) -> bool:
    from einlang_fhe.engines.openfhe import make_context

    try:
        make_context(parameters)
    except BackendMistake:
        return False
    return True


CHAINS = [
    (ring, scale, first)
    for ring in (1 << 12, 1 << 13, 1 << 14, 1 << 15, 1 << 16)
    for scale, first in ((30, 40), (40, 50), (45, 60), (50, 60), (59, 60), (28, 28))
    if ring < 1 << 16 or scale == 50
]


@needs_openfhe
@pytest.mark.parametrize(("ring", "scale", "first"), CHAINS)
def test_openfhe_agrees_at_the_boundary(ring, scale, first) -> None:
    deep = deepest(scale, first, ring)
    for depth in (deep, deep + 1):
        for digits in range(1, min(depth + 2, 8)):
            bits = modulus_bits(depth, scale, first, digits)
            fits = bits is not None and bits <= BOUNDS[ring]
            assert accepted(Parameters(ring, depth, scale, first, digits)) == fits


def test_the_smallest_ring_then_the_fewest_digits() -> None:
    assert choose(0, 30, 40).ring == 1 << 12
    assert choose(1, 40, 50) == Parameters(1 << 13, 1, 40, 50, 1)
    assert choose(2, 40, 50).ring == 1 << 13
    assert choose(2, 40, 50).digits == 3
    assert choose(3, 40, 50).ring == 1 << 14
    assert choose(1, 40, 50, ring=1 << 15) == Parameters(1 << 15, 1, 40, 50, 1)
    for depth in range(1, 40):
        found = choose(depth, 45, 55)
        bits = modulus_bits(depth, 45, 55, found.digits)
        assert bits is not None
        assert bits <= BOUNDS[found.ring]
        assert found.ring == 1 << 12 or deepest(45, 55, found.ring // 2) < depth


def test_digits_that_do_not_divide_are_none() -> None:
    assert special_primes(3, 40, 50, 3) is None
    assert special_primes(3, 40, 50, 4) == 1
    assert modulus_bits(3, 40, 50, 3) is None


def test_insecure_parameters_say_so() -> None:
    found = choose(20, 50, 60, insecure=1 << 11)
    assert (found.ring, found.secure) == (1 << 11, False)
    assert not fit(9, 1e-4, 4, insecure=1 << 12).secure


def test_too_deep_names_the_depth_that_would_do() -> None:
    deep = deepest(50, 60)
    assert choose(deep, 50, 60).ring == 1 << 17
    with pytest.raises(BackendMistake, match=rf"E0805.*{deep + 1} times.*\n.* {deep}:"):
        choose(deep + 1, 50, 60)


def test_too_precise_names_what_it_would_take() -> None:
    with pytest.raises(BackendMistake, match=r"E0806.*1e-14"):
        scale_bits(1e-14, 4.0, 3, 1 << 14)
    with pytest.raises(BackendMistake, match="E0806"):
        scale_bits(1e-4, 1e9, 3, 1 << 14, amplification=1.0)


def test_scale_grows_with_what_is_asked() -> None:
    scale, first = scale_bits(1e-4, 1.0, 2, 1 << 13)
    assert scale_bits(1e-6, 1.0, 2, 1 << 13)[0] >= scale + 6
    assert scale_bits(1e-4, 1.0, 2, 1 << 15)[0] >= scale + 2
    assert scale_bits(1e-4, 1.0, 30, 1 << 13)[0] > scale
    assert scale_bits(1e-4, 64.0, 2, 1 << 13)[0] == scale + 6
    assert first - scale == 2
    for magnitude in (1.0, 3.0, 4.0, 100.0):
        scale, first = scale_bits(1e-3, magnitude, 2, 1 << 13, amplification=1.0)
        assert 2 ** (first - scale - 1) > magnitude


@needs_openfhe
@pytest.mark.parametrize("precision", [1e-2, 1e-4, 1e-6])
def test_the_precision_is_kept_with_a_margin(precision) -> None:
    """Products and rotations in turn, as deep as the parameters go."""
    parameters = fit(3, precision, 2.0, insecure=1 << 12)
    client, run = engine_named("openfhe").keys(parameters, [1, 64], True)
    x = np.random.default_rng(0).uniform(-1, 1, parameters.slots)
    value, expected = client.encrypt(x), x
    for _ in range(parameters.depth):
        turned = run.rotate(value, 1)
        value = run.rescale(run.relinearize(run.multiply(value, turned)))
        value = run.add(value, run.rotate(value, 64))
        expected = expected * np.roll(expected, -1)
        expected = expected + np.roll(expected, -64)
    assert np.abs(client.decrypt(value) - expected).max() < precision / 4


@pytest.mark.parametrize("ring", [1 << 11, 1 << 12, 1 << 13, 1 << 14])
@pytest.mark.parametrize("degree", [1, 2, 3, 5])
@pytest.mark.parametrize("switched", [None, 1, 2])
def test_primes_are_wide_where_that_is_secure_and_takes_no_more_of_them(
    ring: int, degree: int, switched: int | None
) -> None:
    found = fit_unscaled(ring, degree, switched, 1e-4, magnitude=8.0, growth=20.0)
    if found is None:
        return
    assert found.bits() < BOUNDS[ring]
    wider = replace(found, first=QUICK, prime=QUICK)
    if switched is None:
        assert (found.first >= QUICK) == (wider.bits() < BOUNDS[ring])
