"""Runs of one compiled program: what is encoded again, on how many threads, what is reported."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from einlang_fhe.backend import FheBackend, FheExecutable
from einlang_fhe.execution.kept import Kept
from einlang_fhe.tensors import Watched

from einlang.checking import check
from einlang.errors import BackendMistake
from einlang.planning import plan
from einlang.syntax import read

TEXT = """
index i = 4, j = 4
secret x[j]
public m[i, j]
param w[i, j]
y[i] = m[i, j] * x[j]
z[i] = w[i, j] * x[j]
n[i] = m[i, j] * w[i, j]
out y, z, n
"""
WEIGHTS = np.arange(16.0).reshape(4, 4) / 16


def executable(**settings: Any) -> FheExecutable:
    flow = plan(check(read(TEXT), data={"w": WEIGHTS})).server
    settings = {"engine": "clear", "ring": 1024, "insecure": True, **settings}
    return FheBackend().compile(flow, {"w": WEIGHTS}, settings)


@pytest.fixture
def encoded(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many plaintexts were encoded is how long this list is."""
    made: list[int] = []
    encode = Kept.encode
    monkeypatch.setattr(Kept, "encode", lambda self, key: (made.append(1), encode(self, key))[1])
    return made


def run(server: FheExecutable, m: np.ndarray, **others: np.ndarray) -> None:
    x = np.array([1.0, -1.0, 0.5, 2.0])
    found = server.run({"x": x, "m": m, **others})
    w = others.get("w", WEIGHTS)
    np.testing.assert_allclose(found["y"], m @ x, atol=1e-4)
    np.testing.assert_allclose(found["z"], w @ x, atol=1e-4)
    np.testing.assert_allclose(found["n"], (m * w).sum(axis=1), atol=1e-12)


def test_only_what_changed_is_encoded_again(encoded: list[int]) -> None:
    server = executable()
    first = np.ones((4, 4))
    run(server, first)
    once = len(encoded)
    run(server, first.copy())
    run(server, first)
    assert len(encoded) == once > 0
    first[0, 0] = 3.0
    run(server, first)
    assert once < len(encoded) < 2 * once
    run(server, first, w=-WEIGHTS)
    run(server, first)
    assert {"encode seconds", "evaluate seconds"} <= server.report.figures.keys()


def test_without_room_all_is_encoded_in_every_run(encoded: list[int]) -> None:
    server = executable(keep=0)
    counts = []
    for _ in range(3):
        run(server, np.ones((4, 4)))
        counts.append(len(encoded))
    assert counts == [counts[0], 2 * counts[0], 3 * counts[0]]
    assert counts[0] > 0
    assert server.session.executor.kept.plains == []


@pytest.mark.parametrize("threads", [1, 2])
def test_threads_are_a_setting(threads: int) -> None:
    server = executable(threads=threads)
    told: list[str] = []
    server.run({"x": np.ones(4), "m": np.ones((4, 4))}, lambda what, done, total: told.append(what))
    assert server.session.threads == threads
    assert list(dict.fromkeys(told)) == ["keys", "encode", "encrypt", "evaluate", "decrypt"]


@pytest.mark.parametrize("setting", [{"threads": 0}, {"threads": "two"}, {"keep": -1}])
def test_other_settings_are_refused(setting: dict[str, Any]) -> None:
    with pytest.raises(BackendMistake, match="E0706"):
        executable(**setting)


def test_missing_data_is_named() -> None:
    flow = plan(check(read(TEXT), data={"w": WEIGHTS})).server
    with pytest.raises(BackendMistake, match="E0707"):
        Watched(flow, {1}, {}).update({})
