"""Arrays in files: `.npy`, `.npz:key` and `.csv`, read with care.

>>> import tempfile
>>> folder = Path(tempfile.mkdtemp())
>>> np.savez(folder / "a.npz", key=np.eye(2, dtype=np.float32))
>>> load("a.npz:key", folder).dtype, shape("a.npz:key", folder)
(dtype('float64'), (2, 2))
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from einlang.errors import DataMistake, Diagnostic, EinlangError, Label, fail

if TYPE_CHECKING:
    from einlang.checking.typed import Input, Typed

Array = np.ndarray[Any, Any]
KINDS = ".npy, .npz:key or .csv"


def load(reference: str, directory: Path) -> Array:
    """The array that `file.npy`, `file.npz:key` or `file.csv` names, as int64 or float64.

    Relative to `directory`. A `.csv` has two axes, rows and columns. Raises `DataMistake`
    for what is missing, damaged, not numbers or not finite.
    """
    path, key = _split(reference)
    found = _read(path, key, directory, header=False)
    shown = _shown(reference, directory.resolve())
    return finite(numbers(found, shown), shown)


def shape(reference: str, directory: Path) -> tuple[int, ...]:
    """The shape of such an array; of `.npy` and `.npz` files only the header is read."""
    path, key = _split(reference)
    return _read(path, key, directory, header=True).shape


def keys(path: str, directory: Path) -> tuple[str, ...]:
    """The names of the arrays in an `.npz` file. Raises `DataMistake` E0601 or E0608."""
    full = directory / path
    shown = _shown(path, directory.resolve())
    try:
        with zipfile.ZipFile(full) as archive:
            return tuple(name.removesuffix(".npy") for name in archive.namelist())
    except OSError as mistake:
        raise _missing(shown, full, mistake) from None
    except (ValueError, zipfile.BadZipFile):
        raise _damaged(shown, full.suffix) from None


def _shown(reference: str, directory: Path) -> str:
    """A reference as it is told: from the directory, where it lies there."""
    path = Path(reference)
    return str(path.relative_to(directory)) if path.is_relative_to(directory) else reference


def fitted(shape: tuple[int, ...], rank: int, reference: str) -> tuple[int, ...]:
    """The shape of a `.csv` without the axes of length one that are not asked for."""
    if not reference.endswith(".csv"):
        return shape
    for axis in (1, 0):
        if len(shape) > rank and shape[axis] == 1:
            shape = shape[:axis] + shape[axis + 1 :]
    return shape


def numbers(values: Any, name: str) -> Array:
    """Values as int64 (whole numbers and truths) or float64; all else is refused."""
    try:
        array = np.asarray(values)
    except ValueError:
        raise fail(
            DataMistake, "E0603", f"`{name}` holds lists of different lengths, not an array"
        ) from None
    _numeric(array.dtype, name)
    if array.dtype.kind in "bi":
        return np.asarray(array, np.int64)
    large = array.dtype.kind == "u" and array.size and array.max() > np.iinfo(np.int64).max
    return np.asarray(array, np.float64 if array.dtype.kind == "f" or large else np.int64)


def _numeric(kind: np.dtype[Any], name: str) -> None:
    """Refuses types that are no real numbers."""
    if kind.kind in "biuf":
        return
    what = {"c": "complex numbers", "O": "objects", "U": "text", "S": "text"}
    found = what.get(kind.kind, f"values of type {kind}")
    hint = "save it as an array of integers or floats"
    if kind.kind == "c":
        hint = "give the real and the imaginary part as two inputs"
    raise fail(DataMistake, "E0603", f"`{name}` holds {found}, not real numbers", hint=hint)


def finite(array: Array, name: str) -> Array:
    """The array, which must hold neither NaN nor infinities."""
    if array.dtype.kind == "f" and not all_finite(array):
        bad = ~np.isfinite(array)
        place = tuple(int(n) for n in np.argwhere(bad)[0])
        what = "NaN" if np.isnan(array[place]) else "an infinity"
        raise fail(
            DataMistake,
            "E0604",
            f"`{name}` holds {what} at {_position(place)} ({_count(int(bad.sum()))} in all)",
            hint="replace or drop these values before",
        )
    return array


def all_finite(array: Array) -> bool:
    """Whether no element is infinite or NaN; as a rule, their sum tells.

    >>> all_finite(np.array([1e308, 1e308])), all_finite(np.array([np.inf, 1]))
    (True, False)
    """
    with np.errstate(all="ignore"):
        return bool(np.isfinite(array.sum()) or np.isfinite(array).all())


def array(name: str, reference: str | None, data: Mapping[str, Any], directory: Path) -> Array:
    """The values of an input: those in `data`, else those in its file.

    Raises `DataMistake` when there are none, or they are no finite numbers.
    """
    if name in data:
        return finite(numbers(data[name], name), name)
    if reference is None:
        raise fail(
            DataMistake,
            "E0609",
            f"input `{name}` has no data",
            hint=f'give some, with `from "{name}.npy"` in the program or `--set {name}=...`',
        )
    return load(reference, directory)


def bind(typed: Typed, data: Mapping[str, Any], directory: Path) -> dict[str, Array]:
    """All inputs of a program, checked: shape, numbers, finite, inside of declared ranges.

    `data` goes before the files that the program names. Raises `DataMistake` with
    everything that is wrong.
    """
    wrong: list[Diagnostic] = []
    found: dict[str, Array] = {}
    names = [item.tensor.name for item in typed.inputs]
    for name in data:
        if name not in names:
            wrong.append(stranger(name, names))
    for item in typed.inputs:
        try:
            found[item.tensor.name] = _bound(item, data, directory)
        except EinlangError as mistake:
            place = (Label(item.tensor.span),)
            wrong += [replace(d, labels=d.labels or place) for d in mistake.diagnostics]
    if wrong:
        raise DataMistake(wrong)
    return found


def _split(reference: str) -> tuple[str, str | None]:
    """The file and the key inside of it."""
    path, colon, key = reference.rpartition(":")
    return (path, key) if colon and path.endswith(".npz") else (reference, None)


def _read(path: str, key: str | None, directory: Path, header: bool) -> Any:
    """An array, or something that has its shape, where the header is enough."""
    full = directory / path
    shown = _shown(path, directory.resolve())
    if full.suffix not in (".npy", ".npz", ".csv"):
        raise fail(
            DataMistake, "E0610", f"`{shown}` has no known kind", hint=f"data comes from {KINDS}"
        )
    try:
        if full.suffix == ".csv":
            return _csv(full.read_text(encoding="utf-8-sig"), shown)
        if full.suffix == ".npy":
            with full.open("rb") as file:
                return _array(file, full.stat().st_size, shown, header)
        return _member(full, shown, key, header)
    except OSError as mistake:
        raise _missing(shown, full, mistake) from None
    except (ValueError, EOFError, zipfile.BadZipFile, KeyError, NotImplementedError, zlib.error):
        raise _damaged(shown, full.suffix) from None


def _array(file: IO[bytes], length: int, path: str, header: bool) -> Any:
    """The array in a stream of that many bytes; nothing is read that its header belies."""
    version = np.lib.format.read_magic(file)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    if version not in read:
        raise ValueError("a version that NumPy writes for named fields only")
    shape, _, kind = read[version](file)
    _numeric(kind, path)
    if prod(shape) * kind.itemsize > length - file.tell():
        raise ValueError("the header promises more than there is")
    if header:
        return _Header(shape)
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)


def _damaged(path: str, suffix: str) -> EinlangError:
    return fail(
        DataMistake, "E0608", f"`{path}` is damaged, or no {suffix} file", hint="write it again"
    )


def _missing(path: str, full: Path, mistake: OSError) -> EinlangError:
    from einlang.checking.mistakes import similar

    if not isinstance(mistake, FileNotFoundError):
        return fail(DataMistake, "E0608", f"`{path}` cannot be read: {mistake.strerror}")
    folder = full.parent
    beside = sorted(p.name for p in folder.iterdir()) if folder.is_dir() else []
    hint = similar(full.name, beside) or "paths start at the folder of the program"
    return fail(DataMistake, "E0601", f"the file `{path}` does not exist", hint=hint)


class _Header:
    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape


def _member(full: Path, path: str, key: str | None, header: bool) -> Any:
    with zipfile.ZipFile(full) as archive:
        keys = [name.removesuffix(".npy") for name in archive.namelist()]
        if key is None or key not in keys:
            raise _no_key(path, key, keys)
        info = archive.infolist()[keys.index(key)]
        with archive.open(info) as member:
            return _array(member, info.file_size, f"{path}:{key}", header)


def _no_key(path: str, key: str | None, keys: list[str]) -> EinlangError:
    from einlang.checking.mistakes import listed, similar

    there = f"it holds {listed(keys)}" if keys else "it is empty"
    if key is None:
        message = f"which array of `{path}`?"
        return fail(DataMistake, "E0602", message, hint=f'write `"{path}:key"`; {there}')
    message = f"`{path}` holds no array `{key}`"
    return fail(DataMistake, "E0602", message, hint=similar(key, keys) or there)


def _csv(text: str, path: str) -> Array:
    rows: list[list[str]] = []
    lines: list[int] = []
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip():
            rows.append(line.split(","))
            lines.append(number)
    for row, number in zip(rows, lines, strict=True):
        if len(row) != len(rows[0]):
            said = f"has {len(row)} of the {len(rows[0])} cells that line {lines[0]} has"
            raise fail(DataMistake, "E0605", f"line {number} of `{path}` {said}")
        for column, cell in enumerate(row, 1):
            if not _is_number(cell):
                raise _not_a_number(cell.strip(), number, column, path)
    whole = all(_is_whole(cell) for row in rows for cell in row)
    if not rows:
        raise fail(DataMistake, "E0608", f"`{path}` is empty")
    if whole:
        return np.array([[int(cell) for cell in row] for row in rows])
    return np.array([[float(cell) for cell in row] for row in rows])


def _not_a_number(cell: str, line: int, column: int, path: str) -> EinlangError:
    hint = "a table has numbers only: take out its line of titles" if line == 1 else ""
    said = f"`{cell}`" if cell else "an empty cell"
    where = f"line {line} of `{path}`, column {column}"
    return fail(DataMistake, "E0605", f"{said} is not a number ({where})", hint=hint)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _is_whole(cell: str) -> bool:
    digits = cell.strip().lstrip("+-")
    return digits.isdecimal() and len(digits) < 19


def _bound(item: Input, data: Mapping[str, Any], directory: Path) -> Array:
    from einlang.checking.typed import Qualifier

    tensor = item.tensor
    values = array(tensor.name, item.path, data, directory)
    if tensor.name not in data and item.path:
        values = values.reshape(fitted(values.shape, len(tensor.shape), item.path))
    if values.shape != tensor.shape:
        raise fail(
            DataMistake,
            "E0304",
            f"`{tensor.name}` needs the shape {tensor.shape}, but its data has {values.shape}",
        )
    inside(tensor.name, values, tensor.range, tensor.qualifier is Qualifier.SECRET)
    return values


def inside(name: str, values: Array, range: tuple[float, float] | None, secret: bool) -> None:
    """Raises `DataMistake` E0607 for values outside of a range; of secret ones it tells none."""
    if range is None or not values.size:
        return
    low, high = range
    if low <= values.min() and values.max() <= high:
        return
    bad = (values < low) | (values > high)
    if not bad.any():
        return
    place = tuple(int(n) for n in np.argwhere(bad)[0])
    said = "a value" if secret else f"{values[place]:g}"
    raise fail(
        DataMistake,
        "E0607",
        f"`{name}` holds {said} outside of [{low:g}, {high:g}] at {_position(place)} "
        f"({_count(int(bad.sum()))} in all)",
        hint="declare a wider range, or scale the data",
    )


def stranger(name: str, names: list[str]) -> Diagnostic:
    """Says that a name is no input."""
    from einlang.checking.mistakes import listed, similar

    message = f"there is data for `{name}`, but no such input"
    return Diagnostic("E0611", message, hint=similar(name, names) or f"inputs: {listed(names)}")


def _position(place: tuple[int, ...]) -> str:
    return f"[{', '.join(map(str, place))}]" if place else "its only element"


def _count(number: int) -> str:
    return f"{number:,}"
