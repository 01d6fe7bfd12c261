"""The command line: what is printed where, and how it ends."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from einlang import __version__
from einlang.commands.line import app

PRODUCT = """
secret A[i, k] from "a.npy" in [0, 9]
public x[k] from "x.npy"
y[i] = A[i, k] * x[k]
total = y[i]
out y, total

target fhe:
    precision = 1e-3

test "ones":
    let A[i, k] = 1
    expect y[i] == total / 2
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("product.ein").write_text(PRODUCT)
    np.save("a.npy", np.arange(6.0).reshape(2, 3))
    np.save("x.npy", [1.0, 2.0, 3.0])
    return tmp_path


def line(*arguments: str, stdin: str | None = None) -> Any:
    return CliRunner().invoke(app, list(arguments), input=stdin, catch_exceptions=False)


# -- the line itself --------------------------------------------------------------------------


def test_the_version() -> None:
    done = line("--version")
    assert (done.exit_code, done.stdout) == (0, f"einlang {__version__}\n")


@pytest.mark.parametrize(
    "arguments",
    [
        ("run",),
        ("run", "a.ein", "-c", "x = 1"),
        ("run", "-c", "x = 1", "--nonsense"),
        ("nonsense",),
        ("fmt",),
    ],
    ids=" ".join,
)
def test_usage_is_2(arguments: tuple[str, ...]) -> None:
    assert line(*arguments).exit_code == 2


def test_a_program_from_standard_input() -> None:
    assert line("run", "-", stdin="x = 1 + 2").stdout == "x = 3\n"


def test_a_real_process() -> None:
    command = [sys.executable, "-m", "einlang", "run", "-c", "x = y"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("error[E0")
    assert "Traceback" not in done.stderr


# -- run --------------------------------------------------------------------------------------


def test_run_prints_scalars_and_tables(folder: Path) -> None:
    done = line("run", "product.ein")
    assert done.exit_code == 0
    assert "total = 34" in done.stdout
    assert done.stdout.split("\n")[-5:] != []
    assert ["0", "8"] in [row.split() for row in done.stdout.splitlines()]
    assert ["1", "26"] in [row.split() for row in done.stdout.splitlines()]


def test_run_as_json(folder: Path) -> None:
    told = json.loads(line("run", "product.ein", "--json").stdout)
    assert told["outputs"]["y"] == {"indices": ["i"], "shape": [2], "values": [8.0, 26.0]}
    assert told["outputs"]["total"]["values"] == 34.0


def test_run_encrypted_and_verified(folder: Path) -> None:
    done = line("run", "product.ein", "--backend", "fhe", "--engine", "clear", "--verify")
    assert done.exit_code == 0, done.output
    for word in ("beside NumPy", "largest error", "depth", "ring"):
        assert word in done.stdout


def test_verify_fails_where_the_error_is_too_large(folder: Path, monkeypatch) -> None:
    from einlang.api import pipeline

    monkeypatch.setattr(pipeline, "stated_precision", lambda *_: -1.0)
    done = line("run", "product.ein", "--verify")
    assert done.exit_code == 1
    assert "no" in done.stdout


def test_set_replaces_data_sizes_and_settings(folder: Path) -> None:
    np.save("b.npy", np.ones((1, 3)))
    assert "total = 6" in line("run", "product.ein", "--set", "A=b.npy").stdout
    text = "index i = 3\npublic x\ny[i] = x\ns = y[i]"
    assert "s = 7.5" in line("run", "-c", text, "--set", "x=2.5").stdout
    assert "s = 4" in line("run", "-c", text, "--set", "x=2", "--set", "i=2").stdout
    done = line("run", "product.ein", "--set", "dtype=float32", "--json")
    assert json.loads(done.stdout)["report"]["dtype"] == "float32"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("A", "E0690"),
        ("=3", "E0690"),
        ("i=x.npy", "E0690"),
        ("B=a.npy", "E0611"),
        ("speed=9", "E0706"),
    ],
)
def test_set_that_means_nothing(folder: Path, text: str, code: str) -> None:
    done = line("run", "product.ein", "--set", text)
    assert done.exit_code == 1
    assert f"error[{code}]" in done.stderr


@pytest.mark.parametrize("name", ["y.npz", "y.json"])
def test_out_writes_the_outputs(folder: Path, name: str) -> None:
    done = line("run", "product.ein", "--out", name)
    assert done.exit_code == 0
    assert done.stdout == ""
    assert Path(name).stat().st_size


def test_large_outputs_are_summarised(folder: Path) -> None:
    text = "index i = 50, j = 40\nA[i, j] = 1\nv[i] = A[i, j]\nB[i, j] = A[i, j]\nout v, B"
    done = line("run", "-c", text)
    assert "50x40" in done.stdout
    assert "..." in done.stdout
    assert len(done.stdout.splitlines()) < 40


def test_small_matrices_are_tables() -> None:
    done = line("run", "-c", "index i = 2, j = 3\nA[i, j] = 7")
    assert "A[i, j]" in done.stdout
    assert ["1", "7", "7", "7"] in [row.split() for row in done.stdout.splitlines()]


# -- what is wrong ----------------------------------------------------------------------------


def test_mistakes_go_to_standard_error() -> None:
    done = line("check", "-c", "y[i] = x[i]")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "<command line>" in done.stderr


def test_mistakes_as_json() -> None:
    done = line("check", "-c", "y[i] = x[i]", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert told["diagnostics"][0]["severity"] == "error"


@pytest.mark.parametrize("name", ["missing.ein", "."])
def test_programs_that_cannot_be_read(folder: Path, name: str) -> None:
    done = line("run", name)
    assert done.exit_code == 1
    assert "error[E0691]" in done.stderr


def test_a_program_that_is_no_text(folder: Path) -> None:
    Path("binary.ein").write_bytes(b"\xff\xfe\x00")
    for command in ("run", "fmt"):
        assert "not UTF-8" in line(command, "binary.ein").stderr


@pytest.mark.parametrize(
    ("error", "code", "word"),
    [
        (ImportError("no module", name="openfhe"), 1, "pip install openfhe"),
        (MemoryError(), 1, "not enough memory"),
        (PermissionError(13, "Permission denied", "y.npy"), 1, "`y.npy`: Permission denied"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_the_machine_refuses(monkeypatch, error: BaseException, code: int, word: str) -> None:
    from einlang.api.program import Program

    def refuse(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Program, "check", refuse)
    done = line("check", "-c", "x = 1")
    assert done.exit_code == code
    assert word in done.stderr


# -- the other commands -----------------------------------------------------------------------


def test_check_counts(folder: Path) -> None:
    done = line("check", "product.ein")
    assert done.stdout == "product.ein: 2 inputs, 2 definitions, 1 test: fine\n"


def test_explain(folder: Path) -> None:
    done = line("explain", "product.ein")
    assert done.exit_code == 0
    for word in ("y[i] = A[i, k] * x[k]", "order of operations", "secret", "flops"):
        assert word in done.stdout
    told = json.loads(line("explain", "product.ein", "--json").stdout)
    assert told["tables"]["tensors"][0]["tensor"] == "A[i, k]"


def test_explain_encrypted(folder: Path) -> None:
    done = line("explain", "product.ein", "--backend", "fhe", "--engine", "clear")
    assert done.exit_code == 0, done.output
    assert "layout" in done.stdout.lower()


def test_draw(folder: Path) -> None:
    done = line("draw", "product.ein")
    assert done.exit_code == 0, done.output
    assert "<svg" in Path("product.svg").read_text()
    assert line("draw", "product.ein", "--out", "p.tikz").exit_code == 0
    assert Path("p.tikz").stat().st_size


def test_draw_layouts(folder: Path) -> None:
    shown = line("draw", "product.ein", "--layouts", "--engine", "clear")
    assert shown.exit_code == 0, shown.output
    assert "slots" in shown.stdout
    done = line("draw", "product.ein", "--layouts", "--out", "layouts.svg")
    assert done.exit_code == 0, done.output
    assert done.stdout == ""
    assert "<svg" in Path("layouts.svg").read_text()
    assert "E0692" in line("draw", "product.ein", "--layouts", "-o", "layouts.gif").stderr
    assert "E0712" in line("draw", "product.ein", "--layouts", "-b", "numpy").stderr
    clear = "secret x\nclient y = x + 1"
    assert "nothing to compute" in line("draw", "-c", clear, "--layouts").stderr


def test_tests_run(folder: Path) -> None:
    done = line("test", "product.ein")
    assert done.exit_code == 0, done.output
    assert "product.ein::ones PASSED" in done.stdout
    assert "1 passed in " in done.stdout


def test_tests_fail(folder: Path) -> None:
    Path("wrong.ein").write_text('x = 1\ntest "two":\n    expect x == 2\n    expect x == 1\n')
    done = line("test", "product.ein", "wrong.ein")
    assert done.exit_code == 1
    assert "wrong.ein::two FAILED" in done.stdout
    assert "1 failed, 1 passed" in done.stdout
    told = json.loads(line("test", "wrong.ein", "--json").stdout)
    assert [item["passed"] for item in told] == [False]


def test_no_tests() -> None:
    assert "no tests" in line("test", "-c", "x = 1").stdout


def test_fmt(folder: Path) -> None:
    Path("ugly.ein").write_text("x=1+2\n")
    assert line("fmt", "--check", "ugly.ein").exit_code == 1
    assert Path("ugly.ein").read_text() == "x=1+2\n"
    assert "changed ugly.ein" in line("fmt", "ugly.ein").stderr
    assert Path("ugly.ein").read_text() == "x = 1 + 2\n"
    assert line("fmt", "--check", "ugly.ein").exit_code == 0
    assert line("fmt", "-", stdin="x=1").stdout == "x = 1\n"
    assert line("fmt", "-c", "x=1").stdout == "x = 1\n"
    assert line("fmt", "--check", "-", stdin="x=1").exit_code == 1
