"""A program as an object: check it, run it, explain it, draw it, test it.

>>> program = compile('''
... index i, j
... secret A[i, j]
... total[j] = A[i, j]
... ''')
>>> program.inputs, program.outputs
(('A',), ('total',))
>>> program.run(A=[[1.0, 2.0], [3.0, 4.0]])["total"].tolist()
[4.0, 6.0]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

import numpy as np

from einlang import checking, data
from einlang.api.explanation import Explanation, explain
from einlang.api.keeping import Checked, digest, keep, seen
from einlang.api.pipeline import Arrays, Compiled, compare, execute, layouts, prepare, ship
from einlang.api.result import Result
from einlang.api.settings import Options, inputs, sort_options
from einlang.backend import Progress, silent
from einlang.checking.typed import Qualifier, Typed
from einlang.errors import CheckMistake, DataMistake, EinlangError, fail
from einlang.expression import Expression
from einlang.syntax import nodes, read, show

if TYPE_CHECKING:
    from einlang.api.testing import Outcome
    from einlang.diagrams.drawing import Drawing
    from einlang.training import Trained
    from einlang.training.loop import Watch


def load(path: str | Path) -> Program:
    """The program in a file. Data files that it names are sought beside it.

    Raises `DataMistake` E0691 when the file cannot be read, `SyntaxMistake` for its text.

    >>> import tempfile, pathlib
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "double.ein")
    ...     _ = path.write_text("public x[i]\\ny[i] = 2 * x[i]")
    ...     load(path).run(x=[1.0])["y"].tolist()
    [2.0]
    """
    path = Path(path)
    return Program(read_text(path), name=str(path), directory=path.parent)


def read_text(path: Path) -> str:
    """The text of a program's file. Raises `DataMistake` E0691 when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise _unreadable(path, "it is not UTF-8 text") from error
    except OSError as error:
        raise _unreadable(path, error.strerror or str(error)) from error


def _nothing() -> Exception:
    hint = "write what it computes, as in `C[i] = A[i, k]`"
    return fail(CheckMistake, "E0221", "the program defines no tensor: nothing to run", hint=hint)


def _unreadable(path: Path, why: str) -> Exception:
    return fail(DataMistake, "E0691", f"the program `{path}` cannot be read: {why}")


@overload
def compile(text: str, *, name: str = ..., directory: Path | None = ...) -> Program: ...


@overload
def compile(
    text: str,
    shape: tuple[int, ...],
    /,
    *shapes: tuple[int, ...],
    optimize: Any = ...,
    memory: int | None = ...,
) -> Expression: ...


def compile(
    text: str,
    *shapes: tuple[int, ...],
    name: str = "<string>",
    directory: Path | None = None,
    optimize: Any = True,
    memory: int | None = None,
) -> Program | Expression:
    """The program in a text; data files are sought in `directory` (here, by default).

    With shapes, the text is an equation: what is made is a function of arrays of these
    shapes, planned once, to be called in a loop (see `einlang.expression.Expression`).

    >>> compile("public x\\ny = x + 1").run(x=1)["y"].item()
    2
    >>> compile("i,i->", (2,), (2,))(np.ones(2), np.ones(2)).item()
    2.0
    """
    if shapes:
        return Expression(text, *shapes, optimize=optimize, memory=memory)
    return Program(text, name=name, directory=directory)


class Program:
    """A program that has been read. Checking and compiling wait until they are asked for.

    What was compiled is kept per shapes, parameters, ranges of public data, settings and
    backend: a second run with other secrets of the same shapes only runs.

    >>> program = Program("public x[i]\\nm = max[i](x[i])")
    >>> program
    Program('<string>', inputs=('x',), outputs=('m',))
    >>> print(program)
    public x[i]
    m = max[i](x[i])
    <BLANKLINE>
    """

    def __init__(self, text: str, *, name: str = "<string>", directory: Path | None = None) -> None:
        self.text = text
        self.name = name
        self.directory = directory or Path()
        self.tree: nodes.Program = read(text, name)
        self._kept: dict[Any, Checked] = {}

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of its inputs, in order."""
        return tuple(inputs(self.tree))

    @property
    def outputs(self) -> tuple[str, ...]:
        """The names of what it returns: those of `out`, else the last definition."""
        outs = [item for item in self.tree.statements if isinstance(item, nodes.Out)]
        if outs:
            return tuple(name for item in outs for name in item.names)
        made = [s.name for s in self.tree.statements if isinstance(s, nodes.Definition)]
        return tuple(made[-1:])

    @property
    def settings(self) -> dict[str, dict[str, Any]]:
        """The settings of its `target` blocks, by backend.

        >>> Program("public x\\ny = x\\ntarget fhe:\\n    precision = 1e-3").settings
        {'fhe': {'precision': 0.001}}
        """
        found: dict[str, dict[str, Any]] = {}
        for item in self.tree.statements:
            if isinstance(item, nodes.Target):
                found.setdefault(item.backend, {}).update({s.name: s.value for s in item.settings})
        return found

    @property
    def docstring(self) -> str | None:
        """The text at its head."""
        return self.tree.docstring

    # -- what can be asked ------------------------------------------------------------------

    def check(self, given: Mapping[str, Any] | None = None, **named: Any) -> Typed:
        """The program with all sizes, shapes, qualifiers and ranges; data files' headers are read.

        Arrays for inputs and sizes for indices are given by name. Raises `CheckMistake` or
        `DataMistake` with everything that is wrong.

        >>> compile("index i = 3\\npublic x[i]\\ny = x[i]").check().tensors["x"].shape
        (3,)
        """
        return self._checked(self._options(given, named)).typed

    def run(
        self,
        backend: str = "numpy",
        given: Mapping[str, Any] | None = None,
        *,
        verify: bool = False,
        progress: Progress = silent,
        **named: Any,
    ) -> Result:
        """Run it on data, sizes and settings, by name.

        A name of an input gives its data (an array, anything that NumPy can turn into one),
        a name of an index its size, any other name is a setting of the backend, such as
        `engine="clear"` or `precision=1e-3`. `given` holds more of them, under names that
        Python has no keyword for. `verify` runs the numpy backend beside.

        >>> result = compile("secret x[i]\\ny = x[i] * x[i]").run("numpy", x=[3.0, 4.0])
        >>> result["y"].item()
        25.0
        """
        options = self._options(given, named)
        checked = self._checked(options)
        if not checked.typed.outputs:
            raise _nothing()
        arrays = data.bind(checked.typed, options.data, self.directory)
        compiled = self._compiled(checked, backend, arrays, options)
        outputs = execute(compiled, arrays, progress)
        agreements = compare(compiled, arrays, outputs, options.settings, backend) if verify else ()
        return Result(outputs, _axes(checked.typed), compiled.report, agreements)

    def explain(
        self, backend: str = "numpy", given: Mapping[str, Any] | None = None, **named: Any
    ) -> Explanation:
        """How it would run: statements, contraction order with costs, the backend's report.

        >>> print(compile("index i = 3\\npublic x[i]\\ny = x[i]").explain().backend)
        numpy
        """
        options = self._options(given, named)
        checked = self._checked(options)
        arrays = self._params(checked.typed, options)
        compiled = self._compiled(checked, backend, arrays, options)
        return explain(self.tree, compiled, backend)

    def draw(self, path: str | Path, given: Mapping[str, Any] | None = None, **named: Any) -> None:
        """Its string diagrams as a picture; the suffix (`.svg`, `.png`, `.tikz`) says which kind.

        Raises `DataMistake` E0692 for another suffix.
        """
        from einlang.diagrams.drawing import drawing

        drawing(self.check(given, **named)).save(path)

    def layouts(
        self, backend: str = "fhe", given: Mapping[str, Any] | None = None, **named: Any
    ) -> Drawing:
        """Where a backend puts the elements of tensors, step by step: text and picture.

        Printing it shows the text, a notebook the picture, `save(path)` writes a file. Raises
        `BackendMistake` E0712 for a backend that has no layouts.

        >>> program = compile("index i = 4\\nsecret x[i]\\ny = x[i]")
        >>> print(str(program.layouts(engine="clear")).splitlines()[0])
        x[i]: 4 in 1 ciphertext of 1,024 slots
        """
        options = self._options(given, named)
        checked = self._checked(options)
        arrays = self._params(checked.typed, options)
        return layouts(self._compiled(checked, backend, arrays, options), backend)

    def artefact(
        self,
        backend: str = "fhe",
        given: Mapping[str, Any] | None = None,
        *,
        client_only: bool = False,
        **named: Any,
    ) -> bytes:
        """The compiled program as the bytes of a file, for a client and an evaluator.

        The same program, parameters and version give the same bytes. `client_only`: a copy
        without the values that only the evaluator needs. Raises `BackendMistake` E0713 for
        a backend that computes nothing elsewhere.

        >>> program = compile("index i = 4\\nsecret x[i]\\ny = x[i]")
        >>> program.artefact()[:4]
        b'\\x89EIN'
        """
        options = self._options(given, named)
        checked = self._checked(options)
        arrays = self._params(checked.typed, options)
        compiled = self._compiled(checked, backend, arrays, options)
        sources = {name: item.path for name, item in inputs(self.tree).items()}
        return ship(compiled, backend, arrays, sources, client_only)

    def test(
        self, backend: str = "numpy", given: Mapping[str, Any] | None = None, **named: Any
    ) -> tuple[Outcome, ...]:
        """Run its `test` blocks: what holds and what does not.

        >>> text = 'index i = 2\\npublic x[i]\\ny = x[i]\\n'
        >>> text += 'test "sum":\\n    let x[i] = 3\\n    expect y == 6'
        >>> [outcome.passed for outcome in compile(text).test()]
        [True]
        """
        from einlang.api.testing import run_tests

        options = self._options(given, named)

        def checked(data: Arrays) -> Typed:
            return self._checked(replace(options, data={**options.data, **data})).typed

        return run_tests(checked, options, backend, self.directory)

    def train(
        self,
        samples: Mapping[str, Any],
        backend: str = "numpy",
        given: Mapping[str, Any] | None = None,
        *,
        validation: Mapping[str, Any] | None = None,
        watch: Watch | None = None,
        **named: Any,
    ) -> Trained:
        """Seeks its `param` tensors that have no data, for samples of inputs and of an output.

        Each array of `samples` has one row per sample, under the name of an input or of the
        output that is to be met; so has each of `validation`. Further names are options of
        `einlang.training.Plan` (`loss`, `optimiser`, `epochs`, `batch`, `rate`, ...), and, as
        in `run`, data that all samples share, sizes and settings; `given` holds such as well.
        `watch` is told the figures of each epoch.
        """
        from einlang.api.training import known, train
        from einlang.training import Plan

        plan = Plan.of({k: named.pop(k) for k in Plan.names() if k in named})
        options = self._options(given, named)
        names = inputs(self.tree)
        first = {name: np.asarray(array)[0] for name, array in samples.items() if name in names}
        typed = self._checked(replace(options, data={**options.data, **first})).typed
        shared = data.bind(known(typed, options.data, samples), options.data, self.directory)
        return train(typed, backend, options.settings, shared, samples, validation, plan, watch)

    def _options(self, given: Mapping[str, Any] | None, named: Mapping[str, Any]) -> Options:
        return sort_options(self.tree, {**(given or {}), **named})

    # -- what is kept ------------------------------------------------------------------------

    def _checked(self, options: Options) -> Checked:
        declared = inputs(self.tree)
        told = [
            seen(item, options.data.get(name), self.directory) for name, item in declared.items()
        ]
        key = (*told, *sorted(options.sizes.items()))

        def check() -> Checked:
            data, sizes = options.data, options.sizes
            return Checked(
                checking.check(self.tree, data=data, sizes=sizes, directory=self.directory)
            )

        return keep(self._kept, key, check)

    def _compiled(
        self, checked: Checked, backend: str, arrays: Arrays, options: Options
    ) -> Compiled:
        chosen = repr(sorted(options.settings.items()))
        params = {name for name, item in inputs(self.tree).items() if item.qualifier == "param"}
        values = tuple((name, digest(arrays[name])) for name in sorted(params & arrays.keys()))
        return keep(
            checked.compiled,
            (backend, chosen, values),
            lambda: prepare(checked.typed, backend, arrays, options.settings),
        )

    def _params(self, typed: Typed, options: Options) -> Arrays:
        """The values that are known when compiling."""
        params = tuple(i for i in typed.inputs if i.tensor.qualifier is Qualifier.PARAM)
        given = {i.tensor.name for i in params} & options.data.keys()
        return data.bind(
            replace(typed, inputs=params),
            {name: options.data[name] for name in given},
            self.directory,
        )

    # -- how it looks ------------------------------------------------------------------------

    def __repr__(self) -> str:
        return f"Program({self.name!r}, inputs={self.inputs}, outputs={self.outputs})"

    def __str__(self) -> str:
        return show(self.tree)

    def _repr_html_(self) -> str:
        return f"<pre><code>{escape(str(self))}</code></pre>{self._repr_svg_() or ''}"

    def _repr_svg_(self) -> str | None:
        from einlang.diagrams import drawing

        try:
            return drawing.text(self.check(), "svg")
        except EinlangError:
            return None


def _axes(typed: Typed) -> dict[str, tuple[str, ...]]:
    """The names of every tensor's axes, groups in brackets."""
    return {item.tensor.name: item.axes for item in (*typed.inputs, *typed.definitions)}
