"""Ciphertexts that OpenFHE reads and writes together are those that it reads and writes alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from einlang_fhe.engines.engine import Parameters
from einlang_fhe.engines.frames import Kind, ResidueError, frames
from einlang_fhe.files import rows
from einlang_fhe.files.answering import Answering
from einlang_fhe.files.asking import Asking
from einlang_fhe.files.exchange import Reply, Request
from einlang_fhe.files.keys import generate
from einlang_fhe.files.parts import Program
from hypothesis import given
from hypothesis import strategies as st

import einlang as ein
from einlang.errors import EinlangError

PARAMETERS = Parameters(1 << 13, depth=2, scale=40, first=50, digits=2, secure=False)
FRAMES = frames(PARAMETERS)
TAG = "ab" * 32
EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="module")
def keys() -> Any:
    about: Any = SimpleNamespace(parameters=PARAMETERS, rotations=(), relinearize=1)
    client, evaluation = generate([about])
    return client.client(PARAMETERS, "key"), evaluation.evaluator("key")


def computed(keys: Any, count: int) -> dict[Kind, list[Any]]:
    """Ciphertexts as they were encrypted, and as computations leave them."""
    client, evaluator = keys
    draw = np.random.default_rng(count)
    fresh = [client.encrypt(draw.uniform(-1, 1, PARAMETERS.slots)) for _ in range(count)]
    squares = [evaluator.multiply(x, x) for x in fresh]
    scaled = [evaluator.rescale(evaluator.relinearize(x)) for x in squares]
    return {(0, 1, 2): fresh, (0, 2, 3): squares, (1, 1, 2): scaled}


@pytest.mark.parametrize("count", [1, 2, 5])
def test_together_they_are_as_alone(keys: Any, count: int) -> None:
    for kind, ciphers in computed(keys, count).items():
        size = FRAMES.cipher(*kind).size
        together, alone = bytearray(count * size), bytearray(count * size)
        FRAMES.write_ciphers(ciphers, kind, memoryview(together))
        for n, cipher in enumerate(ciphers):
            FRAMES.write_cipher(cipher, kind, memoryview(alone)[n * size : (n + 1) * size])
        assert together == alone
        tag = keys[1].keys.tag
        read = FRAMES.read_ciphers(together, kind, count, tag)
        for old, new in zip(ciphers, read, strict=True):
            found = new.GetLevel(), new.GetNoiseScaleDeg(), new.NumberCiphertextElements()
            assert found == kind
            assert (new.GetKeyTag(), new.GetSlots()) == (tag, old.GetSlots())
            assert (
                new.GetScalingFactor()
                == FRAMES.read_cipher(alone[:size], kind, tag).GetScalingFactor()
            )
            assert np.allclose(keys[0].decrypt(new), keys[0].decrypt(old), atol=1e-6)


def test_what_is_read_together_can_be_computed_with(keys: Any) -> None:
    (kind, ciphers), *_ = computed(keys, 3).items()
    content = bytearray(3 * FRAMES.cipher(*kind).size)
    FRAMES.write_ciphers(ciphers, kind, memoryview(content))
    read = FRAMES.read_ciphers(content, kind, 3, keys[1].keys.tag)
    evaluator = keys[1]
    found = evaluator.rescale(evaluator.relinearize(evaluator.multiply(read[0], read[2])))
    numbers = [keys[0].decrypt(cipher) for cipher in ciphers]
    assert np.allclose(keys[0].decrypt(found), numbers[0] * numbers[2], atol=1e-5)


def test_one_residue_too_large_is_refused_among_many(keys: Any) -> None:
    (kind, ciphers), *_ = computed(keys, 3).items()
    content = bytearray(3 * FRAMES.cipher(*kind).size)
    FRAMES.write_ciphers(ciphers, kind, memoryview(content))
    content[-8:] = b"\xff" * 8
    with pytest.raises(ResidueError, match="below its prime"):
        FRAMES.read_ciphers(content, kind, 3, TAG)


@given(
    st.lists(st.sampled_from([(0, 1, 2), (0, 2, 3), (1, 1, 2), (2, 1, 2)]), max_size=12),
    st.integers(1, 4),
)
def test_groups_hold_all_in_order(kinds: Sequence[Kind], threads: int) -> None:
    found = rows.groups(FRAMES, kinds, threads)
    assert [number for group in found for number in group] == list(range(len(kinds)))
    for group in found:
        assert len({kinds[number] for number in group}) == 1
        size = sum(FRAMES.cipher(*kinds[number]).size for number in group)
        assert len(group) == 1 or size <= rows.MOST


@pytest.mark.parametrize("threads", [1, 2])
def test_an_example_of_many_small_ciphertexts(threads: int) -> None:
    source = ein.load(EXAMPLES / "convolution.ein")
    with np.load(EXAMPLES / "convolution.npz") as data:
        arrays = dict(data)
    program = Program.read(source.artefact(), "program")
    client, evaluation = generate([program.about])
    asking = Asking(program, client, "key")
    assert min(len(asking.sent), len(asking.returned)) > 2
    given = {name: arrays[name] for name in asking.secrets}
    request = Request.read(asking.request(given).written(), "request")
    answer = Answering(program, evaluation, "key", threads).reply(request, {}, "request")
    found = asking.results(Reply.read(answer.written(), "reply"), {}, "reply")
    wanted = source.run()
    for name, array in found.items():
        error = np.abs(array - wanted[name]).max()
        assert error <= program.about.precision * max(1.0, np.abs(wanted[name]).max())


def test_rows_of_another_length_are_refused() -> None:
    with pytest.raises(EinlangError, match="E0834"):
        list(rows.opened(FRAMES, [(0, 1, 2)], b"1234", 1, TAG, "it", 1))
