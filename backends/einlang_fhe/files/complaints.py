"""What can be wrong with a file or a key, said as other mistakes are.

>>> print(damaged("prog.einc", "it is shorter than it says"))
error[E0832]: `prog.einc` is damaged: it is shorter than it says
 = hint: get it again from where it came
"""

from __future__ import annotations

from einlang.errors import BackendMistake, fail

AGAIN = "get it again from where it came"


def foreign(name: str) -> BackendMistake:
    """E0830: not one of ours."""
    return _said(
        "E0830",
        f"`{name}` is no file of einlang's",
        "`einlang compile`, `keygen`, `encrypt` and `evaluate` write them",
    )


def of_another_version(name: str, version: int, known: int) -> BackendMistake:
    """E0831: a format that this version does not read."""
    return _said(
        "E0831",
        f"`{name}` has format version {version}, this einlang reads version {known}",
        "write it again with the einlang that reads it, or install the one that wrote it",
    )


def damaged(name: str, why: str) -> BackendMistake:
    """E0832: it is not what was written."""
    return _said("E0832", f"`{name}` is damaged: {why}", AGAIN)


def unreadable(name: str, why: str) -> BackendMistake:
    """E0832: it is not there, or not for us."""
    return _said("E0832", f"`{name}` cannot be read: {why}", AGAIN)


def of_another_kind(name: str, found: str, wanted: str) -> BackendMistake:
    """E0833: the right file in the wrong place."""
    return _said("E0833", f"`{name}` is a {found}, not a {wanted}", "look at the order of files")


def malformed(name: str, why: str) -> BackendMistake:
    """E0834: whole, but what it says cannot be."""
    return _said("E0834", f"`{name}` says what cannot be: {why}", AGAIN)


def another_program(name: str) -> BackendMistake:
    """E0835: made for another compiled program."""
    return _said(
        "E0835",
        f"`{name}` belongs to another program",
        "compile once, and give the same artefact to client and evaluator",
    )


def another_key(name: str, what: str = "belongs to another key") -> BackendMistake:
    """E0836: made under another key."""
    return _said("E0836", f"`{name}` {what}", "use files of one `einlang keygen`")


def locked(name: str, why: str) -> BackendMistake:
    """E0837: the passphrase is missing or wrong."""
    hint = "it is read from the terminal, or from the environment variable EINLANG_PASSPHRASE"
    return _said("E0837", f"`{name}` cannot be opened: {why}", hint)


def unfit(message: str, hint: str) -> BackendMistake:
    """E0838: parameters that do not go together, or are not secure."""
    return _said("E0838", message, hint)


def stopped(message: str, hint: str = "raise the limit if the file is to be trusted") -> Exception:
    """E0839: a worker that died, or went over its limits."""
    return _said("E0839", message, hint)


def _said(code: str, message: str, hint: str) -> BackendMistake:
    error = fail(BackendMistake, code, message, hint=hint)
    assert isinstance(error, BackendMistake)
    return error
