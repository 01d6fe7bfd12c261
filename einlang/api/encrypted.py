"""Encrypted arrays: arithmetic on them is written down, and computed under encryption.

>>> import einlang as ein
>>> secret = encrypt([[1.0, 2.0], [3.0, 4.0]], engine="clear", precision=1e-3)
>>> secret
Encrypted(shape=(2, 2), engine='clear')
>>> (2 * secret @ [1.0, 1.0]).decrypt().round(2).tolist()
[6.0, 14.0]

Nothing is computed before `evaluate()` or `decrypt()`: then the whole expression becomes
one program for the fhe backend, with the arrays as its secret inputs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from einlang import data
from einlang.api import shaping
from einlang.api.recording import Leaf, Made, Tensorial, write
from einlang.backend import Progress, Report, silent
from einlang.checking.typed import Input, Qualifier, Tensor, Typed

BACKEND = "fhe"


def encrypt(
    array: Any,
    *,
    range: tuple[float, float] | None = None,
    precision: float | None = None,
    engine: str = "openfhe",
) -> Encrypted:
    """An array whose values only the owner of the secret key sees.

    `range` says what the values lie in; it is public, and needed by functions such as
    `ein.sigmoid`. `precision` is the error allowed, relative to `max(1, max|result|)`.
    The engine is `openfhe`, or `clear` for a dry run without keys. Raises `DataMistake`
    for values that are not finite real numbers or lie outside of the range.

    >>> encrypt(np.ones(3), engine="clear", range=(0, 1)).shape
    (3,)
    """
    bounds = None if range is None else (float(range[0]), float(range[1]))
    values = _checked(array, bounds)
    settings = {} if precision is None else {"precision": float(precision)}
    return Encrypted(Leaf(values, secret=True, range=bounds), {"engine": engine, **settings})


def _checked(array: Any, bounds: tuple[float, float] | None) -> np.ndarray[Any, Any]:
    """The values as floats, checked as the data of a secret input is."""
    if isinstance(array, Encrypted):
        raise TypeError("the array is encrypted already")
    tensor = Tensor("array", np.shape(array), Qualifier.SECRET, bounds)
    program = Typed("<python>", None, (), (Input(tensor, ()),), (), ())
    return data.bind(program, {"array": array}, Path())["array"].astype(np.float64)


class Encrypted:
    """A tensor under encryption, or what is to be computed of some.

    It takes `+ - * / **`, `@`, numbers and arrays, `e[0]`, `e[:, 2]`, `e[1:3]`, index
    objects (`e[i, j]`), `.T`, `.sum(axis)`, `.mean(axis)`, `abs()`, the functions of
    `ein` and `ein.einsum`. Its repr never shows a value.

    >>> x = encrypt([1.0, 2.0, 3.0], engine="clear")
    >>> (x[1:] * x[:-1]).sum().decrypt().round(2).item()
    8.0
    """

    __array_ufunc__ = None

    def __init__(self, tensorial: Tensorial, settings: Mapping[str, Any]) -> None:
        self.tensorial = tensorial
        self.settings = dict(settings)
        self.report = Report()
        self._shape = tuple(tensorial.shape)

    @classmethod
    def made(cls, tensorial: Made, operands: Sequence[Encrypted]) -> Encrypted:
        """What a definition over encrypted operands gives; their settings must agree."""
        engines = {str(item.settings.get("engine")) for item in operands}
        if len(engines) > 1:
            message = f"the operands are for different engines: {', '.join(sorted(engines))}"
            raise ValueError(message)
        settings: dict[str, Any] = {"engine": engines.pop()}
        asked = [item.settings["precision"] for item in operands if "precision" in item.settings]
        return cls(tensorial, settings | ({"precision": min(asked)} if asked else {}))

    # -- results ------------------------------------------------------------------------------

    def decrypt(self, progress: Progress = silent) -> np.ndarray[Any, Any]:
        """The values, computed under encryption and decrypted with the secret key."""
        return self._values(progress).copy()

    def evaluate(self, progress: Progress = silent) -> Encrypted:
        """What it stands for, computed: the client has decrypted it and may encrypt it afresh.

        What is computed with the result starts at full depth again.

        >>> x = encrypt([2.0], engine="clear")
        >>> ((x * x).evaluate() * x).decrypt().round(2).tolist()
        [8.0]
        """
        fresh = Leaf(self._values(progress), secret=True)
        result = Encrypted(fresh, self.settings)
        result.report = self.report
        return result

    def _values(self, progress: Progress) -> np.ndarray[Any, Any]:
        if isinstance(self.tensorial, Leaf):
            return self.tensorial.array
        written = write(self.tensorial)
        result = written.run(BACKEND, self.settings, progress)
        self.report = result.report
        values = result[written.name]
        self.tensorial = Leaf(values, secret=True, name=self.tensorial.name)
        return values

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        raise TypeError("the array is encrypted: call `decrypt()` on it")

    def __float__(self) -> float:
        raise TypeError("the value is encrypted: call `decrypt()` on it")

    def __bool__(self) -> bool:
        raise TypeError("an encrypted value decides nothing: call `decrypt()` on it")

    # -- shape ----------------------------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""
        return self._shape

    @property
    def ndim(self) -> int:
        """How many axes it has."""
        return len(self._shape)

    @property
    def size(self) -> int:
        """How many elements it has."""
        return int(np.prod(self._shape))

    def __len__(self) -> int:
        if not self._shape:
            raise TypeError("a scalar has no length")
        return self._shape[0]

    @property
    def T(self) -> Encrypted:  # noqa: N802
        """The axes in reverse order, as in NumPy."""
        return self.transpose()

    def transpose(self, *axes: int) -> Encrypted:
        """The axes in another order, as in NumPy.

        >>> encrypt(np.ones((2, 3)), engine="clear").transpose(1, 0).shape
        (3, 2)
        """
        order = axes or tuple(reversed(range(self.ndim)))
        return self._with(shaping.transpose(self.shape, order))

    def __getitem__(self, key: Any) -> Any:
        from einlang.api.places import Place
        from einlang.api.tensor import Tensor

        keys = key if isinstance(key, tuple) else (key,)
        if any(isinstance(item, (Place, tuple)) for item in keys):
            return Tensor(self)[key]
        return self._with(shaping.take(self.shape, keys))

    def __iter__(self) -> Any:
        return (self[position] for position in range(len(self)))

    def sum(self, axis: shaping.Axis = None, *, keepdims: bool = False) -> Encrypted:
        """The sum over an axis, several, or all."""
        return self._reduced("sum", axis, keepdims)

    def mean(self, axis: shaping.Axis = None, *, keepdims: bool = False) -> Encrypted:
        """The mean over an axis, several, or all."""
        return self._reduced("mean", axis, keepdims)

    def max(self, axis: shaping.Axis = None, *, keepdims: bool = False) -> Encrypted:
        """The largest value over an axis, several, or all. Needs a range."""
        return self._reduced("max", axis, keepdims)

    def min(self, axis: shaping.Axis = None, *, keepdims: bool = False) -> Encrypted:
        """The smallest value over an axis, several, or all. Needs a range."""
        return self._reduced("min", axis, keepdims)

    def _reduced(self, operator: str, axis: shaping.Axis, keepdims: bool) -> Encrypted:
        return self._with(shaping.reduce(operator, self.shape, axis, keepdims))

    # -- arithmetic -----------------------------------------------------------------------------

    def call(self, function: str) -> Encrypted:
        """An elementwise function of the language, by name."""
        return self._with(shaping.call(function, self.shape))

    def __neg__(self) -> Encrypted:
        return self._with(shaping.negate(self.shape))

    def __pos__(self) -> Encrypted:
        return self

    def __abs__(self) -> Encrypted:
        return self.call("abs")

    def __pow__(self, power: float) -> Encrypted:
        return self._with(shaping.power(self.shape, power))

    def __add__(self, other: Any) -> Encrypted:
        return self._binary("+", self, other)

    def __radd__(self, other: Any) -> Encrypted:
        return self._binary("+", other, self)

    def __sub__(self, other: Any) -> Encrypted:
        return self._binary("-", self, other)

    def __rsub__(self, other: Any) -> Encrypted:
        return self._binary("-", other, self)

    def __mul__(self, other: Any) -> Encrypted:
        return self._binary("*", self, other)

    def __rmul__(self, other: Any) -> Encrypted:
        return self._binary("*", other, self)

    def __truediv__(self, other: Any) -> Encrypted:
        return self._binary("/", self, other)

    def __rtruediv__(self, other: Any) -> Encrypted:
        return self._binary("/", other, self)

    def __matmul__(self, other: Any) -> Encrypted:
        return einsum(shaping.matmul(np.ndim(self), np.ndim(other)), self, other)

    def __rmatmul__(self, other: Any) -> Encrypted:
        return einsum(shaping.matmul(np.ndim(other), np.ndim(self)), other, self)

    def __einlang_einsum__(
        self, equation: str, operands: tuple[Any, ...], **keywords: Any
    ) -> Encrypted:
        if keywords:
            raise TypeError(f"einsum of encrypted tensors takes no {', '.join(keywords)}")
        return einsum(equation, *operands)

    @staticmethod
    def _binary(operator: str, left: Any, right: Any) -> Encrypted:
        if _is_number(left):
            return _record(shaping.with_number(operator, left, None), (right,))
        if _is_number(right):
            return _record(shaping.with_number(operator, None, right), (left,))
        return _record(shaping.binary(operator), (left, right))

    def _with(self, recipe: shaping.Recipe) -> Encrypted:
        return _record(lambda _: recipe, (self,))

    def __repr__(self) -> str:
        return f"Encrypted(shape={self.shape}, engine={self.settings['engine']!r})"


def einsum(equation: str, *operands: Any) -> Encrypted:
    """`numpy.einsum` where some operand is encrypted.

    >>> x = encrypt([[1.0, 2.0], [3.0, 4.0]], engine="clear")
    >>> einsum("ii", x).decrypt().round(2).item()
    5.0
    """
    return _record(lambda shapes: shaping.einsum(equation, shapes), operands)


def _record(
    recipe: Callable[[Sequence[tuple[int, ...]]], shaping.Recipe], operands: Sequence[Any]
) -> Encrypted:
    """A definition over operands, some of them encrypted."""
    leaves: dict[int, Tensorial] = {}
    for operand in operands:
        if id(operand) not in leaves:
            leaves[id(operand)] = _tensorial(operand)
    tensors = [leaves[id(operand)] for operand in operands]
    found = recipe([tensor.shape for tensor in tensors])
    named = {shaping.key(number): tensor for number, tensor in enumerate(tensors)}
    made = Made(found.subscripts, found.value, named, found.sizes)
    return Encrypted.made(made, [item for item in operands if isinstance(item, Encrypted)])


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number))


def _tensorial(operand: Any) -> Tensorial:
    if isinstance(operand, Encrypted):
        return operand.tensorial
    value = getattr(operand, "value", operand)
    return value.tensorial if isinstance(value, Encrypted) else Leaf(np.asarray(value))
