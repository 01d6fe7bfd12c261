"""The site builds without a warning, and the examples inside the modules are true."""

from __future__ import annotations

import doctest
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = {"einlang": ROOT / "einlang"} | {
    path.name: path for path in sorted((ROOT / "backends").iterdir()) if path.is_dir()
}


def modules() -> list[str]:
    """All modules of the packages, by name, without importing any."""
    found = []
    for name, path in ROOMS.items():
        found.append(name)
        for module in path.rglob("*.py"):
            parts = module.relative_to(path).with_suffix("").parts
            found.append(".".join((name, *(part for part in parts if part != "__init__"))))
    return sorted({name for name in found if not name.endswith("__main__")})


@pytest.mark.parametrize("name", modules())
def test_the_examples_of_a_module_are_true(name, tmp_path, monkeypatch) -> None:
    module = importlib.import_module(name)
    monkeypatch.chdir(tmp_path)
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    failed, _ = doctest.testmod(module, optionflags=flags)
    assert not failed


def test_the_site_builds_without_a_warning(tmp_path) -> None:
    command = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-b", "html"]
    done = subprocess.run(
        [*command, str(ROOT / "docs"), str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
