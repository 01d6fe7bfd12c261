"""Programs that do not fit together, each with all that is said of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from einlang import data
from einlang.checking import check
from einlang.errors import EinlangError
from einlang.syntax import read

CASES = Path(__file__).parents[1] / "golden" / "checking"
NAMES = sorted(path.stem for path in CASES.glob("*.ein"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The files that the programs name."""
    np.save(tmp_path / "a.npy", np.arange(12.0).reshape(3, 4))
    np.save(tmp_path / "b.npy", np.ones((4, 5)))
    np.save(tmp_path / "nan.npy", np.array([1.0, np.nan, np.inf]))
    np.save(tmp_path / "empty.npy", np.zeros(0))
    np.save(tmp_path / "objects.npy", np.array([[None]]), allow_pickle=True)
    np.savez(tmp_path / "archive.npz", w=np.ones((3, 4)))
    (tmp_path / "words.csv").write_text("1,2\n3,four\n")
    (tmp_path / "ragged.csv").write_text("1,2\n3\n")
    (tmp_path / "damaged.npy").write_bytes(b"\x93NUMPY\x01\x00v\x00{'")
    (tmp_path / "a.txt").write_text("1\n")
    (tmp_path / "layers.ein").write_text("def dance(x) = x\ndef relu2(x) = relu(x)^2\n")
    (tmp_path / "loop.ein").write_text('use "pool.ein" (k)\ndef h(x) = k(x)\n')
    (tmp_path / "pool.ein").write_text('use "loop.ein" (h)\ndef k(x) = h(x)\n')
    (tmp_path / "broken.ein").write_text("def g(x) = x +\n")
    return tmp_path


def said(path: Path, folder: Path) -> str:
    try:
        typed = check(read(path.read_text(encoding="utf-8"), path.name), directory=folder)
        if any(item.path for item in typed.inputs):
            data.bind(typed, {}, folder)
    except EinlangError as mistakes:
        return f"{mistakes}\n"
    return "".join(f"{warning}\n\n" for warning in typed.warnings) or "nothing\n"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said_of_a_program(name, folder, golden) -> None:
    golden(CASES / f"{name}.txt", said(CASES / f"{name}.ein", folder))


def test_there_are_many() -> None:
    assert len(NAMES) >= 25
