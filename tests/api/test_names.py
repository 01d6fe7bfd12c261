"""What `einlang` exports, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

import einlang as ein


def test_names_are_sorted_and_there() -> None:
    assert ein.__all__ == sorted(ein.__all__)
    for name in ein.__all__:
        assert getattr(ein, name) is not None


@pytest.mark.parametrize("name", [name for name in ein.__all__ if name[0] != "_"])
def test_every_name_is_documented_with_an_example(name: str) -> None:
    value = getattr(ein, name)
    assert value.__doc__
    if not (isinstance(value, type) and issubclass(value, Exception)):
        assert ">>>" in value.__doc__


def test_what_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        ein.nothing  # noqa: B018


def test_dir_lists_the_names() -> None:
    assert set(ein.__all__) <= set(dir(ein))


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_importing_brings_no_heavy_library() -> None:
    code = "import einlang, sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    heavy = "discopy matplotlib lark rich typer opt_einsum openfhe einlang_numpy einlang_fhe"
    assert not set(heavy.split()) & set(_python(code).split())


def test_einsum_stays_a_function_whatever_is_imported_first() -> None:
    code = "import einlang.contraction, einlang; print(callable(einlang.einsum))"
    assert _python(code) == "True"
