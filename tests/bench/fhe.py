"""Encrypted einsums beside kernels written by hand: `python tests/bench/fhe.py --json`.

Each case runs in its own process on one thread. Ours goes through the public API; the
experts' kernels (`encrypted/experts`) call OpenFHE directly, are timed in turns with ours,
and are checked. `--only NAME` (a part of a name, as often as wanted) picks cases, `--quick`
takes the fewest turns, `--repeat N` at least N turns. Without `--json` tables are printed.
What is compared is evaluation, as the experts' kernels make it small: ours is compiled with
`minimise = throughput`. `--minimise latency` asks for what is best in all, encryption and
traffic included. Plans are chosen and times predicted by costs that are measured first, by
`einlang calibrate --quick`; `--costs shipped` takes those that come with einlang instead.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from encrypted import cases, networks
from encrypted.printing import kernels, table, targets
from encrypted.summary import summary

TURNS = 9
"""At least so many, unless asked otherwise."""
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


def arguments(line: Sequence[str] | None = None) -> argparse.Namespace:
    """What the command line says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--only", action="append", metavar="NAME", default=[])
    parser.add_argument("--quick", action="store_true", help="at most 5 turns a case")
    parser.add_argument("--repeat", type=int, metavar="N")
    parser.add_argument("--minimise", metavar="WHAT", default="throughput")
    parser.add_argument("--costs", choices=("measured", "shipped"), default="measured")
    parser.add_argument("--here", metavar="NAME", help="one case in this process")
    found = parser.parse_args(line)
    found.repeat = found.repeat or (5 if found.quick else TURNS)
    return found


def here(name: str, options: argparse.Namespace) -> dict[str, Any]:
    """One case, measured in this process."""
    from encrypted.measure import Effort, measure, measure_network
    from encrypted.pairs import paired

    effort = Effort(options.repeat, 0.0 if options.quick else 3.0)
    # Experts leave results among what else has come to be in their ciphertexts.
    settings = {"minimise": options.minimise, "threads": 1, "outputs": "raw"}
    if name in networks.by_name():
        return measure_network(networks.by_name()[name], effort, settings)
    case = cases.by_name()[name]
    found = measure(case, effort, settings)
    if case.group == "large":
        found["threads"] = paired(case, 2, effort.turns, settings)
    return found


def calibrated(path: Path) -> dict[str, str]:
    """The environment in which costs are those of this machine, written to that file."""
    print("calibrate ...", file=sys.stderr)
    known = {**os.environ, **ONE_THREAD, "EINLANG_FHE_COSTS": str(path)}
    command = [sys.executable, "-m", "einlang", "calibrate", "--quick"]
    subprocess.run(command, capture_output=True, check=True, env=known)
    return known


def environment(costs: str, folder: str) -> dict[str, str]:
    """Of the processes that cases run in."""
    if costs == "measured":
        return calibrated(Path(folder) / "costs.json")
    return {**os.environ, **ONE_THREAD, "EINLANG_FHE_COSTS": "shipped"}


def apart(name: str, options: argparse.Namespace, known: Mapping[str, str]) -> dict[str, Any]:
    """One case, measured in a process of its own."""
    command = [sys.executable, __file__, "--here", name, "--repeat", str(options.repeat)]
    command += ["--quick"] * options.quick + ["--minimise", options.minimise]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=known)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        return {"case": name, "error": said[-1]}
    return json.loads(done.stdout)


def main() -> None:
    """All cases, or those that are named."""
    options = arguments()
    if options.here:
        print(json.dumps(here(options.here, options)))
        return
    every = [*cases.by_name(), *networks.by_name()]
    names = [n for n in every if not options.only or any(part in n for part in options.only)]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        known = environment(options.costs, folder)
        for name in names:
            print(f"{name} ...", file=sys.stderr)
            rows.append(apart(name, options, known))
    found = summary(rows)
    if options.json:
        print(json.dumps({"cases": rows, "summary": found}, indent=2))
    else:
        print(table(rows), kernels(rows), targets(found["targets"]), sep="\n\n")


if __name__ == "__main__":
    main()
