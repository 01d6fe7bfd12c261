"""Random programs with parameters, and how far gradients are from difference quotients.

`tensors` takes any random program, whose numbers are all sought; `circuits` writes sums of
products with ansaetze in them. Differences are of the numpy backend's values, or of the states.

>>> case = circuits(3)
>>> sorted(case.sought) == sorted(case.parameters)
True
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

import numpy as np
from programs import generate

import einlang as ein
from einlang import planning
from einlang.api.training import function
from einlang.backend import Differentiable, find
from einlang.checking.typed import Typed
from einlang.errors import BackendMistake
from einlang.syntax import nodes, show

Array = Any
Arrays = dict[str, Array]
STEP = 1e-4
MOST, LEAST = 6, 1e-2
"""The qubits of the largest circuits; the least norm of what is normalised."""


@dataclass(frozen=True)
class Case:
    """A program, its inputs for one sample, what is sought by shape, and where it is now;
    `weights` make a number of its outputs, and `quotients` are its differences."""

    typed: Typed
    backend: str
    inputs: Arrays
    sought: dict[str, tuple[int, ...]]
    parameters: Arrays
    weights: Arrays
    quotients: Arrays = field(default_factory=dict, repr=False)

    def model(self, **settings: Any) -> Differentiable:
        """The program as a function of its parameters."""
        return function(self.typed, self.backend, self.sought, settings)

    def gradient(self, **settings: Any) -> Arrays:
        """The gradient of the number, as training takes it."""
        given = {name: array[None] for name, array in self.inputs.items()}
        outputs, pull = self.model(**settings).differentiate(self.parameters, given)
        return dict(pull({name: self.weights[name][None] for name in outputs}))


# -- any program, on numpy --------------------------------------------------------------------


def tensors(seed: int) -> Case:
    """A random program; all of its inputs that are no whole numbers are sought."""
    random = np.random.default_rng(seed)
    made = generate(seed)
    found = {name: array for name, array in made.data.items() if array.dtype.kind == "f"}
    statements = tuple(map(_open, made.program.statements))
    program = ein.compile(show(replace(made.program, statements=statements)))
    whole = {name: array for name, array in made.data.items() if name not in found}
    typed = program.check(whole)
    shapes = {name: array.shape for name, array in found.items()}
    weights = {n: random.normal(size=typed.tensors[n].shape) for n in typed.outputs}
    case = Case(typed, "numpy", whole, shapes, found, weights)
    for _ in range(10):
        case = replace(case, parameters={n: _moved(random, x) for n, x in found.items()})
        whole_step, half = _quotients(values(case), case.parameters, (1, 0.5))
        # Where two steps give one quotient, no edge of `relu`, `max` or `<` is nearby.
        if apart(half, whole_step) < 1e-7:
            return replace(case, quotients=whole_step)
    raise ValueError(f"the program of {seed} is nowhere smooth")


def _moved(random: np.random.Generator, array: Array) -> Array:
    """Data was rounded: without that, nothing stands on an edge but by accident."""
    return np.asarray(array + random.uniform(-5e-4, 5e-4, array.shape))


def _open(statement: nodes.Statement) -> nodes.Statement:
    """An input without a file and without a range; parameters, unless they are whole."""
    if isinstance(statement, nodes.Input):
        return replace(statement, qualifier="public", path=None, range=None)
    return statement


def values(case: Case) -> Callable[[Arrays], float]:
    """The number that a program gives for parameters: by the numpy backend's kernels, of which
    gradients know nothing; or by the states of ansaetze."""
    if case.backend == "quantum":
        return _read(case)
    together = tuple(replace(item, client=False) for item in case.typed.definitions)
    ready = find("numpy").compile(
        planning.plan(replace(case.typed, definitions=together)).server, {}, {}
    )

    def value(parameters: Arrays) -> float:
        outputs = ready.run({**case.inputs, **parameters})
        return float(sum((outputs[name] * case.weights[name]).sum() for name in outputs))

    return value


# -- sums of products with ansaetze -----------------------------------------------------------

ANSAETZE = ("iqp", "sim14", "sim15", "strongly_entangling", "mps", "ttn", "mera")


def circuits(seed: int) -> Case:
    """A random program of one to three statements, whose parameters are circuits."""
    random = np.random.default_rng(seed)
    while True:
        case = _attempt(random)
        if case is not None:
            return case


def _attempt(random: np.random.Generator) -> Case | None:
    """A program, if its circuits are small, and what it reads is not next to nothing."""
    sizes = {name: int(random.integers(1, 5)) for name in "ijkl"}
    names = [*["W", "V"][: random.integers(1, 3)], *["x", "z"][: random.integers(0, 3)]]
    axes = {
        name: "".join(random.permutation(list("ijkl"))[: random.integers(1, 3)]) for name in names
    }
    text = [f"index {', '.join(f'{name} = {size}' for name, size in sizes.items())}"]
    for name in names:
        text.append(f"{'param' if name in 'WV' else 'public'} {name}[{', '.join(axes[name])}]")
    text += _statements(random, axes, sizes)
    text.append("target quantum:")
    for name in names:
        if name in "WV":
            text.append(f"    {name} = {random.choice(ANSAETZE)}(layers={random.integers(1, 3)})")
    text.append(f"    reading = {random.choice(['born', 'amplitude'])}")
    text.append(f"    strategy = {random.choice(['orient', 'isometric'])}\n    qubits = {MOST}")
    typed = ein.compile("\n".join(text)).check()
    shapes = {name: tuple(sizes[i] for i in axes[name]) for name in names}
    inputs = {name: random.normal(size=shapes[name]) for name in names if name in "xz"}
    sought = {name: shape for name, shape in shapes.items() if name in "WV"}
    weights = {n: random.normal(size=typed.tensors[n].shape) for n in typed.outputs}
    empty = Case(typed, "quantum", inputs, sought, {}, weights)
    case = replace(empty, parameters=empty.model().start(random))
    if not _small(case):
        return None
    return replace(case, quotients=differences(values(case), case.parameters))


def _statements(
    random: np.random.Generator, axes: dict[str, str], sizes: dict[str, int]
) -> Iterator[str]:
    """One to three definitions; each but the first reads the one before, and all read W."""
    known = dict(axes)
    for number in range(random.integers(1, 4)):
        first = f"t{number - 1}" if number else "W"
        terms = []
        for place in range(random.integers(1, 3)):
            others = random.choice(list(known), random.integers(0, 3 - bool(number)))
            chosen = [first, *others] if not place else list(others) or [first]
            factors = [_access(random, str(name), known, sizes) for name in chosen]
            terms.append(" * ".join(factors))
        there = sorted({i for term in terms for i in _indices(term)})
        result = "".join(random.permutation(there)[: random.integers(0, 3)])
        terms = [_squared(t, result) if random.random() < 0.15 else t for t in terms]
        bent = f"0.5 * tanh({_access(random, 'x', known, sizes)})" if "x" in known else ""
        if bent and random.random() < 0.5 and _indices(bent) <= set(result):
            terms.append(bent)
        known[f"t{number}"] = result
        left = f"[{', '.join(result)}]" if result else ""
        yield f"t{number}{left} = {' + '.join(terms)}"


def _squared(term: str, result: str) -> str:
    """The square of what is left when the indices that the result lacks are summed."""
    summed = sorted(_indices(term) - set(result))
    return f"sum[{', '.join(summed)}]({term})^2" if summed else f"({term})^2"


def _indices(term: str) -> set[str]:
    return {name for name in "ijkl" if f"{name}," in term or f"{name}]" in term}


def _access(
    random: np.random.Generator, name: str, known: dict[str, str], sizes: dict[str, int]
) -> str:
    """A tensor read with indices of the right sizes."""
    same = [[i for i in sizes if sizes[i] == sizes[axis]] for axis in known[name]]
    return f"{name}[{', '.join(str(random.choice(some)) for some in same)}]" if same else name


def _small(case: Case) -> bool:
    """Whether circuits are small, and outputs have norms to be divided by."""
    given = {name: array[None] for name, array in case.inputs.items()}
    if not any(array.size for array in case.parameters.values()):
        return False
    try:
        case.model(gradient="adjoint").differentiate(case.parameters, given)
    except BackendMistake:
        return False
    outputs, _ = case.model(reading="amplitude").differentiate(case.parameters, given)
    return all(np.linalg.norm(value) > LEAST for value in outputs.values())


def _read(case: Case) -> Callable[[Arrays], float]:
    """The number that a program gives for angles."""
    model = case.model()
    given = {name: array[None] for name, array in case.inputs.items()}

    def value(parameters: Arrays) -> float:
        outputs, _ = model.differentiate(parameters, given)
        return float(sum((outputs[name][0] * case.weights[name]).sum() for name in outputs))

    return value


# -- differences ------------------------------------------------------------------------------


def differences(value: Callable[[Arrays], float], at: Arrays) -> Arrays:
    """Difference quotients of the fourth order, by every parameter."""
    return _quotients(value, at, (1,))[0]


def _quotients(
    value: Callable[[Arrays], float], at: Arrays, steps: tuple[float, ...]
) -> list[Arrays]:
    """The same for some multiples of the step; what they share is computed once."""
    found: list[Arrays] = [{n: np.zeros(np.shape(x)) for n, x in at.items()} for _ in steps]
    for name, array in at.items():
        for place in np.ndindex(np.shape(array)):

            @cache
            def moved(count: float, name: str = name, place: tuple[int, ...] = place) -> float:
                other = np.array(at[name])
                other[place] += count * STEP
                return value({**at, name: other})

            for quotients, k in zip(found, steps, strict=True):
                near, far = (moved(n * k) - moved(-n * k) for n in (1, 2))
                quotients[name][place] = (8 * near - far) / (12 * k * STEP)
    return found


def apart(left: Arrays, right: Arrays) -> float:
    """The largest difference of two gradients, relative to the largest slope or to one."""
    pairs = [(np.asarray(left[name]), np.asarray(right[name])) for name in right]
    largest = max((float(np.abs(b).max(initial=0)) for _, b in pairs), default=0.0)
    gaps = (float(np.abs(a - b).max(initial=0)) for a, b in pairs)
    return max(gaps, default=0.0) / max(1.0, largest)
