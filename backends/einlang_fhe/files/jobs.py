"""What a worker does with files: inspect, keygen, encrypt, evaluate, decrypt.

Each takes paths and plain values, and gives back plain values; files are written whole or
not at all, and last.
"""

from __future__ import annotations

import stat
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from einlang import saving
from einlang.errors import DataMistake, fail
from einlang_fhe.files import complaints
from einlang_fhe.files.envelope import Envelope, load
from einlang_fhe.files.exchange import LARGEST_REQUEST, Reply, Request
from einlang_fhe.files.keys import ClientKey, EvaluationKey, generate
from einlang_fhe.files.looking import told
from einlang_fhe.files.parts import Program, scheme

Arguments = Mapping[str, Any]
CLIENT, EVALUATION = "client.key", "evaluation.key"


def inspect(given: Arguments) -> dict[str, Any]:
    """What a file is, and what it says, without keys."""
    path = given["path"]
    content = load(path)
    envelope = Envelope.read(content, path)
    return {"figures": told(envelope, content, path), "warnings": _readable(path, envelope.kind)}


def keygen(given: Arguments) -> dict[str, Any]:
    """Keys for all of these programs, in a folder."""
    programs = [Program.load(path) for path in given["programs"]]
    first = programs[0].about
    for program, path in zip(programs, given["programs"], strict=True):
        _alike(first, program.about, given["programs"][0], path)
    folder = Path(given["out"])
    if (folder / CLIENT).exists():
        hint = "without it, nothing that was encrypted with it can be read: choose another folder"
        said = f"`{folder / CLIENT}` is there already, and is never overwritten"
        raise fail(DataMistake, "E0608", said, hint=hint)
    client, evaluation = generate([program.about for program in programs])
    contents = client.written(given["passphrase"]), evaluation.envelope().pieces()
    _folder(folder)
    saving.write(folder / EVALUATION, *contents[1])
    saving.write(folder / CLIENT, contents[0], private=True)
    figures = {
        "key": client.identity.hex(),
        "programs": len(programs),
        "rotation keys": len(evaluation.head.automorphisms),
        "client key bytes": len(contents[0]),
        "evaluation key bytes": sum(map(len, contents[1])),
    }
    return {"figures": figures}


def _alike(first: Any, about: Any, name: str, path: str) -> None:
    if not about.parameters.secure:
        raise complaints.unfit(
            f"the parameters of `{path}` are not secure, by the setting `insecure`",
            "no keys are made for them: leave the setting out, and compile again",
        )
    if scheme(about.parameters) != scheme(first.parameters):
        raise complaints.unfit(
            f"`{path}` needs other parameters than `{name}`",
            "programs of equal parameters can share keys: make keys for each by itself",
        )


def encrypt(given: Arguments) -> dict[str, Any]:
    """A request."""
    from einlang_fhe.files.inputs import bound

    program, asking = _asking(given)
    batch = given["batch"]
    values = bound(program, asking.secrets, given["inputs"], _folder_of(given), batch)
    start = time.perf_counter()
    request = asking.request(values, batch)
    content = request.written()
    seconds = time.perf_counter() - start
    saving.write(Path(given["out"]), content)
    figures = {
        "request bytes": len(content),
        "runs": request.head.runs,
        "encrypt seconds": round(seconds, 4),
    }
    return {"figures": figures, "warnings": _readable(given["key"], "client key")}


def evaluate(given: Arguments) -> dict[str, Any]:
    """A reply."""
    from einlang_fhe.files.answering import Answering
    from einlang_fhe.files.inputs import bound

    program = Program.load(given["program"])
    program.full(given["program"])
    request = Request.read(load(given["request"], LARGEST_REQUEST), given["request"])
    key = EvaluationKey.load(given["key"])
    request.checked(program, key, given["request"])
    answering = Answering(program, key, given["key"])
    values = bound(program, answering.read, given["inputs"], _folder_of(given))
    start = time.perf_counter()
    pieces = answering.reply(request, values, given["request"]).envelope().pieces()
    seconds = time.perf_counter() - start
    saving.write(Path(given["out"]), *pieces)
    size = sum(map(len, pieces))
    return {"figures": {"reply bytes": size, "evaluate seconds": round(seconds, 4)}}


def decrypt(given: Arguments) -> dict[str, Any]:
    """The outputs."""
    from einlang_fhe.files.inputs import bound

    program, asking = _asking(given)
    name = given["reply"]
    reply = Reply.read(load(name, LARGEST_REQUEST), name).checked(program, asking.key, name)
    values = bound(program, asking.read, given["inputs"], _folder_of(given))
    start = time.perf_counter()
    found = asking.results(reply, values, name, given["batch"], given["share"])
    seconds = time.perf_counter() - start
    return {
        "arrays": found,
        "axes": {k: list(v) for k, v in program.about.axes.items()},
        "figures": {"decrypt seconds": round(seconds, 4)},
        "warnings": _readable(given["key"], "client key"),
    }


def _asking(given: Arguments) -> tuple[Program, Any]:
    from einlang_fhe.files.asking import Asking

    program = Program.load(given["program"])
    key = ClientKey.load(given["key"], given["passphrase"])
    return program, Asking(program, key, given["key"])


def _folder_of(given: Arguments) -> Path:
    """Data that a program names lies beside its file."""
    return Path(given["program"]).parent


def _folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> Exception:
    return fail(DataMistake, "E0608", f"`{path}` cannot be written: {error.strerror}")


def _readable(path: str, kind: str) -> list[list[str]]:
    """A warning where others may read a client's key."""
    mode = Path(path).stat().st_mode
    if kind != "client key" or not mode & (stat.S_IRWXG | stat.S_IRWXO):
        return []
    message = f"`{path}` can be read or changed by others on this machine"
    return [["W0801", message, f"chmod 600 {path}"]]


JOBS: dict[str, Callable[[Arguments], Mapping[str, Any]]] = {
    "inspect": inspect,
    "keygen": keygen,
    "encrypt": encrypt,
    "evaluate": evaluate,
    "decrypt": decrypt,
}
