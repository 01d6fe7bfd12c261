"""Programs and data that are wrong, each with what the command line says of it.

A case is a program under `tests/golden/malformed`. The lines at its head that start with
`#: ` are no part of it; they say what else there is, and what is run:

- `$ einlang run example.ein --out x.npy`: the command (`einlang run example.ein` if none);
- `data a.npy = zeros(3, 4)`: an array in a file, made by one of `CONSTRUCTORS`;
- `bytes a.npy = 93 4e 55`: a file with these bytes; `text a.csv = 1,2\n`: with this text;
- `folder a`: a folder; `without openfhe`: a library that cannot be imported;
- `python 3.13`: what the fhe backend takes this Python for;
- `nested 5000`: the program is a number in as many brackets; `stdin`: it is typed in.

`pytest --update-golden` writes down anew what is said.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

CASES = Path(__file__).parents[1] / "golden" / "malformed"
NAMES = sorted(path.stem for path in CASES.glob("*.ein"))


def filled(value: float, kind: type = float) -> Callable[..., np.ndarray]:
    """Zeros, with this value in the middle."""

    def array(*shape: int) -> np.ndarray:
        values = np.zeros(shape, kind)
        values.flat[values.size // 2] = value
        return values

    return array


CONSTRUCTORS: dict[str, Callable[..., np.ndarray]] = {
    "zeros": lambda *shape: np.zeros(shape),
    "ones": lambda *shape: np.ones(shape),
    "arange": lambda *shape: np.arange(float(np.prod(shape))).reshape(shape),
    "nan": filled(np.nan),
    "inf": filled(-np.inf),
    "complex": filled(1j, complex),
    "object": lambda *shape: np.full(shape, None, object),
    "words": lambda *shape: np.full(shape, "seven"),
}


def prepare(line: str, folder: Path, patch: pytest.MonkeyPatch) -> None:
    """Does what one line at the head of a case says."""
    verb, _, rest = line.partition(" ")
    name, _, value = (part.strip() for part in rest.partition("="))
    path = folder / name
    if verb == "data":
        constructor, _, shape = value.partition("(")
        array = CONSTRUCTORS[constructor](*(int(size) for size in re.findall(r"\d+", shape)))
        np.savez(path, a=array) if path.suffix == ".npz" else np.save(path, array)
    elif verb == "bytes":
        path.write_bytes(bytes.fromhex(value))
    elif verb == "text":
        path.write_text(value.replace("\\n", "\n"))
    elif verb == "folder":
        path.mkdir()
    elif verb == "nested":
        depth = int(name)
        (folder / "example.ein").write_text(f"C = {'(' * depth}1{')' * depth}\n")
    elif verb == "stdin":
        patch.setattr(sys, "stdin", io.StringIO((folder / "example.ein").read_text()))
    elif verb == "python":
        old = SimpleNamespace(
            version_info=(*map(int, name.split(".")), 0), implementation=sys.implementation
        )
        patch.setattr("einlang_fhe.engines.binding.sys", old)
        patch.setattr("platform.python_version", lambda: f"{name}.0")
        patch.setattr("platform.machine", lambda: "x86_64")
    elif verb == "without":
        patch.setitem(sys.modules, name, None)
    else:
        raise AssertionError(f"what is `{verb}`?")


def said(name: str, command: Callable, patch: pytest.MonkeyPatch) -> str:
    """The exit code and both streams of a case, as one text."""
    lines = (CASES / f"{name}.ein").read_text().splitlines(keepends=True)
    head = [line[3:].strip() for line in lines if line.startswith("#: ")]
    program = "".join(line for line in lines if not line.startswith("#: "))
    folder = Path.cwd()
    (folder / "example.ein").write_text(program)
    run = ["run", "example.ein"]
    for line in head:
        if line.startswith("$ "):
            run = line.split()[2:]
        else:
            prepare(line, folder, patch)
    code, out, err = command(run)
    text = f"$ einlang {' '.join(run)}\n{out}--- stderr ---\n{err}--- exit {code} ---\n"
    return tidy(text.replace(str(folder), "FOLDER"))


def tidy(text: str) -> str:
    """Without what differs from machine to machine: times, and the frames of typer."""
    lines = [line.strip("│ ") if "│" in line else line for line in text.splitlines()]
    lines = [line for line in lines if not line.startswith(("╭", "╰"))]
    return re.sub(r"in \d+\.\d+ s", "in N s", "\n".join(lines)) + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_what_is_said(
    name: str,
    command: Callable,
    golden: Callable[[Path, str], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    text = said(name, command, monkeypatch)
    assert "Traceback" not in text
    assert text.endswith(("--- exit 1 ---\n", "--- exit 2 ---\n"))
    golden(CASES / f"{name}.txt", text)


def test_there_are_many_and_no_golden_file_is_left_over() -> None:
    assert len(NAMES) >= 45
    assert sorted(path.stem for path in CASES.glob("*.txt")) == NAMES
