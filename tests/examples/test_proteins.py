"""The example of proteins takes two FASTA files, and tells what is in them apart."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[2] / "examples/proteins/classify.py"
RESIDUES = "ACDEFGHIKLMNPQRSTVWY"


def written(path: Path, start: str, seed: int) -> Path:
    """Sixty random sequences that begin alike."""
    random = np.random.default_rng(seed)
    bodies = ["".join(random.choice([*RESIDUES], 30)) for _ in range(60)]
    path.write_text("".join(f">p{n}\n{start}{body}\n" for n, body in enumerate(bodies)))
    return path


@pytest.mark.parametrize("options", [["--kind", "path"], ["--kind", "tree", "--uniform"]])
def test_it_tells_two_files_apart(tmp_path, options) -> None:
    files = [written(tmp_path / f"{n}.fasta", start, n) for n, start in enumerate(["MKLL", "DEDE"])]
    command = [sys.executable, str(SCRIPT), *map(str, files), "--length", "8", "--bond", "2"]
    done = subprocess.run([*command, *options], capture_output=True, text=True, check=True)
    match = re.fullmatch(r"held-out accuracy (\S+), (\d+) parameters\n", done.stdout)
    assert match
    assert float(match[1]) >= 0.9
