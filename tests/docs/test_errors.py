"""Every code has a page, every page a code, and what a page shows is what is printed."""

from __future__ import annotations

import io
import platform
import re
import shlex
import sys
import tokenize
from pathlib import Path

import numpy as np
import pytest

from einlang.errors import EinlangError

ROOT = Path(__file__).parents[2]
PAGES = sorted(path for path in (ROOT / "docs/errors").glob("*.md") if path.stem != "index")
CODE = re.compile(r"E0[1-8]\d\d|W0\d\d\d")
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DATA = re.compile(r"<!-- data: (.*?) -->")
WORLD = re.compile(r"<!-- world: (.*?) -->")
ITEM = re.compile(r"([\w./-]+?)(?::(\w+))?=(\w+)\(([\d, ]*)\)")


def codes(path: Path) -> set[str]:
    """The codes that stand as strings of their own in a module."""
    with io.StringIO(path.read_text()) as text:
        tokens = [token.string for token in tokenize.generate_tokens(text.readline)]
    return {token[1:-1] for token in tokens if CODE.fullmatch(token[1:-1])}


def raised() -> set[str]:
    """All the codes of the source."""
    modules = [path for room in ("einlang", "backends") for path in (ROOT / room).rglob("*.py")]
    return set().union(*(codes(path) for path in modules))


def made(kind: str, shape: tuple[int, ...]) -> np.ndarray:
    """An array that a page asks for in its `data` comment."""
    match kind:
        case "zeros":
            return np.zeros(shape)
        case "ones":
            return np.ones(shape)
        case "arange":
            return np.arange(float(np.prod(shape))).reshape(shape)
        case "normal":
            return np.random.default_rng(0).normal(size=shape)
        case "nan":
            return np.full(shape, np.nan)
        case "object":
            return np.full(shape, None, dtype=object)
        case "empty":
            return np.zeros(shape or (0,))
    raise ValueError(f"no array is made by {kind}")


def write(page: str) -> None:
    """The files that a page assumes, in the present folder."""
    archives: dict[str, dict[str, np.ndarray]] = {}
    items = [item for comment in DATA.findall(page) for item in ITEM.findall(comment)]
    for name, key, kind, numbers in items:
        shape = tuple(int(n) for n in numbers.split(",") if n.strip())
        if kind == "text":
            Path(name).write_text("this is not an array\n")
        elif kind == "key":
            Path(name).write_bytes(client_key())
            Path(name).chmod(0o644)
        elif kind == "library":
            Path(name).write_text("def dance(x) = 2 * x + 1\n")
        elif key:
            archives.setdefault(name, {})[key] = made(kind, shape)
        elif name.endswith(".csv"):
            np.savetxt(name, made(kind, shape), delimiter=",")
        else:
            np.save(name, made(kind, shape), allow_pickle=True)
    for name, arrays in archives.items():
        np.savez(name, **arrays)


def client_key() -> bytes:
    """The file of a client's key, of zeros."""
    from einlang_fhe.engines.engine import Parameters
    from einlang_fhe.files.keys import ClientKey

    parameters = Parameters(ring=8192, depth=1, scale=40, first=50, digits=1)
    return ClientKey(parameters, bytes(32), bytes(64), bytes(32)).written()


def enter(world: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that a page speaks of: without a library, or another Python."""
    from einlang_fhe.engines import binding

    word, _, name = world.partition(" ")
    if name == "pennylane":
        monkeypatch.setitem(sys.modules, "pennylane", None)
        return
    monkeypatch.setitem(sys.modules, "openfhe", None)
    monkeypatch.setattr(binding, "fits", lambda: word == "without")
    if word == "python":
        monkeypatch.setattr(platform, "python_version", lambda: name)
        monkeypatch.setattr(platform, "system", lambda: "Linux")
        monkeypatch.setattr(platform, "machine", lambda: "x86_64")


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert raised() == {path.stem for path in PAGES}


def tried(program: str, warns: bool, capsys: pytest.CaptureFixture[str]) -> str:
    """What the error says that a page's Python runs into, or the warning that it prints."""
    if warns:
        exec(compile(program, "example.py", "exec"), {})
        return capsys.readouterr().out.strip()
    with pytest.raises(EinlangError) as caught:
        exec(compile(program, "example.py", "exec"), {})
    return str(caught.value)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_page_shows_what_is_printed(path, command, tmp_path, monkeypatch, capsys) -> None:
    page = path.read_text()
    assert re.match(rf"# {path.stem}: \S", page), "the title is not `# CODE: what is wrong`"
    (language, program), (_, wanted), *_ = FENCE.findall(page)
    assert path.stem in wanted
    monkeypatch.chdir(tmp_path)
    write(page)
    for world in WORLD.findall(page):
        enter(world, monkeypatch)
    if language == "python":
        assert tried(program, path.stem.startswith("W"), capsys) == wanted.strip()
        return
    assert language == "ein"
    Path("example.ein").write_text(program)
    line = "einlang check example.ein"
    if wanted.startswith("$ "):
        line, _, wanted = wanted[2:].partition("\n")
    outcome = command(shlex.split(line)[1:])
    if "error[E0802]" in outcome.text and path.stem != "E0802":
        pytest.skip("OpenFHE does not load here")
    assert outcome.text == wanted.strip()
    assert (outcome.code == 0) == path.stem.startswith("W")
