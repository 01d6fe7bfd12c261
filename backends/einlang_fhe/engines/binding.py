"""The OpenFHE module, imported when used, and its complaints in plain words.

>>> print(plain("/build/src/pke/lib/scheme.cpp:l.12:EvalAdd(): Too few towers in input."))
too few towers in input
"""

from __future__ import annotations

import importlib
import os
import platform
import re
import sys
from types import ModuleType

from einlang.errors import BackendMistake, fail

WAY_OUT = 'or run without keys: `engine = "clear"` in `target fhe`'


def load() -> ModuleType:
    """The `openfhe` module. Its threads are one per call unless the user says otherwise.

    Raises E0801 when it is not installed, E0802 when its wheel cannot work here.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    try:
        return importlib.import_module("openfhe")
    except ModuleNotFoundError as error:
        if error.name != "openfhe":
            raise _unfit() from error
        raise (_missing() if fits() else _unfit()) from error
    except ImportError as error:
        raise _unfit() from error


def fits() -> bool:
    """Whether the wheel that einlang asks for loads on this interpreter."""
    version = sys.implementation.name, *sys.version_info[:2]
    machine = platform.system(), platform.machine()
    return version == ("cpython", 3, 10) and machine == ("Linux", "x86_64")


def _missing() -> BackendMistake:
    return _mistake(
        "E0801",
        "encrypted runs need OpenFHE, which is not installed",
        f"pip install 'einlang[fhe]', {WAY_OUT}",
    )


def _unfit() -> BackendMistake:
    here = f"{platform.python_implementation()} {platform.python_version()}"
    return _mistake(
        "E0802",
        f"OpenFHE does not load on {here}, {platform.system()} {platform.machine()}",
        "its wheel is for CPython 3.10 on x86-64 Linux: "
        f"uv run --python 3.10 --extra fhe einlang ..., {WAY_OUT}",
    )


def _mistake(code: str, message: str, hint: str) -> BackendMistake:
    error = fail(BackendMistake, code, message, hint=hint)
    assert isinstance(error, BackendMistake)
    return error


def plain(message: str) -> str:
    """What OpenFHE said, without the places in its source."""
    text = re.sub(r"\s*\[called from:.*?\]", "", message, flags=re.DOTALL)
    text = re.sub(r"\S*/\S+?:l\.\d+:(\w+\(\):?)?\s*", "", text)
    text = " ".join(text.split()).rstrip(". ")
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def spoken(what: str) -> Spoken:
    """Turns what OpenFHE raises inside into a `BackendMistake`."""
    return Spoken(what)


class Spoken:
    """Around every verb: a generator would take a microsecond more."""

    __slots__ = ("what",)

    def __init__(self, what: str) -> None:
        self.what = what

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, RuntimeError):
            raise _said(self.what, plain(str(error))) from error


def _said(what: str, words: str) -> BackendMistake:
    if "approximation error is too high" in words:
        return overflown()
    return _mistake(
        "E0803",
        f"OpenFHE could not {what}: {words}",
        f"leave out the settings `ring`, `scale`, `first` and `digits`, {WAY_OUT}",
    )


def overflown() -> BackendMistake:
    """E0804: the message outgrew what the last prime of the chain can hold."""
    return _mistake(
        "E0804",
        "the result cannot be decrypted: its numbers outgrew the modulus, or noise took them",
        "check that the inputs lie in their declared ranges, declare ranges that hold, "
        "or raise `first`",
    )


def unfit_number(value: float) -> BackendMistake:
    """E0808: a number that no ciphertext or plaintext of these parameters holds."""
    return _mistake(
        "E0808",
        f"the number {value:g} does not fit into the modulus",
        "declare the range of the tensor it comes from, or scale it down",
    )
