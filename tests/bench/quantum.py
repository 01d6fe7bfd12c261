"""All figures of the quantum world: `python tests/bench/quantum.py --json`.

Each figure is a script of its own in `quantum/`, run in a process of its own on one thread, and
stopped when it takes longer than its share of 40 minutes; most take a minute or two.
`--only NAME` (a part of a name, as often as wanted) picks some, `--peer PYTHON` names a Python
that has lambeq, to compare with in the same run, `--data FOLDER` the folder that holds
`sentences` and `protein`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent / "quantum"
FIGURES = {
    "exactness": 180,
    "probability": 240,
    "shots": 480,
    "gradients": 600,
    "sentences": 300,
    "stairs": 180,
    "proteins": 420,
}
"""The figures, with the seconds that each may take."""
COMPARED = ("sentences", "stairs")
DATA = {"sentences": "sentences", "proteins": "protein"}
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def arguments(line: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="accepted: JSON is all there is")
    parser.add_argument("--only", action="append", metavar="NAME", default=[])
    parser.add_argument("--peer", metavar="PYTHON")
    parser.add_argument("--data", metavar="FOLDER", type=Path)
    return parser.parse_args(line)


def command(name: str, asked: argparse.Namespace) -> list[str]:
    """The command of a figure."""
    line = [sys.executable, str(HERE / f"{name}.py"), "--json"]
    if asked.peer and name in COMPARED:
        line += ["--peer", asked.peer]
    if asked.data and name in DATA:
        line += ["--data", str(asked.data / DATA[name])]
    return line


def figure(name: str, asked: argparse.Namespace) -> Any:
    """What a figure's script prints, or what it says went wrong."""
    known, limit = {**os.environ, **ONE_THREAD}, FIGURES[name]
    try:
        done = subprocess.run(
            command(name, asked),
            capture_output=True,
            text=True,
            check=False,
            env=known,
            timeout=limit,
        )
    except subprocess.TimeoutExpired:
        return {"error": f"it took longer than {limit} seconds"}
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return {"error": said[-1]}
    return json.loads(done.stdout)


def main() -> None:
    """All figures, or those that are named."""
    asked = arguments()
    found = {}
    for name in FIGURES:
        if not asked.only or any(part in name for part in asked.only):
            print(f"{name} ...", file=sys.stderr, flush=True)
            start = time.perf_counter()
            found[name] = figure(name, asked)
            print(f"{name}: {time.perf_counter() - start:.0f} s", file=sys.stderr, flush=True)
    print(json.dumps(found, indent=2))
    sys.exit(any("error" in each for each in found.values() if isinstance(each, dict)))


if __name__ == "__main__":
    main()
