"""NumPy's own tests of einsum, taken from the installed NumPy, run on ours.

They are collected here with `einsum` of the module's `np` replaced; `einsum_path` stays.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import einlang

theirs: Any = pytest.importorskip("numpy._core.tests.test_einsum")


class Replaced(SimpleNamespace):
    """The module `numpy`, with another einsum."""

    einsum = staticmethod(einlang.einsum)

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)


@pytest.fixture(autouse=True)
def _replace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(theirs, "np", Replaced())


class TestEinsum(theirs.TestEinsum):
    """Values, views, types, broadcasting, `out`, `order`, errors."""


class TestEinsumPath(theirs.TestEinsumPath):
    """Orders of contraction that are given, and spaces."""


test_overlap = theirs.test_overlap
