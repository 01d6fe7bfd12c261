"""The code is clean by ruff and pyright, and light to import."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HEAVY = ("discopy", "matplotlib", "einlang_numpy", "einlang_fhe", "openfhe", "typer", "rich")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """A module of this Python, in the folder of the project."""
    command = [sys.executable, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


oldest = pytest.mark.skipif(
    sys.version_info[:2] != (3, 10), reason="checked once, on the oldest Python"
)


@oldest
@pytest.mark.parametrize(
    "check",
    [("ruff", "check"), ("ruff", "format", "--check"), ("pyright", "--pythonpath", sys.executable)],
    ids=["ruff", "format", "pyright"],
)
def test_the_code_is_clean(check) -> None:
    done = run("-m", *check)
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_brings_in_nothing_heavy() -> None:
    loaded = run("-c", "import sys, einlang; print(*sys.modules)").stdout.split()
    assert "einlang" in loaded
    assert not set(HEAVY) & set(loaded)


def test_importing_brings_in_little() -> None:
    loaded = run("-c", "import sys, einlang; print(*sys.modules)").stdout.split()
    bare = run("-c", "import sys; print(*sys.modules)").stdout.split()
    assert len(set(loaded) - set(bare)) < 60


def test_no_lock_file_and_no_other_index_is_kept() -> None:
    kept = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True).stdout
    assert "uv.lock" not in kept.split()
    assert "index-url" not in (ROOT / "pyproject.toml").read_text()
