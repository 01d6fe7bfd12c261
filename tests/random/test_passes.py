"""Random programs mean the same whichever passes they go through.

`python tests/random/passes.py` runs many more of the same.
"""

from __future__ import annotations

import doctest

import pytest
import ways


def test_examples() -> None:
    assert doctest.testmod(ways).failed == 0


@pytest.mark.parametrize("first", range(0, 30, 5))
def test_passes_leave_the_meaning(first: int) -> None:
    assert ways.run(range(first, first + 5), "clear").passed(refused=0.4)


def test_passes_leave_the_meaning_of_ciphertexts() -> None:
    pytest.importorskip("openfhe")
    assert ways.run(range(100, 103), "openfhe").passed(refused=0.7)
