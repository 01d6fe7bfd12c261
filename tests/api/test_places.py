"""Index objects: the algebra of places."""

from __future__ import annotations

import pytest

import einlang as ein


def test_indices_by_name() -> None:
    i, j = ein.indices("i, j", j=4)
    assert (i.name, i.size, j.name, j.size) == ("i", None, "j", 4)


def test_sizes_of_unknown_indices_are_refused() -> None:
    with pytest.raises(ValueError, match="not named: k"):
        ein.indices("i j", k=3)


def test_a_name_has_to_be_one() -> None:
    with pytest.raises(ValueError, match="no name"):
        ein.Index("2x")


def test_places_are_affine() -> None:
    i, j = ein.indices("i j")
    assert repr(2 * i + j - 1) == "2*i + j - 1"
    assert repr(3 - i) == "-i + 3"
    assert repr(i + i) == "2*i"
    assert repr(i - i) == "0"
    assert repr((i + 1) * 2) == "2*i + 2"
    assert (i + j) - j == i + 0


def test_equal_indices_are_one() -> None:
    assert ein.Index("i") == ein.Index("i")
    assert ein.Index("i") != ein.Index("i", 3)
    assert len({ein.Index("i"), ein.Index("i")}) == 1


def test_borders_stand_around_whole_places() -> None:
    (i,) = ein.indices("i")
    assert repr(ein.pad(i + 1)) == "pad(i + 1)"
    assert repr(ein.wrap(i)) == "wrap(i)"
    for wrong in (lambda: ein.pad(i) + 1, lambda: ein.clamp(ein.wrap(i)), lambda: 2 * ein.pad(i)):
        with pytest.raises(TypeError, match="whole subscript"):
            wrong()


@pytest.mark.parametrize("wrong", [0.5, "j", None])
def test_only_whole_numbers_stand_beside_indices(wrong: object) -> None:
    (i,) = ein.indices("i")
    with pytest.raises(TypeError):
        i + wrong  # type: ignore[operator]
    with pytest.raises(TypeError):
        i * wrong  # type: ignore[operator]
