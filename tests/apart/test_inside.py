"""The commands and the service once more, in this process, where every line is seen."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import uvicorn
from einlang_fhe.files import jobs
from einlang_fhe.files.asking import Asking
from einlang_fhe.files.exchange import Reply, Request
from einlang_fhe.files.keys import ClientKey, EvaluationKey
from einlang_fhe.files.parts import Program
from einlang_fhe.service import serving
from einlang_fhe.service.application import application
from einlang_fhe.service.evaluating import Evaluating
from einlang_fhe.service.settings import Settings

import einlang as ein

TEXT = """
index i = 4, j = 8
secret x[j] in [-1, 1]
public m[i] from "m.npy"
param W[i, j]
y[i] = square(W[i, j] * x[j]) + m[i]
target fhe:
    precision = 1e-3
"""
W = np.random.default_rng(0).uniform(-0.3, 0.3, (4, 8))
X = np.linspace(-1, 1, 8)
Y = (W @ X) ** 2 + np.arange(4.0)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A program, its data, keys, a request and a reply."""
    home = tmp_path_factory.mktemp("inside")
    np.save(home / "m.npy", np.arange(4.0))
    np.save(home / "W.npy", W)
    np.save(home / "x.npy", X)
    (home / "prog.ein").write_text(TEXT)
    (home / "prog.einc").write_bytes(ein.load(home / "prog.ein").artefact(W=W))
    path = {name: str(home / name) for name in ("prog.einc", "request.einr", "reply.einr")}
    jobs.keygen({"programs": [path["prog.einc"]], "out": str(home / "keys"), "passphrase": None})
    common = {"program": path["prog.einc"], "inputs": {}}
    mine = {**common, "key": str(home / "keys/client.key"), "passphrase": None, "batch": False}
    jobs.encrypt({**mine, "inputs": {"x": X}, "out": path["request.einr"]})
    theirs = {**common, "key": str(home / "keys/evaluation.key"), "out": path["reply.einr"]}
    jobs.evaluate({**theirs, "request": path["request.einr"]})
    found = jobs.decrypt({**mine, "reply": path["reply.einr"], "share": False})
    assert np.allclose(found["arrays"]["y"], Y, atol=1e-2)
    return home


def test_the_commands_say_what_they_wrote(home: Path, command, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(home)
    monkeypatch.setenv("EINLANG_PASSPHRASE", "open sesame")
    out = str(tmp_path)
    lines = [
        (
            "compile",
            "prog.ein",
            "--set",
            "W=W.npy",
            "-o",
            f"{out}/p.einc",
            "--client",
            f"{out}/c.einc",
        ),
        ("keygen", f"{out}/c.einc", "-o", f"{out}/keys", "--passphrase"),
        (
            "encrypt",
            f"{out}/c.einc",
            "--key",
            f"{out}/keys/client.key",
            "--set",
            "x=x.npy",
            "-o",
            f"{out}/request.einr",
        ),
        (
            "evaluate",
            f"{out}/p.einc",
            f"{out}/request.einr",
            "--key",
            f"{out}/keys/evaluation.key",
            "--set",
            "m=m.npy",
            "-o",
            f"{out}/reply.einr",
            "--json",
        ),
    ]
    for line in lines:
        outcome = command(line)
        assert outcome.code == 0, outcome.text
    reply = ("decrypt", f"{out}/c.einc", f"{out}/reply.einr", "--key", f"{out}/keys/client.key")
    assert "y" in command(reply).out
    assert command((*reply, "-o", f"{out}/y.npy")).code == 0
    assert np.allclose(np.load(f"{out}/y.npy"), Y, atol=1e-2)
    assert command(("keygen", f"{out}/c.einc", "-o", f"{out}/keys")).text.count("E0608") == 1
    assert "E0690" in command((*reply, "--set", "m")).text
    assert "E0713" in command((*reply, "-b", "numpy")).text
    assert "E0713" in command(("serve", f"{out}/p.einc", "-b", "numpy")).text


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("prog.einc", "program"),
        ("keys/client.key", "client key"),
        ("keys/evaluation.key", "evaluation key"),
        ("request.einr", "request"),
        ("reply.einr", "reply"),
    ],
)
def test_every_file_says_what_it_is(home: Path, name: str, kind: str, command) -> None:
    figures = jobs.inspect({"path": str(home / name)})["figures"]
    assert figures["kind"] == kind
    assert kind in command(("inspect", str(home / name))).out


@pytest.fixture(scope="module")
def app(home: Path) -> Any:
    """The service, in this process but for its workers."""
    settings = Settings(workers=1, waiting=2, body=1 << 22, key=1 << 26, keys=1, seconds=60)
    data = [serving.public_data(home / "prog.einc", {})]
    app = application(settings, [home / "prog.einc"], data)
    serving.started(app.state.service.pool)
    return app


@pytest.fixture(scope="module")
def service(app: Any) -> Iterator[httpx.Client]:
    """A client of the service, without anything of ours in it."""
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    while not server.started:
        time.sleep(0.01)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with httpx.Client(base_url=address, trust_env=False, timeout=60) as client:
        yield client
    server.should_exit = True
    thread.join()
    listening.close()


def test_a_request_over_http(home: Path, service: httpx.Client) -> None:
    program = Program.load(home / "prog.einc")
    key = ClientKey.load(home / "keys/client.key")
    identity, route = key.identity.hex(), f"/programs/{program.hash.hex()}/evaluate"
    body = (home / "request.einr").read_bytes()
    headers = {"einlang-key": identity}
    assert service.head(f"/keys/{identity}").status_code == 404
    unknown = service.post(route, content=body, headers=headers)
    assert unknown.status_code == 404
    assert unknown.json()["code"] == "E0836"
    evaluation = (home / "keys/evaluation.key").read_bytes()
    assert service.put(f"/keys/{'0' * 64}", content=evaluation).status_code == 409
    assert service.put(f"/keys/{identity}", content=evaluation[:-1]).json()["code"] == "E0832"
    assert service.put(f"/keys/{identity}", content=evaluation).status_code == 201
    assert service.put(f"/keys/{identity}", content=evaluation).status_code == 204
    found = service.post(route, content=body, headers=headers)
    reply = Reply.read(found.content, "reply")
    arrays = Asking(program, key, "key").results(reply, {}, "reply")
    assert np.allclose(arrays["y"], Y, atol=1e-2)


def test_what_the_service_refuses(home: Path, service: httpx.Client) -> None:
    route = f"/programs/{Program.load(home / 'prog.einc').hash.hex()}/evaluate"
    key = ClientKey.load(home / "keys/client.key").identity.hex()
    headers = {"einlang-key": key}
    large = b"x" * ((1 << 22) + 1)
    assert service.post(route, content=large, headers=headers).status_code == 413
    chunks = (b"x" * (1 << 20) for _ in range(5))
    assert service.post(route, content=chunks, headers=headers).status_code == 413
    assert service.post(route, content=b"", headers=headers).json()["code"] == "E0830"
    assert service.post("/programs/abc/evaluate", content=b"").status_code == 404
    assert service.put("/keys/abc", content=b"").status_code == 404
    assert service.get("/nothing").status_code == 404


def test_what_the_service_says_of_itself(service: httpx.Client) -> None:
    assert service.get("/health").json() == {"status": "ok"}
    assert service.get("/programs").json()["programs"][0]["name"] == "prog.ein"
    metrics = service.get("/metrics").text
    assert 'einlang_responses_total{status="413"} 2' in metrics
    assert "einlang_key_sets 1" in metrics


def test_a_full_service_says_try_again(app: Any, service: httpx.Client, monkeypatch) -> None:
    pool = app.state.service.pool
    monkeypatch.setattr(pool, "waiting", 2)
    monkeypatch.setattr(pool, "running", 1)
    identity = next(iter(app.state.service.ring.used))
    (program,) = app.state.service.programs
    route = f"/programs/{program.hex()}/evaluate"
    busy = service.post(route, content=b"", headers={"einlang-key": identity})
    assert busy.status_code == 503
    assert busy.json()["retry"]
    assert busy.headers["retry-after"] == "1"


def test_a_key_can_be_taken_back(app: Any, service: httpx.Client) -> None:
    identity = next(iter(app.state.service.ring.used))
    assert service.delete(f"/keys/{identity}").status_code == 204
    assert service.delete(f"/keys/{identity}").status_code == 404


def test_a_worker_holds_as_many_keys_as_it_may(home: Path) -> None:
    worker = Evaluating()
    path = str(home / "prog.einc")
    public = {"m": np.arange(4.0)}
    worker.open({"held": 1, "threads": 1, "programs": [path], "inputs": [public]})
    program = Program.load(path)
    key = EvaluationKey.load(home / "keys/evaluation.key")
    assert worker.admit({"path": str(home / "keys/evaluation.key")})["identity"] == key.identity
    request = (home / "request.einr").read_bytes()
    for _ in range(2):
        given = {"program": program.hash, "key": key.identity, "request": request}
        found = worker.answer({**given, "path": str(home / "keys/evaluation.key")})
        reply = Reply.read(b"".join(found["reply"]), "r")
        assert Request.read(request, "r").head.nonce == reply.head.nonce
    assert len(worker.ready) == 1
