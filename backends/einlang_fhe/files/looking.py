"""What a file says to those who have no key."""

from __future__ import annotations

from typing import Any

from einlang_fhe.engines.engine import Parameters
from einlang_fhe.files import keys
from einlang_fhe.files.envelope import VERSION, Bytes, Envelope
from einlang_fhe.files.exchange import Reply, Request
from einlang_fhe.files.parts import About, Program
from einlang_fhe.parameters import modulus_bits


def told(envelope: Envelope, content: Bytes, name: str) -> dict[str, Any]:
    """Figures by name."""
    kinds = {
        "program": _program,
        "client key": _client,
        "evaluation key": _evaluation,
        "request": _request,
        "reply": _reply,
    }
    first = {"kind": envelope.kind, "format version": VERSION, "bytes": len(content)}
    return {**first, **kinds[envelope.kind](bytes(content), name)}


def _program(content: bytes, name: str) -> dict[str, Any]:
    program = Program.read(content, name)
    about, client, part = program.about, program.client, program.evaluator
    figures = {
        "program": program.hash.hex(),
        "name": about.name,
        "einlang": about.version,
        "evaluator's part": "withheld" if part is None else "there",
        **_inputs(about),
        "outputs": ", ".join(about.outputs),
        "sizes": ", ".join(f"{k} = {v}" for k, v in about.sizes.items()),
        "precision": about.precision,
        **_parameters(about.parameters),
        "rotation keys": len(about.rotations),
        "ciphertexts sent": len(client.sent),
        "ciphertexts returned": len(client.returned),
    }
    if part is not None:
        figures["instructions"] = len(part.levelled.program.instructions)
        figures["values of parameters"] = sum(array.size for array in part.params.values())
    return figures


def _inputs(about: About) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    for item in about.inputs:
        shape = f"[{', '.join(map(str, item.shape))}]" if item.shape else ""
        found.setdefault(item.qualifier.name.lower(), []).append(item.name + shape)
    return {kind: ", ".join(names) for kind, names in found.items()}


def _parameters(parameters: Parameters) -> dict[str, Any]:
    chain = parameters.depth, parameters.nominal, parameters.first, parameters.digits
    return {
        "security": "128 bits" if parameters.secure else "INSECURE",
        "ring dimension": parameters.ring,
        "depth": parameters.depth,
        "modulus bits": modulus_bits(*chain),
    }


def _client(content: bytes, name: str) -> dict[str, Any]:
    head = keys.client_head(content, name)
    return {
        "key": head.identity.hex(),
        "passphrase": "needed" if head.salt else "none",
        **_parameters(head.parameters),
    }


def _evaluation(content: bytes, name: str) -> dict[str, Any]:
    key = keys.EvaluationKey.read(content, name)
    return {
        "key": key.identity.hex(),
        **_parameters(key.head.parameters),
        "rotation keys": len(key.head.automorphisms),
        "relinearization keys": key.head.relinearize,
    }


def _request(content: bytes, name: str) -> dict[str, Any]:
    head = Request.read(content, name).head
    return {"program": head.program.hex(), "key": head.key.hex(), "runs": head.runs}


def _reply(content: bytes, name: str) -> dict[str, Any]:
    head = Reply.read(content, name).head
    return {"program": head.program.hex(), "key": head.key.hex(), "runs": head.runs}
