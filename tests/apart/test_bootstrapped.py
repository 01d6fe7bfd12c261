"""A program that is bootstrapped, through files: each step in a process of its own.

Its ring is small and insecure, for which `keygen` writes no keys: they are written here.
`python tests/bench/apart.py deep` does the same at 128 bits.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from einlang_fhe.files.keys import generate
from einlang_fhe.files.parts import Program

import einlang as ein
from einlang.backend import Limits, Secret, find

STEPS = 26
LINES = (
    "index i = 8",
    "secret x[i] in [-1, 1]",
    "param w[i]",
    "v0[i] = x[i] * w[i]",
    *(f"v{n + 1}[i] = v{n}[i] * v{n}[i] - 0.5" for n in range(STEPS)),
    f"out v{STEPS}",
    "target fhe:",
    "    precision = 1e-3",
    "    bootstrap = true",
    "    insecure = true",
    "    ring = 2048",
)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The program, a client's copy of it, and keys."""
    program = ein.compile("\n".join(LINES))
    w = np.linspace(0.5, 1, 8)
    (tmp_path / "prog.einc").write_bytes(program.artefact(w=w))
    (tmp_path / "client.einc").write_bytes(program.artefact(client_only=True, w=w))
    client, evaluation = generate([Program.load(tmp_path / "client.einc").about])
    (tmp_path / "client.key").write_bytes(client.written())
    (tmp_path / "client.key").chmod(0o600)
    (tmp_path / "evaluation.key").write_bytes(evaluation.written())
    return tmp_path


def test_a_bootstrapped_program_through_files(home: Path) -> None:
    part = Program.load(home / "prog.einc").evaluator
    assert part is not None
    assert part.levelled.program.count("bootstrap") > 0
    backend: Any = find("fhe")
    x, mine = np.linspace(-1, 1, 8), (home / "client.einc", home / "client.key")
    backend.encrypt(*mine, {"x": x}, home / "request.einr", Secret(), Limits())
    theirs = (home / "prog.einc", home / "evaluation.key", home / "request.einr")
    backend.evaluate(*theirs, {}, home / "reply.einr", Limits())
    found = backend.decrypt(*mine, home / "reply.einr", {}, Secret(), Limits())
    wanted = x * np.linspace(0.5, 1, 8)
    for _ in range(STEPS):
        wanted = wanted * wanted - 0.5
    assert np.allclose(found.arrays[f"v{STEPS}"], wanted, atol=1e-3)
