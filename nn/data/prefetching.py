"""Work that a thread does ahead of the one who waits for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any

__all__ = ["prefetched"]

_END = object()


def prefetched(items: Iterator[Any], ahead: int) -> Iterator[Any]:
    """The same items, up to `ahead` of which a thread has made before they are asked for.

    The thread runs in the context of the caller, of which NumPy's ``errstate`` is a part. What it raises is raised
    here, in the item's place. It ends with the last item, or with the item that it is at when this iterator is closed
    or collected.

    Examples
    --------
    >>> list(prefetched(iter("abc"), 2))
    ['a', 'b', 'c']
    """
    context = copy_context()
    pool = ThreadPoolExecutor(1, thread_name_prefix="prefetch")

    def next_item() -> Any:
        return context.run(next, items, _END)

    try:
        coming = deque(pool.submit(next_item) for _ in range(ahead))
        while (item := coming.popleft().result()) is not _END:
            coming.append(pool.submit(next_item))
            yield item
    finally:
        pool.shutdown(cancel_futures=True)
