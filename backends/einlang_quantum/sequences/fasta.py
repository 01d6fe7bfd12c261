"""Sequences in FASTA files.

>>> import tempfile, pathlib
>>> with tempfile.TemporaryDirectory() as folder:
...     path = pathlib.Path(folder, "two.fasta")
...     _ = path.write_text(">one\\nMK\\nVL\\n>two\\nMA*\\n")
...     read_fasta(path)
{'one': 'MKVL', 'two': 'MA'}
"""

from __future__ import annotations

from pathlib import Path

from einlang.errors import DataMistake, fail


def read_fasta(path: str | Path) -> dict[str, str]:
    """The sequences by the first word of their headers, in capitals, stop signs left out.

    Raises `DataMistake` E0735 for a file that cannot be read, or holds no sequences.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(path, str(error)) from error
    if not text.lstrip().startswith(">"):
        raise _unreadable(path, "it does not begin with `>`")
    found: dict[str, str] = {}
    for record in text.lstrip()[1:].split("\n>"):
        header, _, body = record.partition("\n")
        name = (header.split() or [""])[0]
        if name in found:
            raise _unreadable(path, f"two sequences are called `{name}`")
        found[name] = "".join(body.split()).rstrip("*").upper()
    empty = [name for name, sequence in found.items() if not sequence]
    if empty:
        raise _unreadable(path, f"the sequence `{empty[0]}` is empty")
    return found


def _unreadable(path: str | Path, why: str) -> Exception:
    return fail(DataMistake, "E0735", f"`{path}` is no FASTA file: {why}")
