"""Metrics: numbers that tell how good predictions are, exact over batches of any sizes.

A metric is what adds up over batches (say, the numbers of hits and of examples) and a function of the total.
:func:`nn.fit` and :func:`nn.evaluate` take metrics, and any other function of (predictions, targets) that returns a
number, which they take to be a mean over the rows: a loss, for example.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal, TypeAlias, get_args

import numpy

from autodiff import array_namespace
from nn.arguments import checked_count
from nn.namespaces import Array, as_numpy

__all__ = [
    "Metric",
    "accuracy",
    "confusion_matrix",
    "f1_score",
    "precision",
    "r2_score",
    "recall",
    "root_mean_squared_error",
    "top_k_accuracy",
]

Count: TypeAlias = numpy.ndarray[Any, numpy.dtype[Any]]
Average: TypeAlias = Literal["macro", "micro", "weighted", "none"]


class Metric:
    """A metric, as a function of (predictions, targets) and piece by piece.

    Parameters
    ----------
    name : str
        What reports call it.
    count : callable
        ``count(predictions, targets)``: a NumPy array that, added up over batches, tells all that matters.
    value : callable
        The metric, a float or a NumPy array, of such a total.
    doc : str, optional
        Its docstring.
    merge : callable
        The total of two parts, by default their sum.

    Examples
    --------
    >>> import numpy
    >>> errors = Metric("errors", lambda x, y: numpy.count_nonzero(x != y), int)
    >>> errors(numpy.asarray([1, 2, 3]), numpy.asarray([1, 2, 4]))
    1
    """

    def __init__(
        self,
        name: str,
        count: Callable[[Array, Array], Any],
        value: Callable[[Any], Any],
        doc: str | None = None,
        *,
        merge: Callable[[Any, Any], Any] = operator.add,
    ) -> None:
        self.name, self.count, self.value, self.merge = name, count, value, merge
        self.__name__ = name
        self.__doc__ = doc or self.__doc__

    def __call__(self, predictions: Array, targets: Array) -> Any:
        """The metric of all these predictions."""
        return self.value(self.count(predictions, targets))

    def __repr__(self) -> str:
        return f"Metric({self.name!r})"


class Totals:
    """Running totals of several metrics.

    Parameters
    ----------
    metrics : sequence of Metric or callable
        Functions that are no metrics count as means over rows, under their names.

    Examples
    --------
    >>> import numpy
    >>> totals = Totals([accuracy])
    >>> totals.update(numpy.asarray([0, 1, 1]), numpy.asarray([0, 1, 0]), rows=3)
    >>> totals.update(numpy.asarray([1]), numpy.asarray([1]), rows=1)
    >>> totals.values()
    {'accuracy': 0.75}
    """

    def __init__(self, metrics: Sequence[Metric | Callable[[Array, Array], Any]]) -> None:
        self.metrics = [(_name_of(metric), metric) for metric in _checked(metrics)]
        names = [name for name, _ in self.metrics]
        if len(set(names)) < len(names):
            raise ValueError(f"metrics must differ in name, got {', '.join(names)}")
        self.sums: dict[str, Any] = {}

    def state_dict(self) -> dict[str, Any]:
        """The totals by name."""
        return dict(self.sums)

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what :meth:`state_dict` gave."""
        self.sums = dict(state)

    def update(self, predictions: Array, targets: Array, rows: int) -> None:
        """Count a batch in."""
        for name, metric in self.metrics:
            if isinstance(metric, Metric):
                self.add(name, metric.count(predictions, targets), metric.merge)
            else:
                self.add_mean(name, float(metric(predictions, targets)), rows)

    def add_mean(self, name: str, mean: float, rows: int) -> None:
        """Count in a mean over some rows."""
        self.add(name, numpy.asarray([mean * rows, rows]))

    def add(self, name: str, count: Any, merge: Callable[[Any, Any], Any] = operator.add) -> None:
        """Count in a part of a total."""
        self.sums[name] = merge(self.sums[name], count) if name in self.sums else count

    def value(self, name: str) -> Any:
        """A metric of what has been counted."""
        metric = dict(self.metrics).get(name)
        return (metric.value if isinstance(metric, Metric) else _ratio)(self.sums[name])

    def values(self) -> dict[str, Any]:
        """Each metric of what has been counted."""
        return {name: self.value(name) for name in self.sums}


def _checked(metrics: Any) -> list[Any]:
    """The metrics, if each may be called with predictions and targets."""
    if isinstance(metrics, str) or not isinstance(metrics, Iterable):
        raise TypeError(f"metrics are a list, such as [nn.accuracy], got {type(metrics).__name__}")
    given: list[Any] = list(metrics)
    for metric in given:
        if not callable(metric):
            raise TypeError(
                f"a metric is a Metric or a function of predictions and targets, such as nn.accuracy, got {metric!r}"
            )
        try:
            signature = inspect.signature(metric)
        except ValueError:  # of a function written in C
            continue
        try:
            signature.bind(None, None)
        except TypeError:
            raise TypeError(
                f"{_name_of(metric)} takes ({', '.join(signature.parameters)}) and not predictions and targets; to "
                "make a metric, call it first"
            ) from None
    return given


def _name_of(metric: Any) -> str:
    name = getattr(metric, "__name__", None) or type(metric).__name__
    return name.replace("_", " ")


def _ratio(total: Count) -> float:
    return float(total[0] / total[1]) if total[1] else float("nan")


def _classes(predictions: Array, targets: Array) -> tuple[Count, Count]:
    """Predicted and true class numbers; of scores of shape (..., classes), the class with the highest."""
    xp = array_namespace(predictions, targets)
    if predictions.ndim == targets.ndim + 1:
        _refuse_single_class(predictions)
        predictions = xp.argmax(predictions, axis=-1)
    if predictions.shape != targets.shape:
        raise ValueError(
            f"targets of shape {tuple(targets.shape)} need class numbers of that shape, or scores with one axis more, "
            f"got predictions of shape {tuple(predictions.shape)}"
        )
    return _class_numbers("predictions", predictions), _class_numbers("targets", targets)


def _refuse_single_class(scores: Array) -> None:
    if scores.shape[-1] == 1:
        raise ValueError(
            f"scores of shape {tuple(scores.shape)} are of a single class; of two classes with one score for both give "
            "class numbers, such as scores[:, 0] > 0"
        )


def _class_numbers(what: str, x: Array) -> Count:
    numbers: Count = as_numpy(x)
    if numbers.dtype.kind not in "iu":
        if (strangers := numbers[numbers != numpy.rint(numbers)]).size:
            raise ValueError(
                f"{what} of shape {numbers.shape} are to be class numbers, got {strangers[0]}; of two classes give "
                f"{what} > 0.5"
            )
        return numbers.astype(numpy.int64)
    return numbers


def _hits(predictions: Array, targets: Array) -> Count:
    found, true = _classes(predictions, targets)
    return numpy.asarray([numpy.count_nonzero(found == true), true.size])


accuracy = Metric(
    "accuracy",
    _hits,
    _ratio,
    """Share of right classes among predictions, which are scores of shape (..., classes) or class numbers.

    Examples
    --------
    >>> import numpy
    >>> accuracy(numpy.asarray([[0.1, 0.9], [0.8, 0.2]]), numpy.asarray([1, 1]))
    0.5
    """,
)


def top_k_accuracy(k: int) -> Metric:
    """Share of targets whose class is among the `k` with the highest scores; equal scores count against.

    Examples
    --------
    >>> import numpy
    >>> top_k_accuracy(2)(numpy.asarray([[0.1, 0.6, 0.3], [0.5, 0.4, 0.1]]), numpy.asarray([2, 2]))
    0.5
    """
    k = checked_count("k", k)

    def count(scores: Array, targets: Array) -> Count:
        if scores.shape[:-1] != targets.shape:
            raise ValueError(f"scores of shape {tuple(scores.shape)} do not fit targets of {tuple(targets.shape)}")
        _refuse_single_class(scores)
        scores, targets = as_numpy(scores), as_numpy(targets)
        own = numpy.take_along_axis(scores, targets[..., None], axis=-1)
        # Itself among them: NaN is no score that wins.
        better = numpy.count_nonzero(scores >= own, axis=-1)
        return numpy.asarray([numpy.count_nonzero((better >= 1) & (better <= k)), targets.size])

    return Metric(f"top {k} accuracy", count, _ratio)


def confusion_matrix(classes: int) -> Metric:
    """How often each true class, the row, was taken for each class, the column: an array (classes, classes).

    Examples
    --------
    >>> import numpy
    >>> confusion_matrix(2)(numpy.asarray([0, 1, 1]), numpy.asarray([0, 1, 0]))
    array([[1, 1],
           [0, 1]])
    """
    return Metric("confusion matrix", _counter(classes), lambda matrix: matrix)


def precision(classes: int, *, average: Average = "macro") -> Metric:
    """Share of right ones among the predictions of a class; 0 where there are none.

    Parameters
    ----------
    classes : int
        Number of classes.
    average : {"macro", "micro", "weighted", "none"}
        Mean over the classes; over all predictions together; mean over the classes by their shares of the targets; or
        an array with a number for each class.

    Examples
    --------
    >>> import numpy
    >>> precision(2, average="none")(numpy.asarray([0, 1, 1]), numpy.asarray([0, 1, 0]))
    array([1. , 0.5])
    """
    return _of_matrix("precision", classes, average, lambda right, found, true: (right, found))


def recall(classes: int, *, average: Average = "macro") -> Metric:
    """Share of those that were found among the targets of a class; parameters as of :func:`precision`.

    Examples
    --------
    >>> import numpy
    >>> recall(2, average="none")(numpy.asarray([0, 1, 1]), numpy.asarray([0, 1, 0]))
    array([0.5, 1. ])
    """
    return _of_matrix("recall", classes, average, lambda right, found, true: (right, true))


def f1_score(classes: int, *, average: Average = "macro") -> Metric:
    """Harmonic mean of precision and recall of a class; parameters as of :func:`precision`.

    Examples
    --------
    >>> import numpy
    >>> f1_score(2)(numpy.asarray([0, 1, 1]), numpy.asarray([0, 1, 0]))
    0.6666666666666666
    """
    return _of_matrix("f1 score", classes, average, lambda right, found, true: (2 * right, found + true))


def _of_matrix(
    name: str, classes: int, average: Average, parts: Callable[[Count, Count, Count], tuple[Count, Count]]
) -> Metric:
    """A ratio of what a confusion matrix tells of each class: right predictions, all predictions, targets."""
    if average not in get_args(Average):
        raise ValueError(f"average is {average!r}, expected one of {', '.join(get_args(Average))}")

    def value(matrix: Count) -> Any:
        counts = numpy.diagonal(matrix), matrix.sum(axis=0), matrix.sum(axis=1)
        above, below = parts(*([part.sum() for part in counts] if average == "micro" else counts))
        ratios = numpy.divide(above, below, out=numpy.zeros(numpy.shape(below)), where=numpy.asarray(below) != 0)
        if average == "none":
            return ratios
        if average == "weighted":
            return float(ratios @ counts[2] / max(counts[2].sum(), 1))
        return float(ratios.mean())

    return Metric(name, _counter(classes), value)


def _counter(classes: int) -> Callable[[Array, Array], Count]:
    classes = checked_count("classes", classes)

    def count(predictions: Array, targets: Array) -> Count:
        found, true = _classes(predictions, targets)
        for what, numbers in (("predictions", found), ("targets", true)):
            if numbers.size and not 0 <= numbers.min() <= numbers.max() < classes:
                raise ValueError(
                    f"{what} are from {numbers.min()} to {numbers.max()}, expected from 0 to {classes - 1}"
                )
        places = (true * classes + found).reshape(-1)
        return numpy.bincount(places, minlength=classes * classes).reshape(classes, classes)

    return count


def _squares(predictions: Array, targets: Array) -> Count:
    """Sum of the squares of the differences, and how many they are."""
    if predictions.shape != targets.shape:
        raise ValueError(
            f"predictions of shape {tuple(predictions.shape)} do not fit targets of {tuple(targets.shape)}"
        )
    found, true = (as_numpy(x).astype(numpy.float64) for x in (predictions, targets))
    return numpy.asarray([((found - true) ** 2).sum(), true.size])


root_mean_squared_error = Metric(
    "root mean squared error",
    _squares,
    lambda total: float(numpy.sqrt(_ratio(total))),
    """Root of the mean of the squares of the differences.

    Examples
    --------
    >>> import numpy
    >>> root_mean_squared_error(numpy.asarray([1.0, 2.0]), numpy.asarray([1.0, 4.0])) ** 2
    2.0000000000000004
    """,
)


def _squares_and_moments(predictions: Array, targets: Array) -> Count:
    """As :func:`_squares`, with the targets' mean and the sum of the squares of their differences from it."""
    true = as_numpy(targets).astype(numpy.float64)
    mean = true.mean() if true.size else 0.0
    return numpy.append(_squares(predictions, targets), [mean, ((true - mean) ** 2).sum()])


def _merged_moments(one: Count, other: Count) -> Count:
    """T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance", 1983, equation 2.1."""
    squares, count, _, spread = one + other
    if not count:
        return one
    share = other[1] / count
    distance = other[2] - one[2]
    return numpy.asarray([squares, count, one[2] + distance * share, spread + distance**2 * one[1] * share])


def _explained(total: Count) -> float:
    squares, _, _, spread = total
    return float(1 - squares / spread) if spread > 0 else float("nan")


r2_score = Metric(
    "r2 score",
    _squares_and_moments,
    _explained,
    """Coefficient of determination: the share of the targets' variance that predictions explain; NaN without any.

    Examples
    --------
    >>> import numpy
    >>> r2_score(numpy.asarray([1.0, 2.0, 4.0]), numpy.asarray([1.0, 2.0, 3.0]))
    0.5
    """,
    merge=_merged_moments,
)
