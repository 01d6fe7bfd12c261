"""Broken and forged files by the thousand, each given to the side that would read it.

    python tests/hostile/run.py --count 10000 --seed 0

For each file, one of five is mutated and the step that reads it is run in a worker: it must be
refused, or, where nothing that matters was changed, give the right result. A crash of the
worker is reported, a wrong result or a hang ends the run with an error. Standard output is one
JSON object.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from einlang_fhe.files.worker import Worker
from mutations import mutated

import einlang as ein
from einlang.backend import Limits
from einlang.errors import EinlangError

PROGRAM = """
index i = 8, j = 8
secret x[j] in [-1, 1]
param W[i, j]
y[i] = square(W[i, j] * x[j])
z[i] = W[i, j]
client top = max[i](y[i])
out y, z, top
target fhe:
    precision = 1e-2
"""
OTHER = PROGRAM.replace("square(W[i, j] * x[j])", "square(2 * W[i, j] * x[j])")
SECONDS = 20.0
ROLES = ("program", "client program", "client key", "evaluation key", "request", "reply")


@dataclass
class Bench:
    """Honest files of two programs and two clients, and what becomes of mutated ones."""

    folder: Path
    worker: Worker = field(default_factory=lambda: Worker(Limits(8 << 30, SECONDS)))
    names: dict[str, str] = field(default_factory=dict)
    honest: dict[str, bytes] = field(default_factory=dict)
    other: dict[str, bytes] = field(default_factory=dict)
    expected: dict[str, np.ndarray] = field(default_factory=dict)

    def prepare(self) -> None:
        """Makes the honest files."""
        weights = np.random.default_rng(0).uniform(-0.3, 0.3, (8, 8))
        values = np.linspace(-1, 1, 8)
        for home, text in ((self.honest, PROGRAM), (self.other, OTHER)):
            program = ein.compile(text)
            home["program"] = program.artefact(W=weights)
            home["client program"] = program.artefact(client_only=True, W=weights)
            self._write(home)
            Path(self.path("client key")).unlink(missing_ok=True)
            made = {"programs": [self.path("program")], "out": str(self.folder)}
            self.worker.ask("keygen", {**made, "passphrase": None})
            for role in ("client key", "evaluation key"):
                home[role] = Path(self.path(role)).read_bytes()
            for role in ("request", "reply"):
                self.step(role, {"x": values})
                home[role] = Path(self.path("out")).read_bytes()
                Path(self.path(role)).write_bytes(home[role])
        self._write(self.honest)
        y = (weights @ values) ** 2
        self.expected = {"y": y, "z": weights.sum(axis=1), "top": y.max()}
        assert self.right(self.step("decrypt", {}))

    def path(self, role: str) -> str:
        """Where a file is."""
        suffix = {"client key": "client.key", "evaluation key": "evaluation.key"}
        return str(self.folder / suffix.get(role, f"{role.replace(' ', '-')}.file"))

    def step(self, what: str, inputs: dict[str, np.ndarray]) -> dict[str, np.ndarray] | None:
        """One of encrypt (to a request), evaluate (to a reply), decrypt."""
        Path(self.path("out")).unlink(missing_ok=True)
        mine = {"program": self.path("client program"), "key": self.path("client key")}
        theirs = {"program": self.path("program"), "key": self.path("evaluation key")}
        common = {"inputs": inputs, "out": self.path("out")}
        secret = {"passphrase": None, "batch": False, "share": False}
        if what == "request":
            return self._none("encrypt", {**mine, **common, **secret})
        if what == "reply":
            request = {"request": self.path("request"), "inputs": {}}
            return self._none("evaluate", {**theirs, **common, **request})
        given = {**mine, **secret, "inputs": {}, "reply": self.path("reply")}
        return self.worker.ask("decrypt", given)["arrays"]

    def _none(self, verb: str, given: dict[str, object]) -> None:
        self.worker.ask(verb, given)

    def _write(self, files: dict[str, bytes]) -> None:
        for role, content in files.items():
            Path(self.path(role)).write_bytes(content)

    def right(self, arrays: dict[str, np.ndarray] | None) -> bool:
        """Whether these are the outputs."""
        assert arrays is not None
        return all(np.allclose(arrays[k], v, atol=2e-2) for k, v in self.expected.items())

    def outcome(self, role: str, content: bytes) -> str:
        """A code, `same`, or `WRONG`."""
        Path(self.path(role)).write_bytes(content)
        try:
            return "same" if self._led(role) else "WRONG"
        except EinlangError as error:
            assert not Path(self.path("out")).exists(), "something was written"
            return error.diagnostics[0].code
        finally:
            Path(self.path(role)).write_bytes(self.honest[role])

    def _led(self, role: str) -> bool:
        """Whether the steps that read the file lead to the right result."""
        if role in ("program", "evaluation key", "request"):
            self.step("reply", {})
            return self._then("reply")
        if role == "reply":
            return self.right(self.step("decrypt", {}))
        self.step("request", {"x": np.linspace(-1, 1, 8)})
        return self._then("request")

    def _then(self, made: str) -> bool:
        """The rest of the way, from a request or a reply that was made of a mutated file."""
        steps = ("request", "reply")
        try:
            for step in steps[steps.index(made) :]:
                Path(self.path(step)).write_bytes(Path(self.path("out")).read_bytes())
                if step == "request":
                    self.step("reply", {})
            arrays = self.step("decrypt", {})
        finally:
            for step in steps:
                Path(self.path(step)).write_bytes(self.honest[step])
            Path(self.path("out")).unlink(missing_ok=True)
        return self.right(arrays)


def run(count: int, seed: int) -> dict[str, object]:
    """So many mutated files, and what became of them."""
    found: dict[str, Counter[str]] = {role: Counter() for role in ROLES}
    wrong: list[str] = []
    slowest, start = 0.0, time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        bench.prepare()
        files = bench.honest | {f"other {role}": c for role, c in bench.other.items()}
        for number in range(count):
            draw = random.Random(f"{seed} {number}")
            role = ROLES[number % len(ROLES)]
            what, content = mutated(files, role, draw)
            before = time.perf_counter()
            outcome = bench.outcome(role, content)
            slowest = max(slowest, time.perf_counter() - before)
            found[role][outcome] += 1
            if outcome in ("WRONG", "E0839"):
                wrong.append(f"{number}: {role}, {what}: {outcome}")
        bench.worker.close()
    return {
        "count": count,
        "outcomes": {role: dict(sorted(counts.items())) for role, counts in found.items()},
        "wrong": [line for line in wrong if line.endswith("WRONG")],
        "died": [line for line in wrong if line.endswith("E0839")],
        "slowest seconds": round(slowest, 2),
        "seconds": round(time.perf_counter() - start, 1),
    }


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    found = run(given.count, given.seed)
    print(json.dumps(found, indent=2))
    return 1 if found["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
