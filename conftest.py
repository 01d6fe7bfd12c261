"""Runs the examples of the documentation, and keeps every library to one thread."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Callable, Sequence
from doctest import ELLIPSIS, NORMALIZE_WHITESPACE, OutputChecker
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(name, "1")
os.environ.setdefault("MPLBACKEND", "agg")
os.environ["EINLANG_FHE_COSTS"] = "shipped"

import hypothesis  # noqa: E402
import pytest  # noqa: E402
from sybil import Example, Sybil  # noqa: E402
from sybil.parsers.myst import CodeBlockParser, PythonCodeBlockParser  # noqa: E402
from xdist.remote import Producer  # noqa: E402
from xdist.scheduler import LoadScopeScheduling  # noqa: E402

hypothesis.settings.register_profile("einlang", deadline=None)
hypothesis.settings.load_profile("einlang")


class Outcome(NamedTuple):
    """What a command left: its exit code, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def text(self) -> str:
        """Both streams, the errors last."""
        return (self.out + self.err).strip()


Command = Callable[[Sequence[str]], Outcome]


def einlang(arguments: Sequence[str]) -> Outcome:
    """`einlang ARGUMENTS`, in this process and this folder."""
    from einlang.commands import main

    out, err = io.StringIO(), io.StringIO()
    plain = {"NO_COLOR": "1", "COLUMNS": "100", "TERM": "dumb"}
    with (
        patch.dict(os.environ, plain),
        patch.object(sys, "argv", ["einlang", *arguments]),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        try:
            code = main()
        except SystemExit as stop:
            code = stop.code
    return Outcome(code if isinstance(code, int) else 0, out.getvalue(), err.getvalue())


@pytest.fixture
def command() -> Command:
    """Runs the command line in this process."""
    return einlang


def keep(example: Example) -> None:
    """A program whose first line is `# name.ein` is written to the folder of its page."""
    first = example.parsed.partition("\n")[0]
    if first.startswith("# ") and first.endswith(".ein"):
        Path(first[2:]).write_text(example.parsed)
        return
    from einlang.syntax import read

    read(example.parsed)


def ruled(text: str) -> str:
    """The text with the rules of its tables at one width."""
    return re.sub("─+", "──", text.strip()) + "\n"


def converse(example: Example) -> str | None:
    """Each `$ command` of a `console` block prints what stands below it."""
    for part in ("\n" + example.parsed).split("\n$ ")[1:]:
        line, _, wanted = part.partition("\n")
        words = shlex.split(line)
        if words[0] != "einlang":
            return f"{words[0]} is not run here"
        got, wanted = (ruled(text) for text in (einlang(words[1:]).text, wanted))
        if not OutputChecker().check_output(wanted, got, ELLIPSIS | NORMALIZE_WHITESPACE):
            return f"$ {line}\nwanted:\n{wanted}\ngot:\n{got}"
    return None


def enter(namespace: dict[str, Any]) -> None:
    """Each page has a folder of its own, with the examples of the project in it."""
    stack = namespace["_stack"] = contextlib.ExitStack()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    (folder / "examples").symlink_to(Path(__file__).parent / "examples", True)
    stack.callback(os.chdir, Path.cwd())
    os.chdir(folder)


def leave(namespace: dict[str, Any]) -> None:
    """Back to where the tests run."""
    namespace["_stack"].close()


class ByPage(LoadScopeScheduling):
    """The examples of a page build on each other: one worker runs them all, in order."""

    def _split_scope(self, nodeid: str) -> str:
        return nodeid.partition(".md::")[0]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByPage:
    """How `pytest -n 2` shares out what there is to run."""
    return ByPage(config, log)


pytest_collect_file = Sybil(
    parsers=[
        PythonCodeBlockParser(doctest_optionflags=ELLIPSIS | NORMALIZE_WHITESPACE),
        CodeBlockParser("ein", keep),
        CodeBlockParser("console", converse),
    ],
    patterns=["README.md", "docs/*.md"],
    setup=enter,
    teardown=leave,
).pytest()
