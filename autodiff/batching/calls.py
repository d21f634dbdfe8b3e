"""Batching of a call with a derivative of its own: it becomes such a call on all examples at once."""

from __future__ import annotations

from typing import Any

import optree

from autodiff.batch import Batch, BatchArray
from autodiff.batching.kinds import spread
from autodiff.namespaces import array_namespace, is_array
from autodiff.wrapping import lift


class BatchedCall:
    """A function of trees and its derivative, on arrays of all examples.

    Parameters
    ----------
    xp : Batch
        Namespace of the batched arguments.
    args : tree
    function, push, pull : callable
        As ``as_operation`` takes them.
    """

    def __init__(self, xp: Batch, args: Any, function: Any, push: Any, pull: Any) -> None:
        self.xp = xp
        self.run, self.run_push, self.run_pull = function, push, pull
        leaves, self.treedef = optree.tree_flatten(args)
        self.batched = [xp.owns(x) and x.batched for x in leaves]
        self.args = self.treedef.unflatten([xp.unwrap(x) for x in leaves])
        self.size = next(x.primal.shape[0] for x, batched in zip(leaves, self.batched, strict=True) if batched)

    def function(self, *primals: Any) -> Any:
        return self._stacked(self.run(*self._examples(primals)))

    def push(self, primals: Any, tangents: Any) -> Any:
        return self._stacked(self.run_push(self._examples(primals), self._examples(tangents)))

    def pull(self, xp: Any, primals: Any, ct: Any) -> Any:
        here = self.xp.copy(xp)
        primals = None if primals is None else self._examples(primals)
        ct = optree.tree_map(lambda x: here.variable(lift(xp, x)), ct)
        cts = self.treedef.flatten_up_to(self.run_pull(here, primals, ct))
        return self.treedef.unflatten([self._total(x, batched) for x, batched in zip(cts, self.batched, strict=True)])

    def wrap(self, out: Any) -> Any:
        """Result of the call on all examples, as arrays of the batching namespace."""
        return optree.tree_map(lambda x: self.xp.around(array_namespace(x)).variable(x) if is_array(x) else x, out)

    def _examples(self, tree: Any) -> Any:
        """Inner arrays of the structure of the arguments, wrapped as these are."""
        leaves = self.treedef.flatten_up_to(tree)
        here = self.xp.copy(array_namespace(*[x for x in leaves if is_array(x)]))
        return self.treedef.unflatten(
            [
                BatchArray(lift(here.inner, x), here, batched) if is_array(x) else x
                for x, batched in zip(leaves, self.batched, strict=True)
            ]
        )

    def _stacked(self, tree: Any) -> Any:
        return optree.tree_map(lambda x: self._stack(x) if is_array(x) else x, tree)

    def _stack(self, x: Any) -> Any:
        owned = self.xp.owns(x)
        return x.primal if owned and x.batched else spread(self.xp, x.primal if owned else x, self.size)

    def _total(self, ct: Any, batched: bool) -> Any:
        """Cotangent of an argument, which is a sum over the examples if the argument is the same for all."""
        if ct is None:
            return None
        stacked = self._stack(ct)
        return stacked if batched else array_namespace(stacked).sum(stacked, axis=0, dtype=stacked.dtype)
