"""Minibatches of data sets: in which order, and what happens to them on the way."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeAlias

import numpy
import optree

from autodiff import array_namespace
from autodiff.namespaces import device_of
from nn.arguments import checked_count, checked_generator
from nn.data.prefetching import prefetched
from nn.namespaces import Array, Namespace, converted, index_dtype, is_array, namespace_or_default

__all__ = ["DataLoader", "minibatches"]

Batch: TypeAlias = Any
Transform: TypeAlias = Callable[[numpy.random.Generator, Batch], Batch]
Collate: TypeAlias = Callable[[list[Any]], Batch]
Rows: TypeAlias = numpy.ndarray[tuple[int], numpy.dtype[numpy.int64]]


class DataLoader:
    """Minibatches of a data set. Each ``for`` loop over it is an epoch.

    Parameters
    ----------
    dataset
        - An array, or a tuple or dict, nested or not, of arrays with as many rows each, of any namespaces. A batch has
          the same structure and holds rows of them. Of memory maps, such as ``numpy.memmap`` and
          :func:`extensor.open_memmap`, only these rows are read.
        - Any other object with ``len(dataset)`` and ``dataset[i]``, which gives an example; lists are among them.
        - An iterable of examples, or a function without arguments that returns an iterator of them, such as a generator
          function: it is called once per epoch.
    batch_size : int
        Examples per batch.
    shuffle : bool
        Whether each epoch has an order of its own, rather than that of the data set.
    drop_last : bool
        Whether to leave out the last batch if it is smaller.
    rng : numpy.random.Generator, optional
        Draws the orders, and seeds what `transform` gets. Needed for these two.
    prefetch : int
        How many batches a thread prepares ahead; 0 for no thread. It changes nothing in the batches.
    transform : callable, optional
        ``transform(rng, batch)`` takes the place of the batch, as the functions of :mod:`nn.data.augmentation` do. The
        generator is another for each batch, and depends on nothing else.
    collate : callable, optional
        Makes a batch from a list of examples; by default, examples being trees, their arrays and numbers are stacked.
    xp : namespace, optional
        Where arrays are converted to, after `transform`; they stay where they are by default.
    device : optional
        A device of that namespace.

    Raises
    ------
    TypeError
        If the data set is none of these, or an iterable is to be shuffled.
    ValueError
        If arrays differ in their number of rows, `batch_size` is not above 0, or `rng` is missing. While batches are
        made, if examples differ in structure or shape.

    Notes
    -----
    :meth:`state_dict` says where in which epoch a loop is, and a loader over the same data that has loaded it continues
    there, with the same batches.

    Examples
    --------
    >>> import numpy
    >>> x, y = numpy.arange(5), numpy.arange(5) * 10
    >>> loader = DataLoader((x, y), batch_size=2, shuffle=True, rng=numpy.random.default_rng(0))
    >>> len(loader)
    3
    >>> for epoch in range(2):
    ...     print([labels.tolist() for _, labels in loader])
    [[20, 40], [30, 0], [10]]
    [[40, 10], [20, 0], [30]]
    """

    def __init__(
        self,
        dataset: Any,
        *,
        batch_size: int = 32,
        shuffle: bool = False,
        drop_last: bool = False,
        rng: numpy.random.Generator | None = None,
        prefetch: int = 0,
        transform: Transform | None = None,
        collate: Collate | None = None,
        xp: Namespace | None = None,
        device: Any = None,
    ) -> None:
        self.batch_size = checked_count("batch_size", batch_size)
        self.prefetch = checked_count("prefetch", prefetch, least=0)
        self.source = _source_of(dataset, collate)
        if shuffle and isinstance(self.source, _Stream):
            raise TypeError("examples that come one after the other cannot be shuffled; put them into arrays or a list")
        if rng is None and (shuffle or transform is not None):
            asks = "shuffle=True" if shuffle else "a transform"
            raise ValueError(f"{asks} needs a source of random numbers: pass rng=numpy.random.default_rng(seed)")
        if device is not None and xp is None:
            raise ValueError(f"device={device!r} needs xp=, the namespace whose device it is")
        self.rng = None if rng is None else checked_generator(rng)
        self.shuffle, self.drop_last, self.transform, self.device = shuffle, drop_last, transform, device
        self.xp = None if xp is None else namespace_or_default(xp)
        self._position = 0
        self._start: Any = None
        self._resumes = False

    def __len__(self) -> int:
        """Number of batches in an epoch."""
        whole, rest = divmod(len(self.source), self.batch_size)
        return whole + bool(rest and not self.drop_last)

    def __iter__(self) -> Iterator[Batch]:
        rng = self.rng
        if not self._resumes:
            self._position, self._start = 0, None if rng is None else rng.bit_generator.state
        elif rng is not None:
            # The order of this epoch is drawn once more, while the generator itself is further already.
            rng = numpy.random.Generator(type(rng.bit_generator)())
            rng.bit_generator.state = self._start
        self._resumes = False
        order = rng.permutation(len(self.source)) if self.shuffle and rng is not None else None
        seed = int(rng.integers(2**63)) if self.transform is not None and rng is not None else 0
        batches = self._prepared(order, seed, self._position)
        return self._counted(prefetched(batches, self.prefetch) if self.prefetch else batches, self._position)

    def _prepared(self, order: Rows | None, seed: int, first: int) -> Iterator[Batch]:
        batches = self.source.batches(order, self.batch_size, self.drop_last, first)
        for number, batch in enumerate(batches, first):
            if self.transform is not None:
                batch = self.transform(numpy.random.default_rng((seed, number)), batch)
            if self.xp is not None:
                batch = optree.tree_map(self._moved, batch)
            yield batch

    def _moved(self, leaf: Any) -> Any:
        if not is_array(leaf) or (array_namespace(leaf) is self.xp and self.device in (None, device_of(leaf))):
            return leaf
        return converted(leaf, self.xp, device=self.device)

    def _counted(self, batches: Iterator[Batch], first: int) -> Iterator[Batch]:
        for position, batch in enumerate(batches, first + 1):
            self._position = position
            yield batch
        self._position = 0

    def state_dict(self) -> dict[str, Any]:
        """How many batches of the epoch have been given, the generator's state now, and as the epoch began."""
        return {
            "batch_size": self.batch_size,
            "examples": None if isinstance(self.source, _Stream) else len(self.source),
            "position": self._position,
            "start": self._start if self._position else None,
            "rng": None if self.rng is None else self.rng.bit_generator.state,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue where another loader over the same data was.

        Raises
        ------
        ValueError
            If that one had another number of examples, batch size or kind of generator.
        """
        own = self.state_dict()
        problems = [
            f"{name} {state[name]}, expected {own[name]}"
            for name in ("batch_size", "examples")
            if state[name] != own[name]
        ]
        kinds = [rng and rng["bit_generator"] for rng in (state["rng"], own["rng"])]
        if kinds[0] != kinds[1]:
            problems.append(f"generator {kinds[0]}, expected {kinds[1]}")
        if problems:
            raise ValueError(f"the state is that of another loader: {'; '.join(problems)}")
        self._position, self._start = state["position"], state["start"]
        self._resumes = self._position > 0
        if self.rng is not None:
            self.rng.bit_generator.state = state["rng"]


def minibatches(*arrays: Array, batch_size: int, rng: numpy.random.Generator) -> Iterator[tuple[Array, ...]]:
    """One pass over the rows of ``arrays`` in random order, ``batch_size`` at a time; the last batch may be shorter.

    Examples
    --------
    >>> import numpy
    >>> x, y = numpy.arange(5), numpy.arange(5) * 10
    >>> for batch in minibatches(x, y, batch_size=2, rng=numpy.random.default_rng(0)):
    ...     print(*batch)
    [2 4] [20 40]
    [3 0] [30  0]
    [1] [10]
    """
    return iter(DataLoader(arrays, batch_size=batch_size, shuffle=True, rng=rng))


class _Source(Protocol):
    """Where examples come from."""

    def __len__(self) -> int: ...

    def batches(self, order: Rows | None, size: int, drop_last: bool, first: int) -> Iterator[Batch]:
        """Batches of examples in an order, from number `first` on."""


def _source_of(dataset: Any, collate: Collate | None) -> _Source:
    if not isinstance(dataset, list):
        leaves = optree.tree_leaves(dataset)
        if leaves and all(map(is_array, leaves)):
            if collate is not None:
                raise TypeError("collate makes batches from examples, but arrays are cut into batches; use transform")
            return _Arrays(dataset)
    if hasattr(dataset, "__getitem__") and hasattr(dataset, "__len__") and not isinstance(dataset, (dict, tuple)):
        return _Examples(dataset, collate or stacked)
    if isinstance(dataset, Iterable) and not isinstance(dataset, (dict, tuple)):
        return _Stream(lambda: iter(dataset), collate or stacked)
    if callable(dataset):
        return _Stream(dataset, collate or stacked)
    found = type(dataset).__name__
    if isinstance(dataset, (dict, tuple)):
        found += " of " + (", ".join(sorted({type(leaf).__name__ for leaf in leaves})) or "nothing")
    raise TypeError(f"expected arrays, a sequence of examples, an iterable or a function that returns one, got {found}")


def _ranges(count: int, size: int, drop_last: bool, first: int) -> Iterator[slice]:
    for start in range(first * size, count, size):
        # The standard leaves a slice beyond the end undefined.
        stop = min(start + size, count)
        if stop - start == size or not drop_last:
            yield slice(start, stop)


class _Arrays:
    def __init__(self, tree: Any) -> None:
        leaves: list[Any] = optree.tree_leaves(tree)
        if any(not leaf.shape for leaf in leaves):
            raise ValueError("arrays must have rows, got one of 0 dimensions")
        if len({leaf.shape[0] for leaf in leaves}) > 1:
            raise ValueError(f"arrays must have as many rows each, got {[leaf.shape[0] for leaf in leaves]}")
        self.tree, self.count = tree, int(leaves[0].shape[0])

    def __len__(self) -> int:
        return self.count

    def batches(self, order: Rows | None, size: int, drop_last: bool, first: int) -> Iterator[Batch]:
        leaves, structure = optree.tree_flatten(self.tree)
        cuts = [_slices(leaf) if order is None else _takes(leaf, order) for leaf in leaves]
        for rows in _ranges(self.count, size, drop_last, first):
            yield structure.unflatten([cut(rows) for cut in cuts])


def _slices(array: Array) -> Callable[[slice], Array]:
    return lambda rows: array[rows, ...]


def _takes(array: Array, order: Rows) -> Callable[[slice], Array]:
    xp = array_namespace(array)
    if isinstance(array, numpy.memmap):
        # What is taken from it lies in memory; its type would say otherwise.
        array = numpy.asarray(array)
    places = xp.asarray(order, dtype=index_dtype(xp), device=getattr(array, "device", None))
    return lambda rows: xp.take(array, places[rows], axis=0)


class _Examples:
    def __init__(self, examples: Sequence[Any], collate: Collate) -> None:
        self.examples, self.collate = examples, collate

    def __len__(self) -> int:
        return len(self.examples)

    def batches(self, order: Rows | None, size: int, drop_last: bool, first: int) -> Iterator[Batch]:
        places = range(len(self)) if order is None else order.tolist()
        for rows in _ranges(len(self), size, drop_last, first):
            yield self.collate([self.examples[place] for place in places[rows]])


class _Stream:
    def __init__(self, start: Callable[[], Iterable[Any]], collate: Collate) -> None:
        self.start, self.collate = start, collate

    def __len__(self) -> int:
        raise TypeError("examples that come one after the other have no known number")

    def batches(self, order: Rows | None, size: int, drop_last: bool, first: int) -> Iterator[Batch]:
        examples = itertools.islice(self.start(), first * size, None)
        while batch := list(itertools.islice(examples, size)):
            if len(batch) == size or not drop_last:
                yield self.collate(batch)


def stacked(examples: list[Any]) -> Batch:
    """The batch of some examples: their arrays and numbers stacked, anything else in tuples.

    Raises
    ------
    ValueError
        If they differ in structure or in the shapes of arrays.

    Examples
    --------
    >>> import numpy
    >>> stacked([(numpy.asarray([1.0, 2.0]), 3, "a"), (numpy.asarray([4.0, 5.0]), 6, "b")])
    (array([[1., 2.],
           [4., 5.]]), array([3, 6]), ('a', 'b'))
    """
    first: Any = examples[0]
    structure = optree.tree_structure(first)
    try:
        columns = zip(*map(structure.flatten_up_to, examples), strict=True)
        return structure.unflatten([_stacked_leaves(column) for column in columns])
    except ValueError as error:
        raise ValueError(
            f"examples of a batch must be alike in structure and shape: {error}; make them so, or pass collate=, which "
            "makes a batch from a list of examples"
        ) from error


def _stacked_leaves(leaves: tuple[Any, ...]) -> Any:
    if all(map(is_array, leaves)):
        if len({leaf.shape for leaf in leaves}) > 1:
            raise ValueError(f"arrays of shapes {', '.join(str(tuple(leaf.shape)) for leaf in leaves)}")
        return array_namespace(*leaves).stack(leaves)
    if all(isinstance(leaf, (bool, int, float, complex, numpy.generic)) for leaf in leaves):
        return numpy.asarray(leaves)
    return leaves
