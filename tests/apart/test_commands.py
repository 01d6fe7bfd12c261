"""The commands of two machines, each in a process of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import einlang as ein

EXAMPLES = Path(__file__).parents[2] / "examples"


def einlang(folder: Path, *words: str, code: int = 0, **environment: str) -> str:
    """What a command prints, in a process of its own and an environment with nothing of ours."""
    plain = {k: v for k, v in os.environ.items() if not k.startswith("EINLANG")}
    done = subprocess.run(
        [sys.executable, "-m", "einlang", *words],
        cwd=folder,
        env={**plain, "EINLANG_FHE_COSTS": "shipped", **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A client's and a server's folder, the program compiled and keys made."""
    home = tmp_path_factory.mktemp("apart")
    client, server = home / "client", home / "server"
    client.mkdir()
    server.mkdir()
    shutil.copy(EXAMPLES / "convolution.npz", client)
    copy = ("--out", str(server / "prog.einc"), "--client", str(client / "prog.einc"))
    einlang(home, "compile", str(EXAMPLES / "convolution.ein"), *copy)
    einlang(client, "keygen", "prog.einc", "--out", "keys")
    einlang(client, "encrypt", "prog.einc", "--key", "keys/client.key", "--out", "request.einr")
    for file in ("keys/evaluation.key", "request.einr"):
        shutil.copy(client / file, server)
    words = ("prog.einc", "request.einr", "--key", "evaluation.key", "--out", "reply.einr")
    einlang(server, "evaluate", *words)
    shutil.copy(server / "reply.einr", client)
    return home


def test_five_processes_give_what_numpy_gives(home: Path) -> None:
    client = home / "client"
    words = ("prog.einc", "reply.einr", "--key", "keys/client.key", "--out", "outputs.npz")
    einlang(client, "decrypt", *words)
    wanted = ein.load(EXAMPLES / "convolution.ein").run()
    with np.load(client / "outputs.npz") as found:
        for name in wanted:
            assert np.abs(found[name] - wanted[name]).max() < 1e-4 * max(
                1.0, np.abs(wanted[name]).max()
            )
    assert not list((home / "server").rglob("client.key"))


def test_what_is_wrong_ends_with_one_and_writes_nothing(home: Path, tmp_path: Path) -> None:
    server = home / "server"
    cut = tmp_path / "cut.einr"
    cut.write_bytes((server / "request.einr").read_bytes()[:-1])
    out = tmp_path / "out.einr"
    words = ("--key", "evaluation.key", "--out", str(out))
    said = einlang(server, "evaluate", "prog.einc", str(cut), *words, code=1)
    assert "error[E0832]" in said
    assert "Traceback" not in said
    copy = str(home / "client" / "prog.einc")
    said = einlang(server, "evaluate", copy, "request.einr", *words, code=1)
    assert "error[E0833]" in said
    said = einlang(server, "evaluate", "nothing", "request.einr", *words, code=1)
    assert "error[E0832]" in said
    assert not out.exists()


def test_time_and_memory_are_limited(home: Path, tmp_path: Path) -> None:
    server = home / "server"
    out = tmp_path / "out.einr"
    words = ("prog.einc", "request.einr", "--key", "evaluation.key", "--out", str(out))
    assert "E0839" in einlang(server, "evaluate", *words, "--seconds", "0.1", code=1)
    assert "E0839" in einlang(server, "evaluate", *words, "--memory", "64", code=1)
    assert not out.exists()


def test_a_reply_is_for_the_key_that_asked(home: Path, tmp_path: Path) -> None:
    client = home / "client"
    environment = {"EINLANG_PASSPHRASE": "open sesame"}
    other = str(tmp_path / "keys")
    einlang(client, "keygen", "prog.einc", "--out", other, "--passphrase", **environment)
    words = ("decrypt", "prog.einc", "reply.einr", "--key", f"{other}/client.key")
    assert "E0837" in einlang(client, *words, code=1)
    assert "E0837" in einlang(client, *words, code=1, EINLANG_PASSPHRASE="open barley")
    assert "E0836" in einlang(client, *words, code=1, **environment)


def test_a_key_that_others_can_read_is_warned_of(home: Path, tmp_path: Path) -> None:
    key = tmp_path / "client.key"
    shutil.copy(home / "client/keys/client.key", key)
    key.chmod(0o640)
    words = ("prog.einc", "reply.einr", "--key", str(key), "--share", "--json")
    assert "warning[W0801]" in einlang(home / "client", "decrypt", *words)
