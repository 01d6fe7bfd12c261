"""A service under load and attack, on loopback.

    python tests/hostile/service.py load      4 clients, 200 requests, workers killed on the way
    python tests/hostile/service.py attack    1,000 hostile requests, honest ones in between

Every honest answer is compared with NumPy's. Standard output is one JSON object; the exit code
is 1 where an honest answer was wrong or missing.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
from mutations import mutated
from run import PROGRAM

import einlang as ein
from einlang.backend import Limits, find
from einlang.errors import EinlangError

WEIGHTS = np.random.default_rng(0).uniform(-0.3, 0.3, (8, 8))


def prepare(folder: Path, clients: int) -> Path:
    """A compiled program, and keys for each client."""
    program = ein.compile(PROGRAM)
    (folder / "prog.einc").write_bytes(program.artefact(W=WEIGHTS))
    (folder / "client.einc").write_bytes(program.artefact(client_only=True, W=WEIGHTS))
    backend: Any = find("fhe")
    for number in range(clients):
        backend.keygen([folder / "client.einc"], folder / f"keys{number}", None, Limits())
    return folder / "prog.einc"


@contextlib.contextmanager
def serving(program: Path, *options: str) -> Iterator[tuple[str, int]]:
    """The address of a service, and its process; it must end by itself when asked."""
    line = [sys.executable, "-m", "einlang", "serve", str(program), "--port", "0", *options]
    process = subprocess.Popen(line, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    address = process.stderr.readline().rpartition(" ")[2].strip()
    drained = threading.Thread(target=process.stderr.read, daemon=True)
    drained.start()
    try:
        wait(address)
        yield address, process.pid
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) in (0, -signal.SIGTERM), "it did not end well"
    finally:
        process.kill()
        process.wait()
        drained.join()
        process.stderr.close()


def wait(address: str) -> None:
    """Until it answers."""
    for _ in range(200):
        with contextlib.suppress(httpx.HTTPError):
            if httpx.get(address + "/health", trust_env=False).status_code == 200:
                return
        time.sleep(0.1)
    raise TimeoutError(address)


def children(pid: int) -> list[int]:
    """The worker processes of a service."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(path.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(path.parent.name))
    return found


def memory(pid: int) -> float:
    """Megabytes of a process and of its workers."""
    pages = 0
    for one in (pid, *children(pid)):
        with contextlib.suppress(OSError):
            pages += int(Path(f"/proc/{one}/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20), 1)


def honest(client: ein.Client, draw: np.random.Generator) -> str:
    """What became of a request: `right`, `WRONG`, or a code."""
    x = draw.uniform(-1, 1, 8)
    try:
        found = client(x=x)
    except EinlangError as error:
        return error.diagnostics[0].code
    wanted = (WEIGHTS @ x) ** 2
    fits = np.allclose(found["y"], wanted, atol=2e-2) and abs(found["top"] - wanted.max()) < 2e-2
    return "right" if fits else "WRONG"


def load(folder: Path, requests: int, kills: int) -> dict[str, Any]:
    """4 clients at once, each with its own keys, while workers are killed."""
    program = prepare(folder, 4)
    outcomes: Counter[str] = Counter()
    peak = [0.0]
    with serving(program, "--workers", "2") as (address, pid), contextlib.ExitStack() as stack:
        clients = [
            stack.enter_context(
                ein.Client(address, folder / "client.einc", folder / f"keys{n}" / "client.key")
            )
            for n in range(4)
        ]
        for number, client in enumerate(clients):
            outcomes[honest(client, np.random.default_rng(number))] += 1
        before = memory(pid)

        def work(number: int) -> None:
            draw = np.random.default_rng(100 + number)
            for _ in range(requests // 4):
                outcomes[honest(clients[number], draw)] += 1
                peak[0] = max(peak[0], memory(pid))

        threads = [threading.Thread(target=work, args=(n,)) for n in range(4)]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        killed = 0
        while any(thread.is_alive() for thread in threads):
            done = sum(outcomes.values()) - 4
            if killed < kills and done >= (killed + 1) * requests // (kills + 1):
                os.kill(random.choice(children(pid)), signal.SIGKILL)
                killed += 1
            time.sleep(0.01)
        seconds = time.perf_counter() - start
        time.sleep(0.5)
        after = memory(pid)
        metrics = httpx.get(address + "/metrics", trust_env=False).text
    return {
        "outcomes": dict(outcomes),
        "killed": killed,
        "requests a second": round(requests / seconds, 1),
        "megabytes before, at most, after": [before, peak[0], after],
        "restarts": [line for line in metrics.splitlines() if "restarts" in line],
    }


def attack(folder: Path, requests: int) -> dict[str, Any]:
    """Hostile bodies to every route, and an honest request after every twentieth."""
    program = prepare(folder, 2)
    files = {"program": program.read_bytes()}
    statuses: Counter[str] = Counter()
    outcomes: Counter[str] = Counter()
    draw = random.Random(0)
    limits = ("--workers", "2", "--seconds", "20", "--body", "16")
    with serving(program, *limits) as (address, pid), contextlib.ExitStack() as stack:
        keys = folder / "keys0" / "client.key"
        client = stack.enter_context(ein.Client(address, folder / "client.einc", keys))
        data = np.random.default_rng(1)
        outcomes[honest(client, data)] += 1
        connection: Any = client._connection
        asking = connection.asking
        files["request"] = asking.request({"x": np.zeros(8)}).written()
        files["evaluation key"] = (folder / "keys0" / "evaluation.key").read_bytes()
        files["other key"] = (folder / "keys1" / "evaluation.key").read_bytes()
        before = memory(pid)
        with httpx.Client(base_url=address, trust_env=False, timeout=60) as http:
            for number in range(requests):
                statuses[hostile(http, files, connection, draw)] += 1
                if number % 20 == 0:
                    outcomes[honest(client, data)] += 1
            alive = http.get("/health").status_code
        after = memory(pid)
    return {
        "statuses": dict(sorted(statuses.items())),
        "honest": dict(outcomes),
        "health": alive,
        "megabytes before, after": [before, after],
    }


def hostile(http: httpx.Client, files: dict[str, bytes], client: Any, draw: random.Random) -> str:
    """One hostile request; the status that it got."""
    route = f"/programs/{client.program.hash.hex()}/evaluate"
    headers = {"einlang-key": client.identity}
    kind = draw.randrange(6)
    if kind <= 2:
        _, body = mutated(files, "request", draw)
        return str(http.post(route, content=body, headers=headers).status_code)
    if kind == 3:
        _, body = mutated(files, draw.choice(("evaluation key", "other key")), draw)
        return str(http.put(f"/keys/{draw.randbytes(32).hex()}", content=body).status_code)
    if kind == 4:
        strange = draw.choice(("..%2f..%2fetc", "x", "0" * 64, "%00", "a" * 5000))
        odd = {"einlang-key": draw.choice(("", "../../x", "0" * 64, client.identity.upper()))}
        path = draw.choice((f"/keys/{strange}", f"/programs/{strange}/evaluate", route))
        return str(http.post(path, content=files["request"], headers=odd).status_code)
    size = draw.choice((0, 1, 1 << 10, 17 << 20))
    pieces = (draw.randbytes(1 << 10) for _ in range(size >> 10 or 1))
    try:
        return str(http.post(route, content=b"".join(pieces), headers=headers).status_code)
    except httpx.HTTPError:
        return "cut off"


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("what", choices=["load", "attack"])
    parser.add_argument("--requests", type=int)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if given.what == "load":
            found = load(Path(folder), given.requests or 200, kills=2)
            honest_ones = found["outcomes"]
        else:
            found = attack(Path(folder), given.requests or 1000)
            honest_ones = found["honest"]
    print(json.dumps(found, indent=2))
    return 0 if set(honest_ones) <= {"right"} else 1


if __name__ == "__main__":
    sys.exit(main())
