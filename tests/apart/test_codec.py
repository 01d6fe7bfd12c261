"""Typed values as bytes: what was written is read, and nothing else is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgpack
import numpy as np
import pytest
from einlang_fhe.files.codec import Codec, DecodingError
from einlang_fhe.files.envelope import Envelope
from einlang_fhe.files.exchange import CODEC, Plain, RequestHead
from einlang_fhe.files.parts import Program
from einlang_fhe.layout import Bit, Digit, Layout

import einlang as ein
from einlang.errors import EinlangError

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ["digits", "tumour", "attention", "convolution"]


@pytest.mark.parametrize("name", NAMES)
def test_a_program_is_read_as_it_was_written(name: str) -> None:
    program = ein.load(EXAMPLES / f"{name}.ein")
    content = program.artefact()
    read = Program.read(content, name)
    assert read.written() == content
    copy = Program.read(read.written(client_only=True), name)
    assert copy.hash == read.hash
    assert copy.evaluator is None
    assert copy.client.sent == read.client.sent


def test_a_client_s_copy_holds_no_values_of_the_evaluator() -> None:
    program = ein.load(EXAMPLES / "digits.ein")
    with np.load(EXAMPLES / "digits.npz") as archive:
        weights = archive["second"].astype(np.float64).tobytes()
    assert weights in program.artefact()
    assert weights[:64] not in program.artefact(client_only=True)


def test_two_processes_with_other_hash_seeds_write_the_same_bytes() -> None:
    code = (
        "import einlang as ein, hashlib, sys\n"
        "for name in sys.argv[2:]:\n"
        "    content = ein.load(f'{sys.argv[1]}/{name}.ein').artefact()\n"
        "    print(hashlib.sha256(content).hexdigest())\n"
    )
    found = [
        subprocess.run(
            [sys.executable, "-c", code, str(EXAMPLES), *NAMES],
            env={**os.environ, "PYTHONHASHSEED": seed, "EINLANG_FHE_COSTS": "shipped"},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert found[0] == found[1]
    assert len(set(found[0].split())) == len(NAMES)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [["Layout"]],
        [["Nothing", 1]],
        [["Bit", 0.0, 0]],
        [["Bit", True, 0]],
        [["Bit", 1 << 62, 0]],
        [["Bit", 0, 0, 0]],
        [["Digit", 0, 0, 1], ["Bit", 0, 0]],
        [[["Bit"], 0, 0]],
        [["os.system", "ls"]],
        ["Bit"],
        7,
    ],
)
def test_other_values_are_refused(rows: object) -> None:
    codec = Codec(Layout)
    root = msgpack.ExtType(1, b"\x00")
    with pytest.raises(DecodingError):
        codec.decode(msgpack.packb([rows, root]), Layout)  # type: ignore[arg-type]


def test_an_object_names_only_those_before_it() -> None:
    codec = Codec(Layout)
    itself = msgpack.ExtType(1, b"\x00")
    content = msgpack.packb([[["Layout", [2], [itself], [], [], [], None, False, False]], itself])
    assert content is not None
    with pytest.raises(DecodingError):
        codec.decode(content, Layout)


def test_equal_objects_are_written_once() -> None:
    codec = Codec(Layout)
    bits = (Bit(0, 0), Bit(0, 1))
    one = codec.encode(Layout((4, 1), bits, (Digit(1, 0, 1),)))
    assert one.count(b"Bit") == 2
    assert codec.decode(one, Layout) == Layout((4, 1), bits, (Digit(1, 0, 1),))


def test_arrays_keep_their_shapes_and_numbers() -> None:
    arrays = {"a": np.arange(6).reshape(2, 3), "b": np.array(0.5), "c": np.zeros((0, 2))}
    read = CODEC.decode(CODEC.encode(Plain(arrays)), Plain).arrays
    for name, array in arrays.items():
        assert read[name].shape == array.shape
        assert (read[name] == array).all()


def test_an_array_of_another_size_than_it_says_is_refused() -> None:
    content = msgpack.packb(
        [[["Plain", {"a": ["<f8", [1 << 40], b""]}]], msgpack.ExtType(1, b"\0")]
    )
    assert content is not None
    with pytest.raises(DecodingError):
        CODEC.decode(content, Plain)


def test_mapping_order_is_no_matter() -> None:
    one = Plain({"a": np.zeros(1), "b": np.zeros(1)})
    other = Plain({"b": np.zeros(1), "a": np.zeros(1)})
    assert CODEC.encode(one) == CODEC.encode(other)


def test_a_request_s_head_shows_no_sealing_key() -> None:
    head = RequestHead(b"p", b"k", b"n", b"secret-sealing", 1)
    assert "secret-sealing" not in repr(head)


def test_every_cut_of_a_file_is_refused() -> None:
    content = Envelope("reply", {"a": b"abc", "b": b""}).written()
    for end in range(len(content)):
        with pytest.raises(EinlangError):
            Envelope.read(content[:end], "x")
