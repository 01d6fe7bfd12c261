"""The service: honest clients are answered, whatever else comes."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from pathlib import Path

import httpx
import numpy as np
import pytest
import run as hostile_files
import service as hostile_service
from einlang_fhe.service.keyring import FullError, Keyring

import einlang as ein
from einlang.backend import Secret
from einlang.errors import EinlangError


def test_clients_under_load_get_their_own_answers(tmp_path: Path) -> None:
    found = hostile_service.load(tmp_path, 24, kills=1)
    assert found["outcomes"] == {"right": 28}
    assert found["killed"] == 1
    before, _, after = found["megabytes before, at most, after"]
    assert after < 1.5 * before


def test_hostile_requests_change_nothing(tmp_path: Path) -> None:
    found = hostile_service.attack(tmp_path, 60)
    assert found["honest"] == {"right": 4}
    assert found["health"] == 200
    assert all(status in ("400", "404", "405", "409", "413") for status in found["statuses"])


def test_what_runs_is_finished_when_the_service_stops(tmp_path: Path) -> None:
    program = hostile_service.prepare(tmp_path, 1)
    keys = tmp_path / "keys0" / "client.key"
    x = np.random.default_rng(0).uniform(-1, 1, (64, 8))
    found: list[np.ndarray] = []
    with (
        hostile_service.serving(program, "--workers", "1") as (address, pid),
        ein.Client(address, tmp_path / "client.einc", keys, secret=Secret(batch=True)) as client,
    ):
        client(x=x[:1])
        thread = threading.Thread(target=lambda: found.append(client(x=x)["y"]))
        thread.start()
        while "running 1" not in httpx.get(address + "/metrics", trust_env=False).text:
            time.sleep(0.005)
        os.kill(pid, signal.SIGTERM)
        thread.join()
    assert np.allclose(found[0], (x @ hostile_service.WEIGHTS.T) ** 2, atol=2e-2)


def test_mutated_files_are_refused() -> None:
    found = hostile_files.run(180, seed=7)
    assert not found["wrong"]
    assert not found["died"]


def test_a_service_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    hostile_service.prepare(tmp_path, 1)
    keys = tmp_path / "keys0" / "client.key"
    with (
        ein.Client("http://127.0.0.1:9", tmp_path / "client.einc", keys) as client,
        pytest.raises(EinlangError, match=r"E0839.*does not answer"),
    ):
        client(x=[0] * 8)


def test_keys_go_when_they_are_old() -> None:
    now = [0.0]
    with tempfile.TemporaryDirectory() as folder:
        ring = Keyring(Path(folder), most=2, lifetime=10.0, now=lambda: now[0])
        for name in ("a", "b"):
            ring.add(name, ring.spool())
        with pytest.raises(FullError):
            ring.add("c", ring.spool())
        now[0] = 8.0
        assert ring.path("a") is not None
        now[0] = 12.0
        assert ring.path("b") is None
        assert ring.path("a") is not None
        ring.add("c", ring.spool())
        assert ring.remove("c")
        assert not ring.remove("c")
