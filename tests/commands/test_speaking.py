"""Colours, bars and tables."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from rich.console import Console
from typer.testing import CliRunner

import einlang as ein
from einlang.commands.line import app
from einlang.commands.progress import shown
from einlang.commands.run import as_json
from einlang.commands.speaking import coloured, table
from einlang.commands.values import outputs


def mistake() -> ein.EinlangError:
    with pytest.raises(ein.EinlangError) as caught:
        ein.compile("y[i] = x[i]").check()
    return caught.value


def printed(*blocks: object, colours: bool = False) -> str:
    stream = io.StringIO()
    system = "standard" if colours else None
    console = Console(
        file=stream, width=200, force_terminal=colours, color_system=system, no_color=not colours
    )
    for block in blocks:
        console.print(block)
    return stream.getvalue()


def test_diagnostics_say_the_same_in_colours() -> None:
    error = mistake()
    assert "\n\n".join(coloured(item).plain for item in error.diagnostics) == str(error)
    assert "\x1b[1;31merror" in printed(coloured(error.diagnostics[0]), colours=True)


def test_bars_on_a_terminal() -> None:
    stream = io.StringIO()
    with shown(Console(file=stream, force_terminal=True, width=80)) as progress:
        for done in range(3):
            progress("evaluate", done, 2)
    assert "evaluate" in stream.getvalue()


def test_no_bars_elsewhere() -> None:
    stream = io.StringIO()
    with shown(Console(file=stream)) as progress:
        progress("evaluate", 1, 2)
    assert stream.getvalue() == ""


def test_numbers_stand_to_the_right() -> None:
    text = printed(table([{"name": "a", "value": 1}, {"name": "long", "value": 1000}]))
    assert [line.rstrip() for line in text.splitlines()][2:] == ["a         1", "long  1,000"]


def test_every_kind_of_output() -> None:
    arrays = {
        "s": np.float64(0.5),
        "truth": np.array(True),
        "v": np.arange(3),
        "w": np.arange(3) / 2,
        "long": np.arange(100),
        "M": np.eye(2),
        "big": np.zeros((30, 30)),
        "cube": np.zeros((2, 2, 2)),
        "void": np.zeros((0,)),
    }
    axes = {name: tuple("ijk"[: np.ndim(array)]) for name, array in arrays.items()}
    axes["long"] = ("n",)
    text = printed(*outputs(ein.Result({n: np.asarray(a) for n, a in arrays.items()}, axes)))
    for word in (
        "s = 0.5",
        "truth = 1",
        "M[i, j]",
        "big[i, j]",
        "30x30",
        "2x2x2",
        "void[i]",
        "...",
    ):
        assert word in text
    assert ["2", "2", "1"] in [line.split() for line in text.splitlines()]


def test_json_has_no_nan() -> None:
    result = ein.Result({"y": np.array([1.0, np.nan])}, {"y": ("i",)})
    assert json.loads(json.dumps(as_json(result)))["outputs"]["y"]["values"] == [1.0, None]


def test_warnings_and_json() -> None:
    done = CliRunner().invoke(app, ["check", "-c", "index i\nx = 1", "--json"])
    assert done.exit_code == 0
    assert all(item["severity"] == "warning" for item in json.loads(done.stdout)["diagnostics"])
