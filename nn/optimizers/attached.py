"""An optimizer with a model that it changes in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from autodiff import array_namespace
from autodiff.namespaces import device_of
from nn.differentiation import trained_parameters
from nn.optimizers.lbfgs import LBFGS
from nn.optimizers.optimizer import Optimizer
from nn.optimizers.paths import Arrays
from nn.optimizers.saving import flat, merged
from nn.optimizers.transform import State
from nn.parameter import Parameter

if TYPE_CHECKING:
    from nn.module import Module

__all__ = ["Attached"]


class Attached:
    """An optimizer with a model that it changes in place; made by :meth:`nn.Optimizer.attach`.

    Parameters
    ----------
    optimizer : Optimizer
    model : Module
        Frozen parameters, and those whose ``grad`` is None, stay as they are. One that is unfrozen later is trained
        from then on. When the model is moved, to another namespace too, the state follows.

    Examples
    --------
    >>> import nn, numpy
    >>> model = nn.Linear(2, 1, rng=numpy.random.default_rng(0), xp=numpy, bias=False)
    >>> optimizer = nn.SGD(0.1).attach(model)
    >>> loss = nn.backward(lambda model, x: model(x)[0])
    >>> x = numpy.asarray([1.0, 2.0], dtype=numpy.float32)
    >>> before = loss(model, x)
    >>> optimizer.step()
    >>> optimizer.zero_grad()
    >>> round(float(before - loss(model, x)), 6)  # the gradient is x
    0.5
    """

    def __init__(self, optimizer: Optimizer, model: Module) -> None:
        self.optimizer = optimizer
        self.model = model
        trained = trained_parameters(model)
        self._known = set(trained)
        self.state: State = optimizer.init(_data(trained))
        self._places = _places(trained)

    def _follow(self, parameters: Mapping[str, Parameter]) -> None:
        """Bring the state to where the parameters are now: another namespace, device or data type."""
        known = self._of_state(parameters)
        if (places := _places(known)) != self._places:
            self.state = self.optimizer.load_state_dict(flat(self.state), _data(known))
            self._places = places

    def _of_state(self, parameters: Mapping[str, Parameter]) -> dict[str, Parameter]:
        return {name: parameter for name, parameter in parameters.items() if name in self._known}

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Make a step along the gradients that the parameters hold.

        Parameters
        ----------
        closure : callable, optional
            Clears the gradients, evaluates the loss, leaves new gradients and returns the loss. :class:`nn.LBFGS` needs
            one, for others it is called first.

        Returns
        -------
        loss
            What the closure returned at first, else None.
        """
        if isinstance(self.optimizer, LBFGS):
            return self._search(closure)
        loss = None if closure is None else closure()
        parameters = dict(self.model.named_parameters())
        self._follow(parameters)
        trained = {name: one for name, one in parameters.items() if one.requires_grad and one.grad is not None}
        if not trained.keys() <= self._known:
            self._known |= trained.keys()
            known = self._of_state(parameters)
            self.state = merged(self.optimizer.init(_data(known)), self.state)
            self._places = _places(known)
        self._update(trained, {name: parameter.grad for name, parameter in trained.items()})
        return loss

    def _search(self, closure: Callable[[], Any] | None) -> Any:
        if closure is None:
            raise TypeError(
                "LBFGS evaluates the loss several times a step; give step() a closure that clears the gradients, calls "
                "nn.backward and returns the loss"
            )
        parameters = dict(self.model.named_parameters())
        self._follow(parameters)
        trained = {name: one for name, one in parameters.items() if one.requires_grad}
        losses: list[Any] = []

        def value_and_grad(params: Arrays) -> tuple[Any, Arrays]:
            _hold(trained, params)
            losses.append(closure())
            return losses[-1], {name: _grad_or_zeros(parameter) for name, parameter in trained.items()}

        if trained.keys() != self._known:
            self._known = set(trained)
            self.state = self.optimizer.init(_data(trained))
            self._places = _places(trained)
        self._update(trained, value_and_grad)
        return losses[0]

    def _update(self, trained: Mapping[str, Parameter], grads: Any) -> None:
        params, self.state = self.optimizer.update(grads, self.state, _data(trained))
        _hold(trained, params)

    def zero_grad(self) -> None:
        """Forget the gradients of the model."""
        self.model.zero_grad()

    def state_dict(self) -> dict[str, Any]:
        """Arrays and numbers of the state by dotted path, ready for :func:`nn.save`."""
        return flat(self.state)

    def load_state_dict(self, saved: Mapping[str, Any]) -> None:
        """Go on exactly from a saved state.

        Raises
        ------
        ValueError
            If a name is missing or unexpected or a shape differs. The state is unchanged then.
        """
        self.state = self.optimizer.load_state_dict(saved, _data(self._of_state(dict(self.model.named_parameters()))))

    def __repr__(self) -> str:
        return f"{self.optimizer!r}.attach({type(self.model).__name__})"


def _data(parameters: Mapping[str, Parameter]) -> Arrays:
    return {name: parameter.data for name, parameter in parameters.items()}


def _hold(parameters: Mapping[str, Parameter], params: Arrays) -> None:
    for name, parameter in parameters.items():
        parameter.data = params[name]


def _places(parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    return {name: (type(data), data.dtype, device_of(data)) for name, data in _data(parameters).items()}


def _grad_or_zeros(parameter: Parameter) -> Any:
    return array_namespace(parameter.data).zeros_like(parameter.data) if parameter.grad is None else parameter.grad
