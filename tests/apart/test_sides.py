"""Client and evaluator apart: round trips, and what does not belong together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from einlang_fhe.engines.frames import frames
from einlang_fhe.files.answering import Answering
from einlang_fhe.files.asking import Asking
from einlang_fhe.files.envelope import HEAD, Envelope
from einlang_fhe.files.exchange import Reply, Request
from einlang_fhe.files.inputs import bound
from einlang_fhe.files.keys import ClientKey, EvaluationKey, generate
from einlang_fhe.files.parts import Program

import einlang as ein
from einlang.errors import EinlangError

TEXT = """
index i = 4, j = 8
secret x[j] in [-1, 1]
public m[i]
param W[i, j]
y[i] = square(W[i, j] * x[j]) + m[i]
z[i] = 2 * m[i]
client top = max[i](y[i]) + m[0]
out y, z, top
target fhe:
    precision = 1e-3
"""
W = np.random.default_rng(0).uniform(-0.3, 0.3, (4, 8))
M = np.arange(4.0)
HERE = Path()


@dataclass
class World:
    """A program, and a client with its keys."""

    program: Program
    copy: Program
    client: ClientKey
    evaluation: EvaluationKey

    def ask(self, x: np.ndarray, batch: bool = False) -> Request:
        """What the client sends."""
        return Asking(self.copy, self.client, "key").request({"x": x}, batch)

    def answer(self, request: Request) -> Reply:
        """What the evaluator makes of it, by files."""
        answering = Answering(self.program, self.evaluation, "key")
        read = Request.read(request.written(), "request")
        return Reply.read(answering.reply(read, {"m": M}, "request").written(), "reply")

    def open(self, reply: Reply, batch: bool = False, share: bool = False) -> dict[str, np.ndarray]:
        """What the client reads."""
        return Asking(self.copy, self.client, "key").results(reply, {"m": M}, "r", batch, share)


def made(text: str = TEXT) -> World:
    program = ein.compile(text)
    full = Program.read(program.artefact(W=W), "prog")
    copy = Program.read(program.artefact(client_only=True, W=W), "prog")
    return World(full, copy, *generate([copy.about]))


@pytest.fixture(scope="module")
def world() -> World:
    return made()


@pytest.fixture(scope="module")
def other() -> World:
    return made()


def refused(code: str):
    return pytest.raises(EinlangError, match=code)


def test_a_round_trip_gives_what_numpy_gives(world: World) -> None:
    x = np.linspace(-1, 1, 8)
    found = world.open(world.answer(world.ask(x)))
    y = (W @ x) ** 2 + M
    assert list(found) == ["y", "z", "top"]
    assert np.allclose(found["y"], y, atol=2e-3)
    assert np.allclose(found["z"], 2 * M)
    assert np.allclose(found["top"], y.max(), atol=2e-3)


def test_a_batch_is_answered_run_by_run(world: World) -> None:
    x = np.random.default_rng(1).uniform(-1, 1, (3, 8))
    reply = world.answer(world.ask(x, batch=True))
    found = world.open(reply, batch=True)
    assert np.allclose(found["y"], (x @ W.T) ** 2 + M, atol=2e-3)
    with refused("E0834"):
        world.open(reply)


def test_shared_results_are_rounded(world: World) -> None:
    x = np.linspace(-1, 1, 8)
    found = world.open(world.answer(world.ask(x)), share=True)
    assert np.allclose(found["y"], (W @ x) ** 2 + M, atol=1e-2)
    assert np.all(found["y"] * 2**9 % 1 == 0)


def test_keys_survive_their_files(world: World) -> None:
    client = ClientKey.read(world.client.written(), "key")
    evaluation = EvaluationKey.read(world.evaluation.written(), "key")
    assert client.identity == evaluation.identity == world.client.identity
    assert client.secret == world.client.secret


def test_the_evaluator_s_files_hold_no_secret(world: World) -> None:
    request = world.ask(np.zeros(8))
    files = [world.program, world.evaluation, request, world.answer(request)]
    secret, seed = world.client.secret, world.client.seed
    everything = b"".join(file.written() for file in files)
    assert seed not in everything
    for start in range(0, len(secret) - 16, 4096):
        assert secret[start : start + 16] not in everything


def test_the_evaluator_has_no_place_for_a_secret(world: World) -> None:
    answering = Answering(world.program, world.evaluation, "key")
    kinds = {type(value).__name__ for value in vars(answering.evaluator.keys).values()}
    kinds |= {type(value).__name__ for value in vars(answering.evaluator).values()}
    kinds |= {type(value).__name__ for value in vars(answering).values()}
    assert not kinds & {"PrivateKey", "KeyPair", "ClientKey", "OpenFHEClient"}
    assert not hasattr(answering.evaluator, "decrypt")
    assert not hasattr(world.evaluation, "client")


def test_nothing_secret_is_printed(world: World) -> None:
    shown = repr(world.client) + repr(world.evaluation) + repr(world.ask(np.zeros(8)))
    assert repr(world.client.seed)[2:12] not in shown


def test_a_wrong_key_is_refused(world: World, other: World) -> None:
    request = world.ask(np.zeros(8))
    with refused("E0836"):
        Answering(world.program, other.evaluation, "key").reply(request, {"m": M}, "request")
    with refused("E0836"):
        other.open(world.answer(request))


def test_another_program_is_refused(world: World) -> None:
    changed = made(TEXT.replace("2 * m", "3 * m"))
    with refused("E0835"):
        changed.answer(world.ask(np.zeros(8)))


def test_a_reply_to_another_request_is_refused(world: World) -> None:
    one, two = (world.answer(world.ask(np.full(8, value))) for value in (0.0, 1.0))
    swapped = Reply(one.head, two.rows, one.plain, two.seal)
    with refused("E0834"):
        world.open(swapped)


def test_a_forged_request_is_refused(world: World) -> None:
    request = world.ask(np.zeros(8))
    rows = bytes([request.rows[0] ^ 1]) + request.rows[1:]
    with refused("E0834.*signature"):
        world.answer(Request(request.head, rows, request.signature))


def test_a_client_s_residues_are_bounded_too(world: World) -> None:
    request = world.ask(np.zeros(8))
    large = b"\xff" * len(request.rows)
    hostile = Request.of(world.program, world.client, 1, large)
    with refused("E0834.*residue"):
        world.answer(hostile)
    with refused("E0834.*other ciphertexts"):
        world.answer(Request.of(world.program, world.client, 2, request.rows))
    with refused("E0834.*other ciphertexts"):
        world.answer(Request.of(world.program, world.client, 1, request.rows[:-8]))


def test_keys_of_several_programs_are_their_union() -> None:
    one, two = made(), made(TEXT.replace("2 * m", "3 * m"))
    client, evaluation = generate([one.program.about, two.program.about])
    for world in (one, two):
        mine = World(world.program, world.copy, client, evaluation)
        found = mine.open(mine.answer(mine.ask(np.ones(8))))
        assert np.allclose(found["y"], (W.sum(axis=1)) ** 2 + M, atol=2e-3)


def test_a_passphrase_is_needed_and_has_to_be_right(world: World) -> None:
    content = world.client.written("open sesame")
    assert world.client.seed not in content
    assert ClientKey.read(content, "key", "open sesame").secret == world.client.secret
    with refused("E0837.*none was given"):
        ClientKey.read(content, "key")
    with refused("E0837.*another"):
        ClientKey.read(content, "key", "open barley")


def test_an_altered_client_s_key_is_refused(world: World) -> None:
    sections = Envelope.read(world.client.written(), "key").sections
    secret = bytearray(sections["secret"])
    secret[40] ^= 1
    altered = Envelope("client key", {**sections, "secret": bytes(secret)}).written()
    with refused("E0834.*secret"):
        ClientKey.read(altered, "key")


def test_another_version_is_refused(world: World) -> None:
    content = world.client.written()
    magic, version, *rest = HEAD.unpack_from(content)
    with refused("E0831.*version 2"):
        ClientKey.read(HEAD.pack(magic, version + 1, *rest) + content[HEAD.size :], "key")


def test_only_what_it_needs_is_in_an_evaluation_key(world: World) -> None:
    head, made_here = world.evaluation.head, frames(world.evaluation.head.parameters)
    keys = len(head.automorphisms) + head.relinearize
    assert len(head.automorphisms) == len(world.program.about.rotations)
    needed = keys * len(made_here.write(made_here._switching()))
    assert len(world.evaluation.written()) <= 1.2 * needed


def test_insecure_parameters_make_no_keys(tmp_path: Path) -> None:
    from einlang_fhe.files.jobs import keygen

    text = TEXT + "    insecure = true\n    ring = 1024\n"
    path = tmp_path / "prog.einc"
    path.write_bytes(ein.compile(text).artefact(W=W))
    with refused("E0838.*insecure"):
        keygen({"programs": [str(path)], "out": str(tmp_path), "passphrase": None})


def test_data_out_of_range_is_never_told(world: World) -> None:
    with refused("E0607") as caught:
        bound(world.copy, ("x",), {"x": np.full(8, 1.5)}, HERE)
    assert "1.5" not in str(caught.value)


def test_a_program_without_secrets_has_nothing_to_send() -> None:
    with refused("E0713|E0838"):
        ein.compile("public x\ny = 2 * x").artefact()


def test_parameters_that_claim_too_much_are_refused(world: World) -> None:
    from dataclasses import replace

    about = world.program.about
    weak = replace(about, parameters=replace(about.parameters, ring=2048, depth=30))
    with refused("E0838|E0834"):
        Program.read(replace_about(world.program, weak), "prog")


def replace_about(program: Program, about: object) -> bytes:
    from einlang_fhe.files.parts import CODEC

    sections = Envelope.read(program.written(), "prog").sections
    return Envelope("program", {**sections, "about": CODEC.encode(about)}).written()


def test_files_of_keys_are_for_their_owner(tmp_path: Path, world: World) -> None:
    from einlang_fhe.files.jobs import inspect, keygen

    path = tmp_path / "prog.einc"
    path.write_bytes(world.program.written(client_only=True))
    keygen({"programs": [str(path)], "out": str(tmp_path / "keys"), "passphrase": None})
    key = tmp_path / "keys" / "client.key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert not inspect({"path": str(key)})["warnings"]
    key.chmod(0o644)
    assert inspect({"path": str(key)})["warnings"][0][0] == "W0801"
