"""Files that are written whole or not at all.

>>> folder = Path(tempfile.mkdtemp())
>>> save(folder / "a.npz", {"key": np.eye(2)})
>>> np.load(folder / "a.npz")["key"].shape
(2, 2)
"""

from __future__ import annotations

import io
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Union

import numpy as np

from einlang.errors import DataMistake, fail

Array = np.ndarray[Any, Any]
Bytes = Union[bytes, bytearray, memoryview]


def save(path: Path | str, arrays: Mapping[str, Any]) -> None:
    """Writes arrays by name: `.npz` and `.json` any number, `.npy` and `.csv` a single one.

    A temporary file takes the name when it is complete. Raises `DataMistake` E0610 or
    E0613 for what the kind of file cannot hold, E0608 when it cannot be written.
    """
    path = Path(path)
    content = io.BytesIO()
    match path.suffix:
        case ".npz":
            archive: Any = {name: np.asarray(value) for name, value in arrays.items()}
            np.savez(content, **archive)
        case ".json":
            lists = {name: np.asarray(value).tolist() for name, value in arrays.items()}
            content.write(json.dumps(lists).encode())
        case ".npy":
            np.save(content, _single(path, arrays, 64), allow_pickle=False)
        case ".csv":
            np.savetxt(content, np.atleast_1d(_single(path, arrays, 2)), "%.17g", delimiter=",")
        case _:
            raise fail(
                DataMistake,
                "E0610",
                f"`{path.name}` has no known kind",
                hint="name it .npz, .npy, .csv or .json",
            )
    write(path, content.getvalue(), private=True)


def write(path: Path, *pieces: Bytes, private: bool = False) -> None:
    """Writes a file whole or not at all; a private one for its owner alone. Raises E0608."""
    try:
        replace_file(path, *pieces)
        if not private:
            mask = os.umask(0)
            os.umask(mask)
            path.chmod(0o666 & ~mask)
    except OSError as mistake:
        raise fail(
            DataMistake, "E0608", f"`{path}` cannot be written: {mistake.strerror}"
        ) from None


def replace_file(path: Path, *pieces: Bytes) -> None:
    """Writes a file, whole or not at all, that only its owner may read."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(pieces)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def _single(path: Path, arrays: Mapping[str, Any], rank: int) -> Array:
    values = [np.asarray(value) for value in arrays.values()]
    if len(values) == 1 and values[0].ndim <= rank:
        return values[0]
    said = f"{len(values)} arrays" if len(values) != 1 else f"{values[0].ndim} axes"
    raise fail(
        DataMistake,
        "E0613",
        f"`{path.name}` cannot hold {said}",
        hint="write an .npz file, or fewer outputs",
    )
