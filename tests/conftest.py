"""What all tests share: expected texts that `--update-golden` writes anew."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Golden = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`pytest --update-golden`."""
    parser.addoption("--update-golden", action="store_true", help="write the expected texts anew")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """`golden(path_of_expected, actual)`: both are equal, or the file is made so."""

    def check(expected: Path, actual: str) -> None:
        if request.config.getoption("--update-golden"):
            expected.parent.mkdir(parents=True, exist_ok=True)
            expected.write_text(actual, encoding="utf-8")
        assert expected.is_file(), f"run `pytest --update-golden` to make {expected.name}"
        assert actual == expected.read_text(encoding="utf-8")

    return check
