"""Work shared among processes, none of which outlives this one."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context
from threading import current_thread, main_thread
from typing import Any, TypeVar

__all__ = ["mapped"]

Item = TypeVar("Item")
Result = TypeVar("Result")


def mapped(
    work: Callable[[Item], Result],
    items: Iterable[Item],
    jobs: int,
    start: Callable[..., None],
    arguments: tuple[Any, ...],
) -> Iterator[Result]:
    """Results of each item, in order, from as many processes as there are jobs; each calls ``start`` first."""
    others = active_children()
    with ProcessPoolExecutor(jobs, get_context("spawn"), start, arguments) as pool:
        with uninterrupted():
            futures = [pool.submit(work, item) for item in items]
        try:
            for future in futures:
                yield future.result()
        except BaseException:  # Workers must not go on with what nobody waits for.
            for worker in set(active_children()).difference(others):
                worker.terminate()
            raise


@contextmanager
def uninterrupted() -> Iterator[None]:
    """Start processes that leave Ctrl-C to this one."""
    if current_thread() is not main_thread():
        yield
        return
    previous = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
