"""The examples on two machines: sizes and times of every step, each in a process of its own.

    python tests/bench/apart.py            compile, keygen, encrypt, evaluate, decrypt; call
    python tests/bench/apart.py digits     one example
    python tests/bench/apart.py deep       a bootstrapped program at 128 bits: gigabytes of keys

The evaluator works in a folder and an environment without the client's key. `call` is what a
client that has called before waits for: data in arrays to outputs in arrays, by a service on
loopback with one worker that holds the key and the encoded plaintexts. `in process` is the same
program with keys and plaintexts at hand, from the same arrays to the same outputs: encrypting,
evaluating, decrypting. Both use two threads; medians of runs in turn. A table in Markdown
is printed; the exit code is 1 where a result is further from NumPy's than the program allows.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

import einlang as ein

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/hostile"))
NAMES = ("digits", "tumour", "attention", "convolution")
REPEAT = 15
DEEP = 30
"""Squarings of the bootstrapped program."""
ENVIRONMENT = {k: v for k, v in os.environ.items() if not k.startswith("EINLANG_")}


def einlang(folder: Path, *words: str) -> float:
    """Seconds of a command, in a process of its own."""
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "einlang", *words],
        cwd=folder,
        env={**ENVIRONMENT, "EINLANG_FHE_COSTS": "shipped"},
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise RuntimeError(done.stdout + done.stderr)
    return time.perf_counter() - start


def measured(name: str, home: Path) -> dict[str, Any]:
    """Sizes and times of an example, and how far off its results are."""
    client, server = home / "client", home / "server"
    client.mkdir()
    server.mkdir()
    source = ROOT / "examples" / f"{name}.ein" if name in NAMES else deep(home)
    shutil.copy(source.with_suffix(".npz"), client)
    row: dict[str, Any] = {"example": name}
    copy = ("--out", str(server / "prog.einc"), "--client", str(client / "prog.einc"))
    row["compile s"] = einlang(home, "compile", str(source), *copy)
    row["keygen s"] = einlang(client, "keygen", "prog.einc", "--out", "keys")
    key = ("--key", "keys/client.key")
    row["encrypt s"] = einlang(client, "encrypt", "prog.einc", *key, "--out", "request.einr")
    for file in ("keys/evaluation.key", "request.einr"):
        shutil.copy(client / file, server)
    sets = _public(name)
    words = ("prog.einc", "request.einr", "--key", "evaluation.key", "--out", "reply.einr", *sets)
    row["evaluate s"] = einlang(server, "evaluate", *words)
    assert not list(server.rglob("client.key"))
    shutil.copy(server / "reply.einr", client)
    row["decrypt s"] = einlang(
        client, "decrypt", "prog.einc", "reply.einr", *key, "--out", "outputs.npz"
    )
    with np.load(client / "outputs.npz") as found:
        row["error / precision"] = error(source, dict(found))
    files = {
        "program": server / "prog.einc",
        "client key": client / "keys/client.key",
        "evaluation key": client / "keys/evaluation.key",
        "request": client / "request.einr",
        "reply": client / "reply.einr",
    }
    row |= {f"{what} kB": path.stat().st_size / 1e3 for what, path in files.items()}
    row["evaluation key / keys needed"] = files["evaluation key"].stat().st_size / needed(server)
    return row | (called(name, server / "prog.einc", client, sets) if name in NAMES else {})


def deep(home: Path) -> Path:
    """A program that is deeper than any chain of primes, with its data."""
    steps = (f"v{n + 1}[i] = v{n}[i] * v{n}[i] - 0.5" for n in range(DEEP))
    lines = (
        "index i = 8",
        'secret v0[i] from "deep.npz:x" in [-1, 1]',
        *steps,
        f"out v{DEEP}",
        "target fhe:",
        "    precision = 1e-3",
        "    bootstrap = true",
    )
    np.savez(home / "deep.npz", x=np.linspace(-1, 1, 8))
    (home / "deep.ein").write_text("\n".join(lines))
    return home / "deep.ein"


def _public(name: str) -> tuple[str, ...]:
    """The evaluator's own data, which is not in the program."""
    if name != "attention":
        return ()
    return ("--set", f"M={ROOT / 'examples' / 'attention.npz'}:distance")


def needed(server: Path) -> float:
    """Bytes of the keys that the rotations and relinearisations of a program need, and those of
    its bootstraps, with one for the conjugate."""
    from einlang_fhe.files.parts import Program
    from einlang_fhe.parameters import predicted_key_sizes

    about = Program.load(server / "prog.einc").about
    sizes, plan = predicted_key_sizes(about.parameters), about.parameters.bootstrap
    turns = {*about.rotations}
    if plan is not None:
        turns |= plan.rotations(about.parameters.ring)
    count = len(turns) + (plan is not None)
    total = count * sizes.rotation + about.relinearize * sizes.relinearization
    return total or float("nan")


def spelled(number: float) -> str:
    """Three digits, none of them an exponent's."""
    if isnan(number):
        return "none needed"
    return f"{float(f'{number:.3g}'):,.0f}" if number >= 100 else f"{number:.3g}"


def error(source: Path, found: dict[str, np.ndarray]) -> float:
    """The largest error of the outputs that no decision makes of others, over the precision."""
    program = ein.load(source)
    wanted = program.run()
    precision = program.settings["fhe"]["precision"]
    errors = (
        np.abs(found[k] - wanted[k]).max() / max(1.0, np.abs(wanted[k]).max()) for k in wanted
    )
    return float(max(errors)) / precision


def called(name: str, prog: Path, client: Path, sets: tuple[str, ...]) -> dict[str, float]:
    """Seconds of a call on loopback, beside the same program in one process."""
    from service import serving

    with serving(prog, "--workers", "1", "--threads", "2", *sets) as (address, _):
        key = client / "keys/client.key"
        with ein.Client(address, client / "prog.einc", key) as remote:
            names = remote.inputs
            arrays = {k: v for k, v in loaded(name)[1].items() if k in names}
            remote(arrays)
            there, here = best(lambda: remote(arrays), together(name))
    return {"in process s": here, "call s": there, "call / in process": there / here}


def together(name: str) -> Any:
    """The same program as in the file, in this process, its keys made."""
    from einlang.api.pipeline import execute, prepare

    typed, arrays = loaded(name)
    compiled = prepare(typed, "fhe", arrays, {})
    server: Any = compiled.server
    # Data would have it compiled anew, for the numbers that it shows: that is another program.
    server._make_room = lambda known: None

    def run() -> None:
        execute(compiled, arrays)

    run()
    return run


def loaded(name: str) -> tuple[Any, dict[str, np.ndarray]]:
    """An example, checked, with its data."""
    from einlang.data import bind

    program = ein.load(ROOT / "examples" / f"{name}.ein")
    typed = program.check()
    return typed, bind(typed, {}, program.directory)


def best(*works: Any) -> list[float]:
    """The medians of several runs of each, in turn: the speed of a machine drifts."""
    seconds: list[list[float]] = [[] for _ in works]
    for _ in range(REPEAT):
        for work, found in zip(works, seconds, strict=True):
            start = time.perf_counter()
            work()
            found.append(time.perf_counter() - start)
    return [sorted(found)[REPEAT // 2] for found in seconds]


def main() -> int:
    """The command line."""
    rows = []
    for name in sys.argv[1:] or NAMES:
        with tempfile.TemporaryDirectory() as folder:
            rows.append(measured(name, Path(folder)))
    heads = [head for head in rows[0] if head != "example"]
    print("| | " + " | ".join(row["example"] for row in rows) + " |")
    print("|---|" + "---:|" * len(rows))
    for head in heads:
        print(f"| {head} | " + " | ".join(spelled(row[head]) for row in rows) + " |")
    return 0 if all(row["error / precision"] <= 1 for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
