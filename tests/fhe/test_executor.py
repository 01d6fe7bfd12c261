"""Execution: the same result on any number of threads, values forgotten, errors surfaced."""

from __future__ import annotations

import gc
import importlib.util
import re
import threading
import time
import weakref
from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np
import pytest
from einlang_fhe import executor
from einlang_fhe.engines import binding, engine_named
from einlang_fhe.engines.clear import ClearCipher, ClearEngine, ClearEvaluator
from einlang_fhe.engines.engine import Bound, Operand, Parameters, checked
from einlang_fhe.engines.openfhe import OpenFHEEvaluator
from einlang_fhe.execution import crew, tasks
from einlang_fhe.executor import Executor
from einlang_fhe.passes.balance import Balance
from einlang_fhe.passes.dead import DropDead
from einlang_fhe.passes.hoist import Hoist
from einlang_fhe.passes.levels import Levelled, assign
from einlang_fhe.passes.order import Order, peaks
from einlang_fhe.plaintexts import Mask, Packed
from einlang_fhe.slots import Builder, Instruction
from einlang_fhe.verifier import verify
from slot_interpreter import interpret
from slot_programs import SLOTS, random_program

from einlang.errors import BackendMistake

SEEDS = range(150)
THREADS = (1, 2, 3)
needs_openfhe = pytest.mark.skipif(
    importlib.util.find_spec("openfhe") is None or not binding.fits(), reason="needs OpenFHE"
)


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Threads for the smallest programs, and tasks of single instructions."""
    monkeypatch.setattr(tasks, "WORTHWHILE", float("inf"))
    monkeypatch.setattr(tasks, "SMALLEST", 0.0)


def program(seed: int, most: int = 25) -> Levelled:
    return assign(DropDead().apply(random_program(Random(seed), most)))


def numbers(slots: int) -> list[np.ndarray]:
    draw = np.random.default_rng(0)
    return [draw.uniform(-1, 1, slots) for _ in range(4)]


def entries(plain: Sequence[np.ndarray]) -> list[Mask]:
    return [Mask(vector.tobytes()) for vector in plain]


def clear(levelled: Levelled, noise: bool = False) -> tuple[Any, ClearEvaluator]:
    parameters = Parameters(2 * SLOTS, levelled.depth, 40, 50, 1, secure=False)
    return ClearEngine(noise).keys(parameters, levelled.program.rotations, True)


def inputs(levelled: Levelled) -> dict[int, int]:
    """The level of each input."""
    steps = enumerate(levelled.program.instructions)
    return {step.number: levelled.levels[n] for n, step in steps if step.verb == "input"}


def request(client: Any, levelled: Levelled, vectors: Sequence[np.ndarray]) -> list[Any]:
    levels = inputs(levelled)
    return [client.encrypt(vectors[n], levels.get(n, 0)) for n in (0, 1)]


def meaning(levelled: Levelled) -> list[np.ndarray]:
    *given, first, second = numbers(levelled.program.slots)
    values = interpret(levelled.program, given, [first, second])
    return [values[value] for value in levelled.program.outputs]


@pytest.mark.parametrize("seed", SEEDS)
def test_any_number_of_threads_gives_the_same(seed: int, eager: None) -> None:
    levelled = program(seed)
    client, evaluator = clear(levelled)
    vectors = numbers(SLOTS)
    found = []
    for threads in THREADS:
        for consume in (False, True):
            run = Executor(levelled, evaluator, entries(vectors[2:]), threads, consume=consume)
            run.prepare({}, ())
            for turn in range(executor.AGAIN + 2):
                assert run.again == (turn >= executor.AGAIN)
                reply = run.run(request(client, levelled, vectors))
                found.append([client.decrypt(cipher) for cipher in reply])
    for values in found:
        np.testing.assert_array_equal(values, found[0])
        np.testing.assert_allclose(values, meaning(levelled), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_prepares_a_program_keeps_its_meaning(seed: int) -> None:
    levelled = program(seed)
    for way in (
        Hoist().apply,
        Balance(2).apply,
        Balance(2, 1).apply,
        Balance().apply,
        Order().apply,
    ):
        made = way(levelled)
        np.testing.assert_allclose(meaning(made), meaning(levelled), rtol=1e-9, atol=1e-12)
        verify(made, levelled.depth, levelled.program.rotations)
        assert made.program.rotations == levelled.program.rotations
    assert peaks(Order().apply(levelled)) <= peaks(levelled)
    assert Order().apply(Order().apply(levelled)) == Order().apply(levelled)
    assert Hoist().apply(Hoist().apply(levelled)) == Hoist().apply(levelled)


def test_sums_become_shallow() -> None:
    build = Builder(SLOTS)
    terms = [build.multiply_plain(build.input(n), n) for n in range(2)]
    terms += [build.rotate(term, n) for n in (1, 2, 3) for term in terms]
    levelled = assign(build.program((build.add_all(terms),)))
    balanced = Balance(chain=2).apply(levelled).program
    depths: list[int] = []
    for step in balanced.instructions:
        deepest = max((depths[value] for value in step.arguments), default=0)
        depths.append(deepest + (step.verb == "add"))
    assert max(depths) == 3
    assert balanced.count("add") == levelled.program.count("add") == 7


class Counting(ClearEvaluator):
    """Knows which ciphertexts are alive, and the most that were."""

    def __init__(self, evaluator: ClearEvaluator) -> None:
        self.__dict__.update(vars(evaluator))
        self.alive: weakref.WeakSet[ClearCipher] = weakref.WeakSet()
        self.most = 0
        self.lock = threading.Lock()

    def bind(self, step: Instruction, operands: Sequence[Operand], fresh: bool) -> Bound:
        """The verb, its result counted."""
        bound = super().bind(step, operands, fresh)

        def counted(*arguments: Any) -> Any:
            result = bound(*arguments)
            with self.lock:
                self.alive.add(result)
                self.most = max(self.most, len(self.alive))
            return result

        return counted


def sums_of_products(count: int, outputs: int) -> Levelled:
    build = Builder(SLOTS)
    values = [build.input(n) for n in range(2 * count * outputs)]
    pairs = [build.multiply(a, b) for a, b in zip(values[::2], values[1::2], strict=True)]
    chunks = [pairs[n * count : (n + 1) * count] for n in range(outputs)]
    return assign(build.program(tuple(build.add_all(chunk) for chunk in chunks)))


@pytest.mark.parametrize("threads", THREADS)
def test_values_are_forgotten_after_their_last_use(threads: int, eager: None) -> None:
    levelled = sums_of_products(count=16, outputs=4)
    client, evaluator = clear(levelled)
    counting = Counting(evaluator)
    run = Executor(levelled, counting, threads=threads, consume=True)
    for turn in range(executor.AGAIN + 2):
        assert run.again == (turn >= executor.AGAIN)
        given = [client.encrypt(np.ones(SLOTS)) for _ in range(128)]
        seen = [weakref.ref(cipher) for cipher in given]
        reply = run.run(given)
        gc.collect()
        assert given == []
        assert not any(cipher() for cipher in seen)
        assert len(counting.alive) == len(reply) == 4
        assert counting.most <= 4 + 8 * threads
        np.testing.assert_allclose([client.decrypt(cipher)[0] for cipher in reply], 16, atol=1e-9)
        del reply
        gc.collect()
        assert len(counting.alive) == 0


@pytest.mark.parametrize("threads", [1, 2])
def test_long_programs_and_slow_ones_are_no_function(
    threads: int, eager: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    levelled = sums_of_products(2, 1)
    client, evaluator = clear(levelled)
    for name in ("FEW", "SHORT"):
        with monkeypatch.context() as patch:
            patch.setattr(executor, name, 0)
            run = Executor(levelled, evaluator, threads=threads)
            for _ in range(executor.AGAIN + 1):
                (reply,) = run.run([client.encrypt(np.ones(SLOTS)) for _ in range(4)])
                assert client.decrypt(reply)[0] == 2.0
                assert not run.again
            assert (len(run.ready.tasks) > 1) == (threads > 1)


def test_what_is_only_handed_back_is_handed_back_again_and_again() -> None:
    build = Builder(SLOTS)
    first, second = build.input(0), build.input(1)
    levelled = assign(build.program((second, first, second)))
    client, evaluator = clear(levelled)
    run = Executor(levelled, evaluator, consume=True)
    for _ in range(executor.AGAIN + 2):
        given = [client.encrypt(np.full(SLOTS, value)) for value in (1.0, 2.0)]
        reply = run.run(given)
        assert [client.decrypt(cipher)[0] for cipher in reply] == [2.0, 1.0, 2.0]
        assert given == []
    assert run.again


def test_a_request_stays_unless_it_is_given_away() -> None:
    levelled = sums_of_products(2, 1)
    client, evaluator = clear(levelled)
    given = [client.encrypt(np.ones(SLOTS)) for _ in range(4)]
    run = Executor(levelled, evaluator)
    assert [client.decrypt(run.run(given)[0])[0] for _ in range(2)] == [2.0, 2.0]
    assert len(given) == 4


@pytest.mark.parametrize("threads", THREADS)
def test_progress_never_goes_back_and_is_told_to_the_caller(threads: int, eager: None) -> None:
    levelled = sums_of_products(16, 4)
    client, evaluator = clear(levelled)
    told: list[tuple[int, int]] = []

    def note(done: int, total: int) -> None:
        assert threading.current_thread() is threading.main_thread()
        told.append((done, total))

    given = [client.encrypt(np.ones(SLOTS)) for _ in range(128)]
    Executor(levelled, evaluator, threads=threads).run(given, note)
    assert told == sorted(told)
    assert all(done <= total for done, total in told)
    assert told or threads > 1


class Failing(ClearEvaluator):
    """Cannot relinearize any more, after a while."""

    def __init__(self, evaluator: ClearEvaluator, error: type[BaseException]) -> None:
        self.__dict__.update(vars(evaluator))
        self.left = [None] * 20
        self.error = error

    def relinearize(self, cipher: ClearCipher) -> ClearCipher:
        """The first twenty times only."""
        if not self.left:
            raise self.error("enough")
        self.left.pop()
        return super().relinearize(cipher)


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
@pytest.mark.parametrize("threads", THREADS)
def test_errors_surface(threads: int, error: type[BaseException], eager: None) -> None:
    build = Builder(SLOTS)
    x = build.input(0)
    values = [build.multiply(x, build.rotate(x, n)) for n in range(1, SLOTS)] * 4
    products = [build.multiply(x, build.add_scalar(v, n)) for n, v in enumerate(values)]
    levelled = assign(build.program((build.add_all(products),)))
    client, evaluator = clear(levelled)
    before = threading.active_count()
    with pytest.raises(error, match="enough"):
        Executor(levelled, Failing(evaluator, error), threads=threads).run(
            [client.encrypt(np.ones(SLOTS))]
        )
    assert threading.active_count() == before


def test_noise_is_drawn_in_order(eager: None) -> None:
    levelled = sums_of_products(16, 4)
    found = []
    for threads in THREADS:
        client, evaluator = clear(levelled, noise=True)
        given = [client.encrypt(np.ones(SLOTS)) for _ in range(128)]
        reply = Executor(levelled, evaluator, threads=threads).run(given)
        found.append([client.decrypt(cipher) for cipher in reply])
    np.testing.assert_array_equal(found[1:], [found[0], found[0]])


def test_small_programs_stay_on_one_thread() -> None:
    levelled = sums_of_products(2, 1)
    _, evaluator = clear(levelled)
    assert len(Executor(levelled, evaluator, threads=8).shared.tasks) == 1


def test_large_programs_are_cut_into_a_few_tasks() -> None:
    levelled = sums_of_products(128, 4)
    parameters = Parameters(1 << 14, levelled.depth, 40, 50, 1)
    _, evaluator = ClearEngine(noise=False).keys(parameters, [], True)
    shared = Executor(levelled, evaluator, threads=2).shared
    assert shared.threads == 2
    assert 16 <= len(shared.tasks) <= 128
    written = sum(step.verb != "input" for step in levelled.program.instructions)
    assert sum(map(len, shared.tasks)) == written


def test_no_more_threads_than_help() -> None:
    program = Balance().apply(sums_of_products(64, 4)).program
    assert tasks.share(program, [1e-3] * len(program.instructions), 3).threads == 3
    assert tasks.share(program, [1e-3] * len(program.instructions), 1000).threads <= 64
    assert tasks.share(program, [1e-6] * len(program.instructions), 8).threads == 1


class Encoding(ClearEvaluator):
    """Knows what was encoded."""

    def __init__(self, evaluator: ClearEvaluator) -> None:
        self.__dict__.update(vars(evaluator))
        self.encoded: list[tuple[float, int]] = []

    def encode(self, values: np.ndarray, level: int, degree: int) -> Any:
        """Notes the first number and the level."""
        self.encoded.append((float(values[0]), level))
        return super().encode(values, level, degree)


def plain_program() -> tuple[Levelled, list[Mask | Packed]]:
    from einlang_fhe.layout import arrange

    build = Builder(SLOTS)
    x = build.input(0)
    y = build.multiply_plain(build.multiply_plain(x, 0), 1)
    z = build.add_plain(build.add(y, build.multiply_plain(build.multiply_plain(x, 0), 1)), 2)
    layout = arrange((SLOTS,), (0,), SLOTS)
    table = [Mask(np.ones(SLOTS).tobytes()), *(Packed(n, layout, 0, 1.0) for n in (7, 8))]
    return assign(build.program((z,))), table


def test_plaintexts_are_encoded_once_for_each_level() -> None:
    levelled, table = plain_program()
    client, evaluator = clear(levelled)
    run = Executor(levelled, Encoding(evaluator), table)
    tensors = {7: np.full(SLOTS, 2.0), 8: np.full(SLOTS, 3.0)}
    run.prepare(tensors, {7, 8})
    encoded = run.evaluator.encoded
    assert sorted(encoded) == [(1.0, 0), (2.0, 1), (3.0, 1)]
    for _ in range(2):
        run.prepare(tensors, ())
        reply = run.run([client.encrypt(np.ones(SLOTS))])
        assert client.decrypt(reply[0])[0] == 7.0
    assert len(encoded) == 3
    run.prepare({**tensors, 8: np.full(SLOTS, 5.0)}, {8})
    assert encoded[3:] == [(5.0, 1)]
    assert client.decrypt(run.run([client.encrypt(np.ones(SLOTS))])[0])[0] == 9.0


@pytest.mark.parametrize("threads", THREADS)
def test_plaintexts_without_room_are_encoded_in_every_run(threads: int, eager: None) -> None:
    levelled, table = plain_program()
    client, evaluator = clear(levelled)
    run = Executor(levelled, Encoding(evaluator), table, threads, room=8 * 16 * 5)
    tensors = {7: np.full(SLOTS, 2.0), 8: np.full(SLOTS, 3.0)}
    run.prepare(tensors, {7, 8})
    assert len(run.kept.keys) == 1
    for _ in range(2):
        assert client.decrypt(run.run([client.encrypt(np.ones(SLOTS))])[0])[0] == 7.0
    assert len(run.evaluator.encoded) == 1 + 2 * 2


def test_together_keeps_the_order_and_surfaces_errors() -> None:
    assert crew.together(lambda n: n * n, 1000, 4) == [n * n for n in range(1000)]
    assert crew.together(lambda n: n, 0, 4) == []
    told: list[int] = []
    crew.together(lambda n: time.sleep(1e-4), 50, 2, told.append)
    assert told == sorted(told)
    with pytest.raises(ZeroDivisionError):
        crew.together(lambda n: 1 // (n - 100), 1000, 3)


def test_a_race_respects_what_waits() -> None:
    random = Random(0)
    for _ in range(200):
        count = random.randint(1, 30)
        following = [
            [m for m in range(n + 1, count) if random.random() < 0.2] for n in range(count)
        ]
        order: list[int] = []
        crew.Race(following, order.append).run(random.randint(1, 4))
        place = {task: n for n, task in enumerate(order)}
        assert sorted(order) == list(range(count))
        assert all(place[n] < place[m] for n in range(count) for m in following[n])


def test_cores_are_shared_with_the_threads_of_one_operation(monkeypatch) -> None:
    monkeypatch.setattr(crew.os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    assert crew.cores() == 8
    monkeypatch.setenv("OMP_NUM_THREADS", "4")
    assert crew.cores() == 2
    monkeypatch.setenv("OMP_NUM_THREADS", "many")
    assert crew.cores() == 8


SMALL = Parameters(1 << 10, 4, 40, 50, 1, secure=False)


@pytest.fixture(scope="module")
def pair() -> Any:
    return engine_named("openfhe").keys(SMALL, range(1, SLOTS), True)


def residues(cipher: Any) -> list[int]:
    """All the numbers of a ciphertext, modulo its primes."""
    import openfhe

    found = re.findall(r'"v": (\d+)', openfhe.Serialize(cipher, openfhe.JSON))
    return [int(number) for number in found]


@needs_openfhe
@pytest.mark.parametrize("seed", [n for n in range(60) if program(n).depth <= SMALL.depth][:16])
def test_ciphertexts_are_the_same_to_the_last_bit(seed: int, pair: Any, eager: None) -> None:
    levelled = program(seed)
    client, evaluator = pair
    vectors = numbers(SMALL.slots)
    given = request(client, levelled, vectors)
    found = []
    for threads in THREADS:
        for consume in (False, True):
            run = Executor(levelled, evaluator, entries(vectors[2:]), threads, consume=consume)
            run.prepare({}, ())
            for _ in range(executor.AGAIN + 1):
                reply = run.run([cipher.Clone() for cipher in given])
                found.append([residues(cipher) for cipher in reply])
    assert all(reply == found[0] for reply in found)
    *made, first, second = vectors
    exact = interpret(levelled.program, made, [first, second])
    for cipher, value in zip(reply, levelled.program.outputs, strict=True):
        np.testing.assert_allclose(client.decrypt(cipher), exact[value], atol=1e-3)


class Careful(OpenFHEEvaluator):
    """Checks everything in every call."""

    def bind(self, step: Instruction, operands: Sequence[Operand], fresh: bool) -> Bound:
        """The verb as it is."""
        return checked(self, step)


def every_verb() -> Levelled:
    build = Builder(SLOTS)
    x, y = build.input(0), build.input(1)
    hoisted = build.hoist(x)
    total = build.rotate_sum([hoisted, hoisted, y, y], [0, 1, 2, 0])
    low = build.multiply(total, build.rotate(hoisted, 3))
    low = build.multiply(build.multiply_scalar(low, -0.5), build.add_scalar(low, 0.25))
    parts = [build.subtract(low, y), build.negate(x), build.multiply_plain(x, 0), build.add(x, y)]
    once = build.emit("relinearize", build.subtract(x, y))
    parts += [build.add_plain(once, 1), build.rotate(build.subtract(y, x), 2)]
    parts += [build.rotate(parts[-1], 1), build.add_scalar(build.multiply_plain(y, 1), -0.5)]
    levelled = assign(build.program((build.add_all(parts), build.negate(build.negate(y)))))
    verify(levelled, SMALL.depth, range(SLOTS))
    return levelled


@needs_openfhe
def test_every_bound_verb_does_what_the_checked_one_does(pair: Any) -> None:
    levelled = every_verb()
    client, evaluator = pair
    vectors = numbers(SMALL.slots)
    given = request(client, levelled, vectors)
    found = []
    for consume in (False, True):
        run = Executor(levelled, evaluator, entries(vectors[2:]), consume=consume)
        run.prepare({}, ())
        found.append([residues(c) for c in run.run([cipher.Clone() for cipher in given])])
    careful = Executor(levelled, Careful(evaluator.keys), entries(vectors[2:]))
    careful.prepare({}, ())
    reply = careful.run(given)
    assert [[residues(cipher) for cipher in reply]] * 2 == found
    exact = interpret(levelled.program, vectors[:2], vectors[2:])
    for cipher, value in zip(reply, levelled.program.outputs, strict=True):
        np.testing.assert_allclose(client.decrypt(cipher), exact[value], atol=1e-4)


@needs_openfhe
def test_what_openfhe_says_is_put_into_plain_words(pair: Any) -> None:
    client, evaluator = pair
    build = Builder(SMALL.slots)
    levelled = assign(build.program((build.multiply(build.input(0), build.input(0)),)))
    spent = client.encrypt(np.ones(SMALL.slots), SMALL.depth)
    with pytest.raises(BackendMistake, match=r"E0803.*compute"):
        Executor(levelled, evaluator).run([spent])
