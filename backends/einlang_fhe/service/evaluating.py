"""A worker of the service: holds programs, and the key sets that were asked for last.

It is told where a key set lies, and gets a request's bytes; it has never seen a secret key.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from einlang_fhe.engines import binding
from einlang_fhe.files import complaints
from einlang_fhe.files.answering import Answering
from einlang_fhe.files.exchange import Request
from einlang_fhe.files.keys import EvaluationKey
from einlang_fhe.files.messages import Pieces
from einlang_fhe.files.parts import Program, scheme
from einlang_fhe.files.worker import work

Arguments = Mapping[str, Any]


class Evaluating:
    """The jobs of a worker, and what they share."""

    def __init__(self) -> None:
        self.programs: dict[bytes, tuple[Program, Mapping[str, Any]]] = {}
        self.ready: OrderedDict[tuple[bytes, bytes], Answering] = OrderedDict()
        self.held = 1
        self.threads = 1

    def open(self, given: Arguments) -> dict[str, Any]:
        """Reads the programs, with the data of their public inputs, and loads OpenFHE."""
        binding.load()
        self.held, self.threads = given["held"], given["threads"]
        for path, inputs in zip(given["programs"], given["inputs"], strict=True):
            program = Program.load(path)
            self.programs[program.hash] = program, inputs
        return {}

    def admit(self, given: Arguments) -> dict[str, Any]:
        """Checks an evaluation key, down to its last residue; its identity."""
        key = EvaluationKey.load(given["path"])
        served = {scheme(program.about.parameters) for program, _ in self.programs.values()}
        if key.head.parameters not in served:
            raise complaints.another_key("the key", "is for no program of this service")
        key.evaluator("the key")
        return {"identity": key.identity}

    def answer(self, given: Arguments) -> dict[str, Any]:
        """The reply to a request."""
        program, inputs = self.programs[given["program"]]
        request = Request.read(given["request"], "the request")
        answering = self._ready(program, given["key"], given["path"])
        reply = answering.reply(request, inputs, "the request")
        return {"reply": Pieces(reply.envelope().pieces())}

    def _ready(self, program: Program, key: bytes, path: str) -> Answering:
        at = program.hash, key
        if at not in self.ready:
            while len(self.ready) >= self.held:
                self.ready.popitem(last=False)
            loaded = self._loaded(key) or EvaluationKey.load(path)
            if loaded.identity != key:
                raise complaints.another_key("the key")
            self.ready[at] = Answering(program, loaded, "the key", self.threads)
        self.ready.move_to_end(at)
        return self.ready[at]

    def _loaded(self, key: bytes) -> EvaluationKey | None:
        """The key, if another program is ready for it."""
        return next((one.key for (_, other), one in self.ready.items() if other == key), None)


def main() -> None:
    """What the process runs."""
    jobs = Evaluating()
    work({"open": jobs.open, "admit": jobs.admit, "answer": jobs.answer})


if __name__ == "__main__":
    main()
