"""Where sizes come from."""

from __future__ import annotations

import numpy as np
import pytest

from einlang.checking import check
from einlang.checking.typed import Index, Qualifier
from einlang.errors import CheckMistake, DataMistake
from einlang.syntax import read


def shapes(text: str, **options) -> dict[str, tuple[int, ...]]:
    return {name: tensor.shape for name, tensor in check(read(text), **options).tensors.items()}


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("index i = 3, j = i\nx[i, j] = 1", (3, 3)),
        ("index h = 4, d = 8, m = h*d\nx[m] = 1", (32,)),
        ("index i = 2*3 + 4/2 - 1\nx[i] = 1", (7,)),
        ("index i = 3, j = i + 1\nx[j] = 1", (4,)),
        ("x[j] = 1\nindex j = i + 1\nindex i = 2", (3,)),
        ("index i = 3\nsecret a[i]\nb[j] = a[j]\nx[k] = b[k]", (3,)),
        ("index m = 12, h = 3\nsecret a[m]\nx[h, d] = a[(h d)]", (3, 4)),
        ("index h = 3, d = 4\nx[(h d)] = 1", (12,)),
        ("index h = 3, d = 4\na[(h d)] = 1\nx[m] = a[m]", (12,)),
        ("index h = 3, d = 4\na[(h d)] = 1\nx[p, h] = a[(p h)]", (4, 3)),
        ("index m = h*d, h = 2, n = 12, d\nsecret a[n]\nb[m] = a[m]\nx[d] = b[0]", (6,)),
        ("index i = 9, r = 3\nsecret a[i]\nx[p] = a[p + r - 0]", (7,)),
        ("index i = 9, r = 3\nsecret a[i]\nx[p] = a[2*p + r]", (4,)),
        ("index i = 9\nsecret a[i]\nx[p] = a[8 - 2*p]", (5,)),
        ("index i = 9, q = 4\nsecret a[i]\nx[q] = a[pad(2*q + 3)]", (4,)),
        ("index i = 9, d = 3\nsecret a[i]\nx[p] = a[size(d)*p + 2]", (3,)),
    ],
)  # fmt: skip
def test_sizes_are_found(text, wanted) -> None:
    assert shapes(text)["x"] == wanted


def test_sizes_are_set_from_outside() -> None:
    text = "index n = 3, m = n\nsecret a[n]\nb[m] = a[m]"
    assert shapes(text, sizes={"n": 5})["b"] == (5,)
    with pytest.raises(CheckMistake, match="set to 5 from outside"):
        check(read(text), sizes={"n": 5}, data={"a": np.ones(4)})
    with pytest.raises(CheckMistake, match="did you mean `n`"):
        check(read("index nn = 2\nindex n = 2\nx[n, nn] = 1"), sizes={"N": 5})


def test_data_gives_sizes_and_goes_before_files(tmp_path) -> None:
    text = 'secret a[n, m] from "a.npy"\nb[n] = a[n, m]'
    np.save(tmp_path / "a.npy", np.ones((2, 3)))
    assert shapes(text, directory=tmp_path)["b"] == (2,)
    assert shapes(text, data={"a": np.ones((7, 1))})["b"] == (7,)
    with pytest.raises(DataMistake, match="E0611"):
        check(read(text), directory=tmp_path, data={"aa": np.ones(1)})


def test_tables_lose_the_axis_that_is_not_asked_for(tmp_path) -> None:
    (tmp_path / "x.csv").write_text("1\n2\n3\n")
    text = 'secret {} from "x.csv"\nb = 1'
    assert shapes(text.format("x[n]"), directory=tmp_path)["x"] == (3,)
    assert shapes(text.format("x[n, one]"), directory=tmp_path)["x"] == (3, 1)


def test_a_program_is_typed_throughout() -> None:
    text = '''"""Title."""
index i = 2, unused
secret a[i] in [0, 1]
public p
param w[i]
client c = argmax[i](a[i])
b[i] = w[i] * 2
d[i] = b[i] + p
e = a[i] * d[i]
out e, c
target fhe:
    precision = 1e-4
target fhe:
    ring = 4096
'''
    typed = check(read(text, "title.ein"))
    qualifiers = {name: tensor.qualifier for name, tensor in typed.tensors.items()}
    assert qualifiers["b"] is Qualifier.PARAM
    assert qualifiers["d"] is Qualifier.PUBLIC
    assert qualifiers["e"] is Qualifier.SECRET
    assert (typed.name, typed.docstring) == ("title.ein", "Title.")
    assert typed.outputs == ("e", "c")
    assert typed.indices == (Index("i", 2),)
    assert typed.settings == {"fhe": {"precision": 1e-4, "ring": 4096}}
    assert [d.client for d in typed.definitions] == [True, False, False, False]
    assert [warning.code for warning in typed.warnings] == ["W0203"]


def test_the_last_definition_is_the_output() -> None:
    assert check(read("a = 1\nb = a + 1")).outputs == ("b",)
    assert check(read("def f(x) = x")).outputs == ()
    assert check(read("index i = 3\nsecret a[i]")).outputs == ()


def test_data_that_is_no_array() -> None:
    program = read("secret a[i]\nb = a[i]")
    for wrong in ([[1, 2], [3]], ["one"], [1j], [None]):
        with pytest.raises(DataMistake, match="E0603"):
            check(program, data={"a": wrong})
    assert check(program, data={"a": [1, 2]}).tensors["a"].shape == (2,)
