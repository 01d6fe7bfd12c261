"""What a backend promises of two machines (`einlang.backend.Remote`), done by workers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from einlang.backend import Arrays, Limits, Opened, Report, Secret
from einlang.errors import Diagnostic

if TYPE_CHECKING:
    from einlang_fhe.service.calling import Caller


class Remotely:
    """Client and evaluator by files, each step in a worker with limits."""

    def inspect(self, path: Path, limits: Limits) -> Report:
        """What a file is, and what it says."""
        return _report(_ask(limits, "inspect", path=str(path)))

    def keygen(
        self, programs: Sequence[Path], out: Path, passphrase: str | None, limits: Limits
    ) -> Report:
        """`client.key` and `evaluation.key` for all of these programs."""
        given = {"programs": [str(path) for path in programs], "passphrase": passphrase}
        return _report(_ask(limits, "keygen", out=str(out), **given))

    def encrypt(
        self, program: Path, key: Path, inputs: Arrays, out: Path, secret: Secret, limits: Limits
    ) -> Report:
        """A request, for the secret inputs."""
        given = {"program": str(program), "key": str(key), "inputs": dict(inputs)}
        return _report(_ask(limits, "encrypt", **given, out=str(out), **vars(secret)))

    def evaluate(
        self, program: Path, key: Path, request: Path, inputs: Arrays, out: Path, limits: Limits
    ) -> Report:
        """A reply, for public inputs."""
        given = {"program": str(program), "key": str(key), "inputs": dict(inputs)}
        return _report(_ask(limits, "evaluate", **given, request=str(request), out=str(out)))

    def decrypt(
        self, program: Path, key: Path, reply: Path, inputs: Arrays, secret: Secret, limits: Limits
    ) -> Opened:
        """The outputs."""
        given = {"program": str(program), "key": str(key), "inputs": dict(inputs)}
        found = _ask(limits, "decrypt", **given, reply=str(reply), **vars(secret))
        axes = {name: tuple(names) for name, names in found["axes"].items()}
        return Opened(found["arrays"], axes, _report(found))

    def serve(
        self,
        programs: Sequence[Path],
        inputs: Arrays,
        address: tuple[str, int],
        allowed: Mapping[str, Any],
        ready: Callable[[int], None],
    ) -> None:
        """Serves programs until it is told to stop."""
        from einlang_fhe.service.serving import serve
        from einlang_fhe.service.settings import Settings

        serve(programs, inputs, *address, Settings(**allowed), ready)

    def connect(self, url: str, program: Path, key: Path, secret: Secret) -> Caller:
        """A client of a service."""
        from einlang_fhe.service.calling import Caller

        return Caller(url, program, key, secret)


def _ask(limits: Limits, verb: str, **arguments: Any) -> dict[str, Any]:
    from einlang_fhe.files.worker import Worker

    with Worker(limits) as worker:
        return worker.ask(verb, arguments)


def _report(found: dict[str, Any]) -> Report:
    warnings = [Diagnostic(code, said, (), hint) for code, said, hint in found.get("warnings", [])]
    return Report(found["figures"], warnings=tuple(warnings))
