"""OpenFHE and NumPy, asked the same things: equal answers, equal refusals."""

from __future__ import annotations

import gc
import importlib.util
import platform
import sys

import numpy as np
import pytest
from einlang_fhe.engines import binding, engine_named, noise
from einlang_fhe.engines.chain import Chain
from einlang_fhe.engines.clear import ClearEngine, coefficients
from einlang_fhe.engines.decrypting import settled
from einlang_fhe.engines.engine import Parameters
from einlang_fhe.parameters import ciphertext_bytes, predicted_key_sizes

from einlang.errors import BackendMistake

SMALL = Parameters(1 << 12, 4, 40, 50, 1, secure=False)
ROTATIONS = (1, 2, 5, -1)
needs_openfhe = pytest.mark.skipif(
    importlib.util.find_spec("openfhe") is None or not binding.fits(), reason="needs OpenFHE"
)
ENGINES = [pytest.param("openfhe", marks=needs_openfhe), "clear"]


@pytest.fixture(scope="module", params=ENGINES)
def pair(request):
    return engine_named(request.param).keys(SMALL, ROTATIONS, True)


@pytest.fixture(scope="module")
def vectors():
    draw = np.random.default_rng(0)
    return draw.uniform(-1, 1, SMALL.slots), draw.uniform(-1, 1, SMALL.slots)


def close(client, cipher, expected, units=2.0):
    """Equal within some multiples of N least digits."""
    error = np.abs(client.decrypt(cipher) - expected).max()
    assert error * 2**SMALL.scale / SMALL.ring < units


def test_round_trips_at_every_level(pair, vectors) -> None:
    client, _ = pair
    x, _ = vectors
    for level in range(SMALL.depth + 1):
        decrypted = client.decrypt(client.encrypt(x, level))
        assert decrypted.dtype == np.float64
        assert decrypted.shape == (SMALL.slots,)
        close(client, client.encrypt(x, level), x)


def test_sums_at_both_degrees(pair, vectors) -> None:
    client, run = pair
    (x, y), (a, b) = vectors, map(client.encrypt, vectors)
    close(client, run.add(a, b), x + y)
    close(client, run.subtract(a, b), x - y)
    close(client, run.negate(a), -x)
    close(client, run.add_scalar(a, -0.75), x - 0.75)
    close(client, run.add_plain(a, run.encode(y, 0, 1)), x + y)
    product = run.multiply(a, b)
    close(client, run.add(product, product), 2 * x * y, units=500)
    product = run.relinearize(product)
    close(client, run.add_scalar(product, 0.37), x * y + 0.37)
    close(client, run.add_scalar(product, -0.37), x * y - 0.37)
    close(client, run.add_plain(product, run.encode(y, 0, 2)), x * y + y)


def test_products_of_every_kind(pair, vectors) -> None:
    client, run = pair
    (x, y), (a, b) = vectors, map(client.encrypt, vectors)
    close(client, run.rescale(run.relinearize(run.multiply(a, b))), x * y)
    close(client, run.rescale(run.multiply_plain(a, run.encode(y, 0, 1))), x * y)
    close(client, run.rescale(run.multiply_scalar(a, -1.37)), -1.37 * x)
    close(client, run.relinearize(run.rescale(run.multiply(a, b))), x * y, units=500)


def test_levels_do_not_shift_the_scale(pair, vectors) -> None:
    """What primes that are not 2^40 would cost: 2^-19 after four squarings."""
    client, run = pair
    x = 0.9 + 0.1 * vectors[0]
    value, expected = client.encrypt(x), x
    for _ in range(SMALL.depth):
        value, expected = run.rescale(run.relinearize(run.multiply(value, value))), expected**2
    close(client, value, expected, units=40)
    close(client, run.drop(client.encrypt(x), 3), x)
    square = run.relinearize(run.multiply(client.encrypt(x), client.encrypt(x)))
    close(client, run.drop(square, 2), x * x)
    dropped = run.drop(client.encrypt(x), 1)
    squared = run.rescale(run.relinearize(run.multiply(client.encrypt(x), client.encrypt(x))))
    close(client, run.add(squared, dropped), x * x + x, units=4)


FREE = {
    "one prime": Parameters(1 << 12, 0, 28, 60, 0, digit=20),
    "two primes": Parameters(1 << 12, 1, 46, 54, 0, prime=54),
    "small scale": Parameters(1 << 12, 1, 32, 54, 0, prime=54, digit=18),
    "special primes": Parameters(1 << 13, 1, 32, 50, 2, prime=40),
}
"""Where nothing is rescaled, and the scale need not be that of the primes."""


@pytest.fixture(scope="module", params=ENGINES)
def engine(request):
    return engine_named(request.param)


@pytest.mark.parametrize("name", FREE)
def test_degrees_without_rescaling(engine, name) -> None:
    parameters = FREE[name]
    client, run = engine.keys(parameters, [1, 2], 2)
    draw = np.random.default_rng(1)
    x, y = draw.normal(size=(2, parameters.slots))
    a, b = client.encrypt(x), client.encrypt(y)

    def near(cipher, expected, units=1e3):
        error = np.abs(client.decrypt(cipher) - expected).max()
        assert error * 2**parameters.scale < units * parameters.ring

    near(a, x)
    product = run.multiply(a, b)
    near(product, x * y)
    near(run.add_scalar(product, 0.37), x * y + 0.37)
    near(run.add_plain(product, run.encode(y, 0, 2)), x * y + y)
    near(run.multiply_scalar(a, -1.25), -1.25 * x)
    near(run.multiply_plain(a, run.encode(y, 0, 1)), x * y)
    small = run.relinearize(product)
    near(small, x * y)
    near(run.rotate(small, 1), np.roll(x * y, -1), units=2e3)
    total = run.rotate_sum([small, run.hoist(small), small], [0, 1, 2])
    near(total, x * y + np.roll(x * y, -1) + np.roll(x * y, -2), units=2e3)
    if parameters.bits() > 3 * parameters.scale:
        third = run.multiply(product, a)
        near(third, x * x * y)
        near(run.relinearize(third), x * x * y)
        near(run.add_scalar(third, -1.5), x * x * y - 1.5)


def test_what_outgrew_the_modulus_is_noticed(engine) -> None:
    for parameters in FREE.values():
        client, run = engine.keys(parameters, [], 0)
        a = client.encrypt(np.random.default_rng(2).normal(size=parameters.slots))
        for _ in range(parameters.bits() // parameters.scale):
            a = run.multiply_scalar(a, 1.5)
        with pytest.raises(BackendMistake, match="E0804"):
            client.decrypt(a)


def test_rotations_go_left(pair, vectors) -> None:
    client, run = pair
    (x, _), a = vectors, client.encrypt(vectors[0])
    for distance in ROTATIONS:
        close(client, run.rotate(a, distance), np.roll(x, -distance), units=250)
    together = run.rotate_many(a, [5, 0, 1])
    for distance, cipher in zip([5, 0, 1], together, strict=True):
        close(client, cipher, np.roll(x, -distance), units=250)
    scaled = run.rotate(run.multiply_scalar(a, 1.0), 1)
    close(client, run.rescale(scaled), np.roll(x, -1))
    assert run.rotate(a, SMALL.slots) is a


@pytest.mark.parametrize("level", [0, 2])
def test_sums_of_rotations_are_as_noisy_as_one(pair, vectors, level) -> None:
    client, run = pair
    (x, y), (a, b) = vectors, (client.encrypt(v, level) for v in vectors)
    total = run.rotate_sum([a, a, b, a, b], [1, 5, 0, 0, -1])
    expected = np.roll(x, -1) + np.roll(x, -5) + y + x + np.roll(y, 1)
    close(client, total, expected, units=250)
    close(client, run.rotate_sum([a, b], [0, 0]), x + y, units=250)
    total = run.rotate_sum([a, run.hoist(a), b], [1, 2, 0])
    close(client, total, np.roll(x, -1) + np.roll(x, -2) + y, units=250)
    squares = run.rotate_sum([run.multiply_scalar(a, 0.5), run.multiply_scalar(b, 2.0)], [0, 1])
    close(client, run.rescale(squares), 0.5 * x + 2 * np.roll(y, -1))


def test_rotations_of_what_is_hoisted(pair, vectors) -> None:
    client, run = pair
    (x, _), a = vectors, client.encrypt(vectors[0])
    ready = run.hoist(a)
    close(client, run.rotate(ready, 2), np.roll(x, -2), units=250)
    close(client, run.rotate(ready, 0), x)
    for distance, cipher in zip([1, 0, 5], run.rotate_many(ready, [1, 0, 5]), strict=True):
        close(client, cipher, np.roll(x, -distance), units=250)


def test_breaking_the_rules_is_refused(pair, vectors) -> None:
    client, run = pair
    a, lower = client.encrypt(vectors[0]), client.encrypt(vectors[1], 1)
    product = run.multiply(a, a)
    for wrong in (
        lambda: run.add(a, lower),
        lambda: run.add(a, product),
        lambda: run.add_plain(a, run.encode(vectors[0], 1, 1)),
        lambda: run.multiply(a, lower),
        lambda: run.relinearize(run.multiply(product, a)),
        lambda: run.rescale(a),
        lambda: run.rescale(run.multiply_scalar(client.encrypt(vectors[0], SMALL.depth), 1.0)),
        lambda: run.drop(a, SMALL.depth + 1),
        lambda: run.rotate(a, 3),
        lambda: run.rotate_many(a, [1, 3]),
        lambda: run.rotate_sum([a, a], [1, 3]),
        lambda: run.rotate_sum([a, lower], [1, 2]),
        lambda: run.rotate_sum([a, run.multiply_scalar(a, 2.0)], [1, 2]),
        lambda: run.rotate_sum([product, product], [0, 1]),
        lambda: run.rotate(product, 1),
        lambda: run.hoist(product),
        lambda: client.encrypt(np.zeros(3)),
    ):
        with pytest.raises((ValueError, BackendMistake)):
            wrong()


def test_numbers_too_large_are_refused(pair, vectors) -> None:
    client, run = pair
    for number in (1e30, np.nan, np.inf, 600.0):
        with pytest.raises(BackendMistake, match="E0808"):
            client.encrypt(np.full(SMALL.slots, number), SMALL.depth)
    with pytest.raises(BackendMistake, match="E0804"):
        client.decrypt(run.multiply_scalar(client.encrypt(vectors[0], SMALL.depth), 3000.0))


def test_tiny_plaintexts_are_zero(pair) -> None:
    client, run = pair
    tiny = run.encode(np.full(SMALL.slots, 1e-20), 0, 1)
    close(client, run.add_plain(client.encrypt(np.ones(SMALL.slots)), tiny), np.ones(SMALL.slots))


def test_an_evaluator_has_no_secret(pair) -> None:
    _, run = pair
    held = [*vars(run).values(), *vars(getattr(run, "keys", run)).values()]
    assert not any("PrivateKey" in type(value).__name__ for value in held)


def test_clear_noise_is_seeded_and_can_be_absent(vectors) -> None:
    x = vectors[0]
    first, second = (ClearEngine(seed=3).keys(SMALL, [], False)[0] for _ in range(2))
    assert np.array_equal(first.decrypt(first.encrypt(x)), second.decrypt(second.encrypt(x)))
    exact, run = ClearEngine(noise=False).keys(SMALL, [1], True)
    value = run.rescale(run.relinearize(run.multiply(exact.encrypt(x), exact.encrypt(x))))
    assert np.array_equal(exact.decrypt(run.rotate(value, 1)), np.roll(x * x, -1))


def test_coefficients_are_those_of_the_message() -> None:
    assert coefficients(np.full(64, 3.0)) == pytest.approx(3.0)
    assert coefficients(np.eye(64)[5]) == pytest.approx(1 / 64, rel=1e-3)


def test_a_chain_has_exact_scales() -> None:
    chain = Chain(40, (2**50 - 27, 2**40 + 17, 2**40 - 87, 2**40 + 15))
    for level in range(chain.depth):
        squared = chain.ratio(level) ** 2 * 2**40 / chain.prime(level)
        assert squared == pytest.approx(chain.ratio(level + 1), rel=1e-15)


@needs_openfhe
def test_noise_is_of_the_predicted_size(vectors) -> None:
    (client, run), (model, mimic) = (
        engine_named(name).keys(SMALL, [1], True) for name in ("openfhe", "clear")
    )
    x = vectors[0]

    def spread(client, cipher, expected):
        return np.median(np.abs(client.decrypt(cipher) - expected))

    for step in (
        lambda run, a: a,
        lambda run, a: run.rescale(run.multiply_scalar(a, 1.0)),
        lambda run, a: run.rescale(run.relinearize(run.multiply(a, a))),
    ):
        expected = client.decrypt(step(run, client.encrypt(x))).round(6)
        exact = x * x if np.abs(expected - x).max() > 0.01 else x
        real = spread(client, step(run, client.encrypt(x)), exact)
        modelled = spread(model, step(mimic, model.encrypt(x)), exact)
        assert 1 / 3 < real / modelled < 3
    turned = np.abs(client.decrypt(run.rotate(client.encrypt(x), 1)) - np.roll(x, -1))
    switching = noise.switching(SMALL.ring, 4)
    bound = 6 * np.hypot(switching, 2**0.5 * np.sqrt(np.mean(switching**2)))
    assert (turned * 2**SMALL.scale < bound + 6 * noise.encryption(SMALL.ring)).all()


@needs_openfhe
def test_sizes_are_predicted_within_a_percent() -> None:
    import openfhe

    client, run = engine_named("openfhe").keys(SMALL, [1], True)
    tag, sizes = run.keys.tag, predicted_key_sizes(SMALL)
    public = len(openfhe.Serialize(client.public, openfhe.BINARY))
    product = len(openfhe.SerializeEvalMultKeyString(openfhe.BINARY, tag))
    rotation = len(openfhe.SerializeEvalAutomorphismKeyString(openfhe.BINARY, tag))
    assert sizes.public == pytest.approx(public, rel=0.01)
    assert sizes.relinearization == pytest.approx(product, rel=0.01)
    assert sizes.rotation == pytest.approx(rotation, rel=0.01)
    for level in (0, 3):
        cipher = client.encrypt(np.ones(SMALL.slots), level)
        written = len(openfhe.Serialize(cipher, openfhe.BINARY))
        assert ciphertext_bytes(SMALL, level) == pytest.approx(written, rel=0.01)


@needs_openfhe
def test_keys_are_forgotten_with_their_holders() -> None:
    import openfhe

    engine = engine_named("openfhe")
    kept = engine.keys(SMALL, [1, 2], True)
    gc.collect()
    before = len(openfhe.CryptoContext.GetAllEvalMultKeys())
    lost = engine.keys(SMALL, [1, 2], True)
    assert len(openfhe.CryptoContext.GetAllEvalMultKeys()) == before + 1
    del lost
    gc.collect()
    assert len(openfhe.CryptoContext.GetAllEvalMultKeys()) == before
    client, run = kept
    x = np.arange(SMALL.slots) / SMALL.slots
    for cipher, distance in zip(run.rotate_many(client.encrypt(x), [1, 2]), [1, 2], strict=True):
        close(client, cipher, np.roll(x, -distance), units=250)


@needs_openfhe
def test_insecure_parameters_are_refused_unless_wished() -> None:
    with pytest.raises(BackendMistake, match="E0803") as caught:
        engine_named("openfhe").keys(Parameters(1 << 12, 4, 40, 50, 1), [], False)
    assert ".cpp" not in str(caught.value)


def test_missing_openfhe_says_what_to_install(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "openfhe", None)
    monkeypatch.setattr(binding, "fits", lambda: True)
    with pytest.raises(BackendMistake, match=r"E0801.*\n.*einlang\[fhe\]"):
        engine_named("openfhe").keys(SMALL, [], False)


def test_the_wrong_python_says_which_is_right(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "openfhe", None)
    monkeypatch.setattr(binding, "fits", lambda: False)
    monkeypatch.setattr(platform, "python_version", lambda: "3.12.3")
    with pytest.raises(BackendMistake, match=r"E0802.*3\.12\.3.*\n.*--python 3\.10"):
        engine_named("openfhe").keys(SMALL, [], False)


@needs_openfhe
def test_a_refusal_does_not_spoil_the_next_context() -> None:
    engine = engine_named("openfhe")
    with pytest.raises(BackendMistake, match="E0803"):
        engine.keys(Parameters(1 << 12, depth=4, scale=40, first=50, digits=1), [], False)
    wish = Parameters(1 << 12, depth=4, scale=45, first=60, digits=1, secure=False)
    client, _ = engine.keys(wish, [], True)
    x = np.ones(wish.slots)
    np.testing.assert_allclose(client.decrypt(client.encrypt(x)), x, atol=1e-6)


def test_what_is_left_of_numbers_is_told_in_their_unit() -> None:
    draw = np.random.default_rng(3)
    numbers = np.zeros(4096, complex)
    numbers[:8] = 200.0  # Few and large: their mean is small, and so are all coefficients.
    noisy = numbers + 1j * draw.normal(0, 10.0, 4096)
    assert np.abs(settled(numbers, modulus=4.0) - numbers).max() == 0
    with pytest.raises(BackendMistake, match="E0804"):
        settled(noisy, modulus=1e6)
    assert np.abs(settled(noisy, modulus=1e6, unit=2.0**20) - numbers).max() < 100
    for outgrown in (numbers + 50, np.full(4096, np.inf + 0j), np.full(4096, np.nan + 0j)):
        with pytest.raises(BackendMistake, match="E0804"), np.errstate(invalid="ignore"):
            settled(outgrown, modulus=4.0)
