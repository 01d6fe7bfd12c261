"""The maps of keys are never swept while somebody reads."""

from __future__ import annotations

import threading

import pytest
from einlang_fhe.engines import cache


def test_readers_wait_for_a_sweep(monkeypatch: pytest.MonkeyPatch) -> None:
    found, order, entered = cache.Cache(), list[str](), threading.Event()

    def read() -> None:
        entered.set()
        with found.reading():
            order.append("read")

    reader = threading.Thread(target=read)

    def clear(dead: set[str]) -> None:
        reader.start()
        entered.wait()
        reader.join(0.05)
        order.append(f"swept {sorted(dead)}")

    monkeypatch.setattr(cache, "_clear", clear)
    found.forget("tag")
    reader.join()
    assert order == ["swept ['tag']", "read"]
    assert found == cache.Cache(lock=found.lock)


def test_nothing_is_swept_while_somebody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    found, swept = cache.Cache(), list[set[str]]()
    monkeypatch.setattr(cache, "_clear", swept.append)
    with found.reading(), found.reading():
        found.forget("tag")
        assert found.dead == ["tag"]
    assert not swept
    found.sweep()
    assert swept == [{"tag"}]


def test_a_sweep_inside_of_a_sweep_is_left_to_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    found = cache.Cache()
    monkeypatch.setattr(cache, "_clear", lambda dead: found.forget("other"))
    found.forget("tag")
    assert found.dead == ["other"]
    assert not found.sweeping
