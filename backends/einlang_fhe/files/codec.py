"""Frozen dataclasses as MessagePack, and back, strictly by their annotations.

A file is a list of objects, each a class and its fields, in an order in which an object names
only those before it; equal objects are written once. What equality ignores is not written.
Only classes are made that the annotations of the root lead to, only of values that their
fields are annotated with.

>>> from einlang_fhe.layout import Bit, Layout
>>> codec = Codec(Layout)
>>> layout = Layout((2, 2), (Bit(0, 0), Bit(1, 0)))
>>> codec.decode(codec.encode(layout), Layout) == layout
True
>>> codec.decode(codec.encode(Bit(0, 1)), Layout)
Traceback (most recent call last):
    ...
einlang_fhe.files.codec.DecodingError: a Bit in place of Layout
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache, cached_property
from typing import Any, TypeVar

import msgpack
import numpy as np

from einlang_fhe.files.packing import packb

Value = TypeVar("Value")
Reader = Callable[[Any], Any]
OBJECT = 1
"""The MessagePack extension that names an object by its number."""
DTYPES = ("<f8", "<i8")
LARGEST = 1 << 60
"""No whole number is larger."""


class DecodingError(ValueError):
    """Bytes that mean nothing, or not what was asked for."""


class Codec:
    """Writes and reads objects of the classes `roots`, and of those that they are made of."""

    def __init__(self, *roots: type) -> None:
        self.roots = roots

    @cached_property
    def hints(self) -> dict[str, list[tuple[str, Any]]]:
        """The fields of each class that are written, with their types."""
        return {name: _fields(each) for name, each in self.classes.items()}

    @cached_property
    def classes(self) -> dict[str, type]:
        """The roots and all the classes that their fields lead to."""
        found: dict[str, type] = {}
        left = list(self.roots)
        while left:
            each = left.pop()
            if found.setdefault(each.__name__, each) is not each:
                raise TypeError(f"two classes are called {each.__name__}")
            inner = {c for _, hint in _fields(each) for c in _classes(hint)}
            left.extend(inner - set(found.values()))
        return found

    def encode(self, value: Any) -> bytes:
        """The bytes of an object, or of a tuple, a mapping, a number."""
        writing = _Writing(self)
        root = writing.plain(value)
        return packb([writing.objects, root])

    def decode(self, content: bytes, kind: type[Value]) -> Value:
        """The object in bytes. Raises `DecodingError` for everything else."""
        try:
            objects, root = msgpack.unpackb(
                content, raw=False, ext_hook=_reference, max_ext_len=16, strict_map_key=True
            )
        except (ValueError, TypeError, msgpack.exceptions.UnpackException) as error:
            raise DecodingError("no MessagePack of two parts") from error
        if not isinstance(objects, list):
            raise DecodingError("no list of objects")
        return _Reading(self, objects).read(root, kind)


@cache
def _fields(each: type) -> list[tuple[str, Any]]:
    hints = typing.get_type_hints(each)
    return [(field.name, hints[field.name]) for field in fields(each) if field.compare]


def _classes(hint: Any) -> set[type]:
    """The dataclasses in an annotation."""
    if isinstance(hint, type) and is_dataclass(hint):
        return {hint}
    return set().union(*map(_classes, typing.get_args(hint)))


class _Reference(int):
    """The number of an object."""


def _reference(code: int, data: bytes) -> _Reference:
    if code != OBJECT or not 1 <= len(data) <= 8:
        raise ValueError("an unknown extension")
    return _Reference(int.from_bytes(data, "little"))


class _Writing:
    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self.objects: list[Any] = []
        self.known: dict[bytes, int] = {}
        self.same: dict[int, tuple[Any, Any]] = {}

    def plain(self, value: Any) -> Any:
        """What MessagePack knows."""
        if value is None or isinstance(value, (bool, str, bytes)):
            return value
        if isinstance(value, Enum):
            return value.name
        if isinstance(value, (int, np.integer)):
            return int(value)
        if isinstance(value, (float, np.floating)):
            return float(value)
        if isinstance(value, np.ndarray):
            return _array(value)
        if is_dataclass(value):
            return self._object(value)
        return self._many(value)

    def _many(self, value: Any) -> Any:
        if isinstance(value, (tuple, list)):
            return [self.plain(item) for item in value]
        if isinstance(value, (frozenset, set)):
            return sorted(self.plain(item) for item in value)
        if isinstance(value, Mapping):
            return {key: self.plain(value[key]) for key in sorted(value)}
        raise TypeError(f"{type(value).__name__} cannot be written")

    def _object(self, value: Any) -> msgpack.ExtType:
        if id(value) in self.same:
            return self.same[id(value)][1]
        name = type(value).__name__
        if self.codec.classes.get(name) is not type(value):
            raise TypeError(f"{name} cannot be written")
        row = [name, *(self.plain(getattr(value, field)) for field, _ in self.codec.hints[name])]
        number = self.known.setdefault(packb(row), len(self.objects))
        if number == len(self.objects):
            self.objects.append(row)
        size = max(1, (number.bit_length() + 7) // 8)
        reference = msgpack.ExtType(OBJECT, number.to_bytes(size, "little"))
        self.same[id(value)] = value, reference
        return reference


def _array(value: np.ndarray[Any, Any]) -> Any:
    kind = "<i8" if value.dtype.kind in "biu" else "<f8"
    return [kind, list(value.shape), np.ascontiguousarray(value, dtype=kind).tobytes()]


class _Reading:
    def __init__(self, codec: Codec, rows: list[Any]) -> None:
        self.codec = codec
        self.readers: dict[Any, Reader] = {}
        self.objects: list[Any] = []
        for row in rows:
            self.objects.append(self._made(row))

    def read(self, value: Any, hint: Any) -> Any:
        """A value of an annotated type."""
        return self._reader(hint)(value)

    def _made(self, row: Any) -> Any:
        if not isinstance(row, list) or not row or not isinstance(row[0], str):
            raise DecodingError("no class in front of fields")
        name, *values = row
        if name not in self.codec.classes or len(values) != len(self.codec.hints[name]):
            raise DecodingError(f"no class `{name[:40]}` of {len(values)} fields")
        read = {
            field: self._reader(hint)(value)
            for (field, hint), value in zip(self.codec.hints[name], values, strict=True)
        }
        try:
            return self.codec.classes[name](**read)
        except (ValueError, TypeError, IndexError, KeyError, OverflowError) as error:
            raise DecodingError(f"no {name} is made of that: {error}") from error

    def _reader(self, hint: Any) -> Reader:
        key = hint if hint.__hash__ else repr(hint)
        if key not in self.readers:
            self.readers[key] = self._new(hint)
        return self.readers[key]

    def _new(self, hint: Any) -> Reader:
        origin, inner = typing.get_origin(hint), typing.get_args(hint)
        if origin in (typing.Union, types.UnionType):
            return self._union([self._reader(each) for each in inner])
        if origin is typing.Literal:
            return lambda value: _wanted(value in inner and isinstance(value, str), value, hint)
        if origin is tuple:
            return self._tuple(inner)
        if origin is frozenset:
            return lambda value: frozenset(map(self._reader(inner[0]), _list(value)))
        if origin in (dict, Mapping):
            return lambda value: {
                _wanted(isinstance(k, str), k, str): self._reader(inner[1])(v)
                for k, v in _wanted(isinstance(value, dict), value, hint).items()
            }
        if origin is np.ndarray:
            return _read_array
        return self._single(hint)

    def _single(self, hint: Any) -> Reader:
        if hint is float:
            return lambda v: _wanted(type(v) in (int, float), v, hint)
        if hint is int:
            return lambda v: _wanted(type(v) is int and abs(v) <= LARGEST, v, hint)
        if hint in (bool, str, bytes, type(None)):
            return lambda v: _wanted(type(v) is hint, v, hint)
        if isinstance(hint, type) and issubclass(hint, Enum):
            names = hint.__members__
            return lambda v: names[_wanted(isinstance(v, str) and v in names, v, hint)]
        if hint in self.codec.classes.values():
            return lambda v: self._named(v, hint)
        raise TypeError(f"fields of type {hint} cannot be read")

    def _named(self, value: Any, kind: type) -> Any:
        if type(value) is not _Reference or value >= len(self.objects):
            raise DecodingError(f"no object in place of {kind.__name__}")
        found = self.objects[value]
        return _wanted(type(found) is kind, found, kind)

    def _union(self, readers: list[Reader]) -> Reader:
        def read(value: Any) -> Any:
            for reader in readers:
                try:
                    return reader(value)
                except DecodingError:
                    continue
            raise DecodingError(f"a {type(value).__name__} that no alternative takes")

        return read

    def _tuple(self, inner: tuple[Any, ...]) -> Reader:
        readers = [self._reader(each) for each in inner if each is not Ellipsis]
        if len(inner) == 2 and inner[1] is Ellipsis:
            (one,) = readers
            return lambda value: tuple(map(one, _list(value)))

        def read(value: Any) -> Any:
            if len(_list(value)) != len(readers):
                raise DecodingError(f"{len(value)} values in place of {len(readers)}")
            return tuple(one(item) for one, item in zip(readers, value, strict=True))

        return read


def _list(value: Any) -> list[Any]:
    return _wanted(isinstance(value, list), value, list)


def _wanted(fits: bool, value: Any, hint: Any) -> Any:
    if not fits:
        wanted = getattr(hint, "__name__", str(hint))
        raise DecodingError(f"a {type(value).__name__} in place of {wanted}")
    return value


def _read_array(value: Any) -> np.ndarray[Any, Any]:
    kind, shape, data = _list(value) if len(_list(value)) == 3 else (None, None, None)
    sizes = isinstance(shape, list) and all(type(n) is int and n >= 0 for n in shape)
    if kind not in DTYPES or not sizes or not isinstance(data, bytes):
        raise DecodingError("no array")
    try:
        return np.frombuffer(data, dtype=kind).reshape(shape)
    except ValueError as error:
        raise DecodingError("an array of another size than it says") from error
