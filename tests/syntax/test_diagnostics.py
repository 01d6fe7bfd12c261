"""What is said about mistakes, word for word: `tests/golden/syntax/*.ein` and `*.txt`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from einlang.errors import SyntaxMistake
from einlang.syntax import read

CASES = sorted((Path(__file__).parents[1] / "golden" / "syntax").glob("*.ein"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_what_is_said(path: Path, golden: Callable[[Path, str], None]) -> None:
    with pytest.raises(SyntaxMistake) as raised:
        read(path.read_text(encoding="utf-8"), path.name)
    golden(path.with_suffix(".txt"), f"{raised.value}\n")


def test_no_golden_file_is_left_over() -> None:
    left = {path.stem for path in CASES[0].parent.glob("*.txt")}
    assert left == {path.stem for path in CASES}
