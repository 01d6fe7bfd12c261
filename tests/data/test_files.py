"""Arrays in files, good and bad."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from einlang import data, saving
from einlang.checking import check
from einlang.errors import DataMistake
from einlang.syntax import read


def code(action, *arguments) -> str:
    with pytest.raises(DataMistake) as caught:
        action(*arguments)
    return caught.value.diagnostics[0].code


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (bool, np.int64),
        (np.int8, np.int64),
        (np.uint32, np.int64),
        (np.int64, np.int64),
        (np.float16, np.float64),
        (np.float32, np.float64),
        (np.longdouble, np.float64),
        (">f4", np.float64),
    ],
)
def test_kinds_of_numbers(kind, wanted, tmp_path) -> None:
    array = np.array([[0, 1, 1], [1, 0, 1]]).astype(kind)
    np.save(tmp_path / "a.npy", array)
    found = data.load("a.npy", tmp_path)
    assert found.dtype == wanted
    np.testing.assert_array_equal(found, array.astype(float))


def test_fortran_order_empty_and_scalar(tmp_path) -> None:
    array = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    np.save(tmp_path / "a.npy", array)
    np.testing.assert_array_equal(data.load("a.npy", tmp_path), array)
    np.save(tmp_path / "s.npy", np.float64(3))
    assert data.load("s.npy", tmp_path).shape == data.shape("s.npy", tmp_path) == ()
    np.save(tmp_path / "e.npy", np.zeros((0, 3)))
    assert data.shape("e.npy", tmp_path) == (0, 3)


def test_large_whole_numbers_become_floats() -> None:
    assert data.numbers(np.array([2**63], np.uint64), "x").dtype == np.float64


def test_archives_are_read_by_key(tmp_path) -> None:
    np.savez_compressed(tmp_path / "a.npz", w=np.ones((2, 3)), v=np.arange(3))
    assert data.shape("a.npz:w", tmp_path) == (2, 3)
    assert data.load("a.npz:v", tmp_path).tolist() == [0, 1, 2]
    assert code(data.load, "a.npz:u", tmp_path) == "E0602"
    assert code(data.shape, "a.npz", tmp_path) == "E0602"
    assert data.load(f"{tmp_path}/a.npz:v", Path("elsewhere")).tolist() == [0, 1, 2]


def test_tables(tmp_path) -> None:
    (tmp_path / "a.csv").write_text("1, 2\n\n3,4\n")
    assert data.load("a.csv", tmp_path).dtype == np.int64
    (tmp_path / "b.csv").write_text("﻿1.5\n-2e-3\n", encoding="utf-8")
    assert data.load("b.csv", tmp_path).tolist() == [[1.5], [-0.002]]
    assert data.shape("b.csv", tmp_path) == (2, 1)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "`a` is not a number (line 1 of `x.csv`, column 1)"),
        ("1,2\n3,four\n", "`four` is not a number (line 2 of `x.csv`, column 2)"),
        ("1,2\n\n3,\n", "an empty cell is not a number (line 3 of `x.csv`, column 2)"),
        ("1,2\n3\n", "line 2 of `x.csv` has 1 of the 2 cells that line 1 has"),
        ("", "`x.csv` is empty"),
        ("1,nan\n", "`x.csv` holds NaN at [0, 1] (1 in all)"),
        ("inf\n", "`x.csv` holds an infinity at [0, 0] (1 in all)"),
    ],
)
def test_bad_tables(text, said, tmp_path) -> None:
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(DataMistake) as caught:
        data.load("x.csv", tmp_path)
    assert caught.value.diagnostics[0].message == said


def header(text: str) -> bytes:
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    ("name", "content", "wanted"),
    [
        ("a.npy", b"", "E0608"),
        ("a.npy", b"no array at all", "E0608"),
        ("a.npy", b"\x93NUMPY\x01\x00v\x00{'", "E0608"),
        ("a.npy", b"\x93NUMPY\x09\x00", "E0608"),
        ("a.npy", header("{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}\n"), "E0608"),
        ("a.npy", header("{'descr': '<f8', 'fortran_order': False, 'shape': (9**9,)}"), "E0608"),
        ("a.npy", header("{'descr': '|O', 'fortran_order': False, 'shape': (1,)}\n"), "E0603"),
        ("a.npz", b"PK\x03\x04 and then nothing", "E0608"),
        ("a.csv", b"\xff\xfe1,2", "E0608"),
        ("a.mat", b"1", "E0610"),
    ],
)
def test_hostile_files(name, content, wanted, tmp_path) -> None:
    (tmp_path / name).write_bytes(content)
    reference = f"{name}:w" if name.endswith("npz") else name
    assert code(data.load, reference, tmp_path) == wanted
    assert code(data.shape, reference, tmp_path) == wanted


def test_a_header_is_not_trusted(tmp_path) -> None:
    huge = header("{'descr': '<f8', 'fortran_order': False, 'shape': (999999999999,)}\n")
    (tmp_path / "a.npy").write_bytes(huge + b"\0" * 64)
    assert code(data.load, "a.npy", tmp_path) == "E0608"
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("w.npy", huge)
        archive.writestr("plain.txt", "text")
    assert code(data.load, "a.npz:w", tmp_path) == "E0608"
    assert code(data.load, "a.npz:plain.txt", tmp_path) == "E0608"


@pytest.mark.parametrize(
    "array",
    [
        np.array([1j]),
        np.array([None]),
        np.array(["a"]),
        np.array(["2020"], "datetime64[Y]"),
        np.zeros(2, "i4,i4"),
    ],
)
def test_what_is_no_number(array, tmp_path) -> None:
    np.save(tmp_path / "a.npy", array, allow_pickle=True)
    assert code(data.load, "a.npy", tmp_path) == "E0603"
    assert code(data.shape, "a.npy", tmp_path) == "E0603"
    assert code(data.numbers, array, "a") == "E0603"


def test_missing_files(tmp_path) -> None:
    (tmp_path / "alpha.npy").mkdir()
    with pytest.raises(DataMistake, match=r"did you mean `alpha\.npy`"):
        data.load("alfa.npy", tmp_path)
    assert code(data.load, "alpha.npy", tmp_path) == "E0608"
    assert code(data.load, "nowhere/a.npy", tmp_path) == "E0601"
    assert code(data.numbers, [[1, 2], [3]], "a") == "E0603"


# -- binding -------------------------------------------------------------------------------

PROGRAM = """
index i = 2, k = 3
secret A[i, k] in [0, 9]
public x[k]
param s from "s.npy"
y[i] = A[i, k] * x[k] * s
"""


def bound(folder: Path, **given) -> dict[str, np.ndarray]:
    np.save(folder / "s.npy", 2)
    return data.bind(check(read(PROGRAM), directory=folder), given, folder)


def test_binding_loads_and_converts(tmp_path) -> None:
    found = bound(tmp_path, A=[[1, 2, 3], [4, 5, 6]], x=np.ones(3, bool))
    assert {name: array.dtype.kind for name, array in found.items()} == {
        "A": "i",
        "x": "i",
        "s": "i",
    }


def test_binding_tells_everything(tmp_path) -> None:
    with pytest.raises(DataMistake) as caught:
        bound(tmp_path, A=np.full((2, 3), 10.0), x=np.ones(4), z=1)
    found = [(d.code, d.message) for d in caught.value.diagnostics]
    assert found == [
        ("E0611", "there is data for `z`, but no such input"),
        ("E0607", "`A` holds a value outside of [0, 9] at [0, 0] (6 in all)"),
        ("E0304", "`x` needs the shape (3,), but its data has (4,)"),
    ]


def test_nothing_secret_is_told(tmp_path) -> None:
    with pytest.raises(DataMistake) as caught:
        bound(tmp_path, A=np.full((2, 3), 123.456), x=np.ones(3))
    assert "123" not in str(caught.value)


def test_a_value_that_was_known_when_compiling_may_not_change(tmp_path) -> None:
    np.save(tmp_path / "s.npy", 2)
    typed = check(read(PROGRAM), directory=tmp_path)
    given = {"A": np.ones((2, 3)), "x": np.ones(3), "s": 5}
    assert code(data.bind, typed, given, tmp_path) == "E0607"


def test_binding_without_data(tmp_path) -> None:
    with pytest.raises(DataMistake) as caught:
        bound(tmp_path)
    assert [d.code for d in caught.value.diagnostics] == ["E0609", "E0609"]


# -- saving --------------------------------------------------------------------------------


def test_saving_and_loading(tmp_path) -> None:
    a, b = np.arange(6.0).reshape(2, 3) / 7, np.arange(3)
    saving.save(tmp_path / "x.npz", {"a": a, "b": b})
    np.testing.assert_array_equal(data.load("x.npz:a", tmp_path), a)
    saving.save(tmp_path / "x.npy", {"a": a})
    np.testing.assert_array_equal(data.load("x.npy", tmp_path), a)
    saving.save(tmp_path / "x.csv", {"a": a})
    np.testing.assert_array_equal(data.load("x.csv", tmp_path), a)
    saving.save(str(tmp_path / "x.json"), {"a": a, "b": 3})
    assert json.loads((tmp_path / "x.json").read_text())["b"] == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["x.csv", "x.json", "x.npy", "x.npz"]


def test_what_cannot_be_saved(tmp_path) -> None:
    assert code(saving.save, tmp_path / "x.txt", {"a": 1}) == "E0610"
    assert code(saving.save, tmp_path / "x.npy", {"a": 1, "b": 2}) == "E0613"
    assert code(saving.save, tmp_path / "x.csv", {"a": np.ones((1, 1, 1))}) == "E0613"
    assert code(saving.save, tmp_path / "nowhere/x.npz", {"a": 1}) == "E0608"
    assert list(tmp_path.iterdir()) == []
