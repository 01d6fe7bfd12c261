"""Line by line: what is kept, what is shown, what is forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from einlang.commands.conventions import asked
from einlang.commands.line import app
from einlang.syntax import nodes


def said(*lines: str, file: str | None = None) -> str:
    done = CliRunner().invoke(app, ["repl", *([file] if file else [])], input="\n".join(lines))
    assert done.exit_code == 0, done.output
    return done.output


def test_definitions_are_shown_and_kept() -> None:
    assert "x = 3\ny = 6" in said("x = 1 + 2", "y = 2 * x")


def test_expressions_are_shown() -> None:
    assert "it = 7" in said("x = 3", "2 * x + 1")
    assert said("x = 3", "index i = 2", "x").count("x = 3") == 2
    assert said("index i = 2", "A[i] = 5", "A").count("A") == 2


def test_mistakes_are_not_fatal() -> None:
    text = said("x = nothing", "x = )", "y = 4")
    assert "error[E0" in text
    assert "y = 4" in text


def test_what_is_defined_again_replaces() -> None:
    text = said("x = 1", "x = 2", "y = x", ":list")
    assert "y = 2" in text
    assert "x = 1\n" not in text.partition("y = 2")[2]


def test_inputs_without_data_wait() -> None:
    assert "y: 3, waiting for data" in said("index i = 3", "public x[i]", "y[i] = 2 * x[i]")


def test_blocks_and_brackets_go_on() -> None:
    text = said("x = (1 +", "2)", "target numpy:", "    dtype = float32", "", "y = x", ":list")
    assert "x = 3" in text
    assert "dtype = float32" in text


def test_words() -> None:
    text = said(":help", "x = 1", ":clear", ":list", "x", ":backend fhe", ":quit", "y = 9")
    assert ":list" in text
    assert "error[E0" in text
    assert "y = 9" not in text


def test_starting_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a.ein").write_text("x = 5\n")
    assert "it = 6" in said("x + 1", file="a.ein")


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("A[i, k] * B[k, j]", "ij"),
        ("A[i, i]", ""),
        ("x[i] + y[j]", "ij"),
        ("max[i](A[i, j])", "j"),
        ("relu(x[i]) / y[i]", ""),
        ("x[i] <= y[i]", "i"),
        ("3", ""),
    ],
)
def test_what_an_expression_keeps(text: str, kept: str) -> None:
    question = asked(text, "<test>")
    assert question is not None
    assert question.subscripts == tuple(nodes.Affine(((name, 1),)) for name in kept)


def test_what_is_no_expression() -> None:
    assert asked("x = 1", "<test>") is None
    assert asked("index i", "<test>") is None
