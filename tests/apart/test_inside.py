"""The commands and the service once more, in this process, where every line is seen."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
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
from einlang_fhe.service.pool import Pool
from einlang_fhe.service.settings import Settings
from einlang_fhe.service.wire import Wire

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


SETTINGS = Settings(workers=1, waiting=2, body=1 << 22, key=1 << 26, keys=1, seconds=60)


@pytest.fixture(scope="module")
def pool(home: Path) -> Iterator[Pool]:
    """The workers, which start slowly: those of all services of this module."""
    pool = Pool(SETTINGS, [home / "prog.einc"], [serving.public_data(home / "prog.einc", {})])
    serving.started(pool)
    yield pool
    pool.stop()


class Lent(Pool):
    """The workers of a pool that lives on."""

    def __init__(self, owner: Pool) -> None:
        super().__init__(SETTINGS, [], [])
        self.seats = owner.seats
        self.free = list(owner.seats)

    def stop(self) -> None:
        """Leaves them."""


@pytest.fixture
def app(home: Path, pool: Pool) -> Any:
    """A service that nobody has called yet, in this process but for its workers."""
    app = application(SETTINGS, [home / "prog.einc"], [{}])
    app.state.service.pool = Lent(pool)
    return app


@pytest.fixture
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


@dataclass(frozen=True)
class Files:
    """What a client sends, and where."""

    program: Program
    client: ClientKey
    evaluation: bytes
    request: bytes

    @property
    def identity(self) -> str:
        """The key's."""
        return self.client.identity.hex()

    @property
    def key(self) -> str:
        """The route of the key."""
        return f"/keys/{self.identity}"

    @property
    def route(self) -> str:
        """The route of requests."""
        return f"/programs/{self.program.hash.hex()}/evaluate"

    @property
    def headers(self) -> dict[str, str]:
        """Of a request."""
        return {"einlang-key": self.identity}


@pytest.fixture(scope="module")
def files(home: Path) -> Files:
    """Those that were made in the folder."""
    key = ClientKey.load(home / "keys/client.key")
    contents = [(home / name).read_bytes() for name in ("keys/evaluation.key", "request.einr")]
    return Files(Program.load(home / "prog.einc"), key, *contents)


@pytest.fixture
def known(files: Files, service: httpx.Client) -> httpx.Client:
    """The same client, whose key the service has."""
    assert service.put(files.key, content=files.evaluation).status_code == 201
    return service


def test_an_unknown_key_is_asked_for(files: Files, service: httpx.Client) -> None:
    assert service.head(files.key).status_code == 404
    unknown = service.post(files.route, content=files.request, headers=files.headers)
    assert unknown.status_code == 404
    assert unknown.json()["code"] == "E0836"


def test_a_key_is_registered_under_its_own_name(files: Files, service: httpx.Client) -> None:
    content = files.evaluation
    assert service.put(f"/keys/{'0' * 64}", content=content).status_code == 409
    assert service.put(files.key, content=content[:-1]).json()["code"] == "E0832"
    assert service.put(files.key, content=content).status_code == 201
    assert service.put(files.key, content=content).status_code == 204
    assert service.head(files.key).status_code == 200


def test_a_request_over_http(files: Files, known: httpx.Client) -> None:
    found = known.post(files.route, content=files.request, headers=files.headers)
    reply = Reply.read(found.content, "reply")
    arrays = Asking(files.program, files.client, "key").results(reply, {}, "reply")
    assert np.allclose(arrays["y"], Y, atol=1e-2)


def test_what_the_service_refuses(files: Files, known: httpx.Client) -> None:
    large = b"x" * ((1 << 22) + 1)
    chunks = (b"x" * (1 << 20) for _ in range(5))
    for body in (large, chunks):
        assert known.post(files.route, content=body, headers=files.headers).status_code == 413
    empty = known.post(files.route, content=b"", headers=files.headers)
    assert empty.json()["code"] == "E0830"
    assert known.post("/programs/abc/evaluate", content=b"").status_code == 404
    assert known.put("/keys/abc", content=b"").status_code == 404
    assert known.get("/nothing").status_code == 404
    assert 'einlang_responses_total{status="413"} 2' in known.get("/metrics").text


def test_what_the_service_says_of_itself(known: httpx.Client) -> None:
    assert known.get("/health").json() == {"status": "ok"}
    assert known.get("/programs").json()["programs"][0]["name"] == "prog.ein"
    assert "einlang_key_sets 1" in known.get("/metrics").text


def test_a_full_service_says_try_again(
    app: Any, files: Files, known: httpx.Client, monkeypatch
) -> None:
    monkeypatch.setattr(app.state.service.pool, "waiting", 2)
    monkeypatch.setattr(app.state.service.pool, "running", 1)
    busy = known.post(files.route, content=b"", headers=files.headers)
    assert busy.status_code == 503
    assert busy.json()["retry"]
    assert busy.headers["retry-after"] == "1"


def test_a_key_can_be_taken_back(files: Files, known: httpx.Client) -> None:
    assert known.delete(files.key).status_code == 204
    assert known.delete(files.key).status_code == 404


def test_a_connection_that_was_let_go_of_is_made_again(service: httpx.Client) -> None:
    with Wire(str(service.base_url), 60) as wire:
        assert wire.sent("GET", "/health", [], {}).status == 200
        assert wire.http.sock is not None
        wire.http.sock.shutdown(socket.SHUT_RDWR)
        assert json.loads(wire.sent("GET", "/health", [], {}).content) == {"status": "ok"}


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
