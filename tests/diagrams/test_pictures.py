"""The pictures of the documentation are those of the programs beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

from einlang.checking import check
from einlang.diagrams.drawing import text
from einlang.syntax import read

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize("name", ["attention", "convolution", "layer", "matmul"])
def test_pictures_are_current(name: str) -> None:
    source = (DOCS / "pictures" / f"{name}.ein").read_text()
    picture = (DOCS / "pictures" / f"{name}.svg").read_text()
    assert text(check(read(source)), "svg") == picture
    assert source in (DOCS / "diagrams.md").read_text()
